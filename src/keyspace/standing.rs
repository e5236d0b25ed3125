//! How things stand for the commands of one client: looked up once, and kept for as long as
//! commands come that can change none of it.

use super::client_limits::connection_limits;
use crate::base::ids::DbIndex;
use crate::base::time::UnixMillis;
use crate::clients::{ClientKind, ClientSlot, ReplyMode};
use crate::commands::call::Origin;
use crate::commands::command::Flag;
use crate::commands::keys::Uses;
use crate::commands::registry::Row;
use crate::config::channels::Channels;
use crate::config::value::keyspace_events::KeyspaceEvents;
use crate::resp::reply::Protocol;
use crate::state::Server;

/// A set of things that are not as usual; for each there is a gate in `admission`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct States(u32);

impl States {
    pub const NONE: States = States(0);
    /// Whatever the state: the gate is asked at each call of a command that heeds it.
    pub const ALWAYS: States = States(1 << 0);
    pub const UNAUTHENTICATED: States = States(1 << 1);
    /// Between MULTI and EXEC.
    pub const IN_TRANSACTION: States = States(1 << 2);
    /// More memory is in use than `maxmemory`, and nothing can be evicted.
    pub const FULL: States = States(1 << 3);
    /// The last save failed, or the log cannot be written.
    pub const DISK_FAILS: States = States(1 << 4);
    /// Fewer replicas follow closely than `min-replicas-to-write`.
    pub const TOO_FEW_REPLICAS: States = States(1 << 5);
    /// We follow a master.
    pub const REPLICA: States = States(1 << 6);
    /// The client has subscribed, and speaks RESP2.
    pub const SUBSCRIBED: States = States(1 << 7);
    pub const MASTER_DOWN: States = States(1 << 8);
    pub const LOADING: States = States(1 << 9);
    /// The client is a replica of ours, or in MONITOR.
    pub const FOLLOWER: States = States(1 << 10);
    /// By CLIENT PAUSE or SHUTDOWN; it may lapse while this stands.
    pub const PAUSED: States = States(1 << 11);
    /// The client's user has no right to some channels.
    pub const RESTRICTED: States = States(1 << 12);
    /// The command came in our master's stream.
    pub const IN_STREAM: States = States(1 << 13);

    /// Writers are slowed for a replica that lags.
    pub const THROTTLED: States = States(1 << 14);
    /// The client's commands have come through here before.
    pub const CAME_BACK: States = States(1 << 15);
    /// Keys are on their way to another server.
    pub const MIGRATING: States = States(1 << 16);

    pub const fn or(self, more: States) -> States {
        States(self.0 | more.0)
    }

    /// These when it is so, else none.
    const fn when(self, is_so: bool) -> States {
        if is_so { self } else { States::NONE }
    }

    #[inline]
    pub const fn meet(self, other: States) -> bool {
        self.0 & other.0 != 0
    }

    /// All that a gate could object to in a command of this client. `now`: a pause may lapse, but
    /// not begin, while time passes.
    fn of(server: &Server, client: ClientSlot, origin: Origin, now: UnixMillis) -> States {
        let session = server.clients.at(client);
        let in_transaction = States::IN_TRANSACTION.when(session.transaction.is_some());
        let expiry = States::REPLICA
            .when(server.replication.is_replica())
            .or(States::LOADING.when(server.loading.is_some()))
            .or(States::PAUSED.when(server.pauses.at(now).is_some()));
        if origin.is_obeyed() {
            let disk_fails = States::DISK_FAILS.when(!server.persistence.last_save_ok);
            return States::ALWAYS.or(States::IN_STREAM).or(in_transaction).or(disk_fails);
        }
        let config = &server.config;
        let replication = &server.replication;
        let follows = session.kind == ClientKind::Replica || session.is_monitor();
        let subscribed = session.is_subscriber() && session.protocol == Protocol::Resp2;
        let few = replication.good_replicas < config.replication.min_replicas_to_write;
        let down = replication.master.as_ref().is_some_and(|master| !master.link.is_up());
        States::ALWAYS
            .or(in_transaction)
            .or(expiry)
            .or(States::UNAUTHENTICATED.when(!session.authenticated))
            .or(States::RESTRICTED.when(config.default_user_channels != Channels::All))
            .or(States::FULL.when(server.is_out_of_memory()))
            .or(States::DISK_FAILS.when(server.persistence.fails()))
            .or(States::TOO_FEW_REPLICAS.when(few))
            .or(States::SUBSCRIBED.when(subscribed))
            .or(States::MASTER_DOWN.when(down))
            .or(States::FOLLOWER.when(follows))
            .or(States::THROTTLED.when(server.throttle.is_on()))
            .or(States::MIGRATING.when(!server.migrating.keys.is_empty()))
            .or(States::CAME_BACK.when(session.forwarded_by.contains(&server.identity.run_id)))
    }
}

/// What every command asks of the server and of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub client: ClientSlot,
    pub states: States,
    pub protocol: Protocol,
    /// How many bytes of replies may be there for the client; `None`: there is no limit.
    pub most_reply_bytes: Option<usize>,
    pub db: DbIndex,
    /// CLIENT REPLY: commands are not answered.
    pub is_silenced: bool,
    /// CLIENT REPLY SKIP: the next command is another matter.
    pub steps_reply_mode: bool,
    /// How uses of keys are noted.
    pub uses: Uses,
    /// What happens to keys, as far as it is published.
    pub events: KeyspaceEvents,
    /// What the stream calls the removal of an expired key.
    pub expired_as: &'static [u8],
    /// What is changed here goes to a stream that somebody reads.
    pub feeds: bool,
    /// What is changed here is noted as a writable replica's own.
    pub notes_own: bool,
    pub is_replica: bool,
    /// How many replicas are to have what is written before it is answered.
    pub quorum: usize,
    /// A key whose time has come is deleted when a command meets it: nothing forbids it.
    pub deletes_expired: bool,
}

impl Standing {
    fn of(server: &Server, client: ClientSlot, origin: Origin, now: UnixMillis) -> Standing {
        let session = server.clients.at(client);
        let is_replica = server.replication.is_replica();
        let is_writable = !server.config.replication.replica_read_only;
        let is_held = server.loading.is_some() || server.pauses.at(now).is_some();
        Standing {
            client,
            states: States::of(server, client, origin, now),
            protocol: session.protocol,
            most_reply_bytes: connection_limits(
                &server.config,
                session.kind,
                session.authenticated,
            )
            .unwritten_bytes(),
            db: session.db,
            is_silenced: matches!(session.reply_mode, ReplyMode::Off | ReplyMode::Skip),
            steps_reply_mode: matches!(session.reply_mode, ReplyMode::SkipNext | ReplyMode::Skip),
            uses: Uses {
                clock: server.usage_clock(now),
                lfu_log_factor: server.config.memory.lfu_log_factor,
                touches: !session.no_touch,
            },
            events: wanted_events(server),
            expired_as: expired_as(server),
            feeds: server.replication.feeds_own(),
            notes_own: is_replica && is_writable && origin.feeds_stream(),
            is_replica,
            quorum: if origin.is_obeyed() { 0 } else { quorum_of(server, client) },
            deletes_expired: origin.sees_expiry() && !is_replica && !is_held,
        }
    }

    /// Whether this still holds when `truth` is what a look finds: a pause may have lapsed, and the
    /// clock of uses, which counts seconds, have gone on.
    fn holds(&self, truth: &Standing) -> bool {
        let states = truth.states.or(States(self.states.0 & States::PAUSED.0));
        let deletes_expired = truth.deletes_expired && self.deletes_expired;
        let uses = Uses { clock: self.uses.clock, ..truth.uses };
        *self == Standing { states, deletes_expired, uses, ..*truth }
    }
}

/// What the settings ask for is asked of a master, as by `min-replicas-to-write`.
fn quorum_of(server: &Server, client: ClientSlot) -> usize {
    let default = match server.replication.is_replica() {
        true => 0,
        false => server.config.replication.repl_ack_quorum,
    };
    server.clients.at(client).quorum.unwrap_or(default)
}

/// How things stand, while it is known.
#[derive(Default)]
pub(super) struct KnownStanding(Option<Standing>);

impl KnownStanding {
    /// How things stand for a command of this client.
    ///
    /// Nothing of it can be out of date: it is forgotten when a batch begins, when the clock is
    /// read, and after every command but those that [`keeps_standing`] knows; tests and debug
    /// builds compare it with the truth at each use.
    #[inline]
    pub fn look(
        &mut self,
        server: &Server,
        client: ClientSlot,
        origin: Origin,
        now: UnixMillis,
    ) -> Standing {
        let of = || Standing::of(server, client, origin, now);
        match &self.0 {
            Some(known) if known.client == client => {
                debug_assert!(known.holds(&of()), "out of date: {known:?} is {:?}", of());
                *known
            }
            _ => *self.0.insert(of()),
        }
    }

    /// Whether nothing has happened that could change it.
    #[inline]
    pub fn is_known(&self) -> bool {
        self.0.is_some()
    }

    /// Something may have changed.
    #[inline]
    pub fn forget(&mut self) {
        self.0 = None;
    }
}

/// Whether a command leaves the server's and the session's state alone: those on keys do, as long
/// as they ask nothing of the actors.
#[inline]
pub(super) fn keeps_standing(row: &Row) -> bool {
    row.has(Flag::Write) || row.has(Flag::ReadOnly) || row.has(Flag::ChangesNothing)
}

/// The events that are published: none while nobody listens.
pub(super) fn wanted_events(server: &Server) -> KeyspaceEvents {
    if server.pubsub.has_listeners() {
        server.config.observation.notify_keyspace_events
    } else {
        KeyspaceEvents::NONE
    }
}

/// What the stream calls the removal of an expired key.
pub(super) fn expired_as(server: &Server) -> &'static [u8] {
    if server.config.memory.lazyfree_lazy_expire { b"UNLINK" } else { b"DEL" }
}

#[cfg(test)]
mod tests {
    use crate::commands::call::Origin;
    use crate::config::channels::Channels;
    use crate::config::value::text::{Secret, Text};
    use crate::keyspace::testing::TestServer;
    use crate::replication::model::flow::Pace;
    use crate::state::{LoadingStatus, PausePurpose, PauseScope};

    type Change = fn(&mut TestServer);

    /// What may be unusual, each by itself.
    const CHANGES: &[Change] = &[
        |s| {
            s.session().authenticated = false;
            s.server().config.security.requirepass = Secret::from_bytes(b"secret").ok();
        },
        |s| s.server().config.default_user_channels = Channels::Matching(Vec::new()),
        |s| s.session().transaction = Some(Box::default()),
        |s| {
            s.server().config.memory.maxmemory = 1;
            s.server().pressure.is_over(0, true);
        },
        |s| s.server().persistence.last_save_ok = false,
        |s| {
            s.server().config.replication.min_replicas_to_write = 1;
            s.server().config.replication.min_replicas_max_lag = 10;
        },
        |s| s.become_replica(),
        |s| s.server().config.replication.replica_serve_stale_data = false,
        |s| s.session().subscriptions = 1,
        |s| {
            let own = s.server().identity.run_id;
            s.session().forwarded_by = [own].into();
        },
        |s| {
            s.server().loading =
                Some(LoadingStatus { started_at: 0, total_bytes: 1, progress: Default::default() });
        },
        |s| {
            let client = s.client;
            s.server().clients.set_monitor(client, true);
        },
        |s| {
            let pace = Pace { bytes_per_second: 0, client: 9, lag_bytes: 1, limit_bytes: 1 };
            let (now, offset) = (s.now, s.server().replication.stream.offset());
            s.server().throttle.set_pace(Some(pace), now, offset);
        },
        |s| {
            s.server().migrating.keys.insert(b"a"[..].into());
        },
        |s| {
            let (purpose, now) = (PausePurpose::Client, s.now);
            s.server().pauses.begin(purpose, PauseScope::Writes, now + 1000, now);
        },
    ];

    /// The short way may never let through what the long way would not.
    #[test]
    fn whoever_heeds_no_state_that_holds_is_let_through_by_all_gates() {
        for (i, first) in CHANGES.iter().enumerate() {
            for second in &CHANGES[i..] {
                for origin in [Origin::Client, Origin::Master] {
                    let mut server = TestServer::new();
                    first(&mut server);
                    second(&mut server);
                    let (client, now) = (server.client, server.now);
                    server.executor.set_time(now);
                    let simply_run = server.executor.rows_that_simply_run(client, origin);
                    for (name, is_let_through) in simply_run {
                        assert!(is_let_through, "{name} in {i} by {origin:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_a_command_changed_holds_for_the_next_of_its_batch() {
        let mut server = TestServer::new();
        let mut run = |commands: &[(&str, &str)]| {
            for (line, expected) in commands {
                assert_eq!(server.run_in_batch(line), *expected, "{line}");
            }
        };
        run(&[("SELECT 1", "OK"), ("SET k 1", "OK"), ("SELECT 0", "OK"), ("GET k", "nil")]);
        run(&[
            ("MULTI", "OK"),
            ("SET k 1", "QUEUED"),
            ("SELECT 2", "QUEUED"),
            ("SET k 2", "QUEUED"),
        ]);
        run(&[("EXEC", "[OK OK OK]"), ("GET k", "\"2\""), ("SELECT 1", "OK"), ("GET k", "\"1\"")]);
        run(&[("CLIENT PAUSE 1000 WRITE", "OK"), ("GET k", "\"1\""), ("SET k 3", "")]);
        run(&[
            ("CLIENT UNPAUSE", "OK"),
            ("CLIENT REPLY SKIP", ""),
            ("GET k", ""),
            ("SET k 3", "OK"),
            ("CLIENT REPLY OFF", ""),
            ("GET k", ""),
        ]);
    }

    #[test]
    fn whatever_may_end_a_client_or_concern_others_has_them_looked_at() {
        let mut server = TestServer::new();
        let is_undisturbed_by = |server: &mut TestServer, line: &str| {
            server.run_in_batch(line);
            server.executor.is_undisturbed()
        };
        for line in ["SET k 1", "GET k", "INCRBY k 5", "GET", "DEL k", "PING"] {
            let is_error = line == "GET";
            assert_eq!(is_undisturbed_by(&mut server, line), !is_error, "{line}");
        }
        for line in ["POST / HTTP/1.1", "QUIT", "CLIENT KILL ID 1", "PUBLISH a b", "nonsense"] {
            assert!(!is_undisturbed_by(&mut server, line), "{line}");
        }
        assert!(server.session().is_closing);
    }
}
