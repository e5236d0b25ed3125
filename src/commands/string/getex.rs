//! `GETEX key [EX seconds | PX milliseconds | EXAT unix-seconds | PXAT unix-milliseconds | PERSIST]`

use super::expiry::ExpiryArg;
use crate::base::time::UnixMillis;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::elements::ReplyElements;
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::Str;
use crate::resp::request::Args;

pub const GETEX: Command = Command::new("getex", -2, getex)
    .flags(&[Flag::Write, Flag::Fast])
    .categories(&[Category::String])
    .keys(&[KeySpec {
        notes: "RW and UPDATE because it changes the TTL",
        ..KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])
    }])
    .docs(
        Group::String,
        "6.2.0",
        "Returns the string value of a key and sets or removes its expiration.",
    )
    .arguments(&[
        Arg::KEY,
        Arg::one_of(
            "expiration",
            &[
                Arg::integer("seconds").token("EX"),
                Arg::integer("milliseconds").token("PX"),
                Arg::unix_time("unix-time-seconds").token("EXAT"),
                Arg::unix_time("unix-time-milliseconds").token("PXAT"),
                Arg::word("persist", "PERSIST"),
            ],
        )
        .optional(),
    ]);

/// What becomes of the expiry.
enum Wish<'a> {
    Leave,
    Persist,
    Expire(ExpiryArg<'a>),
}

fn getex(call: &mut Call<'_>) -> Outcome {
    let key = call.arg(1);
    let wish = parse(call.args)?;
    if let Wish::Leave = wish {
        let value = call.keys.read::<Str>(key)?;
        call.reply.string(value);
        return Ok(());
    }
    let (now, gone_until) = (call.now(), call.gone_until());
    let string = call.keys.read_and_open::<Str>(key)?;
    let deadline = match wish {
        Wish::Expire(expiry) if string.is_there() => Some(expiry.deadline(now, "getex")?),
        _ => None,
    };
    call.reply.string(string.get());
    if let (Wish::Expire(expiry), Some(deadline)) = (wish, deadline) {
        let is_gone = expiry.kind.is_absolute() && deadline <= gone_until;
        string.expire(deadline, is_gone);
        propagate_deadline(call, key, deadline, is_gone);
    } else if string.expires_at().is_some() {
        string.persist();
        call.propagate_as(&[b"PERSIST", key]);
    }
    Ok(())
}

fn parse(args: Args<'_>) -> Result<Wish<'_>, CommandError> {
    let mut wish = Wish::Leave;
    let mut i = 2;
    while i < args.len() {
        let before = match wish {
            Wish::Expire(expiry) => Some(expiry),
            Wish::Leave | Wish::Persist => None,
        };
        if args.get(i).eq_ignore_ascii_case(b"persist") && before.is_none() {
            wish = Wish::Persist;
        } else if !matches!(wish, Wish::Persist)
            && let Some(expiry) = ExpiryArg::at(args, i, before)
        {
            wish = Wish::Expire(expiry);
            i += 1;
        } else {
            return Err(CommandError::Syntax);
        }
        i += 1;
    }
    Ok(wish)
}

fn propagate_deadline(call: &mut Call<'_>, key: &[u8], deadline: UnixMillis, is_gone: bool) {
    if is_gone {
        call.propagate_as(&[call.keys.expired_as(), key]);
    } else {
        call.propagate_as(&[b"PEXPIREAT", key, itoa::Buffer::new().format(deadline).as_bytes()]);
    }
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::{START, TestServer};

    #[test]
    fn getex_sets_and_removes_the_expiry_and_tells_replicas_the_point_in_time() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1", "OK"), ("GETEX a", "\"1\""), ("TTL a", "-1")]);
        server.stream();
        server.check(&[("GETEX a EX 10", "\"1\""), ("GETEX a px 5000", "\"1\"")]);
        server.check(&[("PTTL a", "5000"), ("GETEX a PERSIST", "\"1\""), ("TTL a", "-1")]);
        server.check(&[("GETEX a PERSIST", "\"1\"")]);
        let at = |after: i64| format!("PEXPIREAT a {}", START + after);
        assert_eq!(server.stream(), [at(10_000), at(5000), "PERSIST a".to_owned()]);
    }

    #[test]
    fn getex_with_a_time_that_has_passed_deletes() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1", "OK"), ("GETEX a EXAT 1", "\"1\""), ("EXISTS a", "0")]);
        assert_eq!(server.stream()[2], "DEL a");
    }

    #[test]
    fn getex_refuses_what_does_not_go_together() {
        let mut server = TestServer::new();
        server.run("SET a 1");
        for options in ["EX", "EX 1 PX 1", "EX 1 PERSIST", "PERSIST EX 1", "NX", "KEEPTTL"] {
            assert_eq!(server.run(&format!("GETEX a {options}")), "-ERR syntax error", "{options}");
        }
        server.check(&[
            ("GETEX a EX x", "-ERR value is not an integer or out of range"),
            ("GETEX a EX 0", "-ERR invalid expire time in 'getex' command"),
            ("GETEX missing EX 0", "nil"),
            ("TTL a", "-1"),
        ]);
    }
}
