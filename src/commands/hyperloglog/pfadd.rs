//! `PFADD key [element [element ...]]`

use super::string::{opened, sparse_max_bytes, store};
use crate::base::hyperloglog::{Draft, Encoding, Observation, raise_dense};
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::{Open, Str};

pub const PFADD: Command = Command::new("pfadd", -2, pfadd)
    .flags(&[Flag::Write, Flag::DenyOom, Flag::Fast])
    .categories(&[Category::HyperLogLog])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Insert])])
    .docs(
        Group::HyperLogLog,
        "2.8.9",
        "Adds elements to a HyperLogLog, which is created if needed.",
    )
    .complexity("O(1) to add every element.")
    .arguments(&[Arg::KEY, Arg::string("element").optional().multiple()]);

fn pfadd(call: &mut Call<'_>) -> Outcome {
    let key = call.arg(1);
    let sparse_max_bytes = sparse_max_bytes(call);
    let mut seen = call.args.iter().skip(2).map(Observation::of);
    let mut string = call.keys.open::<Str>(key)?;
    let changes = match opened(&string)? {
        None => {
            let mut draft = Draft::empty(sparse_max_bytes);
            draft.forget_cardinality();
            1 + raise_draft(&mut string, draft, seen)?
        }
        Some(view) => {
            // Most observations are no news: nothing is copied for them.
            let mut first = None;
            for one in seen.by_ref() {
                if !view.knows(one)? {
                    first = Some(one);
                    break;
                }
            }
            let rest = first.into_iter().chain(seen);
            match view.encoding() {
                _ if first.is_none() => 0,
                Encoding::Dense => raise_in_place(&mut string, rest),
                Encoding::Sparse => {
                    let draft = Draft::of(view, sparse_max_bytes);
                    raise_draft(&mut string, draft, rest)?
                }
            }
        }
    };
    if changes > 0 {
        string.changed_by(changes, "pfadd");
    } else {
        string.make_raw();
    }
    call.reply.int(i64::from(changes > 0));
    Ok(())
}

/// Adds to a draft and stores it. How many observations were news.
///
/// # Errors
/// It is corrupt; nothing is stored.
fn raise_draft(
    string: &mut Open<'_, Str>,
    mut draft: Draft,
    seen: impl Iterator<Item = Observation>,
) -> Result<u64, CommandError> {
    let mut changes = 0;
    for one in seen {
        changes += u64::from(draft.raise(one)?);
    }
    store(string, draft);
    Ok(changes)
}

/// Adds to a dense one where it lies. How many observations were news.
fn raise_in_place(string: &mut Open<'_, Str>, seen: impl Iterator<Item = Observation>) -> u64 {
    let Some(bytes) = string.whole_mut() else { return 0 };
    seen.map(|one| u64::from(raise_dense(bytes, one))).sum()
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::keyspace::testing::TestServer;

    #[test]
    fn pfadd_tells_whether_anything_was_news() {
        let mut server = TestServer::new();
        server.check(&[("PFADD h", "1"), ("PFADD h", "0"), ("PFADD h a b c", "1")]);
        server.check(&[("PFADD h a b c", "0"), ("PFCOUNT h", "3"), ("STRLEN h", "27")]);
        server.check(&[("OBJECT ENCODING h", "\"raw\""), ("EXPIRE h 9", "1"), ("PFADD h d", "1")]);
        assert_eq!(server.executor.state.server.persistence.dirty, 1 + 3 + 1 + 1 + 1);
        server.check(&[("TTL h", "9")]);
        let expected = ["SELECT 0", "PFADD h", "PFADD h a b c", "PFCOUNT h"];
        assert_eq!(server.stream()[..4], expected);
    }

    #[test]
    fn the_bytes_are_those_of_redis() {
        let mut server = TestServer::new();
        let bytes = "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80`\\xf3\\x80P\\xb1\\x84K\\xfb\\x80BZ";
        server.check(&[("PFADD h a b c", "1"), ("GET h", &format!("\"{bytes}\""))]);
    }

    #[test]
    fn many_elements_make_it_dense() {
        let config = Config::with(|config| config.types.hll_sparse_max_bytes = 30);
        let mut server = TestServer::with(config);
        server.check(&[("PFADD h a b c", "1"), ("PFDEBUG ENCODING h", "sparse")]);
        server.check(&[("COPY h before", "1"), ("PFADD h a d e", "1"), ("STRLEN h", "12304")]);
        server.check(&[("PFCOUNT h", "5"), ("PFCOUNT before", "3"), ("COPY h copied", "1")]);
        server.check(&[("PFADD h e", "0"), ("PFADD h f a g", "1"), ("PFCOUNT h", "7")]);
        server.check(&[("PFCOUNT copied", "5"), ("PFADD new 1 2 3 4 5 6 7 8 9", "1")]);
        server.check(&[("PFDEBUG ENCODING new", "dense"), ("PFCOUNT new", "9")]);
    }

    #[test]
    fn one_that_is_corrupt_stays_as_it_is() {
        let mut server = TestServer::new();
        let invalid = "-WRONGTYPE Key is not a valid HyperLogLog string value.";
        for value in ["x", "12345678901234567", "HYLL"] {
            let set = format!("SET h {value}");
            server.check(&[(&set, "OK"), ("PFADD h a", invalid), ("PFCOUNT h", invalid)]);
            server.check(&[("PFMERGE h", invalid), ("PFDEBUG DECODE h", invalid)]);
        }
        // The register of "a" is there, that of "b" is not.
        let corrupt = [&b"HYLL\x01"[..], &[0; 10], &[0x80, 0x5f, 0xff]].concat();
        server.run_args(&[b"SET", b"h", &corrupt]);
        let refused = "-INVALIDOBJ Corrupted HLL object detected";
        server.check(&[
            ("PFADD h c b a", refused),
            ("PFCOUNT h", refused),
            ("PFMERGE d h", refused),
        ]);
        server.check(&[("PFCOUNT h h", refused), ("PFDEBUG TODENSE h", refused)]);
        server.check(&[("PFDEBUG GETREG h", refused), ("PFDEBUG DECODE h", "\"Z:8192\"")]);
        let mut expected = b"$18\r\n".to_vec();
        expected.extend_from_slice(&corrupt);
        expected.extend_from_slice(b"\r\n");
        assert_eq!(server.run_args(&[b"GET", b"h"]), expected);
        assert_eq!(server.run("EXISTS d"), "0");
    }

    #[test]
    fn a_string_of_megabytes_that_begins_as_one_is_corrupt() {
        let mut server = TestServer::new();
        let long = [&b"HYLL\x01"[..], &[0; 3_000_000]].concat();
        server.run_args(&[b"SET", b"h", &long]);
        let refused = "-INVALIDOBJ Corrupted HLL object detected";
        server.check(&[("PFCOUNT h", refused), ("PFMERGE d h", refused), ("PFADD h a", refused)]);
        server.check(&[("STRLEN h", "3000005")]);
        let long = [&b"HYLL\x00"[..], &[0; 3_000_000]].concat();
        server.run_args(&[b"SET", b"h", &long]);
        let invalid = "-WRONGTYPE Key is not a valid HyperLogLog string value.";
        server.check(&[("PFCOUNT h", invalid), ("PFADD h a", invalid)]);
    }
}
