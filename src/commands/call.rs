//! One command on its way: what a handler is given.

use std::ops::Range;

use crate::base::ids::DbIndex;
use crate::base::time::UnixMillis;
use crate::clients::{ClientSlot, Session};
use crate::resp::reply::Reply;
use crate::resp::request::{Args, OwnedCommand};
use crate::state::Server;
use crate::store::waiters::Wanted;

use super::catalog::Catalog;
use super::effect::{Action, AwaitedKeys, Block, Continuation, Propagation, StreamCommand};
use super::error::CommandError;
use super::keys::Keys;

/// Who sent the command. It is asked what that means, never compared.
#[derive(Clone, Copy, Debug)]
pub enum Origin {
    Client,
    /// It came in the stream of the master that we follow.
    Master,
}

impl Origin {
    /// What its commands change is this server's own doing, and is written to the stream. What the
    /// master changes goes on as the bytes that came.
    pub fn feeds_stream(self) -> bool {
        match self {
            Origin::Client => true,
            Origin::Master => false,
        }
    }

    /// A key whose deadline has passed is not there for it. The master says itself when one goes.
    pub fn sees_expiry(self) -> bool {
        match self {
            Origin::Client => true,
            Origin::Master => false,
        }
    }

    /// What it asks for was admitted, and checked against the limits, where it came from.
    pub fn is_obeyed(self) -> bool {
        match self {
            Origin::Client => false,
            Origin::Master => true,
        }
    }
}

/// The arguments, the keys, the server, and where the reply goes. The fields are apart so that a
/// handler can hold an entry of `keys` while it writes to `reply`.
pub struct Call<'a> {
    /// The name first. Their number fits the arity.
    pub args: Args<'a>,
    pub keys: Keys<'a>,
    pub server: &'a mut Server,
    pub catalog: &'a Catalog,
    pub client: ClientSlot,
    pub origin: Origin,
    /// The time of day, microseconds since 1970-01-01 UTC.
    pub now_micros: i64,
    /// It runs between MULTI and EXEC: it must not block.
    pub in_transaction: bool,
    /// It has waited, and this of its keys now holds what it wants. It looks at no other, and
    /// waits on if that was a mistake.
    pub woken_by: Option<&'a [u8]>,
    pub reply: Reply<'a>,
}

impl<'a> Call<'a> {
    /// The `i`-th argument; the name is 0.
    #[inline]
    pub fn arg(&self, i: usize) -> &'a [u8] {
        self.args.get(i)
    }

    pub fn argc(&self) -> usize {
        self.args.len()
    }

    pub fn now(&self) -> UnixMillis {
        self.keys.now
    }

    pub fn db(&self) -> DbIndex {
        self.keys.db
    }

    pub fn session(&mut self) -> &mut Session {
        self.server.clients.at_mut(self.client)
    }

    /// The `i`-th argument as an integer.
    pub fn integer(&self, i: usize) -> Result<i64, CommandError> {
        crate::base::number::parse_i64(self.arg(i)).ok_or(CommandError::NotInteger)
    }

    /// The `i`-th argument as the index of a database.
    pub fn db_index(&self, i: usize) -> Result<DbIndex, CommandError> {
        let index = i32::try_from(self.integer(i)?).map_err(|_| CommandError::NotInt32)?;
        let index = usize::try_from(index).map_err(|_| CommandError::DbOutOfRange)?;
        let exists = index < self.keys.dataset.database_count();
        if exists { Ok(index) } else { Err(CommandError::DbOutOfRange) }
    }

    /// A key that is given a deadline up to this is deleted at once. A replica leaves that to its
    /// master, and what is loaded is looked at later.
    pub fn gone_until(&self) -> UnixMillis {
        let leaves_it = self.server.loading.is_some() || self.server.replication.is_replica();
        if leaves_it { UnixMillis::MIN } else { self.now() }
    }

    /// The command goes to the stream as this.
    pub fn propagate_as(&mut self, command: &[&[u8]]) {
        self.keys.effects.propagation = match self.server.replication.feeds_own() {
            true => Propagation::As(OwnedCommand::from_slices(command)),
            false => Propagation::Never,
        };
    }

    pub fn propagate_never(&mut self) {
        self.keys.effects.propagation = Propagation::Never;
    }

    pub fn propagate_always(&mut self) {
        self.keys.effects.propagation = Propagation::Always;
    }

    /// This goes to the stream as well, after the command itself.
    pub fn propagate_also(&mut self, db: DbIndex, command: &[&[u8]]) {
        if self.server.replication.feeds_own() {
            let command = OwnedCommand::from_slices(command);
            self.keys.effects.rare().after.push(StreamCommand { db, command });
        }
    }

    /// [`Call::propagate_also`] of commands in the client's database.
    pub fn propagate_all(&mut self, commands: impl IntoIterator<Item = OwnedCommand>) {
        if self.server.replication.feeds_own() {
            let db = self.db();
            let commands = commands.into_iter().map(|command| StreamCommand { db, command });
            self.keys.effects.rare().after.extend(commands);
        }
    }

    /// The `i`-th argument is a secret: the slow log and MONITOR do not show it.
    pub fn redact(&mut self, i: usize) {
        self.keys.effects.rare().redacted.push(i);
    }

    /// Answers HELP of a container: a line each, between the usual first and last ones.
    pub fn help(&mut self, lines: &[&str]) {
        let name = String::from_utf8_lossy(self.arg(0)).to_ascii_uppercase();
        self.reply.array(lines.len() + 3);
        self.reply
            .simple(&format!("{name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
        for line in lines {
            self.reply.simple(line);
        }
        self.reply.simple("HELP");
        self.reply.simple("    Prints this help.");
    }

    pub fn act(&mut self, action: Action) {
        self.keys.effects.push(action);
    }

    /// Waits until one of the keys that these arguments name is as `wanted`.
    pub fn wait_for_keys(
        &mut self,
        keys: Range<usize>,
        wanted: Wanted,
        deadline: Option<UnixMillis>,
    ) {
        self.wait_with(keys, wanted, deadline, None);
    }

    /// [`Call::wait_for_keys`], and then this runs instead of the command as it came.
    pub fn wait_with(
        &mut self,
        keys: Range<usize>,
        wanted: Wanted,
        deadline: Option<UnixMillis>,
        again: Option<OwnedCommand>,
    ) {
        let keys = keys.map(|i| self.arg(i).into()).collect();
        let awaited = AwaitedKeys { db: self.db(), keys, wanted, deadline, again };
        self.block(Block::Keys(awaited));
    }

    pub fn block(&mut self, block: Block) {
        self.keys.effects.rare().continuation = Some(Continuation::Wait(block));
    }
}
