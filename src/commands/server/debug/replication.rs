//! `DEBUG CHANGE-REPL-ID` and `DEBUG REPLICATE word [word ...]`

use crate::commands::call::Call;
use crate::commands::effect::{Action, StreamCommand};
use crate::commands::error::Outcome;
use crate::resp::request::OwnedCommand;

pub fn change_id(call: &mut Call<'_>) -> Outcome {
    log::warn!("Changing replication IDs after receiving DEBUG change-repl-id");
    call.act(Action::ChangeReplicationId);
    call.reply.ok();
    Ok(())
}

/// Sends a command to the replicas alone, in the database that their stream is in.
pub fn replicate(call: &mut Call<'_>) -> Outcome {
    let db = call.server.replication.stream.selected().unwrap_or(0);
    let command = OwnedCommand::from_args(call.args.slice(2));
    call.act(Action::Replicate(StreamCommand { db, command }));
    call.reply.ok();
    Ok(())
}
