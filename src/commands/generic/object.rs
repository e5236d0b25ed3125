//! `OBJECT ENCODING | FREQ | IDLETIME | REFCOUNT key`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::config::value::choice::MaxmemoryPolicy;
use crate::rdb::writer::Usage;
use crate::store::entry::Entry;
use crate::store::value::ValueRef;

pub const OBJECT: Command = Command::container(
    "object",
    &[ENCODING, FREQ, HELP, IDLETIME, REFCOUNT],
)
.docs(Group::Generic, "2.2.3", "Looks at how values are kept.");

pub const ENCODING: Command = Command::new("encoding", 3, encoding)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Keyspace])
    .keys(&[KeySpec::at(2, &[KeyFlag::ReadOnly])])
    .tips(&["nondeterministic_output"])
    .docs(Group::Generic, "2.2.3", "Returns how a value is encoded.")
    .arguments(&[Arg::KEY]);

pub const FREQ: Command = ENCODING.sibling("freq", freq).docs(
    Group::Generic,
    "4.0.0",
    "Returns the counter of how often a key is used.",
);

pub const HELP: Command = Command::help(&[
    "ENCODING <key>",
    "    How the value is encoded in memory.",
    "FREQ <key>",
    "    How often the key is used: a counter that grows with the logarithm.",
    "IDLETIME <key>",
    "    Seconds since the key was last used.",
    "REFCOUNT <key>",
    "    The number of references to the value.",
])
.categories(&[Category::Keyspace])
.docs(Group::Generic, "6.2.0", "Lists the subcommands.");

pub const IDLETIME: Command = ENCODING.sibling("idletime", idletime).docs(
    Group::Generic,
    "2.2.3",
    "Returns the seconds since a key was last used.",
);

pub const REFCOUNT: Command = ENCODING.sibling("refcount", refcount).docs(
    Group::Generic,
    "2.2.3",
    "Returns the number of references to a value.",
);

/// The integers of which Redis keeps one object each, and what it answers for their number of
/// references.
const SHARED_INTEGERS: std::ops::Range<i64> = 0..10_000;
const SHARED_REFCOUNT: i64 = i32::MAX as i64;

fn encoding(call: &mut Call<'_>) -> Outcome {
    match call.keys.inspect(call.args.get(2)) {
        Some(entry) => call.reply.bulk(entry.encoding_name().as_bytes()),
        None => call.reply.null(),
    }
    Ok(())
}

fn refcount(call: &mut Call<'_>) -> Outcome {
    use MaxmemoryPolicy::{AllkeysLfu, AllkeysLru, VolatileLfu, VolatileLru};
    let memory = &call.server.config.memory;
    // Where keys are evicted by their use, Redis keeps an object for each.
    let by_use =
        matches!(memory.maxmemory_policy, AllkeysLru | AllkeysLfu | VolatileLru | VolatileLfu);
    let are_shared = memory.maxmemory == 0 || !by_use;
    match call.keys.inspect(call.args.get(2)).map(Entry::value) {
        Some(ValueRef::Int(number)) if are_shared && SHARED_INTEGERS.contains(&number) => {
            call.reply.int(SHARED_REFCOUNT);
        }
        Some(_) => call.reply.int(1),
        None => call.reply.null(),
    }
    Ok(())
}

fn idletime(call: &mut Call<'_>) -> Outcome {
    match usage(call) {
        None => call.reply.null(),
        Some(Usage::IdleSeconds(seconds)) => call.reply.int(seconds as i64),
        Some(Usage::Frequency(_)) => {
            return Err(CommandError::IdleTimeNotTracked);
        }
    }
    Ok(())
}

fn freq(call: &mut Call<'_>) -> Outcome {
    match usage(call) {
        None => call.reply.null(),
        Some(Usage::Frequency(counter)) => call.reply.int(counter.into()),
        Some(Usage::IdleSeconds(_)) => {
            return Err(CommandError::FrequencyNotTracked);
        }
    }
    Ok(())
}

/// What is known of the use of the key. Asking is no use.
fn usage(call: &mut Call<'_>) -> Option<Usage> {
    let clock = call.keys.uses.clock;
    call.keys.inspect(call.args.get(2)).map(|entry| clock.usage(entry.lru()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::testing::TestServer;

    #[test]
    fn object_tells_encoding_references_and_idle_time() {
        let mut server = TestServer::new();
        server.check(&[("MSET a 12 b text c 10000", "OK"), ("OBJECT ENCODING b", "\"embstr\"")]);
        server.check(&[("OBJECT encoding a", "\"int\""), ("OBJECT ENCODING missing", "nil")]);
        server.check(&[("OBJECT REFCOUNT a", "2147483647"), ("OBJECT REFCOUNT c", "1")]);
        server.server().config.memory.maxmemory = 1 << 40;
        server.check(&[("OBJECT REFCOUNT a", "2147483647")]);
        server.server().config.memory.maxmemory_policy = MaxmemoryPolicy::VolatileLru;
        server.check(&[("OBJECT REFCOUNT a", "1")]);
        server.now += 5000;
        server.check(&[
            ("OBJECT IDLETIME a", "5"),
            ("GET a", "\"12\""),
            ("OBJECT IDLETIME a", "0"),
        ]);
        server.check(&[("OBJECT IDLETIME missing", "nil"), ("OBJECT FREQ missing", "nil")]);
        server.session().no_touch = true;
        server.now += 5000;
        server.check(&[("GET a", "\"12\""), ("OBJECT IDLETIME a", "5")]);
        assert!(server.run("OBJECT FREQ a").starts_with("-ERR An LFU maxmemory policy is not"));
    }

    #[test]
    fn a_policy_that_counts_uses_tells_how_often_a_key_is_used() {
        let mut server = TestServer::new();
        server.server().config.memory.maxmemory_policy = MaxmemoryPolicy::AllkeysLfu;
        server.check(&[("SET a 1", "OK"), ("OBJECT FREQ a", "5"), ("GET a", "\"1\"")]);
        server.check(&[("OBJECT FREQ a", "6"), ("OBJECT FREQ missing", "nil")]);
        for _ in 0..200 {
            server.run("GET a");
        }
        let often: i64 = server.run("OBJECT FREQ a").parse().unwrap();
        assert!((7..30).contains(&often), "{often}");
        server.check(&[("SET a 2", "OK")]);
        assert!(server.run("OBJECT FREQ a").parse::<i64>().unwrap() >= often);
        server.now += 600_000;
        server.check(&[("OBJECT FREQ a", &(often - 10).max(0).to_string())]);
        assert!(server.run("OBJECT IDLETIME a").starts_with("-ERR An LFU maxmemory policy is sel"));
    }

    #[test]
    fn object_refuses_other_words_and_tells_which_there_are() {
        let mut server = TestServer::new();
        server.check(&[
            ("OBJECT foo a", "-ERR unknown subcommand 'foo'. Try OBJECT HELP."),
            ("OBJECT", "-ERR wrong number of arguments for 'object' command"),
            ("OBJECT ENCODING", "-ERR wrong number of arguments for 'object|encoding' command"),
        ]);
        assert!(server.run("OBJECT HELP").starts_with("[OBJECT <subcommand> [<arg> [value] [opt]"));
    }
}
