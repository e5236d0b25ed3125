//! `QUIT`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag, Flags};
use crate::commands::docs::{Docs, Group};
use crate::commands::effect::Action;
use crate::commands::error::Outcome;

pub const QUIT: Command = Command {
    name: "quit",
    arity: -1,
    flags: Flags::of(&[
        Flag::NoScript,
        Flag::Loading,
        Flag::Stale,
        Flag::Fast,
        Flag::NoAuth,
        Flag::AllowBusy,
    ]),
    categories: &[Category::Connection],
    handler: quit,
    docs: Docs {
        summary: "Close the connection",
        since: "1.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

/// What the client sent after it is not run.
fn quit(call: &mut Call<'_>) -> Outcome {
    call.reply.ok();
    call.act(Action::CloseAfterReply);
    Ok(())
}
