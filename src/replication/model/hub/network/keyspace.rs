//! The keyspace's end of the stream, and the connections that replicas come by.

use super::*;
use crate::replication::model::backlog::storey::StoredNews;

impl Network {
    pub fn flush(&mut self) {
        while let Some(news) = self.writer.next_news() {
            self.store(&news);
            self.mail.send(Actor::Keyspace, Actor::Hub, Body::News(news));
        }
    }

    pub fn write(&mut self, count: usize) {
        if !self.writer.is_feeding() {
            return;
        }
        for _ in 0..count {
            let byte = self.random.next_u64() as u8;
            self.names.wrote(self.writer.history().id(), self.writer.offset(), byte);
            self.writer.write(|feed| feed.pass_on(&[byte]));
        }
    }

    pub fn promote(&mut self) {
        let (old, offset, new) =
            (self.writer.history().id(), self.writer.offset(), self.fresh_name());
        self.names.goes_on(old, offset, new);
        self.writer.promote(new);
    }

    pub fn adopt(&mut self) {
        let (old, offset, new) =
            (self.writer.history().id(), self.writer.offset(), self.fresh_name());
        self.names.goes_on(old, offset, new);
        self.writer.adopt(Some(new));
    }

    /// PSYNC came from a replica.
    pub fn psync(&mut self, peer: usize) {
        self.last_client += 1;
        let client = self.last_client;
        let is_rdb_only = self.below(8) == 0;
        let peer = &mut self.peers[peer];
        peer.client = Some(client);
        peer.is_rdb_only = is_rdb_only;
        let (replid, wanted) = match peer.have {
            Some((id, offset)) => (id.as_bytes().to_vec(), offset + 1),
            None => (b"?".to_vec(), -1),
        };
        self.clients.insert(client);
        let intro = ReplicaIntro {
            understands_eof: client.is_multiple_of(3),
            understands_psync2: true,
            rdb_only: is_rdb_only,
            ..ReplicaIntro::default()
        };
        let sync = SyncStart { client, replid, wanted, is_old_sync: false, ip: "r".into(), intro };
        self.flush();
        self.mail.send(Actor::Keyspace, Actor::Hub, Body::BeginSync(sync));
        let id = self.fresh_name();
        self.writer.begin_for_replica(id);
        self.flush();
        self.mail.send(Actor::Keyspace, Actor::Connection(client), Body::HandOver);
    }

    pub fn forget(&mut self, client: ClientId) {
        if self.clients.remove(&client) {
            self.mail.send(Actor::Keyspace, Actor::Connection(client), Body::Close);
            self.mail.send(Actor::Keyspace, Actor::Hub, Body::Forget { client });
        }
    }

    pub fn keyspace_hears(&mut self, body: Body) {
        match body {
            Body::TakeSnapshot { ticket } => {
                self.flush();
                let offset = self.writer.offset();
                self.mail.send(Actor::Keyspace, Actor::Hub, Body::Snapshot { ticket, offset });
            }
            Body::Unreadable => {
                if let Some(disk) = &mut self.disk {
                    disk.goes_on = false;
                }
                self.tell_stored(StoredNews::Lost);
            }
            Body::Disconnected { client } => self.forget(client),
            Body::CloseArrival { client } => self.forget(client),
            other => unreachable!("{other:?}"),
        }
    }

    pub fn connection_hears(&mut self, client: ClientId, body: Body) {
        match body {
            Body::HandOver if self.some_get_stuck && self.below(8) == 0 => {
                self.stuck.insert(client);
            }
            Body::HandOver => self.hand_over(client),
            // What it no longer has was given away before.
            Body::Close if self.stuck.remove(&client) => self.hang_up(client),
            Body::Close => {}
            other => unreachable!("{other:?}"),
        }
    }

    /// A connection gives its socket away, or has seen it break before.
    pub fn hand_over(&mut self, client: ClientId) {
        let is_whole = self.peers.iter().any(|peer| peer.client == Some(client));
        let from = Actor::Connection(client);
        if is_whole || self.below(2) == 0 {
            self.mail.send(from, Actor::Hub, Body::Socket { client });
        } else {
            self.mail.send(from, Actor::Keyspace, Body::Disconnected { client });
        }
    }
}
