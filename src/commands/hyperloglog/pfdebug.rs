//! `PFDEBUG <GETREG | DECODE | ENCODING | TODENSE> key`

use std::fmt::Write;

use super::string::{opened, sparse_max_bytes, store};
use crate::base::hyperloglog::{Draft, Encoding, REGISTERS, View};
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::{Open, Str};

pub const PFDEBUG: Command = Command::new("pfdebug", 3, pfdebug)
    .flags(&[Flag::Write, Flag::DenyOom, Flag::Admin])
    .categories(&[Category::HyperLogLog])
    .keys(&[KeySpec::at(2, &[KeyFlag::ReadWrite, KeyFlag::Access])])
    .docs(Group::HyperLogLog, "2.8.9", "Shows and changes how a HyperLogLog is represented.")
    .complexity("N/A")
    .doc_flags(&["syscmd"])
    .arguments(&[Arg::string("subcommand"), Arg::KEY]);

fn pfdebug(call: &mut Call<'_>) -> Outcome {
    let (word, key) = (call.arg(1), call.arg(2));
    let sparse_max_bytes = sparse_max_bytes(call);
    let mut string = call.keys.open::<Str>(key)?;
    let Some(view) = opened(&string)? else {
        return Err(CommandError::NoSpecifiedKey);
    };
    let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
    if is(b"getreg") {
        let mut registers = [0; REGISTERS];
        view.merge_into(&mut registers)?;
        let draft = Draft::of(view, sparse_max_bytes);
        make_dense(string, draft)?;
        call.reply.array(REGISTERS);
        registers.iter().for_each(|&register| call.reply.int(register.into()));
    } else if is(b"decode") {
        let decoded = decoded(view)?;
        string.make_raw();
        call.reply.bulk(decoded.as_bytes());
    } else if is(b"encoding") {
        let name = view.encoding().name();
        string.make_raw();
        call.reply.simple(name);
    } else if is(b"todense") {
        let is_news = view.encoding() == Encoding::Sparse;
        let draft = Draft::of(view, sparse_max_bytes);
        make_dense(string, draft)?;
        call.reply.int(is_news.into());
    } else {
        return Err(CommandError::UnknownPfdebug(word.to_vec()));
    }
    Ok(())
}

/// Makes it dense, if it is not yet, which changes what a string says.
fn make_dense(mut string: Open<'_, Str>, mut draft: Draft) -> Result<(), CommandError> {
    if draft.encoding() == Encoding::Sparse {
        draft.make_dense()?;
        store(&mut string, draft);
        string.changed_unheard();
    }
    Ok(())
}

/// The runs of a sparse one: `z:<len>`, `Z:<len>` for zeros in one byte or two,
/// `v:<value>,<len>`.
fn decoded(view: View<'_>) -> Result<String, CommandError> {
    let runs = view.runs().ok_or(CommandError::HyperLogLogNotSparse)?;
    let mut text = String::new();
    for run in runs {
        let separator = if text.is_empty() { "" } else { " " };
        // Writing to a string does not fail.
        let _ = match (run.value, run.is_long) {
            (0, false) => write!(text, "{separator}z:{}", run.len),
            (0, true) => write!(text, "{separator}Z:{}", run.len),
            (value, _) => write!(text, "{separator}v:{value},{}", run.len),
        };
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn registers_and_runs_are_shown() {
        let mut server = TestServer::new();
        server.check(&[("PFADD h a b c", "1"), ("PFDEBUG ENCODING h", "sparse")]);
        let runs = "\"Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603\"";
        server.check(&[("PFDEBUG decode h", runs)]);
        let registers = server.run("PFDEBUG GETREG h");
        let registers: Vec<&str> = registers.trim_matches(['[', ']']).split(' ').collect();
        assert_eq!((registers.len(), registers[8436], registers[12711]), (16384, "1", "2"));
        server.check(&[("PFDEBUG ENCODING h", "dense"), ("PFDEBUG TODENSE h", "0")]);
        server.check(&[("PFDEBUG DECODE h", "-ERR HLL encoding is not sparse")]);
        assert_eq!(server.stream(), ["SELECT 0", "PFADD h a b c", "PFDEBUG GETREG h"]);
    }

    #[test]
    fn a_dense_one_keeps_its_estimate_and_its_deadline() {
        let mut server = TestServer::new();
        server.check(&[("PFADD h a b c", "1"), ("PFCOUNT h", "3"), ("EXPIRE h 9", "1")]);
        server.stream();
        server.check(&[("PFDEBUG TODENSE h", "1"), ("PFCOUNT h", "3"), ("TTL h", "9")]);
        assert_eq!(server.stream(), ["PFDEBUG TODENSE h"]);
    }

    #[test]
    fn the_key_is_judged_before_the_word() {
        let mut server = TestServer::new();
        server.check(&[("PFDEBUG no h", "-ERR The specified key does not exist")]);
        server.check(&[("PFADD h", "1"), ("PFDEBUG no h", "-ERR Unknown PFDEBUG subcommand 'no'")]);
    }
}
