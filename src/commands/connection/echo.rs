//! `ECHO message`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;

pub const ECHO: Command = Command::new("echo", 2, echo)
    .flags(&[Flag::Loading, Flag::Stale, Flag::Fast])
    .and_flags(&[Flag::ChangesNothing])
    .categories(&[Category::Connection])
    .docs(Group::Connection, "1.0.0", "Echo the given string")
    .arguments(&[Arg::string("message")]);

fn echo(call: &mut Call<'_>) -> Outcome {
    call.reply.bulk(call.args.get(1));
    Ok(())
}
