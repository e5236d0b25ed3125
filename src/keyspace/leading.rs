//! The keyspace's side of replication on a master: who becomes a replica, what the manager tells,
//! and what is due by the clock.

use std::time::Instant;

use actix::prelude::*;

use super::actor::Keyspace;
use super::execute::Executor;
use super::messages::{ReplicaAttached, ReplicasChanged, SyncAnswered, TakeSnapshot};
use crate::base::ids::ClientId;
use crate::clients::{ClientKey, ClientKind};
use crate::commands::command::Flag;
use crate::commands::effect::SyncRequest;
use crate::config::Config;
use crate::net::messages::ToConnection;
use crate::rdb::dialect::Dialect;
use crate::rdb::save::{ReplicationPoint, SaveInfo};
use crate::rdb::usage::UsageClock;
use crate::replication::messages::{ReplicationSettings, TakenSnapshot, ToManager};
use crate::replication::model::feed::Feed;
use crate::replication::model::flow::FlowSettings;
use crate::replication::model::hub::{LinkSettings, ReplicaChange, SyncStart, TransferSettings};
use crate::replication::model::lines::{self, log_line};
use crate::replication::model::psync::SyncOutcome;
use crate::resp::request::Args;
use crate::state::{ShutdownStage, replica_output_limit};

/// What the replication manager needs of the settings.
pub fn replication_settings(config: &Config) -> ReplicationSettings {
    ReplicationSettings {
        transfers: TransferSettings {
            diskless: config.replication.repl_diskless_sync,
            diskless_delay_seconds: config.replication.repl_diskless_sync_delay,
            diskless_max_replicas: config.replication.repl_diskless_sync_max_replicas,
        },
        links: LinkSettings {
            timeout_seconds: config.replication.repl_timeout as i64,
            output_limit: replica_output_limit(config),
            flow: FlowSettings {
                limit_bytes: config.replication.repl_memory_limit,
                throttles: config.replication.repl_throttle,
            },
        },
        disable_tcp_nodelay: config.replication.repl_disable_tcp_nodelay,
    }
}

impl Executor {
    /// What an RDB made now says of itself.
    pub fn save_info(&self) -> SaveInfo {
        let server = &self.state.server;
        let replication = &server.replication;
        SaveInfo {
            server_version: crate::config::load::REDIS_VERSION.to_owned(),
            created_unix_seconds: self.now() / 1000,
            used_memory_bytes: crate::telemetry::memory::used_bytes() as u64,
            replication: Some(ReplicationPoint {
                id: replication.stream.history().id(),
                offset: replication.stream.offset(),
                stream_db: replication.stream_db(),
            }),
            aof_base: false,
            functions: server.functions.clone(),
            dialect: Dialect::Packed,
            compress: server.config.persistence.rdbcompression,
            checksum: server.config.persistence.rdbchecksum,
            usage: UsageClock::stated(
                server.config.memory.maxmemory_policy,
                server.config.memory.lfu_decay_time,
                self.now(),
            ),
        }
    }
}

impl Keyspace {
    /// A client becomes a replica: the manager hears what it wants, then its connection hands
    /// over the socket.
    pub(super) fn begin_sync(&mut self, request: SyncRequest) {
        let client: ClientKey = request.client;
        if self.executor.state.server.clients.find(client).is_none() {
            return;
        }
        // The stream before it first: what it may continue is decided by what came on this edge.
        self.flush_stream();
        let server = &mut self.executor.state.server;
        let session = server.clients.at_mut(client.slot);
        session.kind = ClientKind::Replica;
        let ip = session.peer.rsplit_once(':').map_or("", |(ip, _)| ip);
        let ip = ip.trim_start_matches('[').trim_end_matches(']').to_owned();
        let SyncRequest { replid, wanted, is_old_sync, .. } = request;
        let intro = session.intro.clone();
        let sync = SyncStart { client: client.id, replid, wanted, is_old_sync, ip, intro };
        self.recipients.manager.do_send(ToManager::BeginSync(sync));
        let id = server.random_replid();
        server.replication.stream.begin_for_replica(id);
        // The manager has yet to tell of it: the backlog is not to be freed meanwhile.
        server.replication.no_replicas_since = None;
        self.flush_stream();
        let to = self.recipients.adopt_socket.clone();
        self.send(client.slot, ToConnection::HandOver { to });
    }

    /// A snapshot for the manager, at this place in the stream.
    fn take_snapshot(&mut self, ticket: u64) {
        self.executor.read_clock();
        self.flush_stream();
        let began = Instant::now();
        let server = &mut self.executor.state.server;
        // The first write after the snapshot says in which database it is.
        if server.replication.master.is_none() {
            server.replication.stream.forget_selected();
        }
        let offset = server.replication.stream.offset();
        // Who meets a layout that it does not know ends its process: all replicas get the oldest.
        let info = SaveInfo { dialect: Dialect::Plain, ..self.executor.save_info() };
        let snapshot = self.executor.state.dataset.snapshot();
        let stats = &mut self.executor.state.server.stats;
        stats.snapshots += 1;
        stats.latest_snapshot_micros = began.elapsed().as_micros() as u64;
        self.recipients.manager.do_send(ToManager::Snapshot(Box::new(TakenSnapshot {
            ticket,
            snapshot,
            info,
            offset,
            key_delay_micros: self.executor.state.server.config.persistence.rdb_key_save_delay,
        })));
    }

    /// What is due of replication, ten times a second.
    pub(super) fn replication_cron(&mut self) {
        self.ping_replicas();
        self.free_backlog_when_due();
        self.count_good_replicas();
    }

    /// A sign of life in the stream, from the top master only: a chained replica's stream is its
    /// master's.
    fn ping_replicas(&mut self) {
        let now = self.executor.now();
        let server = &mut self.executor.state.server;
        let period = server.config.replication.repl_ping_replica_period as i64 * 1000;
        let is_paused = server.pauses.at(now).is_some();
        let replication = &mut server.replication;
        if replication.is_replica() || replication.replicas.is_empty() {
            // The first replica that comes has heard from us then: a period later is soon enough.
            replication.last_ping_at = now;
            return;
        }
        if is_paused || now - replication.last_ping_at < period {
            return;
        }
        replication.last_ping_at = now;
        replication.stream.write(Feed::ping);
    }

    /// `repl-backlog-ttl`: without replicas for long, a master stops writing the stream. Then it
    /// must not pretend to continue its history later.
    fn free_backlog_when_due(&mut self) {
        let now = self.executor.now();
        let server = &mut self.executor.state.server;
        let ttl = server.config.replication.repl_backlog_ttl;
        // The log holds the stream: it is written whoever reads it.
        let is_logged = server.persistence.log.is_enabled() || self.is_stream_recovered_by();
        let replication = &mut self.executor.state.server.replication;
        if is_logged
            || !replication.replicas.is_empty()
            || replication.is_replica()
            || !replication.stream.is_feeding()
        {
            replication.no_replicas_since = None;
            return;
        }
        let since = *replication.no_replicas_since.get_or_insert(now);
        let alone_millis = u64::try_from(now - since).unwrap_or(0);
        if ttl == 0 || alone_millis <= ttl.saturating_mul(1000) {
            return;
        }
        replication.no_replicas_since = None;
        let id = self.executor.state.server.random_replid();
        self.executor.state.server.replication.stream.free(id);
        log_line(&lines::master::backlog_freed(ttl));
    }

    pub(super) fn count_good_replicas(&mut self) {
        let server = &mut self.executor.state.server;
        let max_lag = server.config.replication.min_replicas_max_lag as i64;
        let replicas = &server.replication.replicas;
        let good = replicas.values().filter(|r| r.is_online() && r.lag_seconds <= max_lag).count();
        server.replication.good_replicas = good;
    }

    fn replicas_changed(&mut self, message: ReplicasChanged) {
        self.executor.read_clock();
        let server = &mut self.executor.state.server;
        server.stats.net_repl_output_bytes += message.news.written_bytes;
        self.heed_lost_data(&message.news.events);
        let server = &mut self.executor.state.server;
        server.keep_events(message.news.events);
        for ReplicaChange { client, status, acks } in message.news.changes {
            let replicas = &mut self.executor.state.server.replication.replicas;
            match status {
                Some(status) => replicas.insert(client, status),
                None => replicas.remove(&client),
            };
            if acks > 0 {
                self.note_acks(client, acks);
            }
        }
        self.count_good_replicas();
        self.answer_reached();
    }

    /// A replica's link reads its ACKs by itself: they count as the commands that they are.
    fn note_acks(&mut self, client: ClientId, acks: u64) {
        let Some(row) = self.executor.registry.catalog.find(b"replconf") else { return };
        let now = self.executor.now();
        let server = &mut self.executor.state.server;
        server.stats.commands_processed += acks;
        server.stats.calls[row].calls += acks;
        if let Some(key) = server.clients.by_id(client).map(|session| session.key) {
            let session = server.clients.at_mut(key.slot);
            session.last_command = self.executor.registry.row(row).full_name;
            session.last_active_at = now;
        }
    }

    /// Somebody in WAIT wants to know how far every replica is: they are asked once for all who
    /// want it, at the end of the round.
    pub(super) fn ask_for_acks_when_wanted(&mut self) {
        let server = &mut self.executor.state.server;
        if server.replication.failover.is_under_way() {
            // A replica would have to acknowledge it too before it may take over.
            return;
        }
        let is_wanted = std::mem::take(&mut self.wants_acks);
        // Behind the offset of the last file it would part the replicas from who starts with that.
        let is_ending = server.shutdown.stage == ShutdownStage::Ending;
        if is_wanted && !is_ending && !server.replication.is_replica() {
            server.replication.stream.write(Feed::getack);
        }
    }

    /// DEBUG CHANGE-REPL-ID: nobody can continue.
    pub(super) fn change_replication_id(&mut self) {
        let id = self.executor.state.server.random_replid();
        self.executor.state.server.replication.stream.disown(id);
    }

    /// A replica said more than REPLCONF ACK; its link ends.
    pub(super) fn note_spoken(&mut self, client: ClientKey, command: Args<'_>) {
        let registry = &self.executor.registry;
        let row = registry.resolve(command).ok().map(|row| registry.row(row));
        let name = row.map_or("<unknown>", |row| row.full_name);
        let on_keys = row.is_some_and(|row| {
            [Flag::Write, Flag::ReadOnly, Flag::MayReplicate].iter().any(|&f| row.has(f))
        });
        if on_keys {
            self.executor.state.server.stats.unexpected_error_replies += 1;
            log_line(&lines::error_in_stream(
                false,
                "Replica can't interact with the keyspace",
                name,
            ));
        }
        if let Some(line) = self.list_line_of(client) {
            log_line(&lines::master::replica_wants_reply(name, &line));
        }
    }
}

impl Handler<TakeSnapshot> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: TakeSnapshot, _: &mut Self::Context) {
        self.take_snapshot(message.ticket);
    }
}

impl Handler<ReplicasChanged> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: ReplicasChanged, _: &mut Self::Context) {
        self.replicas_changed(message);
    }
}

impl Handler<ReplicaAttached> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: ReplicaAttached, _: &mut Self::Context) {
        if self.executor.state.server.clients.find(message.client).is_some() {
            self.set_connection(message.client.slot, Some(message.to));
        } else {
            message.to.do_send(ToConnection::Close);
        }
    }
}

impl Handler<SyncAnswered> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: SyncAnswered, _: &mut Self::Context) {
        let stats = &mut self.executor.state.server.stats;
        match message.outcome {
            SyncOutcome::Full => stats.sync_full += 1,
            SyncOutcome::Partial => stats.sync_partial_ok += 1,
            SyncOutcome::PartialRefused => {
                stats.sync_full += 1;
                stats.sync_partial_err += 1;
            }
        }
    }
}
