//! Letters on their way.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::super::{SyncStart, Ticket, ToLink};
use crate::base::ids::ClientId;
use crate::base::offset::Offset;
use crate::replication::model::backlog::storey::{StoredNews, StoredPlace};
use crate::replication::model::status::ReplicaStatus;
use crate::replication::model::stream_writer::StreamNews;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    Keyspace,
    Hub,
    Connection(ClientId),
    Link(ClientId),
    Thread(Ticket),
    /// The thread that reads what is stored.
    Disk,
}

#[derive(Debug)]
pub enum Body {
    // To the hub.
    News(StreamNews),
    Stored(StoredNews),
    BeginSync(SyncStart),
    Snapshot { ticket: Ticket, offset: Offset },
    Forget { client: ClientId },
    Socket { client: ClientId },
    Progressed { client: ClientId, status: ReplicaStatus, acks: u64 },
    Distrust { client: ClientId },
    Lost { client: ClientId },
    Ended { ticket: Ticket, is_complete: bool },
    Look,
    // To the keyspace.
    CloseArrival { client: ClientId },
    TakeSnapshot { ticket: Ticket },
    Unreadable,
    Disconnected { client: ClientId },
    // To a connection.
    HandOver,
    Close,
    // To a link.
    ToLink(ToLink),
    Chunk { bytes: Bytes },
    StretchRead { result: Result<Bytes, String> },
    // To the disk.
    Read { client: ClientId, place: StoredPlace },
}

struct Letter {
    to: Actor,
    /// Letters that its sender had sent or seen when it wrote, and that are still on their way.
    after: BTreeSet<u64>,
    body: Body,
}

#[derive(Default)]
pub struct Mail {
    letters: BTreeMap<u64, Letter>,
    last: u64,
    /// What each has sent or seen.
    known: BTreeMap<Actor, BTreeSet<u64>>,
}

impl Mail {
    pub fn send(&mut self, from: Actor, to: Actor, body: Body) {
        self.last += 1;
        let known = self.known.entry(from).or_default();
        known.retain(|id| self.letters.contains_key(id));
        let after = known.clone();
        known.insert(self.last);
        self.letters.insert(self.last, Letter { to, after, body });
    }

    /// An actor begins, and knows what its starter knows.
    pub fn starts(&mut self, from: Actor, new: Actor) {
        let known = self.known.entry(from).or_default().clone();
        self.known.insert(new, known);
    }

    /// The letters that may come now.
    pub fn ready(&self) -> Vec<u64> {
        let is_first = |letter: &Letter| {
            let before = letter.after.iter().filter_map(|id| self.letters.get(id));
            before.into_iter().all(|earlier| earlier.to != letter.to)
        };
        self.letters.iter().filter(|(_, letter)| is_first(letter)).map(|(&id, _)| id).collect()
    }

    pub fn take(&mut self, id: u64) -> (Actor, Body) {
        let Letter { to, after, body } = self.letters.remove(&id).unwrap();
        self.known.entry(to).or_default().extend(after);
        (to, body)
    }

    /// The first letter that may come now and is as wanted.
    pub fn find(&self, wanted: impl Fn(Actor, &Body) -> bool) -> Option<u64> {
        let is_wanted = |id: &u64| self.letters.get(id).is_some_and(|l| wanted(l.to, &l.body));
        self.ready().into_iter().find(is_wanted)
    }
}
