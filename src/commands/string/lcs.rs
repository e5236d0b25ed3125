//! `LCS key1 key2 [LEN | IDX] [MINMATCHLEN length] [WITHMATCHLEN]`

use crate::base::number::parse_i64;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::resp::request::Args;
use crate::store::big_string::BigString;

pub const LCS: Command = Command::new("lcs", -3, lcs)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::String])
    .keys(&[KeySpec::range(1, 1, 1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::String, "7.0.0", "Finds the longest common subsequence of two strings.")
    .complexity("O(N*M) where N and M are the lengths of the two strings")
    .arguments(&[
        Arg::key("key1", 0),
        Arg::key("key2", 0),
        Arg::word("len", "LEN").optional(),
        Arg::word("idx", "IDX").optional(),
        Arg::integer("len").token("MINMATCHLEN").optional(),
        Arg::word("withmatchlen", "WITHMATCHLEN").optional(),
    ]);

/// What is answered.
#[derive(Default)]
struct Options {
    len: bool,
    idx: bool,
    min_match_len: u32,
    with_match_len: bool,
}

impl Options {
    fn parse(args: Args<'_>) -> Result<Options, CommandError> {
        let mut options = Options::default();
        let mut i = 3;
        while i < args.len() {
            let is = |word: &[u8]| args.get(i).eq_ignore_ascii_case(word);
            if is(b"idx") {
                options.idx = true;
            } else if is(b"len") {
                options.len = true;
            } else if is(b"withmatchlen") {
                options.with_match_len = true;
            } else if is(b"minmatchlen") && i + 1 < args.len() {
                i += 1;
                let len = parse_i64(args.get(i)).ok_or(CommandError::NotInteger)?;
                options.min_match_len = len.clamp(0, u32::MAX.into()) as u32;
            } else {
                return Err(CommandError::Syntax);
            }
            i += 1;
        }
        if options.idx && options.len {
            return Err(CommandError::LcsLenWithIdx);
        }
        Ok(options)
    }
}

fn lcs(call: &mut Call<'_>) -> Outcome {
    let a = text(call, call.arg(1))?;
    let b = text(call, call.arg(2))?;
    let options = Options::parse(call.args)?;
    let max_bytes = call.server.config.network.proto_max_bulk_len;
    let cells = Table::cells(a.len(), b.len(), max_bytes)?;
    let (a, b) = (a.as_str().to_whole(), b.as_str().to_whole());
    let table = Table::of(&a, &b, cells)?;
    let total = i64::from(table.at(a.len(), b.len()));
    if options.len {
        call.reply.int(total);
    } else if options.idx {
        reply_matches(call, &table.matches(), total, &options);
    } else {
        let parts = table.matches();
        let part = |found: &Match| a.get(found.a..found.a + found.len as usize);
        let parts = parts.iter().rev().filter_map(part);
        call.reply.bulk(&parts.collect::<Vec<_>>().concat());
    }
    Ok(())
}

/// A string of its own, since two entries cannot be held at once.
///
/// # Errors
/// What is there is no string.
fn text(call: &mut Call<'_>, key: &[u8]) -> Result<BigString, CommandError> {
    let Some(entry) = call.keys.read_entry(key) else { return Ok(BigString::default()) };
    entry.value().to_big_string().ok_or(CommandError::LcsWrongType)
}

fn reply_matches(call: &mut Call<'_>, matches: &[Match], total: i64, options: &Options) {
    let reply = &mut call.reply;
    let shown = || matches.iter().filter(|found| found.len >= options.min_match_len);
    reply.map(2);
    reply.bulk(b"matches");
    reply.array(shown().count());
    for found in shown() {
        reply.array(if options.with_match_len { 3 } else { 2 });
        for start in [found.a, found.b] {
            reply.array(2);
            reply.int(start as i64);
            reply.int(start as i64 + i64::from(found.len) - 1);
        }
        if options.with_match_len {
            reply.int(found.len.into());
        }
    }
    reply.bulk(b"len");
    reply.int(total);
}

/// A run of bytes that both have, `len` of them from `a` in the one and from `b` in the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Match {
    a: usize,
    b: usize,
    len: u32,
}

/// The length of the longest common subsequence of every two beginnings.
struct Table<'a> {
    a: &'a [u8],
    b: &'a [u8],
    /// Row `i`, column `j`: of the first `i` bytes of `a` and the first `j` of `b`.
    lens: Vec<u32>,
}

impl<'a> Table<'a> {
    /// The size of the table for strings of these lengths.
    ///
    /// # Errors
    /// It would take more than `max_bytes`.
    fn cells(a_len: usize, b_len: usize, max_bytes: usize) -> Result<usize, CommandError> {
        const LEN_MAX: usize = u32::MAX as usize - 1;
        if a_len >= LEN_MAX || b_len >= LEN_MAX {
            return Err(CommandError::LcsTooLong);
        }
        let cells = (a_len + 1) * (b_len + 1);
        if cells > max_bytes / size_of::<u32>() {
            return Err(CommandError::LcsOverLimit);
        }
        Ok(cells)
    }

    /// # Errors
    /// The table takes more memory than there is.
    fn of(a: &'a [u8], b: &'a [u8], cells: usize) -> Result<Table<'a>, CommandError> {
        let mut lens = Vec::new();
        lens.try_reserve_exact(cells).map_err(|_| CommandError::LcsNoMemory)?;
        lens.resize(cells, 0);
        let mut table = Table { a, b, lens };
        table.fill();
        Ok(table)
    }

    #[expect(clippy::indexing_slicing, reason = "the table has a row and a column more")]
    fn fill(&mut self) {
        let width = self.b.len() + 1;
        for (i, byte) in self.a.iter().enumerate() {
            let (above, row) = self.lens[i * width..(i + 2) * width].split_at_mut(width);
            for (j, other) in self.b.iter().enumerate() {
                row[j + 1] = if byte == other { above[j] + 1 } else { above[j + 1].max(row[j]) };
            }
        }
    }

    #[expect(clippy::indexing_slicing, reason = "`i` and `j` are at most the lengths")]
    fn at(&self, i: usize, j: usize) -> u32 {
        self.lens[i * (self.b.len() + 1) + j]
    }

    /// The runs that make up the subsequence, from the last to the first.
    #[expect(clippy::indexing_slicing, reason = "`0 < i <= a.len()`, and so with `j`")]
    fn matches(&self) -> Vec<Match> {
        let mut found: Vec<Match> = Vec::new();
        let (mut i, mut j) = (self.a.len(), self.b.len());
        let mut is_run = false;
        while i > 0 && j > 0 {
            if self.a[i - 1] == self.b[j - 1] {
                (i, j) = (i - 1, j - 1);
                match found.last_mut().filter(|_| is_run) {
                    Some(run) => *run = Match { a: i, b: j, len: run.len + 1 },
                    None => found.push(Match { a: i, b: j, len: 1 }),
                }
                is_run = true;
            } else {
                // Which way a tie goes is seen in the answer: this is Redis's.
                if self.at(i - 1, j) > self.at(i, j - 1) {
                    i -= 1;
                } else {
                    j -= 1;
                }
                is_run = false;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::keyspace::testing::TestServer;

    #[test]
    fn lcs_answers_text_length_or_places() {
        let mut server = TestServer::new();
        server.check(&[
            ("MSET a ohmytext b mynewtext", "OK"),
            ("LCS a b", "\"mytext\""),
            ("LCS a b LEN", "6"),
            ("LCS a b IDX", "[\"matches\" [[[4 7] [5 8]] [[2 3] [0 1]]] \"len\" 6]"),
            ("LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN", "[\"matches\" [[[4 7] [5 8] 4]] \"len\" 6]"),
            ("LCS a missing", "\"\""),
            ("LCS a missing IDX", "[\"matches\" [] \"len\" 0]"),
        ]);
    }

    #[test]
    fn lcs_looks_at_the_lengths_of_long_strings_before_it_looks_at_them() {
        let mut server = TestServer::new();
        server.check(&[
            ("SETRANGE long 1200000 xyz", "1200003"),
            ("SET short a-xz", "OK"),
            ("LCS long short", "\"xz\""),
            (
                "LCS long long",
                "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
            ),
        ]);
    }

    #[test]
    fn lcs_refuses_bad_options_and_tables_that_are_too_big() {
        let mut server =
            TestServer::with(Config::with(|config| config.network.proto_max_bulk_len = 99));
        server.check(&[
            ("MSET a 1234 b 5678", "OK"),
            (
                "LCS a b",
                "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
            ),
            ("LCS a c LEN", "0"),
            ("LCS a c FOO", "-ERR syntax error"),
            ("LCS a c MINMATCHLEN", "-ERR syntax error"),
            ("LCS a c MINMATCHLEN x", "-ERR value is not an integer or out of range"),
            (
                "LCS a c LEN IDX",
                "-ERR If you want both the length and indexes, please just use IDX.",
            ),
        ]);
    }
}
