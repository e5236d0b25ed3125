//! `PSYNC replicationid offset [FAILOVER]`, `SYNC`: a client becomes a replica. With FAILOVER it is our
//! master, and we take over from it.

use super::replicaof::{asker, promote};
use crate::base::ids::ReplId;
use crate::base::offset;
use crate::clients::{ClientKind, Gauges};
use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::effect::{Action, SyncRequest};
use crate::commands::error::{CommandError, Outcome};
use crate::replication::model::lines::{self, log_line};
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
    let wanted = call.integer(2).inspect_err(|_| note_wrong_offset(call))?;
    let takes_over = call.argc() > 3 && call.arg(3).eq_ignore_ascii_case(b"failover");
    let sync = SyncRequest {
        client: call.session().key,
        replid: call.arg(1).to_vec(),
        wanted,
        is_old_sync: false,
    };
    begin(call, sync, takes_over)
}

fn note_wrong_offset(call: &Call<'_>) {
    let session = call.server.clients.at(call.client);
    let ip = session.peer.rsplit_once(':').map_or("", |(ip, _)| ip);
    let name = lines::replica_name(ip, session.intro.listening_port);
    log_line(&lines::master::wrong_offset(&name));
}

fn sync(call: &mut Call<'_>) -> Outcome {
    let client = call.session().key;
    begin(call, SyncRequest { client, replid: b"?".to_vec(), wanted: -1, is_old_sync: true }, false)
}

/// The reply, if there is one, is the replication manager's to give. `takes_over`: it is our master,
/// which wants to be our replica.
fn begin(call: &mut Call<'_>, sync: SyncRequest, takes_over: bool) -> Outcome {
    let session = call.session();
    if session.kind == ClientKind::Replica {
        return Ok(());
    }
    let intro = session.intro.clone();
    let takes_over = takes_over && may_take_over(call, &sync)?;
    let replication = &call.server.replication;
    if replication.failover.is_under_way() {
        return Err(refused(SyncRefusal::FailingOver));
    }
    let is_cut_off = replication.master.as_ref().is_some_and(|master| !master.link.is_up());
    if is_cut_off && !takes_over {
        return Err(refused(SyncRefusal::NoMasterLink));
    }
    // Of this batch, or of those before it.
    if call.reply.position() > 0 || Gauges::get(&call.session().gauges.output) > 0 {
        return Err(refused(SyncRefusal::PendingOutput));
    }
    if intro.functions_only && !intro.understands_eof {
        return Err(refused(SyncRefusal::FilteredWithoutEof));
    }
    if takes_over {
        take_over(call);
    }
    call.act(Action::BeginSync(sync));
    Ok(())
}

/// Whether we take over from the one that asks, which must be of our history. It may be ahead of us:
/// then it will need everything, which is for FAILOVER with FORCE to decide. Not so when we have
/// started anew from a file that lacks what we had: what we acknowledged then made it choose us. We
/// may have taken over when it asked before, and it never heard: then it is a replica like any other.
fn may_take_over(call: &Call<'_>, sync: &SyncRequest) -> Result<bool, CommandError> {
    log_line(&lines::master::failover_requested_of_us(&sync.replid));
    let replication = &call.server.replication;
    let is = |id: ReplId| sync.replid.eq_ignore_ascii_case(id.as_bytes());
    let history = replication.stream.history();
    let lacks_some = sync.wanted > offset::wanted_byte(history.offset());
    match replication.is_replica() {
        true if is(history.id()) && replication.is_of_file && lacks_some => {
            Err(CommandError::HandOverToOlderFile)
        }
        true if is(history.id()) => Ok(true),
        true => Err(CommandError::HandOverOfOtherHistory),
        false if replication.taken_over.is_some_and(is) => Ok(false),
        false => Err(CommandError::HandOverToMaster),
    }
}

/// What `PSYNC` then asks for is decided with the history that begins here.
fn take_over(call: &mut Call<'_>) {
    let asker = asker(call);
    let id = call.server.replication.stream.history().id();
    promote(call.server);
    call.server.replication.taken_over = Some(id);
    log_line(&lines::master::master_mode_by_failover(&asker));
    call.act(Action::SettleRole);
}

fn refused(refusal: SyncRefusal) -> CommandError {
    match refusal {
        SyncRefusal::FailingOver => CommandError::SyncWhileFailingOver,
        SyncRefusal::NoMasterLink => CommandError::SyncWithoutMasterLink,
        SyncRefusal::PendingOutput => CommandError::SyncWithPendingOutput,
        SyncRefusal::FilteredWithoutEof => CommandError::FilteredWithoutEof,
    }
}
