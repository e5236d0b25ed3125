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
pub const SUBSCRIPTION_FLAGS: &[Flag] = &[
    Flag::PubSub,
    Flag::NoScript,
    Flag::Loading,
    Flag::Stale,
    Flag::WhileSubscribed,
    Flag::NotInStream,
];

/// Confirms one subscription, or its end: the word, the name, and how many of its sort are left.
/// What a command confirms is its reply, also when CLIENT REPLY silences others. Inside a
/// transaction the `first` confirmation takes the command's place in the array, as an array of its
/// own, and the others follow the whole of it: Redis puts them all inside, where they make it
/// longer than it says.
pub(super) fn confirm(
    call: &mut Call<'_>,
    kind: Kind,
    word: &str,
    name: Option<&[u8]>,
    first: bool,
) {
    let count = count(call, kind);
    let fields = |reply: &mut Reply<'_>| {
        reply.bulk(word.as_bytes());
        match name {
            Some(name) => reply.bulk(name),
            None => reply.null(),
        }
        reply.int(count as i64);
    };
    let is_heard = call.session().reply_mode == ReplyMode::On;
    match call.in_transaction {
        true if first => {
            call.reply.array(3);
            fields(&mut call.reply);
        }
        false if is_heard => {
            call.reply.push(3);
            fields(&mut call.reply);
        }
        _ => {
            let mut bytes = BytesMut::new();
            let mut push = Reply::new(&mut bytes, call.reply.protocol());
            push.push(3);
            fields(&mut push);
            let client = call.session().key.id;
            call.act(Action::Push { client, bytes: bytes.freeze() });
        }
    }
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
