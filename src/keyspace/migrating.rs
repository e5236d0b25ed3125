//! MIGRATE: the keys go to another server while their client waits; what would write to them waits
//! too, so that nobody sees them changed here and moved there.
//!
//! ```text
//!  MIGRATE ──► Block::Migrating ──Migrate──► Migrator ══► target
//!                   │ keys that are held back
//!                   ▼
//!  who writes ──► Block::KeyMigrates         ◄─MigratorNews─ what has arrived there
//!                   │                                            │ goes here, as DEL in the stream
//!                   └──────────► runs again ◄────────────────────┘
//! ```
//!
//! That the client goes changes nothing. Under a pause of writes the end waits, as they do.

use super::actor::Keyspace;
use super::admission::Admission;
use super::execute::Executor;
use super::messages::MigratorNews;
use super::migrations::Migration;
use crate::base::ids::DbIndex;
use crate::clients::{ClientKey, ClientSlot};
use crate::commands::call::Origin;
use crate::commands::command::Flag;
use crate::commands::effect::{Block, MigrateRequest, StreamCommand};
use crate::commands::error::CommandError;
use crate::commands::facts::Facts;
use crate::commands::key_spec::KeyFlag;
use crate::replication::messages::Migrate;
use crate::replication::model::migration::{Fault, Outcome};
use crate::resp::held::HeldReply;
use crate::resp::request::{Args, OwnedCommand};
use crate::store::entry::Entry;

impl Keyspace {
    pub(super) fn begin_migration(&mut self, slot: ClientSlot, request: MigrateRequest) {
        let MigrateRequest { target, db, entries, copy } = request;
        let server = &mut self.executor.state.server;
        if !copy {
            server.migrating.keys.extend(entries.iter().map(|entry| entry.key().into()));
            self.executor.standing.forget();
        }
        let server = &self.executor.state.server;
        let client = server.clients.at(slot).key;
        self.recipients.migrate.do_send(Migrate {
            client,
            target,
            entries: entries.clone(),
            compress: server.config.persistence.rdbcompression,
            source: server.config.network.bind_source_addr.clone(),
        });
        self.migrations.under_way.insert(client, Migration { db, entries, copy });
    }

    /// Deals with what came back, unless writes are paused.
    pub(super) fn finish_migrations(&mut self) {
        let now = self.executor.now();
        if !self.migrations.has_arrived() || self.executor.state.server.pauses.at(now).is_some() {
            return;
        }
        while let Some((client, outcome)) = self.migrations.arrived.pop_front() {
            if let Some(migration) = self.migrations.under_way.remove(&client) {
                self.finish_migration(client, migration, outcome);
            }
        }
        for slot in self.waiting.all(|block| matches!(block, Block::KeyMigrates)) {
            self.wake(slot, |_| {});
        }
    }

    fn finish_migration(&mut self, client: ClientKey, migration: Migration, outcome: Outcome) {
        let Migration { db, mut entries, copy } = migration;
        let mut result = outcome.fault.map_or(Ok(()), |fault| Err(error_of(fault)));
        let executor = &mut self.executor;
        executor.standing.forget();
        if !copy {
            let server = &mut executor.state.server;
            for entry in &entries {
                server.migrating.keys.remove(entry.key());
            }
            let is_master = !server.replication.is_replica();
            let may_write = is_master || !server.config.replication.replica_read_only;
            let arrived = outcome.arrived.iter().filter_map(|&i| entries.get(i));
            let is_gone = match may_write {
                true => executor.delete_migrated(db, arrived).then_some(()),
                false => None,
            };
            let otherwise = match may_write {
                true => CommandError::ChangedWhileMigrated,
                false => CommandError::RoleChanged,
            };
            result = result.and(is_gone.ok_or(otherwise));
        }
        entries.drain(..).for_each(|entry| executor.state.garbage.discard(entry));
        let suspended = self.waiting.find(client.slot);
        let waits = suspended.is_some_and(|suspended| {
            suspended.client == client && matches!(suspended.block, Block::Migrating)
        });
        match result {
            _ if !waits => {}
            Err(error) => self.fail(client.slot, &error),
            Ok(()) => self.answer_migrated(client.slot, copy),
        }
    }

    /// The answer waits for replicas too, if it is to.
    fn answer_migrated(&mut self, slot: ClientSlot, copy: bool) {
        let quorum = self.executor.standing(slot, Origin::Client).quorum;
        self.release(slot, |executor, exchange| {
            let start = exchange.output.len();
            executor.answer(slot, &mut exchange.output, |reply| reply.ok());
            executor.step_reply_mode(slot);
            let reply = start..exchange.output.len();
            if quorum > 0 && !copy && !reply.is_empty() {
                let offset = executor.stream_offset().max(1);
                exchange.held.push(HeldReply { reply, quorum, offset });
            }
        });
    }
}

fn error_of(fault: Fault) -> CommandError {
    match fault {
        Fault::NotConnected => CommandError::TargetNotConnected,
        Fault::NotWritten => CommandError::TargetTakesNothing,
        Fault::NotRead => CommandError::TargetSaysNothing,
        Fault::Refused(text) => CommandError::TargetError(text),
    }
}

impl Executor {
    /// Whether a command, or what EXEC would run, writes to a key that is on its way elsewhere.
    pub(super) fn touches_migrating(&self, a: &Admission<'_>) -> bool {
        let migrating = &self.state.server.migrating.keys;
        if migrating.is_empty() || a.origin.is_obeyed() {
            return false;
        }
        let touches = |facts: &Facts, args: Args<'_>| {
            let mut keys = facts.keys_in(args);
            facts.has(Flag::Write)
                && keys.any(|(key, flags)| {
                    migrating.contains(key) && !flags.contains(&KeyFlag::ReadOnly)
                })
        };
        let transaction = self.state.server.clients.at(a.client).transaction.as_deref();
        match transaction {
            None => touches(a.facts, a.args),
            Some(transaction) if a.row.has(Flag::RunsTransaction) => {
                let facts = |row| self.registry.catalog.entry(row).facts;
                transaction.queue.iter().any(|one| touches(facts(one.row), one.command.args()))
            }
            Some(_) => false,
        }
    }

    /// Deletes the keys that are still as they went; one DEL in the stream. `false`: some are not.
    fn delete_migrated<'a>(
        &mut self,
        db: DbIndex,
        arrived: impl Iterator<Item = &'a Entry>,
    ) -> bool {
        let now = self.now();
        let mut command: Vec<&[u8]> = vec![b"DEL"];
        let mut are_as_they_went = true;
        self.effects.reset();
        for entry in arrived {
            // It may have expired, or have been named twice.
            let Some(found) = self.state.dataset[db].get(entry.key()) else { continue };
            let is_same = found.is_same(entry);
            are_as_they_went &= is_same;
            if is_same && self.keys_of_server(db, now).delete(entry.key()) {
                command.push(entry.key());
            }
        }
        self.publish_key_events(None);
        self.state.server.persistence.dirty += self.effects.dirty;
        let expired: Vec<_> = self.effects.rare().before.drain(..).collect();
        expired.iter().for_each(|removal| self.write_single(removal));
        if command.len() > 1 {
            let command = OwnedCommand::from_slices(&command);
            self.write_single(&StreamCommand { db, command });
        }
        self.effects.reset();
        are_as_they_went
    }
}

impl actix::Handler<MigratorNews> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: MigratorNews, _: &mut Self::Context) {
        self.executor.read_clock();
        self.executor.state.server.migrating.links = message.links;
        self.migrations.arrived.extend(message.outcome);
        self.finish_migrations();
    }
}
