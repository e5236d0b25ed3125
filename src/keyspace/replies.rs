//! Where the bytes of replies go: to the client, unless CLIENT REPLY says that there are to be none,
//! with what it is told beside them; and a copy of its commands to the clients in MONITOR.

use bytes::{Bytes, BytesMut};

use super::execute::{Executor, wall_clock_micros};
use crate::clients::{ClientSlot, ReplyMode};
use crate::commands::command::{Command, Flag};
use crate::commands::effect::Action;
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
        if !self.is_silenced(client) {
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

    /// What a command of its own tells the client beside the reply, which begins at `reply_start`,
    /// goes before that and behind the replies to earlier commands of the batch.
    pub(super) fn take_own_pushes(
        &mut self,
        client: ClientSlot,
        output: &mut BytesMut,
        reply_start: usize,
    ) {
        let own = self.state.server.clients.at(client).key.id;
        let mut pushes = BytesMut::new();
        self.actions.retain(|(_, action)| match action {
            Action::Push { client, bytes } if *client == own => {
                pushes.extend_from_slice(bytes);
                false
            }
            _ => true,
        });
        if !pushes.is_empty() {
            pushes.extend_from_slice(&output[reply_start..]);
            output.truncate(reply_start);
            output.extend_from_slice(&pushes);
        }
    }

    /// `+<seconds>.<micros> [<db> <peer>] "arg" "arg"` to everybody in MONITOR; to the client
    /// itself after its reply.
    #[cold]
    pub(super) fn feed_monitors(
        &mut self,
        client: ClientSlot,
        command: &Command,
        args: Args<'_>,
        output: &mut BytesMut,
    ) {
        let server = &self.state.server;
        let is_hidden = command.has(Flag::SkipMonitor) || command.has(Flag::Admin);
        if is_hidden || server.loading.is_some() {
            return;
        }
        let line = Bytes::from(monitor_line(server, client, args));
        for monitor in server.clients.monitors() {
            if monitor.key.slot == client {
                if !self.is_silenced(client) {
                    output.extend_from_slice(&line);
                }
            } else {
                let push = Action::Push { client: monitor.key.id, bytes: line.clone() };
                self.actions.push((client, push));
            }
        }
    }
}

fn monitor_line(server: &Server, client: ClientSlot, args: Args<'_>) -> Vec<u8> {
    let session = server.clients.at(client);
    let peer = match &server.config.unixsocket {
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
