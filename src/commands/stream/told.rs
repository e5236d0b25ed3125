//! What replicas are told of groups instead of the commands that clients send: what became pending
//! of whom, and how far a group has read.

use super::reply::IdText;
use crate::commands::call::Call;
use crate::resp::request::OwnedCommand;
use crate::store::value::stream::{Group, Pending, StreamId};

/// Commands for the stream on one key and group; none are made if nobody is fed.
pub struct Told<'a> {
    key: &'a [u8],
    group: &'a [u8],
    is_fed: bool,
    commands: Vec<OwnedCommand>,
    /// The consumer that was made by the command, until something is told that makes it too.
    untold_consumer: Option<&'a [u8]>,
}

impl<'a> Told<'a> {
    pub fn new(call: &Call<'_>, key: &'a [u8], group: &'a [u8]) -> Told<'a> {
        let is_fed = call.server.replication.feeds_own();
        Told { key, group, is_fed, commands: Vec::new(), untold_consumer: None }
    }

    fn tell(&mut self, command: &[&[u8]]) {
        if self.is_fed {
            self.commands.push(OwnedCommand::from_slices(command));
        }
    }

    /// A consumer has come to be.
    pub fn consumer(&mut self, consumer: &'a [u8]) {
        self.untold_consumer = Some(consumer);
    }

    /// An entry is pending as this says, or was until now and is no entry any more. `id`: as the
    /// client wrote it.
    pub fn pending(&mut self, id: &[u8], pending: &Pending, last_id: StreamId) {
        if self.untold_consumer.is_some_and(|consumer| *consumer == *pending.consumer) {
            self.untold_consumer = None;
        }
        let (mut time, mut count) = (itoa::Buffer::new(), itoa::Buffer::new());
        let last_id = IdText::of(last_id);
        self.tell(&[
            b"XCLAIM",
            self.key,
            self.group,
            &pending.consumer,
            b"0",
            id,
            b"TIME",
            time.format(pending.delivered_at).as_bytes(),
            b"RETRYCOUNT",
            count.format(pending.deliveries as i64).as_bytes(),
            b"FORCE",
            b"JUSTID",
            b"LASTID",
            last_id.as_bytes(),
        ]);
    }

    /// A group has read so far.
    pub fn position(&mut self, group: &Group) {
        let (id, mut read) = (IdText::of(group.last_id()), itoa::Buffer::new());
        self.tell(&[
            b"XGROUP",
            b"SETID",
            self.key,
            self.group,
            id.as_bytes(),
            b"ENTRIESREAD",
            read.format(group.entries_read()).as_bytes(),
        ]);
    }

    /// Goes to the stream, in place of the command itself.
    pub fn send(mut self, call: &mut Call<'_>) {
        if let Some(consumer) = self.untold_consumer.filter(|_| self.is_fed) {
            let command: [&[u8]; 5] =
                [b"XGROUP", b"CREATECONSUMER", self.key, self.group, consumer];
            self.commands.insert(0, OwnedCommand::from_slices(&command));
        }
        call.propagate_all(self.commands);
    }
}
