use super::*;
use crate::base::random::Random;
use crate::rdb::dump::{RestoreError, dump, restore};
use crate::rdb::output::WriteSink;
use crate::rdb::value::testing::{damage, sealed};
use crate::store::value::stream::{StreamLimit, Trim, Until};
use crate::store::value::{Limits, ObjectRef, ValueRef};

fn restored(payload: &[u8]) -> Result<Stream, RestoreError> {
    restore(payload, Limits::default(), |value| match value {
        NewValue::Object(Object::Stream(stream)) => stream,
        other => panic!("no stream: {other:?}"),
    })
}

fn dumped(stream: &Stream) -> Vec<u8> {
    dump(&ValueRef::Object(ObjectRef::Stream(stream)), false)
}

/// In what every Redis since 5.0 reads.
fn plain(stream: &Stream) -> Vec<u8> {
    let mut bytes = vec![opcode::STREAM_LISTPACKS];
    let mut out = Output::new(WriteSink(&mut bytes)).speak(Dialect::Plain);
    stream.encode(&mut out).expect("memory");
    out.finish().expect("memory");
    bytes
}

fn id(ms: u64, seq: u64) -> StreamId {
    StreamId::new(ms, seq)
}

/// Three blocks, what is left of a fourth, and two groups.
fn sample() -> Stream {
    let limit = StreamLimit { max_bytes: 4096, max_entries: 10 };
    let mut stream = Stream::default();
    for ms in 1..=40 {
        let value = ms.to_string();
        stream.append(id(ms, ms % 3), &[b"field", value.as_bytes()], limit).expect("room");
    }
    stream.delete(&[id(20, 2), id(40, 1)]);
    stream.trim(Trim { until: Until::Length(35), is_approximate: false, limit: None });
    for (name, read) in [("group", 12), ("7", -1)] {
        stream.add_group(Group::new(Name::from(name.as_bytes()), id(30, 0), read));
        stream.change_group(name.as_bytes(), |_, group| {
            for ms in 10..20 {
                let consumer = format!("consumer {}", ms % 3);
                let (consumer, _) = group.add_consumer(consumer.as_bytes(), 1_700_000_000_000);
                group.assign(Pending {
                    id: id(ms, ms % 3),
                    delivered_at: -5,
                    deliveries: ms,
                    consumer,
                });
            }
        });
    }
    stream
}

/// As redis-server 7.0.15 dumps it, without compression: entries one of which was deleted, and
/// groups with something pending of two consumers.
const THEIRS: &[u8] = b"\x13\x01\x10\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\
\t@CC\x00\x00\x00\x19\x00\x02\x01\x01\x01\x02\x01\x81a\x02\x81b\x02\x00\x01\x02\x01\x00\x01\x00\x01\
\x01\x01\x84text\x05\x05\x01\x03\x01\x01\x01\xdf\xf8\x02\x02\x01\x81x\x02\x05\x01\x00\x01\x01\x01\
\xdf\xf9\x02\x01\x01\x81c\x02\x03\x01\x06\x01\xff\x02\x06\x02\x05\t\x06\x01\x03\x02\xc0\x0c\x00\x00\
\x81\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x01g\x05\t\x01\x02\x00\x00\x00\x00\x00\x00\x00\x05\x00\
\x00\x00\x00\x00\x00\x00\t\x00h\xe5\xcf\x8b\x01\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x06\x00\x00\
\x00\x00\x00\x00\x00\x02\x01h\xe5\xcf\x8b\x01\x00\x00\x01\x02\x05alice\x87\xf3a\x18\xa2\x01\x00\x00\
\x01\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\t\x03bob\x97\xf3a\x18\xa2\x01\x00\
\x00\x01\x00\x00\x00\x00\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00\x02\n\x00\xfb6:\xd8\xa3\x94`\
\xf6";

#[test]
fn a_payload_of_redis_is_restored_and_dumped_to_the_same_bytes() {
    let stream = restored(THEIRS).expect("a stream");
    assert_eq!(dumped(&stream), THEIRS);
    let counters = Counters {
        first_id: id(5, 9),
        last_id: id(6, 2),
        max_deleted_id: id(6, 1),
        entries_added: 3,
    };
    assert_eq!((stream.log().len(), *stream.log().counters()), (2, counters));
    let group = stream.group(b"g").expect("a group");
    assert_eq!((group.last_id(), group.entries_read()), (id(5, 9), 1));
    let pending = group.find_pending(id(6, 2)).expect("pending");
    assert_eq!((&*pending.consumer, pending.delivered_at), (&b"bob"[..], 1_700_000_000_001));
    let alice = group.consumer(b"alice").expect("a consumer");
    assert_eq!(alice.active_at(), Some(alice.seen_at()));
    assert_eq!(stream.group(b"12").map(Group::entries_read), Some(-1));
}

#[test]
fn what_is_dumped_is_restored() {
    for stream in [Stream::default(), sample()] {
        let payload = dumped(&stream);
        assert_eq!(dumped(&restored(&payload).expect("a stream")), payload);
        let packed = dump(&ValueRef::Object(ObjectRef::Stream(&stream)), true);
        assert_eq!(dumped(&restored(&packed).expect("a stream")), payload);
    }
}

/// What the layout of Redis 5 leaves out stands beside it.
#[test]
fn a_note_tells_what_a_layout_leaves_out_and_one_that_does_not_fit_tells_nothing() {
    let original = sample();
    let note = note::of(&original).expect("something to tell");
    let bare = || restored(&sealed(&plain(&original))).expect("a stream");
    let mut noted = bare();
    note::apply(&note, &mut noted);
    assert_eq!(dumped(&noted), dumped(&original));
    let consumer = |stream: &Stream| {
        let consumer = stream.group(b"7").and_then(|group| group.consumers().first());
        consumer.map(|consumer| (consumer.seen_at(), consumer.active_at()))
    };
    assert_eq!(consumer(&noted), consumer(&original));
    assert_eq!(consumer(&noted), Some((1_700_000_000_000, None)));
    for len in 0..note.len() {
        let mut cut = bare();
        note::apply(&note[..len], &mut cut);
        assert_eq!(dumped(&cut), dumped(&bare()));
    }
    let mut other = bare();
    other.remove_group(b"7");
    let before = dumped(&other);
    note::apply(&note, &mut other);
    assert_eq!(dumped(&other), before);
    assert!(note::of(&Stream::default()).is_none());
    let mut random = Random::from_seed(9);
    for _ in 0..2000 {
        let mut damaged = note.clone();
        let at = random.below(damaged.len() as u64) as usize;
        damaged[at] = random.next_u64() as u8;
        let mut stream = bare();
        note::apply(&damaged, &mut stream);
        assert!(restored(&dumped(&stream)).is_ok());
    }
}

#[test]
fn the_layout_of_redis_5_leaves_the_counters_to_be_reckoned() {
    let original = sample();
    let stream = restored(&sealed(&plain(&original))).expect("a stream");
    assert_eq!(plain(&stream), plain(&original));
    let counters = Counters {
        max_deleted_id: StreamId::MIN,
        entries_added: original.log().len(),
        ..*original.log().counters()
    };
    assert_eq!(*stream.log().counters(), counters);
    assert_eq!(stream.group(b"group").map(Group::entries_read), Some(-1), "in the middle");
}

/// A stream without entries, with a group that nobody knows of: what follows is its own.
fn with_group(code: u8, rest: &[u8]) -> Vec<u8> {
    let counters: &[u8] = if code == opcode::STREAM_LISTPACKS { b"" } else { b"\0\0\0\0\x05" };
    let read: &[u8] = if code == opcode::STREAM_LISTPACKS { b"" } else { b"\x03" };
    sealed(&[&[code, 0, 0, 9, 0], counters, b"\x01\x01g\x03\0", read, rest].concat())
}

fn raw(ms: u64) -> [u8; 16] {
    id(ms, 0).to_bytes()
}

/// The time and the number of deliveries of what is pending.
const DELIVERED: [u8; 9] = [1, 0, 0, 0, 0, 0, 0, 0, 4];
const SEEN: [u8; 8] = [7, 0, 0, 0, 0, 0, 0, 0];
const ACTIVE: [u8; 8] = [6, 0, 0, 0, 0, 0, 0, 0];

#[test]
fn the_layout_of_redis_7_2_tells_when_a_consumer_got_something() {
    let consumers = |active: &[u8]| [b"\0\x01\x01c", &SEEN[..], active, b"\0"].concat();
    let times = |active| {
        let payload = with_group(opcode::STREAM_LISTPACKS_3, &consumers(active));
        let stream = restored(&payload).expect("a stream");
        let consumer = stream.group(b"g").and_then(|group| group.consumer(b"c")).cloned();
        consumer.map(|consumer| (consumer.seen_at(), consumer.active_at()))
    };
    assert_eq!(times(&ACTIVE), Some((7, Some(6))));
    assert_eq!(times(&(-1i64).to_le_bytes()), Some((7, None)));
}

#[test]
fn what_is_pending_and_its_consumers_must_be_in_step() {
    let pending = |ids: &[u64]| {
        let ids = ids.iter().flat_map(|&ms| [&raw(ms)[..], &DELIVERED].concat());
        ids.collect::<Vec<u8>>()
    };
    let consumer = |name: &[u8], ids: &[u64]| {
        let ids_bytes: Vec<u8> = ids.iter().flat_map(|&ms| raw(ms)).collect();
        [&[1][..], name, &SEEN, &[ids.len() as u8], &ids_bytes].concat()
    };
    let result = |ids: &[u64], consumers: &[Vec<u8>]| {
        let counts = ([ids.len() as u8], [consumers.len() as u8]);
        let rest = [&counts.0[..], &pending(ids), &counts.1, &consumers.concat()].concat();
        [opcode::STREAM_LISTPACKS, opcode::STREAM_LISTPACKS_2]
            .map(|code| restored(&with_group(code, &rest)).map(|stream| dumped(&stream).len() > 40))
    };
    let good = [Ok(true); 2];
    let bad = [Err(RestoreError::BadData); 2];
    assert_eq!(result(&[1, 2], &[consumer(b"a", &[2]), consumer(b"b", &[1])]), good);
    assert_eq!(result(&[1, 2], &[consumer(b"b", &[1, 2]), consumer(b"a", &[])]), good);
    assert_eq!(result(&[1, 2], &[consumer(b"a", &[2])]), bad, "of no consumer");
    assert_eq!(result(&[1], &[consumer(b"a", &[1, 2])]), bad, "not in the group");
    assert_eq!(result(&[1], &[consumer(b"a", &[1]), consumer(b"b", &[1])]), bad, "of two");
    assert_eq!(result(&[1], &[consumer(b"a", &[1, 1])]), bad, "twice of one");
    assert_eq!(result(&[1, 1], &[consumer(b"a", &[1])]), bad, "twice in the group");
    assert_eq!(result(&[2, 1], &[consumer(b"a", &[1, 2])]), bad, "out of order");
    assert_eq!(result(&[], &[consumer(b"a", &[]), consumer(b"a", &[])]), bad, "one name");
}

/// Blocks as they are given, with no groups.
fn of_blocks(
    blocks: &[(StreamId, Listpack)],
    len: u8,
    last: (u8, u8),
) -> Result<Stream, RestoreError> {
    let mut body = vec![opcode::STREAM_LISTPACKS, blocks.len() as u8];
    for (id, pack) in blocks {
        body.push(16);
        body.extend(id.to_bytes());
        body.push(pack.as_bytes().len() as u8);
        body.extend(pack.as_bytes());
    }
    body.extend([len, last.0, last.1, 0]);
    restored(&sealed(&body))
}

fn pack(elements: &[i64]) -> Listpack {
    Listpack::from_elements(elements.iter().copied()).expect("room")
}

#[test]
fn blocks_must_be_made_of_entries_in_order_as_many_as_they_state() {
    let one = |pack| of_blocks(&[(id(5, 5), pack)], 1, (9, 0)).map(|stream| stream.log().len());
    let bad = Err(RestoreError::BadData);
    // live, deleted, fields, field, 0; flags, ms, seq, value, 4
    assert_eq!(one(pack(&[1, 0, 1, 7, 0, 2, 0, 0, 8, 4])), Ok(1));
    assert_eq!(one(pack(&[1, 0, 1, 7, 0, 0, 1, -5, 1, 7, 8, 6])), Ok(1));
    assert_eq!(one(pack(&[1, 1, 1, 7, 0, 3, 0, 0, 8, 4, 2, 0, 1, 8, 4])), Ok(1));
    for elements in [
        &[1, 0, 1, 7, 0][..],
        &[1, 0, 1, 7, 1, 2, 0, 0, 8, 4],
        &[1, 0, 0, 0, 2, 0, 0, 3],
        &[1, 0, 9, 7, 0, 2, 0, 0, 8, 4],
        &[1, 0, i64::MAX, 7, 0, 2, 0, 0, 8, 4],
        &[1, 0, -1, 7, 0, 2, 0, 0, 8, 4],
        &[1, 0, 1, 7, 0, 2, 0, 0, 8, 5],
        &[1, 0, 1, 7, 0, 4, 0, 0, 8, 4],
        &[1, 0, 1, 7, 0, 2, 0, 0, 8],
        &[1, 0, 1, 7, 0, 2, 0, -1, 8, 4],
        &[1, 0, 1, 7, 0, 0, 0, 0, i64::MAX, 7, 8, 6],
        &[1, 0, 1, 7, 0, 2, 0, 0, 8, 4, 2, 0, 1, 8, 4],
        &[2, 0, 1, 7, 0, 2, 0, 0, 8, 4, 2, 0, 0, 8, 4],
        &[0, 1, 1, 7, 0, 2, 0, 0, 8, 4],
        &[],
    ] {
        assert_eq!(one(pack(elements)), bad, "{elements:?}");
    }
}

#[test]
fn blocks_must_follow_one_another_and_have_as_many_entries_as_the_stream() {
    let block = |ms, entries: i64| {
        let mut elements = vec![entries, 0, 1, 7, 0];
        (0..entries).for_each(|ms| elements.extend([2, ms, 0, 8, 4]));
        (id(ms, 0), pack(&elements))
    };
    let result = |blocks: &[_], len, last| {
        of_blocks(blocks, len, last).map(|stream| stream.log().counters().last_id)
    };
    let bad = Err(RestoreError::BadData);
    assert_eq!(result(&[block(1, 3), block(4, 2)], 5, (9, 3)), Ok(id(9, 3)));
    assert_eq!(result(&[block(1, 3), block(4, 2)], 5, (4, 0)), Ok(id(5, 0)), "the last entry's");
    assert_eq!(result(&[block(1, 3), block(3, 2)], 5, (9, 0)), bad);
    assert_eq!(result(&[block(4, 2), block(1, 3)], 5, (9, 0)), bad);
    assert_eq!(result(&[block(1, 3)], 2, (9, 0)), bad);
    assert_eq!(result(&[], 1, (9, 0)), bad);
    assert_eq!(result(&[], 0, (9, 0)), Ok(id(9, 0)));
}

#[test]
fn damaged_payloads_are_refused_or_are_values() {
    let mut random = Random::from_seed(5);
    let theirs = restored(THEIRS).expect("a stream");
    let streams = [sample(), theirs, Stream::default()];
    let good: usize =
        streams.iter().map(|stream| damage(ObjectRef::Stream(stream), &mut random)).sum();
    assert!(good > 100, "{good}");
}
