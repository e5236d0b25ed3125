//! The keyspace's side of following a master: its data set and its stream become ours.

use actix::prelude::*;
use bytes::BytesMut;

use super::actor::Keyspace;
use super::applying::Applying;
use super::messages::{
    ApplyStream, LoadedDataset, MasterLinkChanged, MasterStreamLost, StreamContinued,
};
use crate::base::ids::ReplId;
use crate::base::time::UnixMillis;
use crate::clients::{ClientKey, ClientKind, Session};
use crate::config::Config;
use crate::config::value::choice::DisklessLoad;
use crate::replication::messages::{Follow, MasterLinkSettings, StopFollowing, StreamApplied};
use crate::replication::model::handshake::Have;
use crate::replication::model::journal::{Event, Happening, Side};
use crate::replication::model::lines;
use crate::replication::model::lines::log_line;
use crate::replication::model::status::LinkState;
use crate::resp::request::Batch;
use crate::state::Master;
use crate::state::limits;
use crate::telemetry::logging;

/// `slave_repl_offset` before there was ever a stream.
pub(super) const NEVER_APPLIED: i64 = 1;

/// What the link to a master needs of the settings.
pub fn master_link_settings(config: &Config) -> MasterLinkSettings {
    let port = match config.replication.replica_announce_port {
        0 => config.network.port,
        announced => announced,
    };
    MasterLinkSettings {
        user: config.replication.masteruser.as_ref().map(|user| user.reveal().to_vec()),
        password: config.replication.masterauth.as_ref().map(|password| password.reveal().to_vec()),
        listening_port: port,
        announce_ip: config.replication.replica_announce_ip.clone(),
        timeout_seconds: config.replication.repl_timeout as i64,
        bind_source: config.network.bind_source_addr.clone(),
        disable_tcp_nodelay: config.replication.repl_disable_tcp_nodelay,
        databases: config.memory.databases,
        verify_checksum: config.persistence.rdbchecksum,
        key_load_delay_micros: config.persistence.key_load_delay,
        limits: limits(config),
        maxmemory_policy: config.memory.maxmemory_policy,
        lfu_decay_minutes: config.memory.lfu_decay_time,
        wipe_guard_percent: config.replication.replica_wipe_guard,
        flushes_before_load: config.replication.repl_diskless_load == DisklessLoad::FlushBeforeLoad,
        maxmemory: config.memory.maxmemory,
        ignores_maxmemory: config.replication.replica_ignore_maxmemory,
    }
}

/// Whether `ip:port` or `[ip6]:port` is on this machine.
fn is_loopback(peer: &str) -> bool {
    peer.parse::<std::net::SocketAddr>().is_ok_and(|address| address.ip().is_loopback())
}

impl Keyspace {
    /// After REPLICAOF, or all those of one transaction: what counts is whom we follow now, and the
    /// links are told of that alone.
    pub(super) fn settle_role(&mut self) {
        let now = self.executor.now();
        let replication = &mut self.executor.state.server.replication;
        if let Some(Master { host, port, .. }) = replication.named_master.take() {
            replication.begin_following(host, port, now).iter().for_each(log_line);
        }
        if !std::mem::take(&mut replication.role_is_news) {
            return;
        }
        match replication.master.clone() {
            Some(Master { host, port, .. }) => self.follow(host, port),
            None => self.stop_following(),
        }
    }

    /// What we have is offered to the new master, who may go on from there.
    fn follow(&mut self, host: String, port: u16) {
        logging::set_role_letter(b'S');
        self.note_role(Side::Replica, format!("{host}:{port}"));
        self.tell_host_of_role(true);
        self.forget_master_client();
        self.unblock_for_role_change();
        self.free_writers();
        self.begin_link(host, port);
        self.change_forwarders();
        self.release_caught_up();
    }

    /// The link begins anew; what an earlier one has sent is void.
    pub(super) fn begin_link(&mut self, host: String, port: u16) {
        self.end_loading_in_place();
        self.flush_stream();
        let server = &mut self.executor.state.server;
        let replication = &mut server.replication;
        replication.epoch += 1;
        let history = replication.stream.history();
        let have =
            replication.may_continue.then(|| Have { id: history.id(), offset: history.offset() });
        self.recipients.follow.do_send(Follow {
            host,
            port,
            settings: master_link_settings(&server.config),
            have,
            epoch: replication.epoch,
            hands_over: replication.failover.is_in_progress(),
            refused_syncs: replication.refused_syncs,
        });
    }

    /// `replicaof` of the settings, once what is on disk is loaded.
    pub(super) fn follow_configured_master(&mut self) {
        let now = self.executor.now();
        let server = &mut self.executor.state.server;
        let Some((host, port)) = server.config.replication.replicaof.clone() else { return };
        server.replication.set_master(host, port, now);
        server.replication.replica_since = UnixMillis::MIN;
        server.replication.has_followed = true;
        self.settle_role();
    }

    /// The handler has given the history a new name; replicas that know the old one may continue.
    fn stop_following(&mut self) {
        logging::set_role_letter(b'M');
        self.note_role(Side::Master, String::new());
        self.tell_host_of_role(false);
        self.forget_master_client();
        self.end_loading_in_place();
        self.recipients.stop_following.do_send(StopFollowing);
        let replication = &mut self.executor.state.server.replication;
        replication.epoch += 1;
        replication.stream.begin();
        self.flush_stream();
        self.change_forwarders();
        self.release_caught_up();
    }

    fn note_role(&mut self, side: Side, peer: String) {
        let event = Event::new(self.executor.now(), side, peer, Happening::RoleChanged);
        self.executor.state.server.keep_events([event]);
    }

    fn tell_host_of_role(&mut self, is_replica: bool) {
        let server = &mut self.executor.state.server;
        server.host.role_changed(&server.config, is_replica);
    }

    pub(super) fn forget_master_client(&mut self) {
        let replication = &mut self.executor.state.server.replication;
        replication.held_back = BytesMut::new();
        if let Some(client) = replication.master_client.take() {
            self.forget(client);
        }
    }

    /// The pseudo client in whose name the master's commands run.
    pub(super) fn master_client(&mut self) -> ClientKey {
        let now = self.executor.now();
        let server = &mut self.executor.state.server;
        if let Some(client) = server.replication.master_client {
            return client;
        }
        let (local, peer) = server.replication.link_addresses.clone();
        let mut session = Session::new(peer, local, now);
        session.kind = ClientKind::Master;
        session.is_local = is_loopback(&session.peer);
        session.authenticated = true;
        session.db = server.replication.master_stream_db;
        let client = server.clients.add(session);
        server.replication.master_client = Some(client);
        client
    }

    pub(super) fn is_current(&self, epoch: u64) -> bool {
        let replication = &self.executor.state.server.replication;
        replication.master.is_some() && replication.epoch == epoch
    }

    /// A full sync is complete: its data set takes the place of ours in one step.
    fn loaded(&mut self, message: LoadedDataset) {
        assert!(self.applying.is_none(), "the link sends it when no batch is away");
        if !self.is_current(message.epoch) {
            self.executor.state.garbage.drop_later(message.dataset, 0);
            return self.give_back(message.batch);
        }
        if self.would_wipe(&message) {
            return self.refuse(message);
        }
        self.executor.read_clock();
        log_line(&lines::replica::swapping());
        self.executor.replace_dataset(message.dataset);
        self.end_loading_in_place();
        self.forget_master_client();
        let new_id = self.executor.state.server.random_replid();
        let replication = &mut self.executor.state.server.replication;
        let id: ReplId = message.replid.unwrap_or(new_id);
        // What our own replicas have is of the past.
        replication.stream.replace(id, message.offset);
        replication.may_continue = message.replid.is_some();
        (replication.has_followed, replication.is_emptied) = (true, false);
        replication.note_given();
        replication.is_of_file = false;
        (replication.takes_anything, replication.refused_syncs) = (false, 0);
        self.executor.state.server.keep_functions(message.report.functions);
        let replication = &mut self.executor.state.server.replication;
        replication.master_stream_db = message.stream_db;
        self.executor.state.server.persistence.dirty += 1;
        self.master_client();
        self.flush_stream();
        log_line(&lines::replica::finished());
        self.give_back(message.batch);
    }

    /// The credit for the next batch.
    pub(super) fn give_back(&mut self, batch: Box<Batch>) {
        let history = self.executor.state.server.replication.stream.history();
        let have = Have { id: history.id(), offset: history.offset() };
        self.recipients.stream_applied.do_send(StreamApplied { batch, have });
    }

    fn continued(&mut self, message: StreamContinued) {
        if !self.is_current(message.epoch) {
            return;
        }
        assert!(self.applying.is_none(), "the link connects when no batch is away");
        self.executor.read_clock();
        let replication = &mut self.executor.state.server.replication;
        let changed = replication.stream.adopt(message.new_id);
        replication.stream.begin();
        (replication.has_followed, replication.is_of_file) = (true, false);
        replication.note_given();
        (replication.takes_anything, replication.refused_syncs) = (false, 0);
        self.master_client();
        changed.iter().for_each(log_line);
        self.flush_stream();
    }

    fn link_changed(&mut self, message: MasterLinkChanged) {
        let server = &mut self.executor.state.server;
        server.stats.net_repl_input_bytes += message.read_bytes;
        server.keep_events(message.events);
        if let Some(addresses) = message.addresses {
            server.replication.link_addresses = addresses;
        }
        if server.replication.epoch != message.epoch {
            return;
        }
        if message.status.state != LinkState::Transfer {
            self.end_loading_in_place();
        }
        let server = &mut self.executor.state.server;
        if let Some(master) = &mut server.replication.master {
            let had_master = master.link.applied_offset != NEVER_APPLIED || message.status.is_up();
            let down_since = master.link.down_since;
            master.link = message.status;
            // The link to an earlier master was lost then.
            master.link.down_since = master.link.down_since.or(down_since);
            if had_master {
                self.stamp_offsets();
            }
        }
        let master = self.executor.state.server.replication.master.as_ref();
        if master.is_some_and(|master| master.link.is_silent) {
            self.limit_forwarded_to_silence();
        }
        self.release_caught_up();
    }

    /// What the master's stream left open is forgotten: it comes again. What has come whole is ours
    /// all the same, and is applied in turns as ever; the link waits for it.
    fn stream_lost(&mut self, epoch: u64) {
        if !self.is_current(epoch) {
            return;
        }
        match &mut self.applying {
            Some(applying) => applying.is_last = true,
            None => self.forget_master_client(),
        }
    }
}

impl Handler<LoadedDataset> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: LoadedDataset, _: &mut Self::Context) {
        self.loaded(message);
    }
}

impl Handler<StreamContinued> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: StreamContinued, _: &mut Self::Context) {
        self.continued(message);
    }
}

impl Handler<ApplyStream> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: ApplyStream, ctx: &mut Self::Context) {
        assert!(self.applying.is_none(), "one batch at a time");
        let ApplyStream { epoch, batch } = message;
        self.applying = Some(Applying { epoch, batch, next: 0, passed_to: 0, is_last: false });
        self.apply(ctx);
    }
}

impl Handler<MasterLinkChanged> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: MasterLinkChanged, _: &mut Self::Context) {
        self.link_changed(message);
    }
}

impl Handler<MasterStreamLost> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: MasterStreamLost, _: &mut Self::Context) {
        self.stream_lost(message.epoch);
    }
}
