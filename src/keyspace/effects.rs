//! The one place where a command's effects become messages.

use std::os::unix::process::CommandExt;
use std::time::Duration;

use bytes::BytesMut;

use super::actor::Keyspace;
use crate::base::ids::ClientId;
use crate::clients::ClientSlot;
use crate::commands::effect::{Action, Crash, StreamCommand};
use crate::commands::error::CommandError;
use crate::net::messages::ToConnection;
use crate::replication::messages::{Acknowledge, CutMasterLink};
use crate::resp::reply::Reply;

impl Keyspace {
    /// Carries out what the commands since the last time asked for.
    pub(super) fn carry_out_actions(&mut self) {
        while !self.executor.outbox.is_empty() {
            for (slot, action) in self.executor.outbox.take() {
                self.carry_out(slot, action);
            }
        }
    }

    fn carry_out(&mut self, slot: ClientSlot, action: Action) {
        match action {
            Action::CloseAfterReply => {
                let clients = &mut self.executor.state.server.clients;
                if let Some(session) = clients.key_at(slot).and_then(|key| clients.find(key)) {
                    session.is_closing = true;
                }
            }
            Action::Kill(id) => self.kill(slot, id),
            Action::CloseOverLimit(client) => self.close_over_limit(client),
            Action::Push { client, bytes } => {
                if let Some(slot) = self.slot_of(client) {
                    self.push_to(slot, bytes);
                }
            }
            Action::Unpause => self.release_paused(),
            Action::Unblock { client, with_error } => {
                if let Some(slot) = self.slot_of(client) {
                    self.unblock(slot, with_error);
                }
            }
            Action::BeginSync(request) => self.begin_sync(request),
            Action::SettleRole => self.settle_role(),
            Action::AskForAcks => self.wants_acks = true,
            Action::AcknowledgeMaster { offset } => {
                self.recipients.acknowledge.do_send(Acknowledge { offset });
            }
            Action::Migrate(request) => self.begin_migration(slot, *request),
            Action::SaveInBackground => self.save_in_background(),
            Action::RewriteLog => self.rewrite_log(),
            Action::LoadLog => self.load_log_again(slot),
            Action::SaveNow => self.save_now(slot),
            Action::BackUp { name } => self.back_up(slot, name),
            Action::Shutdown(request) => self.begin_shutdown(request),
            Action::AbortShutdown => self.abort_shutdown(),
            Action::ConfigChanged(changed) => self.apply_config(&changed),
            Action::Reload(request) => self.reload(slot, request),
            Action::AllFlushed => self.save_after_flush(),
            Action::ChangeReplicationId => self.change_replication_id(),
            Action::Replicate(command) => self.replicate(command),
            Action::Crash(crash) => self.crash(slot, crash),
            Action::ClientClassChanged(id) => {
                if let Some(slot) = self.slot_of(id) {
                    let limits = self.limits_of(slot);
                    self.send(slot, ToConnection::SetLimits { limits });
                }
            }
        }
    }

    /// DEBUG REPLICATE. A replica's stream is its master's: nothing may be added to it.
    fn replicate(&mut self, command: StreamCommand) {
        self.executor.write_single(&command);
    }

    pub(super) fn slot_of(&self, id: ClientId) -> Option<ClientSlot> {
        self.executor.state.server.clients.by_id(id).map(|session| session.key.slot)
    }

    /// CLIENT KILL: the caller itself gets its reply first, and the master's client ends with its
    /// link, after what is on its way here.
    fn kill(&mut self, caller: ClientSlot, id: ClientId) {
        let Some(slot) = self.slot_of(id) else { return };
        let replication = &self.executor.state.server.replication;
        if replication.master_client.is_some_and(|master| master.id == id) {
            let epoch = replication.epoch;
            return self
                .recipients
                .cut_master_link
                .do_send(CutMasterLink { epoch, from_scratch: false });
        }
        if slot == caller {
            self.executor.state.server.clients.at_mut(slot).is_closing = true;
            return;
        }
        self.close_now(slot);
    }

    /// DEBUG: ends the process without a last word.
    #[expect(clippy::panic, reason = "DEBUG PANIC asks for one")]
    fn crash(&mut self, slot: ClientSlot, crash: Crash) {
        match crash {
            Crash::Panic { unix_seconds } => {
                panic!("DEBUG PANIC called at Unix time {unix_seconds}")
            }
            Crash::Segfault => {
                // The standard library's own handler takes the first for a fault that will come
                // again by itself, and steps aside.
                for _ in 0..2 {
                    let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGSEGV);
                }
            }
            Crash::Restart { save, delay } => {
                let error = self.restart(save, delay);
                log::warn!("Can't start anew: {error}");
                let mut line = BytesMut::new();
                let error = CommandError::RestartFailed.message();
                Reply::new(&mut line, self.executor.protocol(slot)).error(&error);
                self.push_to(slot, line.freeze());
            }
        }
    }

    /// Runs the program anew, as it was started. Comes back only when it cannot.
    fn restart(&mut self, save: bool, delay: Duration) -> String {
        if save {
            let server = &mut self.executor.state.server;
            if let Err(reason) = server.host.rewrite_config(&server.config, false) {
                return reason;
            }
            if self.save_for_reload().is_err() {
                return "the data set was not saved".to_owned();
            }
        }
        std::thread::sleep(delay);
        let identity = &self.executor.state.server.identity;
        let mut program = std::process::Command::new(&identity.executable);
        program.args(identity.argv.iter().skip(1)).exec().to_string()
    }

    /// Closes a client without a last word, and forgets it.
    pub(super) fn close_now(&mut self, slot: ClientSlot) {
        let key = self.executor.state.server.clients.at(slot).key;
        self.send(slot, ToConnection::Close);
        self.forget(key);
    }
}
