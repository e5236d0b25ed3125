use proptest::prelude::*;

use super::super::output::WriteSink;
use super::super::save::{self, ReplicationPoint, SaveInfo};
use super::super::writer::Written;
use super::*;
use crate::base::ids::ReplId;
use crate::store::value::NewValue;

const NOW: UnixMillis = 1_700_000_000_000;

fn empty() -> Dataset {
    Dataset::new(16, 1)
}

fn add(dataset: &mut Dataset, db: usize, key: &[u8], value: &[u8], at: Option<UnixMillis>) {
    dataset[db].insert(Entry::new(key, NewValue::Str(value), at));
}

fn saved(dataset: &Dataset, info: &SaveInfo) -> (Vec<u8>, Written) {
    let (sink, written) = save::save(dataset.snapshot(), info, WriteSink(Vec::new())).unwrap();
    (sink.0, written)
}

/// Database, key, value, expiry and usage bits of every entry, ordered.
fn contents(dataset: &Dataset) -> Vec<(usize, Vec<u8>, Vec<u8>, String)> {
    let each = dataset.iter().enumerate().flat_map(|(db, database)| {
        database.iter().map(move |entry| {
            let mut buffer = itoa::Buffer::new();
            let value = entry.value().as_str(&mut buffer).unwrap().to_whole().into_owned();
            let attributes = format!("{:?} {}", entry.expires_at(), entry.lru());
            (db, entry.key().to_vec(), value, attributes)
        })
    });
    let mut contents: Vec<_> = each.collect();
    contents.sort();
    contents
}

fn info() -> SaveInfo {
    SaveInfo { used_memory_bytes: 12_345_678, ..SaveInfo::new("7.2.0", 1_700_000_000) }
}

fn options() -> LoadOptions {
    LoadOptions {
        limits: Limits::default(),
        now: NOW,
        drop_expired: true,
        replace_duplicates: false,
        verify_checksum: true,
        usage: UsageClock::Lru { seconds: 0 },
    }
}

fn loaded(bytes: &[u8], options: LoadOptions) -> Result<(Dataset, LoadReport), RdbError> {
    let mut target = empty();
    let report = load_into(&mut target, bytes, options, &mut ())?;
    Ok((target, report))
}

fn sample() -> Dataset {
    let mut dataset = empty();
    for (n, value) in ["", "7", "-200", "70000", "5000000000", "text"].iter().enumerate() {
        add(&mut dataset, n % 3, format!("key:{n}").as_bytes(), value.as_bytes(), None);
    }
    add(&mut dataset, 5, b"12345", &b"packs well ".repeat(20), Some(NOW + 1000));
    add(&mut dataset, 15, &b"long key ".repeat(200), &b"big".repeat(1000), Some(NOW));
    dataset
}

#[test]
fn what_is_saved_is_loaded() {
    let dataset = sample();
    for (compress, checksum) in [(false, false), (true, true)] {
        let (bytes, written) = saved(&dataset, &SaveInfo { compress, checksum, ..info() });
        assert_eq!(&bytes[..9], b"REDIS0009");
        let (target, report) = loaded(&bytes, options()).unwrap();
        assert_eq!(contents(&target), contents(&dataset));
        assert_eq!((report.keys_loaded, report.keys_expired, report.version), (8, 0, 9));
        assert_eq!(written, Written { keys: 8, bytes: bytes.len() as u64 });
        assert_eq!(report.bytes, written.bytes);
        assert_eq!(report.checksum_verified, checksum);
    }
}

#[test]
fn the_facts_and_functions_come_back() {
    let id = ReplId::from_random([7; 20]);
    let info = SaveInfo {
        replication: Some(ReplicationPoint { id, offset: 1 << 40, stream_db: 3 }),
        aof_base: true,
        functions: vec![Bytes::from_static(b"#!lua name=a\nreturn 1")],
        ..info()
    };
    let (bytes, _) = saved(&empty(), &info);
    assert_eq!(&bytes[..9], b"REDIS0010", "the oldest version that has functions");
    let (_, report) = loaded(&bytes, options()).unwrap();
    let expected = LoadReport {
        version: 10,
        server_version: Some("7.2.0".into()),
        created_unix_seconds: Some(1_700_000_000),
        used_memory_bytes: Some(12_345_678),
        repl_id: Some(id),
        repl_offset: Some(1 << 40),
        repl_stream_db: Some(3),
        aof_base: true,
        functions: info.functions,
        bytes: bytes.len() as u64,
        checksum_verified: true,
        ..LoadReport::default()
    };
    assert_eq!(report, expected);
}

#[test]
fn an_empty_data_set_takes_over_the_hash_seed() {
    let mut original = Dataset::new(16, u64::MAX - 5);
    add(&mut original, 0, b"k", b"v", None);
    let (bytes, _) = saved(&original, &info());
    let (target, _) = loaded(&bytes, options()).unwrap();
    assert_eq!(target.hash_seed(), u64::MAX - 5);

    let mut occupied = empty();
    add(&mut occupied, 1, b"other", b"v", None);
    load_into(&mut occupied, &bytes[..], options(), &mut ()).unwrap();
    assert_eq!((occupied.hash_seed(), occupied.key_count()), (empty().hash_seed(), 2));
}

#[test]
fn a_master_drops_what_has_expired_and_a_replica_keeps_it() {
    #[derive(Default)]
    struct Dropped(Vec<(DbIndex, Vec<u8>)>);
    impl LoadObserver for Dropped {
        fn dropped_expired(&mut self, database: DbIndex, key: &[u8]) {
            self.0.push((database, key.to_vec()));
        }
    }
    let mut dataset = empty();
    add(&mut dataset, 0, b"gone", b"v", Some(NOW - 1));
    add(&mut dataset, 2, b"gone too", b"v", Some(-5));
    add(&mut dataset, 2, b"last moment", b"v", Some(NOW));
    let (bytes, _) = saved(&dataset, &info());

    let (mut target, mut dropped) = (empty(), Dropped::default());
    let report = load_into(&mut target, &bytes[..], options(), &mut dropped).unwrap();
    assert_eq!((report.keys_loaded, report.keys_expired), (1, 2));
    assert_eq!(dropped.0, [(0, b"gone".to_vec()), (2, b"gone too".to_vec())]);

    let replica = LoadOptions { drop_expired: false, ..options() };
    let (target, report) = loaded(&bytes, replica).unwrap();
    assert_eq!((report.keys_loaded, report.keys_expired), (3, 0));
    assert_eq!(contents(&target), contents(&dataset));
}

#[test]
fn a_key_twice_is_refused_unless_it_shall_be_replaced() {
    let mut writer = save::begin(WriteSink(Vec::new()), &info()).unwrap();
    writer.database(3, 2, 0).unwrap();
    for value in ["first", "second"] {
        writer.entry(&Entry::new(b"twin", NewValue::Str(value.as_bytes()), None), None).unwrap();
    }
    let bytes = writer.finish().unwrap().0.0;
    let error = loaded(&bytes, options()).unwrap_err();
    assert_eq!(error.to_string(), "RDB has duplicated key 'twin' in DB 3");
    let (target, _) =
        loaded(&bytes, LoadOptions { replace_duplicates: true, ..options() }).unwrap();
    assert_eq!(contents(&target), [(3, b"twin".to_vec(), b"second".to_vec(), "None 0".to_owned())]);
}

#[test]
fn a_database_beyond_the_last_is_refused() {
    let (bytes, _) = saved(&sample(), &info());
    let mut target = Dataset::new(15, 1);
    let error = load_into(&mut target, &bytes[..], options(), &mut ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "FATAL: Data file was created with a Redis server configured to handle more than 15 \
         databases. Exiting"
    );
}

#[test]
fn progress_is_told_and_may_stop_the_load() {
    struct StopAt(u64, Vec<Progress>);
    impl LoadObserver for StopAt {
        fn progress(&mut self, progress: Progress) -> ControlFlow<()> {
            self.1.push(progress);
            if progress.bytes >= self.0 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }
    }
    let mut dataset = empty();
    for n in 0..50_000 {
        add(&mut dataset, 0, format!("key:{n}").as_bytes(), b"some value of a key", None);
    }
    let (bytes, _) = saved(&dataset, &info());
    let mut all = StopAt(u64::MAX, Vec::new());
    load_into(&mut empty(), &bytes[..], options(), &mut all).unwrap();
    assert!(all.1.len() as u64 >= bytes.len() as u64 / PROGRESS_BYTES);
    assert!(all.1.is_sorted_by_key(|progress| (progress.bytes, progress.keys)));
    assert_eq!(all.1.last(), Some(&Progress { bytes: bytes.len() as u64, keys: 50_000 }));
    let mut some = StopAt(300_000, Vec::new());
    let stopped = load_into(&mut empty(), &bytes[..], options(), &mut some);
    assert!(matches!(stopped.unwrap_err().kind, RdbErrorKind::Stopped));
}

#[test]
fn usage_is_written_when_the_policy_goes_by_it() {
    for clock in
        [UsageClock::Lru { seconds: 5000 }, UsageClock::Lfu { minutes: 77, decay_minutes: 1 }]
    {
        let dataset = sample();
        for (nth, entry) in dataset.iter().flat_map(|database| database.iter()).enumerate() {
            entry.set_lru(match clock {
                UsageClock::Lru { seconds } => seconds - nth as u32,
                UsageClock::Lfu { minutes, .. } => u32::from(minutes) << 8 | nth as u32,
            });
        }
        let (bytes, _) = saved(&dataset, &SaveInfo { usage: Some(clock), ..info() });
        let (target, _) = loaded(&bytes, LoadOptions { usage: clock, ..options() }).unwrap();
        assert_eq!(contents(&target), contents(&dataset));
    }
}

#[test]
fn data_of_a_module_outside_of_keys_is_refused_by_the_module_name() {
    let module = b"\x81\xb5\xeb\x2d\xfa\xdc\xa9\x78\x03\x02\x01\x00";
    let bytes = [b"REDIS0009\xf7", &module[..], &[0xff; 9]].concat();
    assert_eq!(
        loaded(&bytes, options()).unwrap_err().to_string(),
        "The RDB file contains AUX module data I can't load: no matching module 'test-type'"
    );
}

#[test]
fn a_file_cut_anywhere_is_a_short_read() {
    let (bytes, _) = saved(&sample(), &info());
    for len in 0..bytes.len() {
        let error = loaded(&bytes[..len], options()).unwrap_err();
        assert!(matches!(error.kind, RdbErrorKind::ShortRead), "cut at {len}: {error:?}");
        assert!(error.offset <= len as u64);
    }
}

#[test]
fn a_flipped_bit_is_an_error() {
    let (bytes, _) = saved(&sample(), &info());
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let result = loaded(&changed, options());
        let sum_unread = changed.starts_with(b"REDIS0001");
        assert!(result.is_err() || sum_unread, "bit {bit}");
        let unchecked = LoadOptions { verify_checksum: false, ..options() };
        let _ = loaded(&changed, unchecked);
    }
}

fn any_text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<i64>().prop_map(|n| n.to_string().into_bytes()),
        (any::<i64>(), 0..60u32).prop_map(|(n, s)| (n >> s).to_string().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..80),
        prop::collection::vec(0u8..5, 0..3000),
        (any::<u8>(), 0usize..400_000).prop_map(|(byte, len)| vec![byte; len]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn random_data_is_saved_and_loaded(
        entries in prop::collection::vec(
            (0usize..16, any_text(), any_text(), prop::option::of(any::<i64>())), 0..60),
        compress in any::<bool>(),
    ) {
        let mut dataset = empty();
        for (db, key, value, expires_at) in &entries {
            add(&mut dataset, *db, key, value, *expires_at);
        }
        let (bytes, _) = saved(&dataset, &SaveInfo { compress, ..info() });
        let keep = LoadOptions { drop_expired: false, ..options() };
        let (target, _) = loaded(&bytes, keep).unwrap();
        prop_assert_eq!(contents(&target), contents(&dataset));
    }

    #[test]
    fn random_bytes_after_a_header_never_panic(
        bytes in prop::collection::vec(
            prop_oneof![any::<u8>(), 240u8.., 0u8..4, Just(0xc3u8)], 0..300),
    ) {
        let _ = loaded(&[b"REDIS0009", &bytes[..]].concat(), options());
    }
}
