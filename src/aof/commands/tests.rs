use super::*;
use crate::aof::writer::Writer;
use crate::rdb::output::{CHUNK_BYTES, WriteSink};
use crate::store::big_string::BigString;
use crate::store::dataset::Dataset;
use crate::store::packed::Element;
use crate::store::value::hash::Hash;
use crate::store::value::list::{List, Side};
use crate::store::value::set::Set;
use crate::store::value::stream::{
    Group, Name, Pending, Stream, StreamId, StreamLimit, Trim, Until,
};
use crate::store::value::zset::SortedSet;
use crate::store::value::{Limits, NewValue, Object};

/// The commands of one key, with a blank in the place of each line's end.
fn commands(value: impl Into<Object>) -> String {
    text_of(NewValue::Object(value.into()), None)
}

fn text_of(value: NewValue<'_>, expires_at: Option<i64>) -> String {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(WriteSink(&mut bytes));
    write_entry(&Entry::new(b"k", value, expires_at), &mut writer).expect("memory");
    writer.finish().expect("memory");
    lines(&bytes)
}

fn lines(bytes: &[u8]) -> String {
    let text = std::str::from_utf8(bytes).expect("text");
    text.strip_suffix("\r\n").expect("a whole line").replace("\r\n", " ")
}

/// The words of one command.
fn command(words: &[&str]) -> String {
    let words = words.iter().map(|word| format!(" ${} {word}", word.len()));
    format!("*{}{}", words.len(), words.collect::<String>())
}

fn all(dataset: &Dataset, info: &CommandsInfo) -> (Vec<u8>, Written) {
    let mut bytes = Vec::new();
    let saved = save_commands(dataset.snapshot(), info, WriteSink(&mut bytes));
    let (_, written) = saved.expect("memory");
    (bytes, written)
}

#[test]
fn a_file_says_its_time_and_functions_and_selects_each_database_that_has_keys() {
    let mut dataset = Dataset::new(16, 1);
    dataset[0].insert(Entry::new(b"a", NewValue::Int(-5), None));
    dataset[11].insert(Entry::new(b"", NewValue::Str(b"\r\n"), Some(1_700_000_000_001)));
    let functions = vec![Bytes::from("#!lua name=l\n")];
    let timestamp = Some(Timestamp { unix_seconds: 1_700_000_000 });
    let info = CommandsInfo { timestamp, functions };
    let (bytes, written) = all(&dataset, &info);
    let expected = "#TS:1700000000\r\n\
        *3\r\n$8\r\nFUNCTION\r\n$4\r\nLOAD\r\n$13\r\n#!lua name=l\n\r\n\
        *2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$2\r\n-5\r\n\
        *2\r\n$6\r\nSELECT\r\n$2\r\n11\r\n*3\r\n$3\r\nSET\r\n$0\r\n\r\n$2\r\n\r\n\r\n\
        *3\r\n$9\r\nPEXPIREAT\r\n$0\r\n\r\n$13\r\n1700000000001\r\n";
    assert_eq!(bytes.escape_ascii().to_string(), expected.as_bytes().escape_ascii().to_string());
    assert_eq!(written, Written { keys: 2, bytes: bytes.len() as u64 });
}

#[test]
fn a_data_set_of_nothing_is_a_file_of_nothing() {
    let (bytes, written) = all(&Dataset::new(4, 1), &CommandsInfo::default());
    assert_eq!((bytes.len(), written), (0, Written { keys: 0, bytes: 0 }));
}

#[test]
fn a_string_is_set_and_expires_afterwards() {
    assert_eq!(text_of(NewValue::Str(b"v"), None), command(&["SET", "k", "v"]));
    let expiring = [command(&["SET", "k", "12"]), command(&["PEXPIREAT", "k", "-7"])];
    assert_eq!(text_of(NewValue::Int(12), Some(-7)), expiring.join(" "));
    let long = "x".repeat(3_000_000);
    assert_eq!(commands(BigString::from(long.as_bytes())), command(&["SET", "k", &long]));
}

#[test]
fn elements_come_sixty_four_to_a_command() {
    let limits = Limits::default();
    for count in [1, 63, 64, 65, 128, 1000] {
        let numbers: Vec<String> = (0..count).map(|n| n.to_string()).collect();
        let (mut list, mut set) = (List::default(), Set::default());
        for number in &numbers {
            list.make_room((1, number.len()), limits.list);
            list.push(Side::Right, number.as_bytes());
            set.add(number.as_bytes(), limits.set);
        }
        let batches = |name: &str| {
            let batch = |some: &[String]| {
                let words: Vec<&str> = some.iter().map(String::as_str).collect();
                command(&[&[name, "k"], &words[..]].concat())
            };
            numbers.chunks(64).map(batch).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(commands(list), batches("RPUSH"));
        // One of up to 512 numbers keeps them in order.
        if count <= 512 {
            assert_eq!(commands(set), batches("SADD"));
        } else {
            assert_eq!(commands(set).len(), batches("SADD").len());
        }
    }
}

#[test]
fn fields_and_scores_come_in_pairs() {
    let limits = Limits::default();
    let (mut hash, mut zset) = (Hash::default(), SortedSet::default());
    for n in 0..66 {
        let _ = hash.set(format!("f{n}").as_bytes(), Element::Int(n), limits.hash);
        zset.set(format!("m{n}").as_bytes(), n as f64 / 4.0, limits.zset);
    }
    let (hash, zset) = (commands(hash), commands(zset));
    assert!(hash.starts_with("*130 $5 HMSET $1 k $2 f0 $1 0 $2 f1 $1 1 "), "{hash}");
    assert!(hash.ends_with(&command(&["HMSET", "k", "f64", "64", "f65", "65"])), "{hash}");
    assert!(zset.starts_with("*130 $4 ZADD $1 k $1 0 $2 m0 $4 0.25 $2 m1 "), "{zset}");
    assert!(zset.ends_with(&command(&["ZADD", "k", "16", "m64", "16.25", "m65"])), "{zset}");
}

#[test]
fn scores_have_all_digits() {
    let scores = [
        (f64::NEG_INFINITY, "-inf"),
        (-1e300, "-1.0000000000000001e+300"),
        (-0.25, "-0.25"),
        (0.1, "0.10000000000000001"),
        (3.0, "3"),
        (1e17, "1e+17"),
        (f64::INFINITY, "inf"),
    ];
    let mut words = vec!["ZADD", "k"];
    let mut zset = SortedSet::default();
    for (index, (score, text)) in scores.iter().enumerate() {
        zset.set(&[b'a' + index as u8], *score, Limits::default().zset);
        words.extend([text, &"abcdefg"[index..=index]]);
    }
    assert_eq!(commands(zset), command(&words));
}

fn stream_of(entries: u64) -> Stream {
    let mut stream = Stream::default();
    let limit = StreamLimit { max_bytes: 4096, max_entries: 10 };
    for ms in 1..=entries {
        let value = ms.to_string();
        let pairs: &[&[u8]] = match ms % 2 {
            0 => &[b"f", value.as_bytes()],
            _ => &[b"f", value.as_bytes(), b"g", b""],
        };
        stream.append(StreamId::new(ms, u64::MAX), pairs, limit).expect("room");
    }
    stream
}

#[test]
fn a_stream_is_its_entries_counters_and_groups() {
    let mut stream = stream_of(4);
    stream.delete(&[StreamId::new(2, u64::MAX), StreamId::new(4, u64::MAX)]);
    stream.add_group(Group::new(Name::from(&b"h"[..]), StreamId::MIN, -1));
    stream.add_group(Group::new(Name::from(&b"g"[..]), StreamId::new(3, 7), 3));
    stream.change_group(b"g", |_, group| {
        group.add_consumer(b"idle", 5);
        let (consumer, _) = group.add_consumer(b"busy", 5);
        for (ms, deliveries) in [(3, 1), (1, 9)] {
            let id = StreamId::new(ms, u64::MAX);
            group.assign(Pending { id, delivered_at: 77, deliveries, consumer: consumer.clone() });
        }
    });
    let [one, three, four] = [1, 3, 4].map(|ms| format!("{ms}-{}", u64::MAX));
    let claim = |id: &str, count: &str| {
        let words = ["XCLAIM", "k", "g", "busy", "0", id, "TIME", "77", "RETRYCOUNT", count];
        command(&[&words[..], &["JUSTID", "FORCE"]].concat())
    };
    let expected = [
        command(&["XADD", "k", &one, "f", "1", "g", ""]),
        command(&["XADD", "k", &three, "f", "3", "g", ""]),
        command(&["XSETID", "k", &four, "ENTRIESADDED", "4", "MAXDELETEDID", &four]),
        command(&["XGROUP", "CREATE", "k", "g", "3-7", "ENTRIESREAD", "3"]),
        claim(&one, "9"),
        claim(&three, "1"),
        command(&["XGROUP", "CREATECONSUMER", "k", "g", "idle"]),
        command(&["XGROUP", "CREATE", "k", "h", "0-0", "ENTRIESREAD", "-1"]),
    ];
    assert_eq!(commands(stream), expected.join(" "));
}

#[test]
fn a_stream_without_entries_is_one_all_the_same() {
    let empty = |last: &str, added: &str| {
        let make = command(&["XADD", "k", "MAXLEN", "0", "0-1", "x", "y"]);
        let words = ["XSETID", "k", last, "ENTRIESADDED", added, "MAXDELETEDID", "0-0"];
        [make, command(&words)].join(" ")
    };
    assert_eq!(commands(Stream::default()), empty("0-0", "0"));
    let mut stream = stream_of(30);
    stream.trim(Trim { until: Until::Length(0), is_approximate: false, limit: None });
    assert_eq!(commands(stream), empty(&format!("30-{}", u64::MAX), "30"));
}

/// Chunks as they come, and what was said of the keys.
#[derive(Default)]
struct Chunks {
    sizes: Vec<usize>,
    keys: Vec<u64>,
}

impl ChunkSink for Chunks {
    fn write_chunk(&mut self, chunk: Bytes) -> io::Result<()> {
        self.sizes.push(chunk.len());
        Ok(())
    }

    fn keys_encoded(&mut self, keys: u64) {
        self.keys.push(keys);
    }
}

#[test]
fn a_key_of_any_size_leaves_in_chunks() {
    let limits = Limits::default();
    let mut hash = Hash::default();
    for n in 0..5_000i64 {
        let _ = hash.set(&n.to_be_bytes(), Element::Str(&[b'v'; 100]), limits.hash);
    }
    let _ = hash.set(b"long", Element::Str(&vec![b'v'; 1_000_000]), limits.hash);
    let values: [Object; 3] =
        [hash.into(), stream_of(20_000).into(), BigString::from(&vec![b'v'; 5_000_000][..]).into()];
    for value in values {
        let mut dataset = Dataset::new(1, 1);
        dataset[0].insert(Entry::new(b"k", NewValue::Object(value), None));
        let saved = save_commands(dataset.snapshot(), &CommandsInfo::default(), Chunks::default());
        let (chunks, written) = saved.expect("memory");
        let (last, whole) = chunks.sizes.split_last().expect("chunks");
        assert!(whole.len() >= 4, "{}", whole.len());
        assert!(whole.iter().all(|size| (CHUNK_BYTES..CHUNK_BYTES + 4096).contains(size)));
        assert!(*last <= CHUNK_BYTES);
        assert_eq!(chunks.sizes.iter().sum::<usize>() as u64, written.bytes);
    }
}

#[test]
fn the_sink_is_told_of_the_keys_and_its_error_ends_the_walk() {
    let mut dataset = Dataset::new(2, 1);
    for n in 0..3_000 {
        dataset[n % 2].insert(Entry::new(n.to_string().as_bytes(), NewValue::Int(1), None));
    }
    let saved = save_commands(dataset.snapshot(), &CommandsInfo::default(), Chunks::default());
    assert_eq!(saved.expect("memory").0.keys, [1024, 2048, 3000]);

    struct Full(u32);
    impl ChunkSink for Full {
        fn write_chunk(&mut self, _: Bytes) -> io::Result<()> {
            self.0 += 1;
            Err(io::ErrorKind::StorageFull.into())
        }
    }
    dataset[0].insert(Entry::new(b"long", NewValue::Str(&vec![0; 10_000_000]), None));
    let mut sink = Full(0);
    let failed = save_commands(dataset.snapshot(), &CommandsInfo::default(), &mut sink);
    assert_eq!(failed.err().expect("an error").kind(), io::ErrorKind::StorageFull);
    assert_eq!(sink.0, 1);
}
