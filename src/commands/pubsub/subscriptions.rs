//! What subscribing and its end have in common: the flags, the confirmations, and what becomes of
//! the client.

use bytes::BytesMut;

use crate::clients::{ClientKind, ReplyMode};
use crate::commands::call::Call;
use crate::commands::command::Flag;
use crate::commands::effect::Action;
use crate::pubsub::Kind;
use crate::resp::reply::Reply;

/// Of what changes a client's subscriptions.
pub const SUBSCRIPTION_FLAGS: &[Flag] = &[Flag::PubSub, Flag::NoScript, Flag::Loading, Flag::Stale];

/// Writes a message to the calling client, at this place among its replies; also when CLIENT REPLY
/// has silenced those.
pub fn tell(call: &mut Call<'_>, write: impl FnOnce(&mut Reply<'_>)) {
    if call.session().reply_mode == ReplyMode::On {
        return write(&mut call.reply);
    }
    let mut bytes = BytesMut::new();
    write(&mut Reply::new(&mut bytes, call.reply.protocol()));
    let client = call.session().key.id;
    call.act(Action::Push { client, bytes: bytes.freeze() });
}

/// Confirms one subscription, or its end: the word, the name, and how many of its sort are left.
pub fn confirm(call: &mut Call<'_>, kind: Kind, word: &str, name: Option<&[u8]>) {
    let count = count(call, kind);
    tell(call, |reply| {
        reply.push(3);
        reply.bulk(word.as_bytes());
        match name {
            Some(name) => reply.bulk(name),
            None => reply.null(),
        }
        reply.int(count as i64);
    });
}

/// Channels and patterns are counted together, shard channels apart.
pub fn count(call: &Call<'_>, kind: Kind) -> usize {
    let of = |kind| call.server.pubsub.topics(kind).count_of(call.client);
    match kind {
        Kind::Channel | Kind::Pattern => of(Kind::Channel) + of(Kind::Pattern),
        Kind::Shard => of(Kind::Shard),
    }
}

/// Brings the session up to date after its subscriptions changed.
pub fn settle(call: &mut Call<'_>) {
    let client = call.client;
    let of = |kind| call.server.pubsub.topics(kind).count_of(client);
    let counts = [Kind::Channel, Kind::Pattern, Kind::Shard].map(of);
    let session = call.session();
    [session.subscriptions, session.pattern_subscriptions, session.shard_subscriptions] = counts;
    let kind = match session.kind {
        ClientKind::Normal if session.is_subscriber() => ClientKind::PubSub,
        ClientKind::PubSub if !session.is_subscriber() => ClientKind::Normal,
        kind => kind,
    };
    if std::mem::replace(&mut session.kind, kind) != kind {
        let id = session.key.id;
        call.act(Action::ClientClassChanged(id));
    }
}
