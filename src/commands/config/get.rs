//! `CONFIG GET parameter [parameter ...]`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag, Flags};
use crate::commands::docs::{Arg, Docs, Group};
use crate::commands::error::Outcome;
use crate::config::get::get as settings;

pub const GET: Command = Command {
    name: "get",
    arity: -3,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    handler: get,
    docs: Docs {
        summary: "Get the values of configuration parameters",
        since: "2.0.0",
        group: Group::Server,
        complexity: "O(N) when N is the number of configuration parameters provided",
        history: &[("7.0.0", "Added the ability to pass multiple pattern parameters in one call")],
        arguments: &[Arg::block("parameter", &[Arg::string("parameter")]).multiple()],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

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
