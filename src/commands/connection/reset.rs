//! `RESET`

use crate::clients::{ClientKind, ReplyMode};
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::Group;
use crate::commands::effect::Action;
use crate::commands::error::{CommandError, Outcome};
use crate::commands::pubsub::unsubscribe_all;
use crate::resp::reply::Protocol;

pub const RESET: Command = Command::new("reset", 1, reset)
    .flags(&[Flag::NoScript, Flag::Loading, Flag::Stale, Flag::Fast, Flag::NoAuth, Flag::AllowBusy])
    .and_flags(&[Flag::ActsOnTransaction, Flag::EndsTransaction, Flag::WhileSubscribed])
    .categories(&[Category::Connection])
    .docs(Group::Connection, "6.2.0", "Reset the connection");

/// Makes the client as it was when it connected.
fn reset(call: &mut Call<'_>) -> Outcome {
    let is_open = call.server.config.security.requirepass.is_none();
    let session = call.session();
    if matches!(session.kind, ClientKind::Replica | ClientKind::Master) {
        return Err(CommandError::ResetOfReplica);
    }
    session.db = 0;
    session.protocol = Protocol::Resp2;
    session.authenticated = is_open;
    session.transaction = None;
    session.name.clear();
    // A reply that CLIENT REPLY SKIP takes away is this one.
    if session.reply_mode == ReplyMode::Off {
        session.reply_mode = ReplyMode::On;
    }
    session.no_evict = false;
    session.no_touch = false;
    session.quorum = None;
    let id = session.key.id;
    call.server.clients.set_monitor(call.client, false);
    call.keys.observers.watches.unwatch(call.client);
    unsubscribe_all(call);
    call.act(Action::ClientClassChanged(id));
    call.reply.set_protocol(Protocol::Resp2);
    call.reply.simple("RESET");
    Ok(())
}
