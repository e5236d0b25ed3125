//! `EXPIRE key seconds [NX | XX | GT | LT]`, `PEXPIRE` in milliseconds, `EXPIREAT` and
//! `PEXPIREAT` with a Unix time.

use crate::base::time::UnixMillis;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::resp::request::Args;

pub const EXPIRE: Command = Command::new("expire", -3, expire)
    .flags(&[Flag::Write, Flag::Fast])
    .categories(&[Category::Keyspace])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .docs(Group::Generic, "1.0.0", "Sets the expiration of a key, in seconds from now.")
    .history(&[("7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`.")])
    .arguments(&[Arg::KEY, Arg::integer("seconds"), CONDITION]);

pub const PEXPIRE: Command = EXPIRE
    .sibling("pexpire", pexpire)
    .docs(Group::Generic, "2.6.0", "Sets the expiration of a key, in milliseconds from now.")
    .arguments(&[Arg::KEY, Arg::integer("milliseconds"), CONDITION]);

pub const EXPIREAT: Command = EXPIRE
    .sibling("expireat", expireat)
    .docs(Group::Generic, "1.2.0", "Sets the expiration of a key to a Unix time in seconds.")
    .arguments(&[Arg::KEY, Arg::unix_time("unix-time-seconds"), CONDITION]);

pub const PEXPIREAT: Command = EXPIRE
    .sibling("pexpireat", pexpireat)
    .docs(Group::Generic, "2.6.0", "Sets the expiration of a key to a Unix time in milliseconds.")
    .arguments(&[Arg::KEY, Arg::unix_time("unix-time-milliseconds"), CONDITION]);

const CONDITION: Arg = Arg::one_of(
    "condition",
    &[Arg::word("nx", "NX"), Arg::word("xx", "XX"), Arg::word("gt", "GT"), Arg::word("lt", "LT")],
)
.since("7.0.0")
.optional();

fn expire(call: &mut Call<'_>) -> Outcome {
    set_deadline(call, "expire", 1000, call.now())
}

fn pexpire(call: &mut Call<'_>) -> Outcome {
    set_deadline(call, "pexpire", 1, call.now())
}

fn expireat(call: &mut Call<'_>) -> Outcome {
    set_deadline(call, "expireat", 1000, 0)
}

fn pexpireat(call: &mut Call<'_>) -> Outcome {
    set_deadline(call, "pexpireat", 1, 0)
}

/// When the expiry is set at all. Several may be asked for.
#[derive(Clone, Copy, Default)]
struct Condition {
    /// NX: the key has no expiry.
    if_none: bool,
    /// XX: the key has an expiry.
    if_some: bool,
    /// GT: it would expire later. Without expiry it never does.
    if_later: bool,
    /// LT: it would expire earlier.
    if_earlier: bool,
}

impl Condition {
    fn parse(args: Args<'_>) -> Result<Condition, CommandError> {
        let mut condition = Condition::default();
        for word in args.iter().skip(3) {
            let place = match word.to_ascii_lowercase().as_slice() {
                b"nx" => &mut condition.if_none,
                b"xx" => &mut condition.if_some,
                b"gt" => &mut condition.if_later,
                b"lt" => &mut condition.if_earlier,
                _ => return Err(unsupported(word)),
            };
            *place = true;
        }
        let Condition { if_none, if_some, if_later, if_earlier } = condition;
        if if_none && (if_some || if_later || if_earlier) {
            return Err(CommandError::NxWithOthers);
        }
        if if_later && if_earlier {
            return Err(CommandError::GtWithLt);
        }
        Ok(condition)
    }

    fn holds(self, old: Option<UnixMillis>, new: UnixMillis) -> bool {
        !(self.if_none && old.is_some()
            || self.if_some && old.is_none()
            || self.if_later && old.is_none_or(|old| new <= old)
            || self.if_earlier && old.is_some_and(|old| new >= old))
    }
}

fn unsupported(word: &[u8]) -> CommandError {
    CommandError::UnsupportedOption(word.to_vec())
}

/// `unit_millis`: what one of the number is; `from`: where it counts from.
fn set_deadline(
    call: &mut Call<'_>,
    name: &'static str,
    unit_millis: i64,
    from: UnixMillis,
) -> Outcome {
    let key = call.arg(1);
    let condition = Condition::parse(call.args)?;
    let deadline = call
        .integer(2)?
        .checked_mul(unit_millis)
        .and_then(|millis| millis.checked_add(from))
        .ok_or(CommandError::InvalidExpire(name))?;
    let is_gone = deadline <= call.gone_until();
    let place = call.keys.open_any(key);
    if !place.is_there() || !condition.holds(place.expires_at(), deadline) {
        call.reply.int(0);
        return Ok(());
    }
    place.expire(deadline, is_gone);
    if is_gone {
        call.propagate_as(&[call.keys.expired_as(), key]);
    } else if (unit_millis, from) != (1, 0) {
        // PEXPIREAT goes as it came: it says the point in time already.
        propagate_deadline(call, key, deadline);
    }
    call.reply.int(1);
    Ok(())
}

/// Replicas get the point in time, with the options as they came.
fn propagate_deadline(call: &mut Call<'_>, key: &[u8], deadline: UnixMillis) {
    let mut digits = itoa::Buffer::new();
    let mut command = vec![&b"PEXPIREAT"[..], key, digits.format(deadline).as_bytes()];
    command.extend(call.args.iter().skip(3));
    call.propagate_as(&command);
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::{START, TestServer};

    #[test]
    fn expiry_is_set_from_now_or_to_a_point_in_time() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1", "OK"), ("EXPIRE a 10", "1"), ("PTTL a", "10000")]);
        server.check(&[("PEXPIRE a 1500", "1"), ("PTTL a", "1500"), ("TTL a", "2")]);
        server.check(&[("EXPIREAT a 1700000100", "1"), ("TTL a", "100")]);
        server.check(&[("PEXPIREAT a 1700000000001", "1"), ("PTTL a", "1"), ("EXPIRE b 1", "0")]);
        let at = |millis: i64| format!("PEXPIREAT a {}", START + millis);
        assert_eq!(server.stream()[2..], [at(10_000), at(1500), at(100_000), at(1)]);
    }

    #[test]
    fn a_time_that_has_passed_deletes_and_replicas_get_del() {
        let mut server = TestServer::new();
        for time in ["EXPIRE a 0", "EXPIRE a -1", "PEXPIREAT a 1", "EXPIREAT a -5"] {
            server.check(&[("SET a 1", "OK"), (time, "1"), ("EXISTS a", "0")]);
            assert_eq!(server.stream().last().unwrap(), "DEL a", "{time}");
        }
        server.server().config.memory.lazyfree_lazy_expire = true;
        server.check(&[("SET a 1", "OK"), ("EXPIRE a 0", "1")]);
        assert_eq!(server.stream().last().unwrap(), "UNLINK a");
    }

    #[test]
    fn a_replica_leaves_the_deletion_to_its_master() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1", "OK")]);
        server.become_replica();
        server.origin = crate::commands::call::Origin::Master;
        server.check(&[("PEXPIREAT a 1", "1"), ("DBSIZE", "1"), ("GET a", "\"1\"")]);
        server.origin = crate::commands::call::Origin::Client;
        server.check(&[("GET a", "nil"), ("DBSIZE", "1"), ("TTL a", "-2")]);
    }

    #[test]
    fn conditions_compare_with_the_expiry_that_is_there() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1", "OK"), ("EXPIRE a 10 XX", "0"), ("EXPIRE a 10 GT", "0")]);
        server.check(&[("EXPIRE a 10 nx", "1"), ("EXPIRE a 20 NX", "0"), ("EXPIRE a 10 GT", "0")]);
        server.check(&[("EXPIRE a 11 GT XX", "1"), ("EXPIRE a 11 LT", "0")]);
        server.check(&[("EXPIRE a 9 LT", "1"), ("PERSIST a", "1"), ("EXPIRE a 5 LT", "1")]);
        server.check(&[("PERSIST a", "1"), ("EXPIRE a 5 LT XX", "0"), ("TTL a", "-1")]);
        assert_eq!(server.stream()[3], format!("PEXPIREAT a {} GT XX", START + 11_000));
    }

    #[test]
    fn what_is_out_of_range_or_contradicts_itself_is_refused() {
        let mut server = TestServer::new();
        let both = "-ERR NX and XX, GT or LT options at the same time are not compatible";
        server.check(&[
            ("SET a 1", "OK"),
            ("EXPIRE a x", "-ERR value is not an integer or out of range"),
            ("EXPIRE a 9223372036854775807", "-ERR invalid expire time in 'expire' command"),
            ("EXPIRE a -9223372036854775808", "-ERR invalid expire time in 'expire' command"),
            ("PEXPIRE a 9223372036854775807", "-ERR invalid expire time in 'pexpire' command"),
            ("EXPIREAT a 9223372036854775", "1"),
            ("EXPIREAT a 9223372036854776", "-ERR invalid expire time in 'expireat' command"),
            ("PEXPIREAT a 9223372036854775807", "1"),
            ("EXPIRE a x FOO", "-ERR Unsupported option FOO"),
            ("EXPIRE a 1 NX XX", both),
            ("EXPIRE a 1 LT NX", both),
            ("EXPIRE a 1 GT LT", "-ERR GT and LT options at the same time are not compatible"),
        ]);
    }
}
