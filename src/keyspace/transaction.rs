//! MULTI to EXEC: what was queued runs as one, and goes to the stream as one.

use bytes::BytesMut;

use super::client_limits::connection_limits;
use super::execute::{Executor, Running};
use super::standing::keeps_standing;
use crate::clients::{Beside, ClientSlot, QueuedCommand, list_line};
use crate::commands::call::Origin;
use crate::commands::command::Flag;
use crate::commands::replication::replicaof;
use crate::replication::model::lines::{self, log_line};
use crate::resp::request::{Args, OwnedCommand};
use crate::state::Server;

impl Executor {
    /// Puts a command that was admitted into the client's transaction. What is queued counts as
    /// input that was not executed yet, and has its limit; but for the master, which has run it.
    pub(super) fn queue(&mut self, client: ClientSlot, row: usize, args: Args<'_>, origin: Origin) {
        let command = self.registry.row(row);
        let max_bytes = self.state.server.config.network.client_query_buffer_limit;
        let session = self.state.server.clients.at_mut(client);
        let Some(transaction) = &mut session.transaction else { return };
        // What is spoilt already never runs: nothing to keep.
        if transaction.broken {
            return;
        }
        transaction.bytes += args.total_bytes();
        transaction.denies_stale |= !command.has(Flag::Stale);
        transaction.denies_loading |= !command.has(Flag::Loading);
        transaction.writes |= command.has(Flag::Write);
        transaction.may_replicate |= command.has(Flag::MayReplicate);
        transaction.needs_memory |= command.has(Flag::DenyOom);
        transaction.acts_on_server |= !keeps_standing(command) || command.has(Flag::Admin);
        let queued = QueuedCommand { command: OwnedCommand::from_args(args), row };
        transaction.memory_bytes += size_of::<QueuedCommand>() + queued.command.memory_bytes();
        transaction.queue.push(queued);
        if transaction.memory_bytes > max_bytes && !origin.is_obeyed() {
            log::warn!(
                "Closing client that reached max query buffer length: addr={}",
                session.peer
            );
            session.is_closing = true;
            self.state.server.stats.query_buffer_limit_disconnections += 1;
            self.discard_transaction(client);
        }
    }

    /// Runs the queue of an EXEC that was found fit; its handler has written the array's head, and
    /// time stands still since.
    pub(super) fn run_transaction(
        &mut self,
        client: ClientSlot,
        origin: Origin,
        output: &mut BytesMut,
    ) {
        let session = self.state.server.clients.at_mut(client);
        let transaction = session.transaction.take().unwrap_or_default();
        self.promote_before(client, &transaction.queue, origin);
        self.running = Some(Running { is_silenced: self.is_silenced(client) });
        let is_fed = self.feeds(origin);
        if is_fed {
            self.begin_unit();
        }
        self.outbox.begin_count();
        for queued in &transaction.queue {
            let args = queued.command.args();
            if let Some(error) = self.lost_right(client, queued.row, args, origin) {
                let message = error.message();
                self.state.server.stats.count_error(&message);
                self.answer(client, output, |reply| reply.error(&message));
                continue;
            }
            let continuation = self.call(client, queued.row, args, None, origin, output);
            // Handlers look at `in_transaction`: what would wait answers at once.
            debug_assert!(continuation.is_none(), "{continuation:?}");
            self.bound_pushes();
            if self.state.server.replication.has_lost_stream {
                break;
            }
        }
        if is_fed {
            self.end_unit();
        }
        self.clock.thaw();
        self.running = None;
    }

    /// A transaction in which a replica is promoted is a master's from its beginning, so that all
    /// that it writes goes to the stream.
    fn promote_before(&mut self, client: ClientSlot, queue: &[QueuedCommand], origin: Origin) {
        let replication = &self.state.server.replication;
        let may_be_promoted = replication.is_replica() && !replication.failover.is_under_way();
        if !may_be_promoted || !origin.feeds_stream() {
            return;
        }
        let is_promotion = |queued: &QueuedCommand| {
            self.registry.row(queued.row).has(Flag::NamesMaster)
                && replicaof::is_promotion(queued.command.args())
        };
        if queue.iter().any(is_promotion) {
            let now = self.now();
            let session = self.state.server.clients.at(client);
            let asker =
                String::from_utf8_lossy(&list_line(session, now, Beside::default())).into_owned();
            replicaof::promote(&mut self.state.server);
            log_line(&lines::master::master_mode(&asker));
        }
    }

    fn bound_pushes(&mut self) {
        if self.outbox.is_empty() {
            return;
        }
        let Server { clients, config, .. } = &self.state.server;
        self.outbox.bound_pushes(|client| {
            let session = clients.by_id(client)?;
            let limits = connection_limits(config, session.kind, session.authenticated);
            Some(limits.output_hard_bytes).filter(|&bytes| bytes > 0)
        });
    }

    /// DISCARD, RESET, and an EXEC that is refused.
    pub(super) fn discard_transaction(&mut self, client: ClientSlot) {
        self.state.server.clients.at_mut(client).transaction = None;
        self.state.watches.unwatch(client);
    }
}

#[cfg(test)]
mod tests {
    use crate::commands::call::Origin;
    use crate::config::Config;
    use crate::keyspace::testing::TestServer;

    /// A server whose clients may queue so many bytes.
    fn server_with_limit(bytes: usize) -> TestServer {
        TestServer::with(Config::with(|config| config.network.client_query_buffer_limit = bytes))
    }

    #[test]
    fn a_client_that_queues_more_than_its_query_buffer_may_hold_is_closed() {
        let mut server = server_with_limit(10_000);
        server.run("MULTI");
        let mut queued = 0;
        while !server.session().is_closing {
            server.check(&[("PING", "QUEUED")]);
            queued += 1;
        }
        assert!((50..1000).contains(&queued), "{queued} commands");
        assert!(server.session().transaction.is_none());
        assert_eq!(server.server().stats.query_buffer_limit_disconnections, 1);
    }

    #[test]
    fn a_transaction_of_the_master_is_as_long_as_it_was_there() {
        let mut server = server_with_limit(100);
        server.become_replica();
        server.origin = Origin::Master;
        server.run("MULTI");
        (0..100).for_each(|_| server.check(&[("SET a 1", "QUEUED")]));
        assert!(!server.session().is_closing);
    }

    #[test]
    fn what_a_transaction_of_the_master_may_not_hold_is_left_out_and_the_rest_runs() {
        let mut server = TestServer::new();
        server.check(&[("SET n 1", "OK")]);
        server.become_replica();
        server.origin = Origin::Master;
        server.check(&[
            ("MULTI", "OK"),
            ("INCR n", "QUEUED"),
            ("REPLICAOF NO ONE", "-ERR Command not allowed in a replication stream"),
            ("SHUTDOWN", "-ERR Command not allowed in a replication stream"),
            ("GET", "-ERR wrong number of arguments for 'get' command"),
            ("EXEC", "[2]"),
        ]);
        assert!(server.server().replication.is_replica() && server.actions().is_empty());
        assert_eq!(server.server().stats.unexpected_error_replies, 3);
    }

    #[test]
    fn time_stands_still_inside_a_transaction() {
        let mut server = TestServer::new();
        server.enable_debug();
        server.check(&[("SET k v PX 20", "OK"), ("MULTI", "OK")]);
        for command in ["TIME", "PTTL k", "DEBUG SLEEP 0.03", "TIME", "PTTL k", "GET k"] {
            server.check(&[(command, "QUEUED")]);
        }
        let time = "[\"1700000000\" \"0\"]";
        server.check(&[("EXEC", &format!("[{time} 20 OK {time} 20 \"v\"]"))]);
        assert!(server.executor.now() >= server.now + 30, "and goes on behind it");
    }

    #[test]
    fn a_transaction_is_one_unit_of_the_stream_and_nothing_when_it_wrote_nothing() {
        let mut server = TestServer::new();
        let mut exec = |commands: &[&str]| {
            server.run("MULTI");
            commands.iter().for_each(|command| server.check(&[(command, "QUEUED")]));
            server.run("EXEC");
            server.stream()
        };
        assert_eq!(exec(&["GET a", "DEL a"]), [""; 0]);
        assert_eq!(exec(&["GET a", "SET a 1"]), ["SELECT 0", "SET a 1"]);
        let two = exec(&["SET a 1 PX 5", "SELECT 1", "SETEX b 5 2"]);
        let expected = [
            "MULTI",
            "SET a 1 PXAT 1700000000005",
            "SELECT 1",
            "SET b 2 PXAT 1700000005000",
            "EXEC",
        ];
        assert_eq!(two, expected);
    }

    #[test]
    fn a_key_that_expired_under_a_transaction_is_in_its_unit() {
        let mut server = TestServer::new();
        server.check(&[("SET k 1 PX 5", "OK"), ("MULTI", "OK"), ("GET k", "QUEUED")]);
        server.check(&[("INCR k", "QUEUED")]);
        server.stream();
        server.now += 6;
        server.check(&[("EXEC", "[nil 1]")]);
        assert_eq!(server.stream(), ["MULTI", "DEL k", "INCR k", "EXEC"]);
    }

    #[test]
    fn an_exec_with_arguments_is_an_abort_that_names_the_reason() {
        let mut server = TestServer::new();
        server.check(&[
            ("MULTI", "OK"),
            (
                "EXEC now",
                "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command",
            ),
            ("EXEC", "-ERR EXEC without MULTI"),
        ]);
    }
}
