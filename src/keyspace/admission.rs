//! May this command run now? An ordered list of gates, each small; the first that objects wins.
//! The order is Redis's, since clients see which error comes first.
//!
//! A gate that asks for keys or channels finds them by what is told of the row, with nothing
//! allocated: `a.facts.keys_in(a.args)`, `a.facts.channels_in(a.args)`.

use super::standing::States;
use crate::clients::{ClientKind, ClientSlot};
use crate::commands::call::Origin;
use crate::commands::command::Flag;
use crate::commands::error::CommandError;
use crate::commands::facts::{Facts, Flags};
use crate::commands::registry::Row;
use crate::pubsub::Kind;
use crate::resp::reply::Protocol;
use crate::resp::request::Args;
use crate::state::{PauseScope, State};

/// What the gates look at.
pub struct Admission<'a> {
    pub state: &'a State,
    pub row: &'a Row,
    /// What is told of the row: where the keys and channels are among the arguments.
    pub facts: &'static Facts,
    pub args: Args<'a>,
    pub client: ClientSlot,
    pub origin: Origin,
}

impl Admission<'_> {
    /// Whether the command writes, or is an EXEC of commands that do.
    fn writes(&self) -> bool {
        self.row.has(Flag::Write) || self.runs_queued(|t| t.writes)
    }

    fn runs_queued(&self, what: impl Fn(&crate::clients::Transaction) -> bool) -> bool {
        self.row.has(Flag::RunsTransaction)
            && self.state.server.clients.at(self.client).transaction.as_deref().is_some_and(what)
    }
}

/// One reason why a command may not run.
struct Gate {
    /// It objects in this state only.
    state: States,
    /// Which commands it may object to then.
    heeds: fn(Flags) -> bool,
    ask: fn(&Admission<'_>) -> Result<(), CommandError>,
}

const ENABLED: Gate = Gate {
    state: States::ALWAYS,
    heeds: |row| row.has(Flag::OfDebug) || row.has(Flag::OfModules),
    ask: enabled,
};

const ALLOWED_IN_TRANSACTION: Gate =
    Gate { state: States::IN_TRANSACTION, heeds: |_| true, ask: allowed_in_transaction };

/// Those that are asked of our master. What comes from it was admitted there; but what the settings
/// keep from everybody is kept from it too, and so is what no transaction may hold, as in Redis.
const GATES_OF_MASTER: &[Gate] = &[
    ENABLED,
    Gate {
        state: States::IN_STREAM,
        heeds: |row| row.has(Flag::NotInStream),
        ask: has_business_in_stream,
    },
    ALLOWED_IN_TRANSACTION,
];

/// In the order they are asked of a client.
const GATES: &[Gate] = &[
    ENABLED,
    Gate {
        state: States::UNAUTHENTICATED,
        heeds: |row| !row.has(Flag::NoAuth),
        ask: authenticated,
    },
    ALLOWED_IN_TRANSACTION,
    Gate { state: States::RESTRICTED, heeds: |row| row.has(Flag::PubSub), ask: permitted },
    Gate { state: States::FULL, heeds: |row| row.has(Flag::DenyOom), ask: memory_suffices },
    Gate {
        state: States::DISK_FAILS,
        heeds: |row| row.has(Flag::Write) || row.has(Flag::TellsHealth),
        ask: disk_is_fine,
    },
    Gate {
        state: States::TOO_FEW_REPLICAS,
        heeds: |row| row.has(Flag::Write),
        ask: enough_replicas,
    },
    Gate { state: States::CAME_BACK, heeds: |row| row.has(Flag::Write), ask: has_not_come_back },
    Gate { state: States::REPLICA, heeds: |row| row.has(Flag::Write), ask: not_read_only },
    Gate {
        state: States::SUBSCRIBED,
        heeds: |row| !row.has(Flag::WhileSubscribed),
        ask: allowed_while_subscribed,
    },
    Gate { state: States::MASTER_DOWN, heeds: |row| !row.has(Flag::Stale), ask: master_link_is_up },
    Gate { state: States::LOADING, heeds: |row| !row.has(Flag::Loading), ask: not_loading },
    Gate {
        state: States::FOLLOWER,
        heeds: |row| row.has(Flag::Write) || row.has(Flag::ReadOnly),
        ask: replica_keeps_to_its_part,
    },
];

/// The states in which a command does not simply run: a gate may object, a pause hold it back, or
/// MULTI queue it. What EXEC runs is looked at too, but it is always in a transaction then.
pub fn heeded_by(row: Flags) -> States {
    let gates = GATES.iter().chain(GATES_OF_MASTER).filter(|gate| (gate.heeds)(row));
    let held_back = match may_be_slowed(row) {
        true => States::PAUSED.or(States::THROTTLED).or(States::MIGRATING),
        false => States::PAUSED,
    };
    gates.fold(held_back, |states, gate| states.or(gate.state))
}

/// Asks all gates.
///
/// # Errors
/// The first objection.
pub fn admit(admission: &Admission<'_>) -> Result<(), CommandError> {
    let gates = if admission.origin.is_obeyed() { GATES_OF_MASTER } else { GATES };
    gates.iter().try_for_each(|gate| (gate.ask)(admission))
}

/// Asks what would be asked of a write were we no replica: it goes to our master.
///
/// # Errors
/// The first objection.
pub fn admit_elsewhere(admission: &Admission<'_>) -> Result<(), CommandError> {
    let mut others = GATES.iter().filter(|gate| gate.state != States::REPLICA);
    others.try_for_each(|gate| (gate.ask)(admission))
}

/// Asks the user's rights alone, for what was queued when they may have been others.
///
/// # Errors
/// The right that is missing now.
pub fn is_still_permitted(admission: &Admission<'_>) -> Result<(), CommandError> {
    permitted(admission).map_err(|error| match error {
        CommandError::NoChannelPermission => CommandError::LostChannelPermission,
        other => other,
    })
}

/// DEBUG and the loading of modules are for whom the settings allow them.
fn enabled(a: &Admission<'_>) -> Result<(), CommandError> {
    let security = &a.state.server.config.security;
    let (what, allowed) = if a.row.has(Flag::OfDebug) {
        ("debug", security.enable_debug_command)
    } else if a.row.has(Flag::OfModules) {
        ("module", security.enable_module_command)
    } else {
        return Ok(());
    };
    let is_local = a.state.server.clients.at(a.client).is_local;
    if allowed.allows(is_local) { Ok(()) } else { Err(CommandError::NotEnabled(what)) }
}

/// A master has no reason to send it, and whoever did so in a transaction would leave us between
/// two histories: redis-server obeys, and ends or loses its place.
fn has_business_in_stream(a: &Admission<'_>) -> Result<(), CommandError> {
    if a.row.has(Flag::NotInStream) {
        return Err(CommandError::NotInStream);
    }
    Ok(())
}

fn authenticated(a: &Admission<'_>) -> Result<(), CommandError> {
    let session = a.state.server.clients.at(a.client);
    let is_open = a.state.server.config.security.requirepass.is_none();
    if session.authenticated || is_open || a.row.has(Flag::NoAuth) {
        return Ok(());
    }
    Err(CommandError::NoAuth)
}

fn allowed_in_transaction(a: &Admission<'_>) -> Result<(), CommandError> {
    let queued = a.state.server.clients.at(a.client).transaction.is_some();
    if queued && (a.row.has(Flag::NoMulti) || a.row.has(Flag::NotQueued)) {
        return Err(CommandError::NotInTransaction);
    }
    Ok(())
}

/// Whether the user has all the rights that the arguments ask for.
fn permitted(a: &Admission<'_>) -> Result<(), CommandError> {
    let channels = &a.state.server.config.default_user_channels;
    let is_allowed = |(name, kind): (&[u8], Kind)| match kind {
        Kind::Channel | Kind::Shard => channels.allow_channel(name),
        Kind::Pattern => channels.allow_pattern(name),
    };
    if a.facts.channels_in(a.args).all(is_allowed) {
        Ok(())
    } else {
        Err(CommandError::NoChannelPermission)
    }
}

/// Above `maxmemory`, when nothing can be evicted, what may need more is refused, and so is
/// everything that a transaction would have to keep.
fn memory_suffices(a: &Admission<'_>) -> Result<(), CommandError> {
    let server = &a.state.server;
    if !server.is_out_of_memory() {
        return Ok(());
    }
    let in_transaction = server.clients.at(a.client).transaction.is_some();
    let is_kept = in_transaction && !a.row.has(Flag::EndsTransaction);
    if is_kept || a.row.has(Flag::DenyOom) || a.runs_queued(|t| t.needs_memory) {
        return Err(CommandError::Oom);
    }
    Ok(())
}

fn disk_is_fine(a: &Admission<'_>) -> Result<(), CommandError> {
    disk_fault(a).map_or(Ok(()), Err)
}

/// Whether what is written cannot be saved, and the command writes, or tells whether all is well.
pub fn heeds_failing_disk(a: &Admission<'_>) -> bool {
    disk_fault(a).is_some()
}

/// Of the snapshot, or of the log.
fn disk_fault(a: &Admission<'_>) -> Option<CommandError> {
    let server = &a.state.server;
    let save_fails = !server.persistence.last_save_ok
        && server.config.persistence.stop_writes_on_bgsave_error
        && !server.config.persistence.save.is_empty();
    if !a.writes() && !a.row.has(Flag::TellsHealth) {
        return None;
    }
    match server.persistence.log.why_it_fails() {
        _ if save_fails => Some(CommandError::Misconf),
        Some(reason) => Some(CommandError::LogFails(reason.clone())),
        None => None,
    }
}

fn enough_replicas(a: &Admission<'_>) -> Result<(), CommandError> {
    let server = &a.state.server;
    let wanted = server.config.replication.min_replicas_to_write;
    if wanted > 0
        && server.config.replication.min_replicas_max_lag > 0
        && !server.replication.is_replica()
        && a.writes()
        && server.replication.good_replicas < wanted
    {
        return Err(CommandError::NoReplicas);
    }
    Ok(())
}

/// Whoever follows whom has changed since it was forwarded here, or they do so in a circle.
fn has_not_come_back(a: &Admission<'_>) -> Result<(), CommandError> {
    let server = &a.state.server;
    let path = &server.clients.at(a.client).forwarded_by;
    if a.row.has(Flag::Write) && path.contains(&server.identity.run_id) {
        return Err(CommandError::CameBack);
    }
    Ok(())
}

fn not_read_only(a: &Admission<'_>) -> Result<(), CommandError> {
    let server = &a.state.server;
    if server.replication.is_replica() && server.config.replication.replica_read_only && a.writes()
    {
        return Err(CommandError::ReadOnlyReplica);
    }
    Ok(())
}

/// In RESP2 a subscriber's connection carries only messages and their management.
fn allowed_while_subscribed(a: &Admission<'_>) -> Result<(), CommandError> {
    let session = a.state.server.clients.at(a.client);
    if session.is_subscriber()
        && session.protocol == Protocol::Resp2
        && !a.row.has(Flag::WhileSubscribed)
    {
        return Err(CommandError::NotWhileSubscribed(a.row.full_name));
    }
    Ok(())
}

fn master_link_is_up(a: &Admission<'_>) -> Result<(), CommandError> {
    let server = &a.state.server;
    let Some(master) = &server.replication.master else { return Ok(()) };
    if !master.link.is_up()
        && !server.config.replication.replica_serve_stale_data
        && (!a.row.has(Flag::Stale) || a.runs_queued(|t| t.denies_stale))
    {
        return Err(CommandError::MasterDown);
    }
    Ok(())
}

fn not_loading(a: &Admission<'_>) -> Result<(), CommandError> {
    let denied = !a.row.has(Flag::Loading) || a.runs_queued(|t| t.denies_loading);
    if a.state.server.loading.is_some() && denied {
        return Err(CommandError::Loading);
    }
    Ok(())
}

fn replica_keeps_to_its_part(a: &Admission<'_>) -> Result<(), CommandError> {
    let session = a.state.server.clients.at(a.client);
    let is_replica = session.kind == ClientKind::Replica || session.is_monitor();
    let touches_keys = a.row.has(Flag::Write) || a.row.has(Flag::ReadOnly);
    if is_replica && touches_keys {
        return Err(CommandError::ReplicaTouchesKeys);
    }
    Ok(())
}

/// Whether CLIENT PAUSE or a shutdown holds the command back.
pub fn is_paused(a: &Admission<'_>, now: i64) -> bool {
    let server = &a.state.server;
    let Some(scope) = server.pauses.at(now) else { return false };
    if a.origin.is_obeyed() || server.clients.at(a.client).kind == ClientKind::Replica {
        return false;
    }
    scope == PauseScope::All
        || a.writes()
        || a.row.has(Flag::MayReplicate)
        || a.runs_queued(|t| t.may_replicate)
}

/// What writes, or may.
fn may_be_slowed(row: Flags) -> bool {
    row.has(Flag::Write) || row.has(Flag::MayReplicate) || row.has(Flag::RunsTransaction)
}

/// Whether the command is one of those that are slowed for a replica that lags. What MULTI queues is
/// not: its EXEC is.
pub fn is_slowed(a: &Admission<'_>) -> bool {
    let session = a.state.server.clients.at(a.client);
    if a.origin.is_obeyed() || session.kind == ClientKind::Replica {
        return false;
    }
    if a.row.has(Flag::RunsTransaction) {
        return a.runs_queued(|t| t.writes || t.may_replicate);
    }
    session.transaction.is_none() && may_be_slowed(a.row.flags)
}

#[cfg(test)]
mod tests;
