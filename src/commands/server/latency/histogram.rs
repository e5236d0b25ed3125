//! `LATENCY HISTOGRAM [command ...]`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::resp::reply::Reply;
use crate::telemetry::histogram::Histogram;

pub const HISTOGRAM: Command = Command::new("histogram", -2, histogram)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale])
    .tips(&["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"])
    .docs(
        Group::Server,
        "7.0.0",
        "Return the cumulative distribution of latencies of a subset of commands or all.",
    )
    .complexity("O(N) where N is the number of commands with latency information being retrieved.")
    .arguments(&[Arg::string("command").optional().multiple()]);

/// Of each command that was called: how often, and how many calls took no longer than what.
fn histogram(call: &mut Call<'_>) -> Outcome {
    let rows = rows(call);
    let calls = &call.server.stats.calls;
    let durations = rows.into_iter().filter_map(|row| Some((row, &calls.get(row)?.durations)));
    let called: Vec<_> = durations.filter(|(_, durations)| !durations.is_empty()).collect();
    call.reply.map(called.len());
    for (row, durations) in called {
        call.reply.bulk(call.catalog.entry(row).full_name.as_bytes());
        show(&mut call.reply, durations);
    }
    Ok(())
}

/// The commands that are asked for, with their subcommands; unknown ones are left out.
fn rows(call: &Call<'_>) -> Vec<usize> {
    let catalog = call.catalog;
    if call.argc() == 2 {
        return (0..catalog.len()).collect();
    }
    let named = call.args.iter().skip(2).filter_map(|name| catalog.find_full(name));
    named.flat_map(|row| std::iter::once(row).chain(catalog.entry(row).children.clone())).collect()
}

fn show(reply: &mut Reply<'_>, durations: &Histogram) {
    reply.map(2);
    reply.bulk(b"calls");
    reply.int(durations.total() as i64);
    reply.bulk(b"histogram_usec");
    let lines = durations.cumulative();
    reply.map(lines.len());
    for (micros, calls) in lines {
        reply.int(micros as i64);
        reply.int(calls as i64);
    }
}
