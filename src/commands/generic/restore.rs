//! `RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]`

use crate::base::time::UnixMillis;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::EventClass;
use crate::rdb::dump::{self, Footer, Refusal, RestoreError};
use crate::state::limits;
use crate::store::entry::Entry;
use crate::store::value::NewValue;

pub const RESTORE: Command = Command::new("restore", -4, restore)
    .flags(&[Flag::Write, Flag::DenyOom])
    .categories(&[Category::Keyspace, Category::Dangerous])
    .keys(&[KeySpec::at(1, &[KeyFlag::Overwrite, KeyFlag::Update])])
    .docs(Group::Generic, "2.6.0", "Creates a key from a serialized value.")
    .complexity("O(M) where M is the size of the value")
    .history(&[
        ("3.0.0", "Added the `REPLACE` modifier."),
        ("5.0.0", "Added the `ABSTTL` modifier."),
        ("5.0.0", "Added the `IDLETIME` and `FREQ` options."),
    ])
    .arguments(&[
        Arg::KEY,
        Arg::integer("ttl"),
        Arg::string("serialized-value"),
        Arg::word("replace", "REPLACE").since("3.0.0").optional(),
        Arg::word("absttl", "ABSTTL").since("5.0.0").optional(),
        Arg::integer("seconds").token("IDLETIME").since("5.0.0").optional(),
        Arg::integer("frequency").token("FREQ").since("5.0.0").optional(),
    ]);

/// What MIGRATE of a cluster's node sends: it passes where `ASKING` would let one.
pub const RESTORE_ASKING: Command = RESTORE
    .sibling("restore-asking", restore)
    .and_flags(&[Flag::Asking])
    .docs(Group::Server, "3.0.0", "Creates a key from a serialized value, while its slot is moved.")
    .doc_flags(&["syscmd"]);

#[derive(Default)]
struct Options {
    replace: bool,
    /// The time to live is a point in time.
    is_absolute: bool,
    idle_seconds: Option<u64>,
    frequency: Option<u8>,
}

impl Options {
    fn parse(call: &Call<'_>) -> Result<Options, CommandError> {
        let mut options = Options::default();
        let mut i = 4;
        while i < call.argc() {
            let is = |word: &[u8]| call.arg(i).eq_ignore_ascii_case(word);
            let has_value = i + 1 < call.argc();
            if is(b"replace") {
                options.replace = true;
            } else if is(b"absttl") {
                options.is_absolute = true;
            } else if is(b"idletime") && has_value && options.frequency.is_none() {
                i += 1;
                options.idle_seconds = Some(idle_seconds(call.integer(i)?)?);
            } else if is(b"freq") && has_value && options.idle_seconds.is_none() {
                i += 1;
                options.frequency = Some(frequency(call.integer(i)?)?);
            } else {
                return Err(CommandError::Syntax);
            }
            i += 1;
        }
        Ok(options)
    }
}

fn idle_seconds(number: i64) -> Result<u64, CommandError> {
    u64::try_from(number).map_err(|_| CommandError::InvalidIdleTime)
}

fn frequency(number: i64) -> Result<u8, CommandError> {
    u8::try_from(number).map_err(|_| CommandError::InvalidFrequency)
}

fn restore(call: &mut Call<'_>) -> Outcome {
    let (key, payload) = (call.arg(1), call.arg(3));
    let options = Options::parse(call)?;
    if !options.replace && call.keys.peek(key).is_some() {
        return Err(CommandError::BusyKey);
    }
    let deadline = deadline(call, options.is_absolute)?;
    let limits = limits(&call.server.config);
    let footer = match call.server.skips_checksums {
        true => Footer::Passed,
        false => Footer::Checked,
    };
    let entry = |value: NewValue<'_>| Entry::new(key, value, deadline);
    let entry = dump::restore_checked(payload, footer, limits, entry).map_err(refused)?;
    if deadline.is_some_and(|deadline| deadline <= call.gone_until()) {
        if options.replace && call.keys.delete_destination(key) {
            call.propagate_as(&[b"DEL", key]);
        }
        call.reply.ok();
        return Ok(());
    }
    entry.set_lru(call.keys.uses.clock.field_of(options.idle_seconds, options.frequency));
    // With REPLACE nobody has looked at what is there.
    let mut place = call.keys.open_unseen(key);
    place.put(entry);
    place.changed_as(EventClass::Generic, "restore");
    if let Some(deadline) = deadline.filter(|_| !options.is_absolute) {
        propagate_absolute(call, deadline);
    }
    call.reply.ok();
    Ok(())
}

/// The point in time that the time to live means; 0 is none.
fn deadline(call: &Call<'_>, is_absolute: bool) -> Result<Option<UnixMillis>, CommandError> {
    let ttl = call.integer(2)?;
    if ttl < 0 {
        return Err(CommandError::InvalidTtl);
    }
    let from = if is_absolute { 0 } else { call.now() };
    Ok((ttl > 0).then(|| ttl.saturating_add(from)))
}

fn refused(refusal: Refusal) -> CommandError {
    if let Some(fault) = refusal.fault {
        log::warn!("{}", fault.log_line());
    }
    match refusal.error {
        RestoreError::VersionOrChecksum => CommandError::PayloadNotChecked,
        RestoreError::BadData => CommandError::BadData,
    }
}

/// Replicas get the point in time.
fn propagate_absolute(call: &mut Call<'_>, deadline: UnixMillis) {
    let mut digits = itoa::Buffer::new();
    let mut command = vec![call.arg(0), call.arg(1), digits.format(deadline).as_bytes()];
    command.extend(call.args.iter().skip(3));
    command.push(b"ABSTTL");
    call.propagate_as(&command);
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::{START, TestServer, show};
    use crate::resp::decode::{Value, decode};

    fn dumped(server: &mut TestServer, key: &str) -> Vec<u8> {
        match decode(&server.run_args(&[b"DUMP", key.as_bytes()])).unwrap() {
            Some((Value::Bulk(payload), _)) => payload,
            other => panic!("{other:?}"),
        }
    }

    fn restore(
        server: &mut TestServer,
        key: &str,
        ttl: &str,
        payload: &[u8],
        options: &str,
    ) -> String {
        let mut args = vec![&b"RESTORE"[..], key.as_bytes(), ttl.as_bytes(), payload];
        args.extend(options.split_whitespace().map(str::as_bytes));
        show(&server.run_args(&args))
    }

    #[test]
    fn replace_takes_what_has_expired_like_anything_else() {
        let mut server = TestServer::new();
        server.check(&[("SET a text", "OK")]);
        let payload = dumped(&mut server, "a");
        server.check(&[("SET b 1 PX 5", "OK"), ("SET c 1 PX 5", "OK")]);
        server.stream();
        server.now += 6;
        assert_eq!(restore(&mut server, "b", "0", &payload, "REPLACE"), "OK");
        assert_eq!(restore(&mut server, "c", "1", &payload, "REPLACE ABSTTL"), "OK");
        let stream = server.stream();
        assert_eq!((stream.len(), &stream[1][..]), (2, "DEL c"));
        assert!(stream[0].starts_with("RESTORE b 0 "), "{}", stream[0]);
    }

    #[test]
    fn a_dumped_value_comes_back_under_another_name() {
        let mut server = TestServer::new();
        server.check(&[("DUMP a", "nil"), ("SET a text", "OK")]);
        let payload = dumped(&mut server, "a");
        assert_eq!(restore(&mut server, "b", "0", &payload, ""), "OK");
        server.check(&[("GET b", "\"text\""), ("TTL b", "-1")]);
        let busy = "-BUSYKEY Target key name already exists.";
        assert_eq!(restore(&mut server, "b", "0", &payload, ""), busy);
        server.stream();
        assert_eq!(restore(&mut server, "b", "5000", &payload, "REPLACE IDLETIME 7"), "OK");
        server.check(&[("PTTL b", "5000"), ("OBJECT IDLETIME b", "7")]);
        let told = server.stream();
        assert!(told[0].starts_with(&format!("RESTORE b {} ", START + 5000)), "{told:?}");
        assert!(told[0].ends_with(" REPLACE IDLETIME 7 ABSTTL"), "{told:?}");
    }

    #[test]
    fn a_time_that_has_passed_restores_nothing() {
        let mut server = TestServer::new();
        server.check(&[("SET a text", "OK")]);
        let payload = dumped(&mut server, "a");
        server.stream();
        assert_eq!(restore(&mut server, "b", "1", &payload, "ABSTTL"), "OK");
        assert!(server.stream().is_empty());
        assert_eq!(restore(&mut server, "a", "1", &payload, "ABSTTL REPLACE"), "OK");
        assert_eq!(server.stream(), ["DEL a"]);
        server.check(&[("EXISTS a b", "0")]);
    }

    #[test]
    fn restore_refuses_bad_payloads_and_options() {
        let mut server = TestServer::new();
        server.check(&[
            ("RESTORE a 0 x", "-ERR DUMP payload version or checksum are wrong"),
            ("RESTORE a -1 x", "-ERR Invalid TTL value, must be >= 0"),
            ("RESTORE a x x", "-ERR value is not an integer or out of range"),
            ("RESTORE a 0 x FREQ 256", "-ERR Invalid FREQ value, must be >= 0 and <= 255"),
            ("RESTORE a 0 x IDLETIME -1", "-ERR Invalid IDLETIME value, must be >= 0"),
            ("RESTORE a 0 x FREQ 1 IDLETIME 1", "-ERR syntax error"),
            ("RESTORE a 0 x FREQ", "-ERR syntax error"),
            ("EXISTS a", "0"),
        ]);
    }
}
