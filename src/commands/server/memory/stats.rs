//! `MEMORY STATS`

use crate::commands::call::Call;
use crate::commands::command::Command;
use crate::commands::docs::Group;
use crate::commands::error::Outcome;
use crate::commands::server::info::facts;
use crate::info::{Excess, MemoryFacts};
use crate::resp::reply::Reply;

pub const STATS: Command = Command::new("stats", 2, stats)
    .tips(&["nondeterministic_output", "request_policy:all_shards", "response_policy:special"])
    .docs(Group::Server, "4.0.0", "Show memory usage details");

type Figure = (&'static str, fn(&MemoryFacts) -> usize);

/// Before the databases.
const PARTS: &[Figure] = &[
    ("peak.allocated", |memory| memory.peak),
    ("total.allocated", |memory| memory.used()),
    ("startup.allocated", |memory| memory.startup),
    ("replication.backlog", |memory| memory.backlog),
    ("clients.slaves", MemoryFacts::replica_clients),
    ("clients.normal", |memory| memory.normal_clients),
    ("cluster.links", |_| 0),
    ("aof.buffer", |_| 0),
    ("lua.caches", |_| 0),
    ("functions.caches", |_| 0),
];

/// After the databases.
const TOTALS: &[Figure] = &[
    ("overhead.total", |memory| memory.overhead()),
    ("keys.count", |memory| memory.keys),
    ("keys.bytes-per-key", |memory| memory.bytes_per_key()),
    ("dataset.bytes", |memory| memory.dataset()),
];

const PERCENTAGES: &[(&str, fn(&MemoryFacts) -> f64)] = &[
    ("dataset.percentage", |memory| memory.dataset_percent()),
    ("peak.percentage", |memory| memory.peak_percent()),
];

const ALLOCATOR: &[Figure] = &[
    ("allocator.allocated", |memory| memory.allocator.allocated),
    ("allocator.active", |memory| memory.allocator.active),
    ("allocator.resident", |memory| memory.allocator.resident),
];

/// How often the smaller one of two figures the larger is, and by how many bytes.
const EXCESSES: &[(&str, &str, fn(&MemoryFacts) -> Excess)] = &[
    ("allocator-fragmentation.ratio", "allocator-fragmentation.bytes", MemoryFacts::fragmentation),
    ("allocator-rss.ratio", "allocator-rss.bytes", MemoryFacts::allocator_resident),
    ("rss-overhead.ratio", "rss-overhead.bytes", MemoryFacts::resident_overhead),
    ("fragmentation", "fragmentation.bytes", MemoryFacts::total_overhead),
];

fn stats(call: &mut Call<'_>) -> Outcome {
    let memory = facts(call).memory().clone();
    let figures = [PARTS, TOTALS, ALLOCATOR].map(<[Figure]>::len).iter().sum::<usize>();
    let reply = &mut call.reply;
    reply.map(figures + memory.databases.len() + PERCENTAGES.len() + 2 * EXCESSES.len());
    show(reply, PARTS, &memory);
    for (index, node_bytes) in &memory.databases {
        show_database(reply, *index, *node_bytes);
    }
    show(reply, TOTALS, &memory);
    for (name, percent) in PERCENTAGES {
        reply.bulk(name.as_bytes());
        reply.double(percent(&memory));
    }
    show(reply, ALLOCATOR, &memory);
    for (ratio, bytes, excess) in EXCESSES {
        let excess = excess(&memory);
        reply.bulk(ratio.as_bytes());
        reply.double(excess.factor());
        reply.bulk(bytes.as_bytes());
        reply.int(excess.bytes());
    }
    Ok(())
}

fn show(reply: &mut Reply<'_>, figures: &[Figure], memory: &MemoryFacts) {
    for (name, bytes) in figures {
        reply.bulk(name.as_bytes());
        reply.int(bytes(memory) as i64);
    }
}

fn show_database(reply: &mut Reply<'_>, index: usize, node_bytes: usize) {
    reply.bulk(format!("db.{index}").as_bytes());
    reply.map(3);
    for (name, bytes) in [
        ("overhead.hashtable.main", node_bytes),
        // The nodes of the tree know the deadlines.
        ("overhead.hashtable.expires", 0),
        ("overhead.hashtable.slot-to-keys", 0),
    ] {
        reply.bulk(name.as_bytes());
        reply.int(bytes as i64);
    }
}
