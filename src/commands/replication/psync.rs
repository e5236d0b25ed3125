//! `PSYNC replicationid offset`, `SYNC`: a client becomes a replica.

use crate::clients::{ClientKind, Gauges};
use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::effect::{Action, SyncRequest};
use crate::commands::error::{CommandError, Outcome};
use crate::replication::model::lines;
use crate::replication::model::psync::SyncRefusal;

const FLAGS: &[Flag] =
    &[Flag::Admin, Flag::NoScript, Flag::NoAsyncLoading, Flag::NoMulti, Flag::NotInStream];

pub const PSYNC: Command = Command::new("psync", -3, psync)
    .flags(FLAGS)
    .docs(Group::Server, "2.8.0", "An internal command used in replication.")
    .complexity("")
    .arguments(&[Arg::string("replicationid"), Arg::integer("offset")]);

pub const SYNC: Command = Command::new("sync", 1, sync)
    .flags(FLAGS)
    .docs(Group::Server, "1.0.0", "An internal command used in replication.")
    .complexity("");

fn psync(call: &mut Call<'_>) -> Outcome {
    if call.argc() > 3 && call.arg(3).eq_ignore_ascii_case(b"failover") {
        return Err(CommandError::NoPsyncFailover);
    }
    let wanted = call.integer(2).inspect_err(|_| note_wrong_offset(call))?;
    begin(call, call.arg(1).to_vec(), wanted, false)
}

fn note_wrong_offset(call: &Call<'_>) {
    let session = call.server.clients.at(call.client);
    let ip = session.peer.rsplit_once(':').map_or("", |(ip, _)| ip);
    let name = lines::replica_name(ip, session.intro.listening_port);
    let line = lines::master::wrong_offset(&name);
    log::log!(line.level, "{}", line.text);
}

fn sync(call: &mut Call<'_>) -> Outcome {
    begin(call, b"?".to_vec(), -1, true)
}

/// The reply, if there is one, is the replication manager's to give.
fn begin(call: &mut Call<'_>, replid: Vec<u8>, wanted: i64, is_old_sync: bool) -> Outcome {
    let session = call.session();
    if session.kind == ClientKind::Replica {
        return Ok(());
    }
    let (client, intro) = (session.key, session.intro.clone());
    let replication = &call.server.replication;
    if replication.master.as_ref().is_some_and(|master| !master.link.is_up()) {
        return Err(refused(SyncRefusal::NoMasterLink));
    }
    // Of this batch, or of those before it.
    if call.reply.position() > 0 || Gauges::get(&call.session().gauges.output) > 0 {
        return Err(refused(SyncRefusal::PendingOutput));
    }
    if intro.functions_only && !intro.understands_eof {
        return Err(refused(SyncRefusal::FilteredWithoutEof));
    }
    call.act(Action::BeginSync(SyncRequest { client, replid, wanted, is_old_sync }));
    Ok(())
}

fn refused(refusal: SyncRefusal) -> CommandError {
    match refusal {
        SyncRefusal::FailingOver => CommandError::SyncWhileFailingOver,
        SyncRefusal::NoMasterLink => CommandError::SyncWithoutMasterLink,
        SyncRefusal::PendingOutput => CommandError::SyncWithPendingOutput,
        SyncRefusal::FilteredWithoutEof => CommandError::FilteredWithoutEof,
    }
}
