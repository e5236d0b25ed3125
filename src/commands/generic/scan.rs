//! `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`

use bytes::BytesMut;

use crate::base::glob;
use crate::commands::args;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::keys::KeyType;
use crate::resp::reply::Reply;
use crate::resp::request::Args;
use crate::store::entry::Entry;
use crate::store::packed::Element;

pub const SCAN: Command = Command::new("scan", -2, scan)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Keyspace])
    .tips(&["nondeterministic_output", "request_policy:special"])
    .docs(Group::Generic, "2.8.0", "Walks over the keys of the database in steps.")
    .complexity("O(1) for every call, O(N) for a walk over all N keys")
    .history(&[("6.0.0", "Added the `TYPE` subcommand.")])
    .arguments(&[
        Arg::integer("cursor"),
        Arg::pattern("pattern").token("MATCH").optional(),
        Arg::integer("count").token("COUNT").optional(),
        Arg::string("type").token("TYPE").since("6.0.0").optional(),
    ]);

/// What a walk over the elements of a collection takes: see [`scan_elements`].
pub const ELEMENTS_ARGUMENTS: &[Arg] = &[
    Arg::KEY,
    Arg::integer("cursor"),
    Arg::pattern("pattern").token("MATCH").optional(),
    Arg::integer("count").token("COUNT").optional(),
];

/// How many keys are looked at when COUNT does not say.
const COUNT_DEFAULT: usize = 10;

/// What a walk is asked for beside its cursor.
pub struct Options<'a> {
    pattern: Option<&'a [u8]>,
    pub count: usize,
    type_name: Option<&'a [u8]>,
}

impl<'a> Options<'a> {
    /// From the `first` argument on; `TYPE` is only for keys.
    fn parse(args: Args<'a>, first: usize, of_keys: bool) -> Result<Options<'a>, CommandError> {
        let mut options = Options { pattern: None, count: COUNT_DEFAULT, type_name: None };
        for i in (first..args.len()).step_by(2) {
            let word = args.get(i);
            if i + 1 == args.len() {
                return Err(CommandError::Syntax);
            } else if word.eq_ignore_ascii_case(b"match") {
                options.pattern = Some(args.get(i + 1)).filter(|&pattern| pattern != b"*");
            } else if word.eq_ignore_ascii_case(b"count") {
                options.count = match usize::try_from(args::integer(args, i + 1)?) {
                    Ok(count) if count > 0 => count,
                    _ => return Err(CommandError::Syntax),
                };
            } else if of_keys && word.eq_ignore_ascii_case(b"type") {
                options.type_name = Some(args.get(i + 1));
            } else {
                return Err(CommandError::Syntax);
            }
        }
        Ok(options)
    }

    /// Whether the name of a key or element has the pattern.
    #[inline]
    pub fn matches(&self, name: &[u8]) -> bool {
        self.pattern.is_none_or(|pattern| glob::matches(pattern, name, false))
    }

    /// [`Options::matches`] of an element.
    #[inline]
    pub fn match_element(&self, element: Element<'_>) -> bool {
        self.pattern.is_none() || self.matches(element.text(&mut itoa::Buffer::new()))
    }

    fn is_type(&self, entry: &Entry) -> bool {
        let name = entry.value().value_type().name.as_bytes();
        self.type_name.is_none_or(|wanted| name.eq_ignore_ascii_case(wanted))
    }
}

/// What a walk over the elements of a collection has found, written as replies.
pub struct Found<'a> {
    pub reply: Reply<'a>,
    /// How many replies these are.
    pub count: usize,
}

/// `HSCAN`, `SSCAN` and `ZSCAN`: `key cursor [MATCH pattern] [COUNT count]`. `walk` calls itself
/// what it finds, and gives the cursor to go on from.
///
/// # Errors
/// As SCAN; WRONGTYPE. Of a key that is not there the options are not looked at.
pub fn scan_elements<T: KeyType>(
    call: &mut Call<'_>,
    walk: impl FnOnce(T::Ref<'_>, u64, &Options<'_>, &mut Found<'_>) -> u64,
) -> Outcome {
    let cursor = parse_cursor(call.arg(2))?;
    let Some(value) = call.keys.read::<T>(call.args.get(1))? else {
        call.reply.array(2);
        call.reply.bulk(b"0");
        call.reply.empty_array();
        return Ok(());
    };
    let options = Options::parse(call.args, 3, false)?;
    // The cursor comes first and is known last.
    let mut out = BytesMut::new();
    let mut found = Found { reply: Reply::new(&mut out, call.reply.protocol()), count: 0 };
    let next = walk(value, cursor, &options, &mut found);
    let count = found.count;
    call.reply.array(2);
    call.reply.bulk(itoa::Buffer::new().format(next).as_bytes());
    call.reply.array(count);
    call.reply.raw(&out);
    Ok(())
}

/// Of the keys that match the pattern, those that have expired are not shown, and on a master
/// removed, whatever their type.
fn scan(call: &mut Call<'_>) -> Outcome {
    let cursor = parse_cursor(call.arg(1))?;
    let options = Options::parse(call.args, 2, true)?;
    let (mut found, mut expired) = (Vec::new(), Vec::new());
    let keys = &call.keys;
    let next = keys.database().scan(cursor, options.count, |entry| {
        if !options.matches(entry.key()) {
        } else if keys.is_gone(entry) {
            expired.push(entry.clone());
        } else if options.is_type(entry) {
            found.push(entry.clone());
        }
    });
    call.reply.array(2);
    call.reply.bulk(itoa::Buffer::new().format(next).as_bytes());
    call.reply.array(found.len());
    for entry in &found {
        call.reply.bulk(entry.key());
    }
    call.keys.effects.rare().is_no_unit = true;
    for entry in &expired {
        call.keys.peek(entry.key());
    }
    Ok(())
}

/// Reads a cursor as C's `strtoul` does, with its signs; an empty one is 0.
fn parse_cursor(text: &[u8]) -> Result<u64, CommandError> {
    const INVALID: CommandError = CommandError::InvalidCursor;
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() && !text.is_empty() {
        return Err(INVALID);
    }
    let magnitude = digits.iter().try_fold(0u64, |sum, byte| {
        let digit = u64::from(byte.wrapping_sub(b'0'));
        Some(digit)
            .filter(|&digit| digit < 10)
            .and_then(|digit| sum.checked_mul(10).and_then(|sum| sum.checked_add(digit)))
    });
    let magnitude = magnitude.ok_or(INVALID)?;
    Ok(if is_negative { magnitude.wrapping_neg() } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::testing::TestServer;
    use crate::resp::decode::{Value, decode};

    /// Walks to the end; how often each key was seen, and in how many steps.
    fn walk(server: &mut TestServer, options: &str) -> (Vec<String>, usize) {
        let (mut keys, mut steps, mut cursor) = (Vec::new(), 0, "0".to_owned());
        loop {
            let line = format!("SCAN {cursor} {options}");
            let words: Vec<_> = line.split_whitespace().map(str::as_bytes).collect();
            let reply = server.run_args(&words);
            let Some((Value::Array(parts), _)) = decode(&reply).unwrap() else { panic!() };
            let [Value::Bulk(next), Value::Array(found)] = &parts[..] else { panic!() };
            for key in found {
                let Value::Bulk(key) = key else { panic!() };
                keys.push(String::from_utf8(key.clone()).unwrap());
            }
            steps += 1;
            cursor = String::from_utf8(next.clone()).unwrap();
            if cursor == "0" {
                keys.sort();
                return (keys, steps);
            }
        }
    }

    #[test]
    fn scan_sees_each_key_once_in_steps() {
        let mut server = TestServer::new();
        let mut expected: Vec<_> = (0..1000).map(|i| format!("key:{i}")).collect();
        expected.sort();
        for key in &expected {
            server.run(&format!("SET {key} 1"));
        }
        let (keys, steps) = walk(&mut server, "");
        assert_eq!(keys, expected);
        assert!(steps > 10, "{steps}");
        let (keys, steps) = walk(&mut server, "COUNT 100000");
        assert_eq!((keys.len(), steps), (1000, 1));
        let (keys, _) = walk(&mut server, "MATCH key:1?? count 50");
        assert_eq!(keys.len(), 100);
        assert_eq!(walk(&mut server, "TYPE STRING").0.len(), 1000);
        assert_eq!(walk(&mut server, "type list").0.len(), 0);
    }

    #[test]
    fn what_has_expired_is_not_shown_and_removed_by_a_master_only() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1 PX 5", "OK"), ("SET b 1 PX 5", "OK"), ("SET c 1", "OK")]);
        server.check(&[("SET aa 1 PX 5", "OK")]);
        server.stream();
        server.now += 6;
        server.check(&[("SCAN 0 MATCH [ac]*", "[\"0\" [\"c\"]]"), ("DBSIZE", "2")]);
        let mut told = server.stream();
        told.sort();
        assert_eq!(told, ["DEL a", "DEL aa"], "each for itself");
        server.become_replica();
        server.check(&[("SCAN 0", "[\"0\" [\"c\"]]"), ("DBSIZE", "2")]);
    }

    #[test]
    fn scan_refuses_bad_cursors_and_options() {
        let mut server = TestServer::new();
        for cursor in ["x", "1x", "-", "18446744073709551616"] {
            assert_eq!(server.run(&format!("SCAN {cursor}")), "-ERR invalid cursor");
        }
        for cursor in ["\"\"", "-1", "+5", "007", "18446744073709551615"] {
            assert_eq!(server.run(&format!("SCAN {cursor}")), "[\"0\" []]", "{cursor}");
        }
        server.check(&[
            ("SCAN 0 COUNT 0", "-ERR syntax error"),
            ("SCAN 0 COUNT x", "-ERR value is not an integer or out of range"),
            ("SCAN 0 MATCH", "-ERR syntax error"),
            ("SCAN 0 FOO 1", "-ERR syntax error"),
        ]);
        assert_eq!(parse_cursor(b"-2").unwrap(), u64::MAX - 1);
    }
}
