//! Where the bytes of replies go: to the client, unless CLIENT REPLY says that there are to be none,
//! with what it is told beside them; and a copy of its commands to the clients in MONITOR.

use bytes::{Bytes, BytesMut};

use super::clock::wall_clock_micros;
use super::execute::Executor;
use super::standing::Standing;
use crate::clients::{ClientSlot, ReplyMode};
use crate::commands::command::Flag;
use crate::commands::effect::KeyEvent;
use crate::commands::registry::Row;
use crate::config::value::keyspace_events::KeyspaceEvents;
use crate::pubsub::Kind;
use crate::resp::reply::Reply;
use crate::resp::request::Args;
use crate::state::Server;

impl Executor {
    /// Writes a reply, unless CLIENT REPLY says that there is to be none.
    pub(super) fn answer(
        &self,
        client: ClientSlot,
        output: &mut BytesMut,
        write: impl FnOnce(&mut Reply<'_>),
    ) {
        if !self.is_silenced_now(None, client) {
            write(&mut Reply::new(output, self.protocol(client)));
        }
    }

    pub(super) fn is_silenced(&self, client: ClientSlot) -> bool {
        let mode = self.state.server.clients.at(client).reply_mode;
        matches!(mode, ReplyMode::Off | ReplyMode::Skip)
    }

    /// CLIENT REPLY SKIP: its command after the one that ended now.
    pub(super) fn step_reply_mode(&mut self, client: ClientSlot) {
        let session = self.state.server.clients.at_mut(client);
        match session.reply_mode {
            ReplyMode::On | ReplyMode::Off => {}
            ReplyMode::SkipNext => session.reply_mode = ReplyMode::Skip,
            ReplyMode::Skip => session.reply_mode = ReplyMode::On,
        }
    }

    /// Whether the command that runs is not answered: inside a transaction as it was at its EXEC,
    /// so that the array is whole or not there.
    /// `known`: how things stand, if the command has changed nothing of that.
    #[inline]
    pub(super) fn is_silenced_now(&self, known: Option<&Standing>, client: ClientSlot) -> bool {
        match (&self.running, known) {
            (Some(running), _) => running.is_silenced,
            (None, Some(standing)) => standing.is_silenced,
            (None, None) => self.is_silenced(client),
        }
    }

    /// Collects what a command asked the actors for. What it tells its own client beside the reply
    /// is kept back until that is whole.
    pub(super) fn route_actions(&mut self, client: ClientSlot) {
        let Some(rare) = self.effects.rare_if_any() else { return };
        let from = (client, self.state.server.clients.at(client).key.id);
        for action in rare.actions.drain(..) {
            self.outbox.add(from, action);
        }
    }

    /// Tells subscribers what happened to keys. `client`: who did it, if anybody.
    pub(super) fn publish_key_events(&mut self, client: Option<ClientSlot>) {
        let Server { config, pubsub, clients, .. } = &self.state.server;
        let asked = config.observation.notify_keyspace_events;
        let Some(rare) = self.effects.rare_if_any() else { return };
        for KeyEvent { db, key, event } in rare.key_events.drain(..) {
            let mut publish = |channel: &[u8], message: &[u8]| {
                for (slot, bytes) in pubsub.deliveries(Kind::Channel, channel, message, clients) {
                    match client == Some(slot) {
                        true => self.outbox.add_own(&bytes),
                        false => self.outbox.push_to(slot, clients.at(slot).key.id, bytes),
                    }
                }
            };
            if asked.contains(KeyspaceEvents::KEYSPACE) {
                let channel = [format!("__keyspace@{db}__:").as_bytes(), &key].concat();
                publish(&channel, event.as_bytes());
            }
            if asked.contains(KeyspaceEvents::KEYEVENT) {
                publish(format!("__keyevent@{db}__:{event}").as_bytes(), &key);
            }
        }
    }

    /// `+<seconds>.<micros> [<db> <peer>] "arg" "arg"` to everybody in MONITOR; to the client
    /// itself after its reply.
    #[cold]
    pub(super) fn feed_monitors(&mut self, client: ClientSlot, command: &Row, args: Args<'_>) {
        let server = &self.state.server;
        let is_hidden = command.has(Flag::SkipMonitor) || command.has(Flag::Admin);
        if is_hidden || server.loading.is_some() {
            return;
        }
        let line = Bytes::from(monitor_line(server, client, args));
        for monitor in server.clients.monitors() {
            if monitor.key.slot == client {
                if !self.is_silenced(client) {
                    self.outbox.add_own(&line);
                }
            } else {
                self.outbox.push_to(monitor.key.slot, monitor.key.id, line.clone());
            }
        }
    }
}

fn monitor_line(server: &Server, client: ClientSlot, args: Args<'_>) -> Vec<u8> {
    let session = server.clients.at(client);
    let peer = match &server.config.network.unixsocket {
        Some(path) if session.is_unix_socket => format!("unix:{}", path.display()),
        _ => session.peer.clone(),
    };
    let micros = wall_clock_micros();
    let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    let mut line = format!("+{seconds}.{micros:06} [{} {peer}]", session.db).into_bytes();
    for arg in args.iter() {
        line.push(b' ');
        crate::base::text::push_quoted(&mut line, arg);
    }
    line.extend_from_slice(b"\r\n");
    line
}
