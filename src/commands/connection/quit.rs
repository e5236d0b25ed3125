//! `QUIT`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::Group;
use crate::commands::effect::Action;
use crate::commands::error::Outcome;

pub const QUIT: Command = Command::new("quit", -1, quit)
    .flags(&[Flag::NoScript, Flag::Loading, Flag::Stale, Flag::Fast, Flag::NoAuth, Flag::AllowBusy])
    .and_flags(&[Flag::ActsOnTransaction, Flag::EndsTransaction, Flag::WhileSubscribed])
    .and_flags(&[Flag::NotInStream])
    .categories(&[Category::Connection])
    .docs(Group::Connection, "1.0.0", "Close the connection");

/// What the client sent after it is not run.
fn quit(call: &mut Call<'_>) -> Outcome {
    call.reply.ok();
    call.act(Action::CloseAfterReply);
    Ok(())
}
