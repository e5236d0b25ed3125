//! From effects to the replication stream. Only here is its order decided and its offset counted.

use super::execute::Executor;
use crate::clients::ClientSlot;
use crate::commands::call::Origin;
use crate::commands::effect::{Propagation, StreamCommand};
use crate::replication::model::feed::Feed;
use crate::resp::request::{Args, OwnedCommand};

/// What the stream carries of the command itself.
enum Own {
    Nothing,
    AsItCame,
    Instead(OwnedCommand),
}

impl Own {
    fn of(propagation: Propagation, has_changed: bool) -> Own {
        match propagation {
            Propagation::Always => Own::AsItCame,
            Propagation::Verbatim if has_changed => Own::AsItCame,
            Propagation::As(command) if has_changed => Own::Instead(command),
            Propagation::Never | Propagation::Verbatim | Propagation::As(_) => Own::Nothing,
        }
    }
}

impl Executor {
    /// Whether what such commands change goes to the stream.
    pub(super) fn feeds(&self, origin: Origin) -> bool {
        origin.feeds_stream() && self.state.server.replication.feeds_own()
    }

    /// Writes what the command that just ran changed to the stream: as a unit of its own, or,
    /// inside a transaction, into the one that is open. Whether there was something to write,
    /// also while nobody is fed.
    pub(super) fn propagate(
        &mut self,
        client: ClientSlot,
        args: Args<'_>,
        raw: Option<&[u8]>,
        origin: Origin,
    ) -> bool {
        if self.effects.is_none() {
            return false;
        }
        let is_fed = self.feeds(origin);
        let effects = &mut self.effects;
        self.state.server.persistence.dirty += effects.dirty;
        let has_changed = effects.dirty > 0;
        let own = Own::of(std::mem::take(&mut effects.propagation), has_changed);
        let mut others = effects.rare_if_any().filter(|rare| rare.has_stream_commands());
        let is_nothing = others.is_none() && matches!(own, Own::Nothing);
        if !is_fed || is_nothing {
            return !is_nothing || has_changed;
        }
        let db = self.state.server.clients.at(client).db;
        let has_unit = self.running.is_some();
        let is_unit = !has_unit && others.as_ref().is_some_and(|rare| !rare.is_no_unit);
        self.state.server.replication.stream.write(|feed| {
            if is_unit {
                feed.begin_unit();
            }
            let add =
                |feed: &mut Feed, other: StreamCommand| feed.args(other.db, other.command.args());
            if let Some(rare) = &mut others {
                rare.before.drain(..).for_each(|other| add(feed, other));
            }
            match (&own, raw) {
                (Own::Nothing, _) => {}
                (Own::AsItCame, Some(raw)) => feed.encoded(db, raw),
                (Own::AsItCame, None) => feed.args(db, args),
                (Own::Instead(command), _) => feed.args(db, command.args()),
            }
            if let Some(rare) = &mut others {
                rare.after.drain(..).for_each(|other| add(feed, other));
            }
            if is_unit {
                feed.end_unit();
            }
        });
        true
    }

    /// What the commands up to [`Executor::end_unit`] write belongs together: it stands between
    /// MULTI and EXEC when it is more than one command.
    pub(super) fn begin_unit(&mut self) {
        self.state.server.replication.stream.write(Feed::begin_unit);
    }

    pub(super) fn end_unit(&mut self) {
        self.state.server.replication.stream.write(Feed::end_unit);
    }

    /// One command that no client sent: the removal of an expired key.
    pub(super) fn write_single(&mut self, command: &StreamCommand) {
        if self.feeds(Origin::Client) {
            let StreamCommand { db, command } = command;
            self.state.server.replication.stream.write(|feed| feed.args(*db, command.args()));
        }
    }

    /// `master_repl_offset`.
    pub(super) fn stream_offset(&self) -> i64 {
        self.state.server.replication.stream.offset()
    }
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn nothing_is_made_for_the_stream_while_nobody_is_fed() {
        let mut server = TestServer::new();
        let id = server.server().random_replid();
        server.server().replication.stream.free(id);
        server.check(&[("SET k v PX 5", "OK"), ("COPY k l", "1")]);
        assert!(matches!(
            server.executor.effects.propagation,
            crate::commands::effect::Propagation::Verbatim
        ));
        server.now += 6;
        server.check(&[("GET k", "nil"), ("GETEX l EX 5", "nil")]);
        assert!(server.executor.effects.rare().before.is_empty(), "a key that expired");
        assert!(server.stream().is_empty() && server.executor.stream_offset() == 0);
        server.server().replication.stream.begin();
        server.check(&[("SET k v PX 5", "OK")]);
        server.now += 6;
        server.check(&[("GET k", "nil")]);
        assert_eq!(server.stream(), ["SELECT 0", "SET k v PXAT 1700000000011", "DEL k"]);
    }
}
