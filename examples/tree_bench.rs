//! Measures the tree beside a hashbrown table of the same entries under the same hash.
//!
//! usage: cargo run --release --example tree_bench -- [keys, 1000000] [value bytes, 3]
//!
//! Prints processor nanoseconds an operation, the longest single insert, bytes a key as the allocator counts
//! them, and what a snapshot that is read on another thread costs the one who writes.

use std::error::Error;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{env, thread};

use hashbrown::HashTable;
use understudy::base::random::Random;
use understudy::store::database::Database;
use understudy::store::entry::Entry;
use understudy::store::tree::{Tree, TreeSnapshot};
use understudy::store::tree_slot::TreeSlot;
use understudy::store::value::NewValue;

type Key = [u8; 16];
type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let mut arguments = env::args().skip(1);
    let count = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let value_bytes = arguments.next().map_or(Ok(3), |text| text.parse::<usize>())?;
    let value = vec![b'x'; value_bytes];
    let mut random = Random::from_seed(1);
    let keys = shuffled(&mut random, 0, count);
    let missing = shuffled(&mut random, count, count.min(1_000_000));
    let order = shuffled(&mut random, 0, count);
    println!("{count} keys of 16 bytes, values of {value_bytes}");
    measure_hashbrown(&keys, &order, &missing, &value)?;
    measure_tree(&keys, &order, &missing, &value)?;
    measure_expiry(&keys, &order, &value)
}

/// The keys from `first` on, in random order.
fn shuffled(random: &mut Random, first: usize, count: usize) -> Vec<Key> {
    let mut keys: Vec<Key> = (first..first + count)
        .map(|number| format!("key:{number:012}").into_bytes().try_into().expect("16 bytes"))
        .collect();
    for index in (1..keys.len()).rev() {
        keys.swap(index, random.below(index as u64 + 1) as usize);
    }
    keys
}

fn measure_hashbrown(keys: &[Key], order: &[Key], missing: &[Key], value: &[u8]) -> Outcome {
    let hasher = Tree::new(7);
    let before = allocated()?;
    let mut table: HashTable<Entry> = HashTable::new();
    let hash_of = |entry: &Entry| hasher.hash(entry.key());
    timed("hashbrown insert", keys, |key| {
        let entry = Entry::new(key, NewValue::Str(value), None);
        table.insert_unique(hasher.hash(key), entry, hash_of);
    });
    per_key("hashbrown", before, keys.len())?;
    timed("hashbrown get hit", order, |key| {
        black_box(table.find(hasher.hash(key), |entry| entry.key() == key).is_some());
    });
    one_after_the_other("hashbrown get hit", order, |key| {
        let found = table.find(hasher.hash(key), |entry| entry.key() == key);
        found.map_or(0, |entry| entry.lru() as usize)
    });
    timed("hashbrown get miss", missing, |key| {
        black_box(table.find(hasher.hash(key), |entry| entry.key() == key).is_some());
    });
    timed("hashbrown remove", order, |key| {
        let found = table.find_entry(hasher.hash(key), |entry| entry.key() == key);
        black_box(found.map(|entry| entry.remove()).is_ok());
    });
    Ok(())
}

fn measure_tree(keys: &[Key], order: &[Key], missing: &[Key], value: &[u8]) -> Outcome {
    let before = allocated()?;
    let mut tree = Tree::new(7);
    timed("tree insert", keys, |key| {
        tree.insert(Entry::new(key, NewValue::Str(value), None));
    });
    per_key("tree", before, keys.len())?;
    println!("tree nodes: {:.1} bytes a key", tree.node_bytes() as f64 / keys.len() as f64);
    timed("tree get hit", order, |key| {
        black_box(tree.get(key).is_some());
    });
    one_after_the_other("tree get hit", order, |key| {
        tree.get(key).map_or(0, |entry| entry.lru() as usize)
    });
    timed("tree get miss", missing, |key| {
        black_box(tree.get(key).is_some());
    });
    let start = thread_nanos();
    for pipeline in order.chunks(16) {
        tree.prefetch(pipeline.iter().map(|key| &key[..]));
        assert!(pipeline.iter().all(|key| tree.get(key).is_some()));
    }
    let mean = (thread_nanos() - start) as f64 / order.len() as f64;
    println!("tree get hit, prefetched 16 at a time: {mean:.0} ns each");
    timed("tree set again", order, |key| set(&mut tree, key, value));
    let mut random = Random::from_seed(3);
    timed("tree random key", &missing[..missing.len().min(100_000)], |_| {
        black_box(tree.random(random.next_u64()));
    });
    read_snapshot("nobody writing", tree.snapshot());
    measure_under_snapshots(&mut tree, order, value);
    timed("tree remove", order, |key| {
        black_box(tree.remove(key));
    });
    Ok(())
}

/// What an expiry adds: to memory, to a write, and to taking out what has expired.
fn measure_expiry(keys: &[Key], order: &[Key], value: &[u8]) -> Outcome {
    let before = allocated()?;
    let mut database = Database::new(7);
    let mut now = 0;
    timed("database set with a new expiry", keys, |key| {
        now += 1;
        database.slot(key).set(NewValue::Str(value), Some(now / 100 + 60_000), 0);
    });
    per_key("database with expiries", before, keys.len())?;
    timed("database set with a later expiry", order, |key| {
        now += 1;
        database.slot(key).set(NewValue::Str(value), Some(now / 100 + 60_000), 0);
    });
    let mut random = Random::from_seed(3);
    timed("database set with any expiry", order, |key| {
        let at = random.below(1_000_000_000) as i64;
        database.slot(key).set(NewValue::Str(value), Some(at), 0);
    });
    timed("database pop of the expired", keys, |_| {
        black_box(database.pop_expired(i64::MAX).is_some());
    });
    Ok(())
}

/// Sets a key that is there.
fn set(tree: &mut Tree, key: &[u8], value: &[u8]) {
    if let Some(mut entry) = TreeSlot::find(tree, key).entry_mut() {
        entry.replace(NewValue::Str(value), None);
    }
}

/// Writes with and without a snapshot that another thread reads again and again.
fn measure_under_snapshots(tree: &mut Tree, order: &[Key], value: &[u8]) {
    distribution("sets, no snapshot", tree, order, value, &mut |_| true);
    let start = Instant::now();
    let snapshot = tree.snapshot();
    println!("snapshot taken in {:?}", start.elapsed());
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            read_snapshot("under writes", snapshot);
            done.store(true, Ordering::Release);
        });
        let name = "sets, while a snapshot is read and dropped";
        distribution(name, tree, order, value, &mut |_| !done.load(Ordering::Acquire));
    });
    distribution("sets, after it is gone", tree, order, value, &mut |_| true);
}

fn distribution(
    name: &str,
    tree: &mut Tree,
    order: &[Key],
    value: &[u8],
    go_on: &mut dyn FnMut(usize) -> bool,
) {
    let mut times = Vec::with_capacity(order.len());
    for (index, key) in order.iter().enumerate() {
        if !go_on(index) {
            break;
        }
        let start = Instant::now();
        set(tree, key, value);
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let (median, p99, p9999) = (at(0.5), at(0.99), at(0.9999));
    println!(
        "{name}: {} of them, median {median:?}, 99 % {p99:?}, 99.99 % {p9999:?}, longest {:?}",
        times.len(),
        at(1.0)
    );
}

fn read_snapshot(name: &str, snapshot: TreeSnapshot) {
    let start = Instant::now();
    let bytes: usize = snapshot.iter().map(|entry| entry.key().len()).sum();
    let read = start.elapsed();
    let start = Instant::now();
    drop(snapshot);
    println!(
        "snapshot read, {name}: {read:?} for {bytes} bytes of keys, dropped in {:?}",
        start.elapsed()
    );
}

/// Runs an operation for every key; prints the mean and the longest.
fn timed(name: &str, keys: &[Key], mut operation: impl FnMut(&Key)) {
    const SLICE: usize = 64;
    let mut longest = Duration::ZERO;
    let cpu_start = thread_nanos();
    let mut slice_start = Instant::now();
    for (index, key) in keys.iter().enumerate() {
        operation(key);
        if index % SLICE == 0 {
            let now = Instant::now();
            longest = longest.max(now - slice_start);
            slice_start = now;
        }
    }
    let mean = (thread_nanos() - cpu_start) as f64 / keys.len() as f64;
    println!("{name}: {mean:.0} ns each, longest {SLICE} together {longest:?}");
}

/// The processor time of this thread, which other load disturbs less than the clock on the wall.
fn thread_nanos() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default()
}

/// As `timed`, for lookups that must wait for the one before, as they do between other work. The
/// lookups give 0, which the processor cannot know.
fn one_after_the_other(name: &str, keys: &[Key], mut lookup: impl FnMut(&Key) -> usize) {
    let start = thread_nanos();
    let last = (0..keys.len()).fold(0, |zero, index| lookup(&keys[index + zero]));
    let mean = (thread_nanos() - start) as f64 / keys.len() as f64;
    println!("{name}, one after the other: {mean:.0} ns each{}", &" "[..last]);
}

/// Prints what is allocated more than before, for each key.
fn per_key(name: &str, before: usize, keys: usize) -> Outcome {
    let bytes = (allocated()? - before) as f64 / keys as f64;
    println!("{name}: {bytes:.1} bytes a key");
    Ok(())
}

fn allocated() -> Result<usize, Box<dyn Error>> {
    tikv_jemalloc_ctl::epoch::advance().map_err(|error| error.to_string())?;
    Ok(tikv_jemalloc_ctl::stats::allocated::read().map_err(|error| error.to_string())?)
}
