//! `PFMERGE destkey [sourcekey [sourcekey ...]]`

use super::string::{opened, sparse_max_bytes, store, view};
use crate::base::hyperloglog::{Draft, Encoding, REGISTERS};
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::Str;

pub const PFMERGE: Command = Command::new("pfmerge", -2, pfmerge)
    .flags(&[Flag::Write, Flag::DenyOom])
    .categories(&[Category::HyperLogLog])
    .keys(&[
        KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Insert]),
        KeySpec::range(2, -1, 1, &[KeyFlag::ReadOnly, KeyFlag::Access]),
    ])
    .docs(Group::HyperLogLog, "2.8.9", "Merges HyperLogLogs into another one.")
    .complexity("O(N) to merge N HyperLogLogs, with a constant that is large")
    .arguments(&[Arg::key("destkey", 0), Arg::key("sourcekey", 1).multiple()]);

fn pfmerge(call: &mut Call<'_>) -> Outcome {
    let mut union = [0; REGISTERS];
    let mut is_dense = false;
    for key in call.args.iter().skip(1) {
        if let Some(value) = call.keys.read::<Str>(key)? {
            let view = view(value)?;
            is_dense |= view.encoding() == Encoding::Dense;
            view.merge_into(&mut union)?;
        }
    }
    let sparse_max_bytes = sparse_max_bytes(call);
    let key = call.arg(1);
    let mut destination = call.keys.open::<Str>(key)?;
    let mut draft = match opened(&destination)? {
        Some(view) => Draft::of(view, sparse_max_bytes),
        None => Draft::empty(sparse_max_bytes),
    };
    if is_dense {
        draft.make_dense()?;
    }
    draft.raise_to(&union)?;
    store(&mut destination, draft);
    destination.changed("pfadd");
    call.reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn the_union_replaces_the_destination() {
        let mut server = TestServer::new();
        server.check(&[("PFADD a 1 2 3", "1"), ("PFADD b 3 4", "1"), ("PFMERGE c a b no", "OK")]);
        server.check(&[("PFCOUNT c", "4"), ("PFMERGE a b", "OK"), ("PFCOUNT a", "4")]);
        server.check(&[("PFMERGE new", "OK"), ("PFCOUNT new", "0"), ("EXISTS new", "1")]);
        assert_eq!(server.stream()[3..5], ["PFMERGE c a b no", "PFCOUNT c"]);
    }

    #[test]
    fn one_that_is_dense_makes_the_destination_dense() {
        let mut server = TestServer::new();
        server.check(&[("PFADD a 1 2 3", "1"), ("PFADD b 3 4", "1"), ("PFDEBUG TODENSE b", "1")]);
        server.check(&[("PFMERGE c a", "OK"), ("PFDEBUG ENCODING c", "sparse")]);
        server.check(&[("PFMERGE c b", "OK"), ("PFDEBUG ENCODING c", "dense"), ("PFCOUNT c", "4")]);
        server.check(&[("PFMERGE c a", "OK"), ("PFCOUNT c", "4"), ("PFCOUNT b", "2")]);
    }
}
