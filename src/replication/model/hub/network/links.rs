//! Links, their sockets, and what the replicas at the other ends do.

use std::collections::VecDeque;

use super::parties::{LinkActor, Piece};
use super::*;
use crate::replication::model::status::SnapshotSize;

impl Network {
    pub fn start_link(&mut self, start: LinkStart) {
        let client = start.client;
        let peer = self.peers.iter().position(|peer| peer.client == Some(client));
        let link = Link::new(start, SETTINGS, self.now);
        let actor = LinkActor { link, queue: VecDeque::new(), peer, ticket: None, has_read: false };
        self.links.insert(client, actor);
        self.mail.starts(Actor::Hub, Actor::Link(client));
        self.carry_out_link(client);
    }

    pub fn link_hears(&mut self, client: ClientId, body: Body) {
        // What comes to one that has ended is dropped.
        let Some(actor) = self.links.get_mut(&client) else { return };
        let left = actor.unwritten();
        match body {
            Body::ToLink(what) => {
                if let ToLink::SnapshotTaken { ticket, .. } = what {
                    actor.ticket = Some(ticket);
                }
                actor.link.told(what, left, &self.backlog, self.now);
            }
            Body::StretchRead { result } => {
                actor.has_read = result.is_ok() && self.backlog.position(client).is_some();
                self.seen.read_stretches += usize::from(actor.has_read);
                actor.link.stretch_read(result, &self.backlog);
            }
            Body::Chunk { bytes } => actor.link.chunk_came(bytes, SnapshotSize::Unknown, self.now),
            other => unreachable!("{other:?}"),
        }
        self.carry_out_link(client);
    }

    pub fn carry_out_link(&mut self, client: ClientId) {
        let Some(actor) = self.links.get_mut(&client) else { return };
        for order in actor.link.take_orders() {
            match order {
                LinkOrder::Log(_) | LinkOrder::BlameForLag => {}
                LinkOrder::Write(bytes) if bytes.is_empty() => {}
                // All that is said ends a line; a stretch of the stream is no order but this.
                LinkOrder::Write(bytes) if std::mem::take(&mut actor.has_read) => {
                    actor.queue.push_back(Piece::Stream(bytes));
                }
                LinkOrder::Write(bytes) => actor.queue.push_back(Piece::Said(bytes)),
                LinkOrder::GiveCredit(chunks) => {
                    let credit = actor.ticket.and_then(|t| self.credits.get_mut(&(t, client)));
                    credit.into_iter().for_each(|credit| credit.available += chunks);
                }
                LinkOrder::Read(place) => {
                    self.mail.send(Actor::Link(client), Actor::Disk, Body::Read { client, place });
                }
                LinkOrder::Distrust => {
                    self.mail.send(Actor::Link(client), Actor::Hub, Body::Distrust { client });
                }
                LinkOrder::Report => {
                    let (status, acks) = actor.link.status(self.now);
                    let body = Body::Progressed { client, status, acks };
                    self.mail.send(Actor::Link(client), Actor::Hub, body);
                }
            }
        }
    }

    /// A link looks at its socket: ends, or takes from the backlog, or writes something.
    pub fn poll_link(&mut self, client: ClientId) {
        let Some(actor) = self.links.get_mut(&client) else { return };
        if actor.queue.is_empty() && actor.peer.is_some() {
            let mut blocks = Vec::new();
            actor.link.next_stretch(&self.backlog, &mut blocks);
            actor.queue.extend(blocks.into_iter().map(Piece::Stream));
        }
        self.carry_out_link(client);
        let Some(actor) = self.links.get_mut(&client) else { return };
        if actor.link.is_ending() || actor.peer.is_none() {
            self.end_link(client);
        } else {
            self.take_from_socket(client);
        }
    }

    pub fn end_link(&mut self, client: ClientId) {
        if self.links.remove(&client).is_some() {
            self.hang_up(client);
            self.mail.send(Actor::Link(client), Actor::Hub, Body::Lost { client });
        }
    }

    /// The replica at the other end sees its socket close.
    pub fn hang_up(&mut self, client: ClientId) {
        for peer in self.peers.iter_mut().filter(|peer| peer.client == Some(client)) {
            peer.client = None;
            peer.loading = None;
        }
    }

    pub fn take_from_socket(&mut self, client: ClientId) {
        let most = if self.disk.is_some() { 8000 } else { 40 };
        let some = self.below(most) + 1;
        let Some(actor) = self.links.get_mut(&client) else { return };
        let (Some(piece), Some(peer)) = (actor.queue.pop_front(), actor.peer) else { return };
        match piece {
            Piece::Said(bytes) => {
                self.seen.continued += usize::from(bytes.starts_with(b"+CONTINUE"));
                self.peers[peer].hears(&bytes);
            }
            Piece::Stream(mut bytes) => {
                let now = bytes.split_to(some.min(bytes.len()));
                if !bytes.is_empty() {
                    actor.queue.push_front(Piece::Stream(bytes));
                }
                self.seen.stream_bytes += now.len();
                self.peers[peer].applies(&now, &self.names);
            }
        }
        let left = actor.unwritten();
        actor.link.wrote(left, &mut self.backlog, self.now);
        self.carry_out_link(client);
    }

    pub fn acknowledge(&mut self, peer: usize) {
        let Peer { have: Some((_, offset)), client: Some(client), loading: None, .. } =
            self.peers[peer]
        else {
            return;
        };
        let finds_it_changed = self.some_are_distrusted && self.below(8) == 0;
        if let Some(actor) = self.links.get_mut(&client) {
            let also = AlsoAcknowledged::default();
            actor.link.acknowledged(Some(offset), also, self.now);
            if finds_it_changed {
                let check = Check { from: offset, to: Offset::MAX, sum: 0 };
                actor.link.checked(check, &self.backlog);
            }
            self.carry_out_link(client);
        }
    }

    /// The network between a replica and us breaks; whoever holds the socket sees it later.
    pub fn cut(&mut self, peer: usize) {
        let Some(client) = self.peers[peer].client else { return };
        self.hang_up(client);
        if let Some(actor) = self.links.get_mut(&client) {
            actor.peer = None;
        }
    }
}
