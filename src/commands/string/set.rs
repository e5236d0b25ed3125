//! `SET key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-seconds | PXAT
//! unix-milliseconds | KEEPTTL]`, and its forerunners SETNX, SETEX and PSETEX.

use super::expiry::{ExpiryArg, ExpiryKind};
use crate::base::time::UnixMillis;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::elements::ReplyElements;
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::{Any, EventClass, KeyType, Open, Str};
use crate::resp::request::Args;
use crate::store::value::NewValue;

pub const SET: Command = Command::new("set", -3, set)
    .flags(&[Flag::Write, Flag::DenyOom])
    .categories(&[Category::String])
    .keys(&[KeySpec {
        notes: "RW and ACCESS due to the optional `GET` argument",
        flags_of: Some(key_flags),
        ..KeySpec::at(
            1,
            &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update, KeyFlag::VariableFlags],
        )
    }])
    .docs(Group::String, "1.0.0", "Sets a key to a string, whatever it held before.")
    .history(&[
        ("2.6.12", "Added the `EX`, `PX`, `NX` and `XX` options."),
        ("6.0.0", "Added the `KEEPTTL` option."),
        ("6.2.0", "Added the `GET`, `EXAT` and `PXAT` option."),
        ("7.0.0", "Allowed the `NX` and `GET` options to be used together."),
    ])
    .arguments(&[
        Arg::KEY,
        Arg::string("value"),
        Arg::one_of("condition", &[Arg::word("nx", "NX"), Arg::word("xx", "XX")])
            .since("2.6.12")
            .optional(),
        Arg::word("get", "GET").since("6.2.0").optional(),
        Arg::one_of(
            "expiration",
            &[
                Arg::integer("seconds").token("EX").since("2.6.12"),
                Arg::integer("milliseconds").token("PX").since("2.6.12"),
                Arg::unix_time("unix-time-seconds").token("EXAT").since("6.2.0"),
                Arg::unix_time("unix-time-milliseconds").token("PXAT").since("6.2.0"),
                Arg::word("keepttl", "KEEPTTL").since("6.0.0"),
            ],
        )
        .optional(),
    ]);

pub const SETNX: Command = Command::new("setnx", 3, setnx)
    .flags(&[Flag::Write, Flag::DenyOom, Flag::Fast])
    .categories(&[Category::String])
    .keys(&[KeySpec::at(1, &[KeyFlag::Overwrite, KeyFlag::Insert])])
    .docs(Group::String, "1.0.0", "Sets a key to a string if the key does not exist.")
    .arguments(&[Arg::KEY, Arg::string("value")]);

pub const SETEX: Command = Command::new("setex", 4, setex)
    .flags(&[Flag::Write, Flag::DenyOom])
    .categories(&[Category::String])
    .keys(&[KeySpec::at(1, &[KeyFlag::Overwrite, KeyFlag::Update])])
    .docs(Group::String, "2.0.0", "Sets a key to a string that expires after some seconds.")
    .arguments(&[Arg::KEY, Arg::integer("seconds"), Arg::string("value")]);

pub const PSETEX: Command = SETEX
    .sibling("psetex", psetex)
    .docs(Group::String, "2.6.0", "Sets a key to a string that expires after some milliseconds.")
    .arguments(&[Arg::KEY, Arg::integer("milliseconds"), Arg::string("value")]);

/// What SET does with its key.
fn key_flags(args: Args<'_>) -> &'static [KeyFlag] {
    use KeyFlag::{Access, Overwrite, ReadWrite, Update};
    match args.iter().skip(3).any(|option| option.eq_ignore_ascii_case(b"get")) {
        true => &[ReadWrite, Access, Update],
        false => &[Overwrite, Update],
    }
}

/// When the key is set at all.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    Always,
    IfAbsent,
    IfPresent,
}

impl Condition {
    fn holds(self, is_there: bool) -> bool {
        match self {
            Condition::Always => true,
            Condition::IfAbsent => !is_there,
            Condition::IfPresent => is_there,
        }
    }
}

/// What stands after the value.
struct Options<'a> {
    condition: Condition,
    /// Answer with the old value.
    get: bool,
    keep_ttl: bool,
    expiry: Option<ExpiryArg<'a>>,
}

impl<'a> Options<'a> {
    const NONE: Options<'static> =
        Options { condition: Condition::Always, get: false, keep_ttl: false, expiry: None };

    fn parse(args: Args<'a>) -> Result<Options<'a>, CommandError> {
        let mut options = Options::NONE;
        let mut i = 3;
        while i < args.len() {
            let is = |word: &[u8]| args.get(i).eq_ignore_ascii_case(word);
            if is(b"nx") && options.condition != Condition::IfPresent {
                options.condition = Condition::IfAbsent;
            } else if is(b"xx") && options.condition != Condition::IfAbsent {
                options.condition = Condition::IfPresent;
            } else if is(b"get") {
                options.get = true;
            } else if is(b"keepttl") && options.expiry.is_none() {
                options.keep_ttl = true;
            } else if !options.keep_ttl
                && let Some(expiry) = ExpiryArg::at(args, i, options.expiry)
            {
                options.expiry = Some(expiry);
                i += 1;
            } else {
                return Err(CommandError::Syntax);
            }
            i += 1;
        }
        Ok(options)
    }
}

fn set(call: &mut Call<'_>) -> Outcome {
    let (key, value) = (call.arg(1), call.arg(2));
    if call.argc() == 3 {
        store(call.keys.open_any(key), value, None);
        call.reply.ok();
        return Ok(());
    }
    let options = Options::parse(call.args)?;
    let deadline = match options.expiry {
        Some(expiry) => Some(expiry.deadline(call.now(), "set")?),
        None => None,
    };
    let place = if options.get {
        let place = call.keys.read_and_open::<Any>(key)?;
        let old = place.get().map(|old| Str::read(old).ok_or(CommandError::WrongType));
        call.reply.string(old.transpose()?);
        place
    } else {
        call.keys.open_any(key)
    };
    if !options.condition.holds(place.is_there()) {
        if !options.get {
            call.reply.null();
        }
        return Ok(());
    }
    let kept = if options.keep_ttl { place.expires_at() } else { None };
    store(place, value, deadline.or(kept));
    if !options.get {
        call.reply.ok();
    }
    match deadline {
        Some(deadline) => follow_expiry(call, key, value, deadline),
        None if options.get => propagate_without_get(call),
        None => {}
    }
    Ok(())
}

fn setnx(call: &mut Call<'_>) -> Outcome {
    let (key, value) = (call.arg(1), call.arg(2));
    let place = call.keys.open_any(key);
    let is_set = !place.is_there();
    if is_set {
        store(place, value, None);
    }
    call.reply.int(i64::from(is_set));
    Ok(())
}

fn setex(call: &mut Call<'_>) -> Outcome {
    set_expiring(call, ExpiryKind::Ex, "setex")
}

fn psetex(call: &mut Call<'_>) -> Outcome {
    set_expiring(call, ExpiryKind::Px, "psetex")
}

fn set_expiring(call: &mut Call<'_>, kind: ExpiryKind, name: &'static str) -> Outcome {
    let (key, number, value) = (call.arg(1), call.arg(2), call.arg(3));
    let deadline = ExpiryArg { kind, number }.deadline(call.now(), name)?;
    store(call.keys.open_any(key), value, Some(deadline));
    call.reply.ok();
    follow_expiry(call, key, value, deadline);
    Ok(())
}

#[inline]
fn store(mut place: Open<'_, Any>, value: &[u8], deadline: Option<UnixMillis>) {
    place.set(NewValue::Str(value), deadline);
    place.changed_as(EventClass::String, "set");
}

/// Replicas get the point in time, not a span that would begin when they hear of it.
fn follow_expiry(call: &mut Call<'_>, key: &[u8], value: &[u8], deadline: UnixMillis) {
    call.keys.also(key, EventClass::Generic, "expire");
    let mut digits = itoa::Buffer::new();
    let deadline = digits.format(deadline).as_bytes();
    call.propagate_as(&[b"SET", key, value, b"PXAT", deadline]);
}

/// GET means nothing to a replica, and releases before 6.2 do not know it.
fn propagate_without_get(call: &mut Call<'_>) {
    let options = call.args.slice(3);
    let kept = options.iter().filter(|option| !option.eq_ignore_ascii_case(b"get"));
    let command: Vec<&[u8]> = call.args.iter().take(3).chain(kept).collect();
    call.propagate_as(&command);
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::{START, TestServer};

    #[test]
    fn set_overwrites_and_takes_the_expiry_away_unless_told_to_keep_it() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1 EX 10", "OK"), ("SET a 2", "OK"), ("TTL a", "-1")]);
        server.check(&[("SET a 3 PX 10000", "OK"), ("SET a 4 KEEPTTL", "OK"), ("TTL a", "10")]);
        server.check(&[("GET a", "\"4\"")]);
    }

    #[test]
    fn set_conditions_look_at_the_key() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1 XX", "nil"), ("SET a 1 NX", "OK"), ("SET a 2 NX", "nil")]);
        server.check(&[("SET a 3 XX", "OK"), ("SETNX a 4", "0"), ("SETNX b 4", "1")]);
        assert_eq!(
            server.stream(),
            ["SELECT 0", "SET a 1 NX", "SET a 3 XX", "SETNX b 4"],
            "what did nothing is not told"
        );
    }

    #[test]
    fn set_get_answers_the_old_value_also_when_nothing_is_set() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1 GET", "nil"), ("SET a 2 get", "\"1\"")]);
        server.check(&[("SET a 3 NX GET", "\"2\""), ("SET b 1 GET XX", "nil"), ("GET a", "\"2\"")]);
        server.check(&[("SET a 5 XX GET", "\"2\""), ("SET a 6 GET EX 5", "\"5\"")]);
        let expiring = format!("SET a 6 PXAT {}", START + 5000);
        let expected = ["SELECT 0", "SET a 1", "SET a 2", "SET a 5 XX", &expiring];
        assert_eq!(server.stream(), expected);
    }

    #[test]
    fn replicas_get_points_in_time() {
        let mut server = TestServer::new();
        server.check(&[("SETEX a 2 x", "OK"), ("PSETEX a 3 x", "OK"), ("SET a x EX 4 NX", "nil")]);
        server.check(&[("SET b x EXAT 1800000000 NX", "OK")]);
        assert_eq!(
            server.stream()[1..],
            [
                format!("SET a x PXAT {}", START + 2000),
                format!("SET a x PXAT {}", START + 3),
                "SET b x PXAT 1800000000000".to_owned(),
            ]
        );
    }

    #[test]
    fn set_refuses_options_that_do_not_go_together() {
        let mut server = TestServer::new();
        let refused =
            ["NX XX", "XX NX", "EX", "EX 1 PX 1", "EX 1 KEEPTTL", "KEEPTTL PX 1", "FOO", "NX FOO"];
        for options in refused {
            assert_eq!(server.run(&format!("SET a 1 {options}")), "-ERR syntax error", "{options}");
        }
        server.check(&[("SET a 1 NX NX GET GET EX 1 EX 20", "nil"), ("TTL a", "20")]);
    }

    #[test]
    fn expire_times_must_be_positive_and_in_range() {
        let mut server = TestServer::new();
        for time in ["EX 0", "PX -1", "EX 9223372036854775807", "PX 9223372036854775807", "EXAT 0"]
        {
            assert_eq!(
                server.run(&format!("SET a 1 {time}")),
                "-ERR invalid expire time in 'set' command",
                "{time}"
            );
        }
        server.check(&[
            ("SET a 1 EX x", "-ERR value is not an integer or out of range"),
            ("SETEX a 0 x", "-ERR invalid expire time in 'setex' command"),
            ("PSETEX a 0 x", "-ERR invalid expire time in 'psetex' command"),
            ("EXISTS a", "0"),
        ]);
    }

    #[test]
    fn setting_what_has_expired_tells_replicas_to_delete_first() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1 PX 5", "OK")]);
        server.stream();
        server.now += 6;
        server.check(&[("SET a 2", "OK")]);
        assert_eq!(server.stream(), ["MULTI", "DEL a", "SET a 2", "EXEC"]);
        assert_eq!(server.executor.state.keyspace_stats.expired, 1);
        server.check(&[("SET a 3 PX 5", "OK")]);
        server.now += 6;
        server.check(&[("SET a 4 KEEPTTL", "OK"), ("TTL a", "-1")]);
    }
}
