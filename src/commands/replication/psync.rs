//! `PSYNC replicationid offset [FAILOVER]`, `SYNC`: a client becomes a replica. With FAILOVER it is our
//! master, and we take over from it.

use super::replicaof::{asker, promote};
use crate::clients::{ClientKind, Gauges};
use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::effect::{Action, SyncRequest};
use crate::commands::error::{CommandError, Outcome};
use crate::replication::model::failover::{self, AskedTarget, TakeOver};
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
    let judged = if takes_over { Some(judge(call, &sync)?) } else { None };
    let takes_over = judged == Some(TakeOver::Promotion);
    let replication = &call.server.replication;
    // Whom we have taken over from has yet to hear of it: refused, it would be a master beside us.
    if replication.failover.is_under_way() && judged != Some(TakeOver::Done) {
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

/// What we answer to a master that asks us to take over.
fn judge(call: &Call<'_>, sync: &SyncRequest) -> Result<TakeOver, CommandError> {
    log_line(&lines::master::failover_requested_of_us(&sync.replid));
    let replication = &call.server.replication;
    let target = AskedTarget {
        history: replication.stream.history(),
        is_replica: replication.is_replica(),
        is_of_file: replication.is_of_file,
        taken_over: &replication.taken_over,
    };
    match failover::take_over(&target, &sync.replid, sync.wanted) {
        TakeOver::PassedOn => Err(CommandError::HandOverPassedOn),
        TakeOver::IsMaster => Err(CommandError::HandOverToMaster),
        TakeOver::OtherHistory => Err(CommandError::HandOverOfOtherHistory),
        TakeOver::OlderFile => Err(CommandError::HandOverToOlderFile),
        answer @ (TakeOver::Promotion | TakeOver::Done) => Ok(answer),
    }
}

/// What `PSYNC` then asks for is decided with the history that begins here.
fn take_over(call: &mut Call<'_>) {
    let asker = asker(call);
    let id = call.server.replication.stream.history().id();
    promote(call.server);
    call.server.replication.note_taken_over(id);
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
