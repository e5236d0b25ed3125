//! The connections of clients: who comes, what each may send and leave unread, who goes.

use actix::prelude::*;
use bytes::BytesMut;

use super::actor::Keyspace;
use super::client_limits::connection_limits;
use super::messages::{
    CloseArrival, Connect, Disconnected, LimitKind, PeerInfo, ReplicaAtFault, ReplicaFault,
};
use crate::base::ids::ClientId;
use crate::clients::{Beside, ClientKey, ClientKind, ClientSlot, Session, list_line};
use crate::commands::error::CommandError;
use crate::net::messages::{ConnectionLimits, ToConnection};
use crate::replication::messages::ToManager;
use crate::replication::model::hub::ArrivalFault;
use crate::replication::model::lines::{self, log_line};
use crate::resp::reply::{Protocol, Reply};
use crate::state::Server;

impl Keyspace {
    /// A message to a client's connection, if it still has one.
    pub(super) fn send(&mut self, slot: ClientSlot, message: ToConnection) {
        let Some(Some(connection)) = self.connections.get(slot) else { return };
        let is_held = self.log.writer.is_some() || self.stream_log.holds_replies();
        if !is_held && self.gate.is_empty() {
            return connection.do_send(message);
        }
        let connection = connection.clone();
        self.gate.hold(self.executor.stream_offset(), connection, message);
    }

    /// Puts another receiver in the place of a client's connection: its replica link.
    pub(super) fn set_connection(&mut self, slot: ClientSlot, to: Option<Recipient<ToConnection>>) {
        if self.connections.len() <= slot {
            self.connections.resize_with(slot + 1, || None);
        }
        self.connections[slot] = to;
    }

    fn connect(&mut self, message: Connect) {
        self.executor.read_clock();
        let now = self.executor.now();
        let server = &mut self.executor.state.server;
        server.stats.connections_received += 1;
        if let Some(error) = refusal(server, &message.peer) {
            server.stats.rejected_connections += 1;
            let mut line = BytesMut::new();
            Reply::new(&mut line, Protocol::Resp2).error(&error.message());
            message.replies.do_send(ToConnection::Refuse { error: line.freeze() });
            return;
        }
        let mut session = Session::new(message.peer.peer, message.peer.local, now);
        session.fd = message.peer.fd;
        session.is_unix_socket = message.peer.is_unix_socket;
        session.is_local = message.peer.is_loopback || message.peer.is_unix_socket;
        session.gauges = message.gauges;
        session.authenticated = server.config.security.requirepass.is_none();
        let key = server.clients.add(session);
        self.set_connection(key.slot, Some(message.replies));
        let limits = self.limits_of(key.slot);
        self.send(key.slot, ToConnection::Welcome { client: key, limits });
    }

    /// What a client may send and leave unread.
    pub(super) fn limits_of(&self, slot: ClientSlot) -> ConnectionLimits {
        let server = &self.executor.state.server;
        let session = server.clients.at(slot);
        connection_limits(&server.config, session.kind, session.authenticated)
    }

    /// Takes a client out of every table.
    pub(super) fn forget(&mut self, client: ClientKey) {
        if self.executor.state.server.clients.find(client).is_none() {
            return;
        }
        self.end_forwarder(client.slot);
        let waited = self.waiting.forget(client.slot);
        self.stop_awaiting(waited);
        self.note_line();
        self.executor.state.watches.unwatch(client.slot);
        self.executor.state.server.pubsub.forget(client.slot);
        let session = self.executor.state.server.clients.remove(client);
        if session.is_some_and(|session| session.kind == ClientKind::Replica) {
            self.recipients.manager.do_send(ToManager::ForgetReplica { client: client.id });
        }
        self.set_connection(client.slot, None);
    }

    /// A client left its replies unread for too long.
    fn note_output_limit(&mut self, client: ClientKey) {
        if let Some(line) = self.list_line_of(client) {
            log_line(&lines::master::output_limit_overcome(&line));
        }
    }

    fn note_closed_over_limit(&mut self, client: ClientKey) {
        self.note_output_limit(client);
        self.executor.state.server.stats.output_buffer_limit_disconnections += 1;
    }

    pub(super) fn close_over_limit(&mut self, client: ClientId) {
        let Some(slot) = self.slot_of(client) else { return };
        self.note_closed_over_limit(self.executor.state.server.clients.at(slot).key);
        self.close_now(slot);
    }

    /// A client's line of CLIENT LIST, while it is there.
    pub(super) fn list_line_of(&self, client: ClientKey) -> Option<String> {
        let (now, state) = (self.executor.now(), &self.executor.state);
        let session = state.server.clients.by_id(client.id)?;
        let beside = Beside {
            is_spoilt: state.watches.has_change(client.slot),
            table_bytes: state.table_bytes_of(client.slot),
            ..Beside::default()
        };
        Some(String::from_utf8_lossy(&list_line(session, now, beside)).into_owned())
    }

    /// A client is gone, and what the log says of it.
    fn note_end(&mut self, message: &Disconnected) {
        if message.over_limit == Some(LimitKind::Output) {
            self.note_output_limit(message.client);
        } else if message.by_peer
            && log::log_enabled!(log::Level::Debug)
            && let Some(line) = self.list_line_of(message.client)
        {
            log::debug!("Client closed connection {line}");
        }
    }
}

/// Why a new client is turned away, as it is told.
fn refusal(server: &Server, peer: &PeerInfo) -> Option<CommandError> {
    if server.clients.len() >= server.config.network.maxclients as usize {
        return Some(CommandError::TooManyClients);
    }
    let unprotected =
        server.config.network.protected_mode && server.config.security.requirepass.is_none();
    if unprotected && !peer.is_loopback && !peer.is_unix_socket {
        return Some(CommandError::ProtectedMode);
    }
    None
}

impl Handler<Connect> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: Connect, _: &mut Self::Context) {
        self.connect(message);
    }
}

impl Handler<ReplicaAtFault> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: ReplicaAtFault, _: &mut Self::Context) {
        match message.fault {
            ReplicaFault::OverOutputLimit => self.note_closed_over_limit(message.client),
            ReplicaFault::Spoke(command) => self.note_spoken(message.client, command.args()),
        }
    }
}

impl Handler<CloseArrival> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: CloseArrival, _: &mut Self::Context) {
        match message.fault {
            ArrivalFault::OverOutputLimit => self.close_over_limit(message.client),
            ArrivalFault::TimedOut | ArrivalFault::StreamChanged => {
                if let Some(slot) = self.slot_of(message.client) {
                    self.close_now(slot);
                }
            }
        }
    }
}

impl Handler<Disconnected> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: Disconnected, _: &mut Self::Context) {
        self.note_end(&message);
        let stats = &mut self.executor.state.server.stats;
        match message.over_limit {
            Some(LimitKind::Output) => stats.output_buffer_limit_disconnections += 1,
            Some(LimitKind::QueryBuffer) => stats.query_buffer_limit_disconnections += 1,
            None => {}
        }
        stats.net_input_bytes += message.read_bytes;
        stats.net_output_bytes += message.written_bytes;
        self.forget(message.client);
    }
}
