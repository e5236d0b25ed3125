//! `BITFIELD key [GET type offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET type offset value | INCRBY
//! type offset increment>] ...`, and `BITFIELD_RO`, which has GET alone.

use super::offset::field_offset;
use crate::base::bits::{Field, FieldType, Fit, WINDOW_BYTES};
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::{Open, Str};
use crate::resp::request::Args;

pub const BITFIELD: Command = Command::new("bitfield", -2, bitfield)
    .flags(&[Flag::Write, Flag::DenyOom])
    .categories(&[Category::Bitmap])
    .keys(&[KeySpec {
        notes: "This command allows both access and modification of the key",
        flags_of: Some(key_flags),
        ..KeySpec::at(
            1,
            &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update, KeyFlag::VariableFlags],
        )
    }])
    .docs(Group::Bitmap, "3.2.0", "Reads and writes integers of any width in a string.")
    .complexity("O(1) for each operation")
    .arguments(&[
        Arg::KEY,
        Arg::one_of("operation", &[GET_ARG, Arg::block("write", &WRITE_ARGS)])
            .optional()
            .multiple(),
    ]);

pub const BITFIELD_RO: Command = Command::new("bitfield_ro", -2, bitfield_ro)
    .flags(&[Flag::ReadOnly, Flag::Fast])
    .categories(&[Category::Bitmap])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::Bitmap, "6.0.0", "Reads integers of any width in a string.")
    .complexity("O(1) for each operation")
    .arguments(&[Arg::KEY, GET_ARG.optional().multiple_token()]);

const TYPE_ARG: Arg = Arg::string("encoding");
const OFFSET_ARG: Arg = Arg::integer("offset");
const GET_ARG: Arg = Arg::block("encoding_offset", &[TYPE_ARG, OFFSET_ARG]).token("GET");
const WRITE_ARGS: [Arg; 2] = [
    Arg::one_of(
        "wrap_sat_fail",
        &[Arg::word("wrap", "WRAP"), Arg::word("sat", "SAT"), Arg::word("fail", "FAIL")],
    )
    .token("OVERFLOW")
    .optional(),
    Arg::one_of(
        "write_operation",
        &[
            Arg::block("encoding_offset_value", &[TYPE_ARG, OFFSET_ARG, Arg::integer("value")])
                .token("SET"),
            Arg::block(
                "encoding_offset_increment",
                &[TYPE_ARG, OFFSET_ARG, Arg::integer("increment")],
            )
            .token("INCRBY"),
        ],
    ),
];

/// What a call of BITFIELD does with its key.
fn key_flags(args: Args<'_>) -> &'static [KeyFlag] {
    use KeyFlag::{Access, ReadOnly, ReadWrite, Update};
    match Words::only_read(args) {
        true => &[ReadOnly, Access],
        false => &[ReadWrite, Access, Update],
    }
}

/// What becomes of a number that does not fit.
#[derive(Clone, Copy)]
enum Overflow {
    Wrap,
    Saturate,
    Fail,
}

impl Overflow {
    fn parse(word: &[u8]) -> Result<Overflow, CommandError> {
        match () {
            () if word.eq_ignore_ascii_case(b"wrap") => Ok(Overflow::Wrap),
            () if word.eq_ignore_ascii_case(b"sat") => Ok(Overflow::Saturate),
            () if word.eq_ignore_ascii_case(b"fail") => Ok(Overflow::Fail),
            () => Err(CommandError::FieldOverflow),
        }
    }

    /// The number to write, if one is written.
    fn resolve(self, fit: Fit) -> Option<i64> {
        match (fit, self) {
            (Fit::Exact(number), _) => Some(number),
            (Fit::Beyond { wrapped, .. }, Overflow::Wrap) => Some(wrapped),
            (Fit::Beyond { saturated, .. }, Overflow::Saturate) => Some(saturated),
            (Fit::Beyond { .. }, Overflow::Fail) => None,
        }
    }
}

#[derive(Clone, Copy)]
enum Verb {
    Get,
    Set(i64, Overflow),
    Increment(i64, Overflow),
}

#[derive(Clone, Copy)]
struct Operation {
    field: Field,
    verb: Verb,
}

/// The words of the operations.
enum Words {
    Get,
    Set,
    Increment,
    Overflow,
}

impl Words {
    /// The word, if there are as many arguments after it as it wants.
    fn parse(word: &[u8], arguments_left: usize) -> Option<Words> {
        let (found, wanted) = match () {
            () if word.eq_ignore_ascii_case(b"get") => (Words::Get, 2),
            () if word.eq_ignore_ascii_case(b"set") => (Words::Set, 3),
            () if word.eq_ignore_ascii_case(b"incrby") => (Words::Increment, 3),
            () if word.eq_ignore_ascii_case(b"overflow") => (Words::Overflow, 1),
            () => return None,
        };
        (arguments_left >= wanted).then_some(found)
    }

    /// Whether a call has nothing that writes, and all its words.
    fn only_read(args: Args<'_>) -> bool {
        let mut i = 2;
        while i < args.len() {
            i += match Words::parse(args.get(i), args.len() - i - 1) {
                Some(Words::Get) => 3,
                Some(Words::Overflow) => 2,
                Some(Words::Set | Words::Increment) | None => return false,
            };
        }
        true
    }
}

/// All operations, in order.
fn parse(call: &Call<'_>) -> Result<Vec<Operation>, CommandError> {
    let mut operations = Vec::new();
    let mut overflow = Overflow::Wrap;
    let mut i = 2;
    while i < call.argc() {
        let word = Words::parse(call.arg(i), call.argc() - i - 1).ok_or(CommandError::Syntax)?;
        if let Words::Overflow = word {
            overflow = Overflow::parse(call.arg(i + 1))?;
            i += 2;
            continue;
        }
        let kind = FieldType::parse(call.arg(i + 1)).ok_or(CommandError::FieldType)?;
        let offset = field_offset(call, i + 2, kind.bits())?;
        let verb = match word {
            Words::Set => Verb::Set(call.integer(i + 3)?, overflow),
            Words::Increment => Verb::Increment(call.integer(i + 3)?, overflow),
            Words::Get | Words::Overflow => Verb::Get,
        };
        i += if let Verb::Get = verb { 3 } else { 4 };
        operations.push(Operation { field: Field { kind, offset }, verb });
    }
    Ok(operations)
}

fn bitfield(call: &mut Call<'_>) -> Outcome {
    let operations = parse(call)?;
    let writes = operations.iter().filter(|operation| !matches!(operation.verb, Verb::Get));
    match writes.map(|operation| operation.field.end_byte()).max() {
        None => read(call, &operations),
        Some(len) => write(call, &operations, len),
    }
}

fn bitfield_ro(call: &mut Call<'_>) -> Outcome {
    let operations = parse(call)?;
    if operations.iter().any(|operation| !matches!(operation.verb, Verb::Get)) {
        return Err(CommandError::FieldsReadOnly);
    }
    read(call, &operations)
}

fn read(call: &mut Call<'_>, operations: &[Operation]) -> Outcome {
    let mut digits = itoa::Buffer::new();
    let value = call.keys.read::<Str>(call.args.get(1))?;
    let string = value.and_then(|value| value.as_str(&mut digits));
    call.reply.array(operations.len());
    for Operation { field, .. } in operations {
        let mut window = [0; WINDOW_BYTES];
        if let Some(string) = string {
            string.copy_to(field.first_byte(), &mut window);
        }
        call.reply.int(field.get(&window));
    }
    Ok(())
}

/// Carries operations out on a string that has room for all that they write: at least `len` bytes.
fn write(call: &mut Call<'_>, operations: &[Operation], len: usize) -> Outcome {
    let key = call.arg(1);
    let mut string = call.keys.open::<Str>(key)?;
    let grows = string.str_len() < len;
    if grows {
        string.write_at(len, b"");
    } else {
        string.make_raw();
    }
    call.reply.array(operations.len());
    let mut changes = 0;
    for operation in operations {
        let (reply, has_changed) = carry_out(&mut string, *operation);
        match reply {
            Some(number) => call.reply.int(number),
            None => call.reply.null(),
        }
        let is_written = reply.is_some() && !matches!(operation.verb, Verb::Get);
        changes += u64::from(has_changed || (grows && is_written));
    }
    // Redis does not announce a string that has only grown since every number failed, and so keeps
    // it from its replicas. They are told of it here.
    if changes > 0 || grows {
        string.changed_by(changes.max(1), "setbit");
    }
    Ok(())
}

/// The number that is answered, if one is, and whether the field is another afterwards.
fn carry_out(string: &mut Open<'_, Str>, operation: Operation) -> (Option<i64>, bool) {
    let Operation { field, verb } = operation;
    let mut window = [0; WINDOW_BYTES];
    string.copy_to(field.first_byte(), &mut window);
    let old = field.get(&window);
    let (new, reply) = match verb {
        Verb::Get => return (Some(old), false),
        Verb::Set(number, overflow) => {
            let new = overflow.resolve(field.kind.fit(number));
            (new, new.and(Some(old)))
        }
        Verb::Increment(increment, overflow) => {
            let new = overflow.resolve(field.kind.add(old, increment));
            (new, new)
        }
    };
    let changed = new.filter(|&new| new != old);
    if let Some(new) = changed {
        field.set(&mut window, new);
        let bytes = field.end_byte() - field.first_byte();
        string.write_at(field.first_byte(), &window[..bytes]);
    }
    (reply, changed.is_some())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::keyspace::testing::TestServer;

    #[test]
    fn fields_are_read_written_and_counted_up() {
        let mut server = TestServer::new();
        server.check(&[
            ("BITFIELD a SET u8 0 255 GET u8 0 GET i8 0 GET u4 6", "[0 255 -1 12]"),
            ("BITFIELD a INCRBY i5 100 1 GET u4 0", "[1 15]"),
            ("STRLEN a", "14"),
            ("BITFIELD a GET i64 1000 SET u63 #2 -1 GET u63 126", "[0 0 9223372036854775807]"),
            ("BITFIELD_RO a GET u8 0 GET u8 #0", "[255 255]"),
            ("BITFIELD missing", "[]"),
            ("BITFIELD missing GET u8 0 OVERFLOW SAT", "[0]"),
            ("EXISTS missing", "0"),
        ]);
    }

    #[test]
    fn an_overflow_wraps_saturates_or_fails_from_where_it_is_said() {
        let mut server = TestServer::new();
        server.check(&[
            ("BITFIELD a SET u2 0 5", "[0]"),
            ("BITFIELD a INCRBY u2 0 3 OVERFLOW SAT INCRBY u2 0 5", "[0 3]"),
            ("BITFIELD a OVERFLOW FAIL INCRBY u2 0 1 SET u2 0 4 SET u2 0 1", "[nil nil 3]"),
            ("BITFIELD a OVERFLOW SAT INCRBY i8 8 1000 OVERFLOW WRAP INCRBY i8 8 1", "[127 -128]"),
        ]);
    }

    #[test]
    fn numbers_count_as_changes_and_what_only_grows_is_told_too() {
        let mut server = TestServer::new();
        server.check(&[("BITFIELD a SET u8 0 1 SET u8 8 0", "[0 0]")]);
        assert_eq!(server.executor.state.server.persistence.dirty, 2);
        server.check(&[("BITFIELD a SET u8 0 1 GET u8 0", "[1 1]")]);
        server.check(&[("BITFIELD b OVERFLOW FAIL SET u8 0 256", "[nil]"), ("STRLEN b", "1")]);
        let expected = [
            "SELECT 0",
            "BITFIELD a SET u8 0 1 SET u8 8 0",
            "BITFIELD b OVERFLOW FAIL SET u8 0 256",
        ];
        assert_eq!(server.stream(), expected);
    }

    #[test]
    fn a_wrong_operation_leaves_all_as_it_was() {
        let mut server =
            TestServer::with(Config::with(|config| config.network.proto_max_bulk_len = 5));
        let kind = "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.";
        let offset = "-ERR bit offset is not an integer or out of range";
        for (wrong, error) in [
            ("GET u8", "-ERR syntax error"),
            ("SET u8 0", "-ERR syntax error"),
            ("OVERFLOW", "-ERR syntax error"),
            ("OVERFLOW no", "-ERR Invalid OVERFLOW type specified"),
            ("GET u64 x", kind),
            ("SET u8 -1 x", offset),
            ("SET u8 # x", offset),
            ("SET u8 #-1 x", offset),
            ("SET u8 40 x", offset),
            ("SET u8 #5 x", offset),
            ("SET u8 39 x", "-ERR value is not an integer or out of range"),
            ("GET u8 #1152921504606846976", offset),
        ] {
            server.check(&[(&format!("BITFIELD a SET u8 0 1 {wrong}"), error), ("EXISTS a", "0")]);
        }
        let refused = "-ERR BITFIELD_RO only supports the GET subcommand";
        server
            .check(&[("BITFIELD_RO a SET u8 0 1", refused), ("BITFIELD_RO a OVERFLOW SAT", "[]")]);
        // As the product wraps in Redis.
        server.check(&[("BITFIELD a GET u8 #2305843009213693952", "[0]")]);
        server.check(&[("BITFIELD a SET u8 39 1", "[0]"), ("STRLEN a", "6")]);
    }
}
