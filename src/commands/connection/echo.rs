//! `ECHO message`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag, Flags};
use crate::commands::docs::{Arg, Docs, Group};
use crate::commands::error::Outcome;

pub const ECHO: Command = Command {
    name: "echo",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale, Flag::Fast]),
    categories: &[Category::Connection],
    handler: echo,
    docs: Docs {
        summary: "Echo the given string",
        since: "1.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        arguments: &[Arg::string("message")],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn echo(call: &mut Call<'_>) -> Outcome {
    call.reply.bulk(call.args.get(1));
    Ok(())
}
