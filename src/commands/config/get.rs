//! `CONFIG GET parameter [parameter ...]`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::config::get::get as settings;

pub const GET: Command = Command::new("get", -3, get)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale])
    .docs(Group::Server, "2.0.0", "Get the values of configuration parameters")
    .complexity("O(N) when N is the number of configuration parameters provided")
    .history(&[("7.0.0", "Added the ability to pass multiple pattern parameters in one call")])
    .arguments(&[Arg::block("parameter", &[Arg::string("parameter")]).multiple()]);

fn get(call: &mut Call<'_>) -> Outcome {
    let patterns: Vec<_> = call.args.iter().skip(2).collect();
    let rows = settings(&call.server.config, &patterns);
    call.reply.map(rows.len());
    for (name, value) in rows {
        call.reply.bulk(&name);
        call.reply.bulk(&value);
    }
    Ok(())
}
