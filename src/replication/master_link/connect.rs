//! The way to a master: the connection, and the first words.

use actix::prelude::*;
use tokio::net::TcpStream;

use super::{MasterLink, Phase};
use crate::base::text::system_text;
use crate::net::stream::Stream;
use crate::replication::model::handshake::{Handshake, MasterAuth, Setup};
use crate::replication::model::journal::{Cause, Happening};
use crate::replication::model::lines::{self, log_line};
use crate::replication::model::reconnect::Attempt;
use crate::replication::model::status::LinkState;
use crate::replication::open::{NotOpened, open};

impl MasterLink {
    /// Connects, unless a batch is still being applied: where we are is known only after it.
    pub(super) fn connect(&mut self, ctx: &mut Context<Self>) {
        let Some(follow) = &self.follow else { return };
        if !self.needs_connect || self.batch.is_none() {
            return;
        }
        self.needs_connect = false;
        log_line(&self.attempt_kind.line(&follow.host, follow.port));
        log_line(&lines::replica::sync_started());
        self.phase = Phase::Connecting;
        self.status.state = LinkState::Connecting;
        self.status.last_io = (self.now)();
        let (host, port) = (follow.host.clone(), follow.port);
        let source = follow.settings.bind_source.clone();
        let attempt = self.attempt;
        let connecting = actix::fut::wrap_future::<_, Self>(open(host, port, source));
        let connecting = connecting.map(move |opened, link: &mut Self, ctx: &mut Context<Self>| {
            if link.attempt == attempt {
                link.connected(opened, ctx);
            }
        });
        ctx.spawn(connecting);
        self.report();
    }

    fn connected(&mut self, opened: Result<TcpStream, NotOpened>, ctx: &mut Context<Self>) {
        let stream = match opened {
            Ok(stream) => stream,
            Err(error) => {
                log_line(&match error {
                    NotOpened::NoAddress(error) => {
                        lines::replica::unable_to_connect(&system_text(&error))
                    }
                    NotOpened::NotConnected(error) => {
                        lines::replica::connect_failed(&system_text(&error))
                    }
                });
                self.note(Happening::NotConnected(Cause::Unreachable));
                return self.retry(Attempt::Fresh, ctx);
            }
        };
        log_line(&lines::replica::connected());
        self.note_connected();
        let Some(follow) = &self.follow else { return };
        let settings = &follow.settings;
        let _ = stream.set_nodelay(true);
        let addresses =
            stream.local_addr().and_then(|l| Ok((l.to_string(), stream.peer_addr()?.to_string())));
        let auth = settings
            .password
            .clone()
            .map(|password| MasterAuth { user: settings.user.clone(), password });
        let setup = Setup {
            auth,
            listening_port: settings.listening_port,
            announce_ip: settings.announce_ip.clone(),
            have: self.have,
            hands_over: follow.hands_over,
            asked_before: self.asked_to_take_over,
            is_a_master: self.target_is_master,
        };
        self.stream = Some(Stream::Tcp(stream));
        let (handshake, step) = Handshake::start(setup);
        self.phase = Phase::Handshake(handshake);
        self.status.state = LinkState::Handshake;
        self.status.last_io = (self.now)();
        self.take_step(step, ctx);
        self.report_with(addresses.ok());
        self.wake();
    }
}
