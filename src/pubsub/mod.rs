//! Who listens to what: channels, patterns of channels, and shard channels.
//!
//! ```text
//! PUBLISH news.tech x ──► subscribers of channel news.tech
//!                    └──► subscribers of each pattern that fits: news.*
//! SPUBLISH room x ──────► subscribers of shard channel room
//! ```

mod topics;

use bytes::{Bytes, BytesMut};

use self::topics::Topics;
use crate::base::arrivals::Arrivals;
use crate::base::glob;
use crate::clients::{ClientSlot, Clients};
use crate::resp::reply::{Protocol, Reply};

/// What a subscription is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Channel,
    Pattern,
    Shard,
}

/// All subscriptions.
#[derive(Debug, Default)]
pub struct PubSub {
    channels: Topics,
    patterns: Topics,
    shards: Topics,
}

impl PubSub {
    pub fn topics(&self, kind: Kind) -> &Topics {
        match kind {
            Kind::Channel => &self.channels,
            Kind::Pattern => &self.patterns,
            Kind::Shard => &self.shards,
        }
    }

    fn topics_mut(&mut self, kind: Kind) -> &mut Topics {
        match kind {
            Kind::Channel => &mut self.channels,
            Kind::Pattern => &mut self.patterns,
            Kind::Shard => &mut self.shards,
        }
    }

    /// Subscribes a client, if it is not yet.
    pub fn subscribe(&mut self, kind: Kind, client: ClientSlot, name: &[u8]) {
        self.topics_mut(kind).subscribe(client, name);
    }

    /// Ends a subscription, if there is one.
    pub fn unsubscribe(&mut self, kind: Kind, client: ClientSlot, name: &[u8]) {
        self.topics_mut(kind).unsubscribe(client, name);
    }

    /// Ends all subscriptions of a client.
    pub fn forget(&mut self, client: ClientSlot) {
        for topics in [&mut self.channels, &mut self.patterns, &mut self.shards] {
            topics.forget(client);
        }
    }

    /// What a client's subscriptions take, in bytes.
    pub fn memory_bytes(&self, client: ClientSlot) -> usize {
        let all = [&self.channels, &self.patterns, &self.shards];
        all.into_iter().map(|topics| topics.memory_bytes(client)).sum()
    }

    /// Whether a message published to any channel could reach anybody.
    pub fn has_listeners(&self) -> bool {
        self.channels.len() + self.patterns.len() > 0
    }

    /// What a message becomes for each who listens, in the order they are to be sent: to the
    /// channel's subscribers in the order they came, then to those of patterns.
    pub fn deliveries(
        &self,
        kind: Kind,
        channel: &[u8],
        message: &[u8],
        clients: &Clients,
    ) -> Vec<(ClientSlot, Bytes)> {
        let mut out = Vec::new();
        let mut push = |receivers: &Arrivals<ClientSlot>, words: &[&[u8]]| {
            let mut encoded = [Protocol::Resp2, Protocol::Resp3].map(|p| (p, None));
            for &client in receivers.iter() {
                let protocol = clients.at(client).protocol;
                let slot = encoded.iter_mut().find(|(p, _)| *p == protocol);
                let bytes = slot.map(|(_, b)| b.get_or_insert_with(|| encode(protocol, words)));
                out.extend(bytes.map(|bytes: &mut Bytes| (client, bytes.clone())));
            }
        };
        let word: &[u8] = if kind == Kind::Shard { b"smessage" } else { b"message" };
        if let Some(receivers) = self.topics(kind).subscribers(channel) {
            push(receivers, &[word, channel, message]);
        }
        if kind == Kind::Channel {
            for (pattern, receivers) in self.patterns.iter() {
                if glob::matches(pattern, channel, false) {
                    push(receivers, &[b"pmessage", pattern, channel, message]);
                }
            }
        }
        out
    }
}

fn encode(protocol: Protocol, words: &[&[u8]]) -> Bytes {
    let mut out = BytesMut::new();
    let mut reply = Reply::new(&mut out, protocol);
    reply.push(words.len());
    words.iter().for_each(|word| reply.bulk(word));
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::Session;

    fn clients(count: usize) -> Clients {
        let mut clients = Clients::default();
        for _ in 0..count {
            clients.add(Session::new(String::new(), String::new(), 0));
        }
        clients
    }

    fn delivered(pubsub: &PubSub, clients: &Clients, channel: &str) -> Vec<(ClientSlot, String)> {
        let deliveries = pubsub.deliveries(Kind::Channel, channel.as_bytes(), b"x", clients);
        let text = |bytes: Bytes| String::from_utf8_lossy(&bytes).replace("\r\n", "|");
        deliveries.into_iter().map(|(client, bytes)| (client, text(bytes))).collect()
    }

    #[test]
    fn a_message_goes_to_channels_then_to_patterns_in_each_clients_protocol() {
        let mut clients = clients(2);
        clients.at_mut(1).protocol = Protocol::Resp3;
        let mut pubsub = PubSub::default();
        pubsub.subscribe(Kind::Pattern, 0, b"a*");
        pubsub.subscribe(Kind::Channel, 1, b"ab");
        pubsub.subscribe(Kind::Channel, 0, b"ab");
        pubsub.subscribe(Kind::Shard, 0, b"ab");
        let expected = [
            (1, ">3|$7|message|$2|ab|$1|x|"),
            (0, "*3|$7|message|$2|ab|$1|x|"),
            (0, "*4|$8|pmessage|$2|a*|$2|ab|$1|x|"),
        ];
        let found = delivered(&pubsub, &clients, "ab");
        assert_eq!(found, expected.map(|(client, text)| (client, text.to_owned())));
        let shard = pubsub.deliveries(Kind::Shard, b"ab", b"x", &clients);
        assert_eq!(
            shard,
            [(0, Bytes::from_static(b"*3\r\n$8\r\nsmessage\r\n$2\r\nab\r\n$1\r\nx\r\n"))]
        );
    }

    #[test]
    fn a_client_that_is_gone_is_subscribed_to_nothing() {
        let clients = clients(1);
        let mut pubsub = PubSub::default();
        for kind in [Kind::Channel, Kind::Pattern, Kind::Shard] {
            pubsub.subscribe(kind, 0, b"ab");
        }
        assert!(pubsub.has_listeners());
        pubsub.forget(0);
        assert!(!pubsub.has_listeners() && pubsub.topics(Kind::Shard).is_empty());
        assert_eq!(delivered(&pubsub, &clients, "ab"), []);
    }
}
