//! `LTRIM key start stop`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::range::span;
use crate::store::value::list::{List, Removed};

pub const LTRIM: Command = Command::new("ltrim", 4, ltrim)
    .flags(&[Flag::Write])
    .categories(&[Category::List])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Delete])])
    .docs(Group::List, "1.0.0", "Keeps the elements of a list from one place to another.")
    .complexity("O(N) where N is the number of elements removed")
    .arguments(&[Arg::KEY, Arg::integer("start"), Arg::integer("stop")]);

fn ltrim(call: &mut Call<'_>) -> Outcome {
    let (start, stop) = (call.integer(2)?, call.integer(3)?);
    let mut open = call.keys.open::<List>(call.args.get(1))?;
    if let Some(len) = open.get().map(List::len) {
        let kept = span(len, start, stop);
        let removed = len - kept.len();
        let garbage = match open.get_mut() {
            Some(list) if removed > 0 => list.keep(kept),
            _ => Removed::new(),
        };
        open.changed_by(removed as u64, "ltrim");
        if garbage.is_slow_to_drop() {
            call.keys.garbage.drop_later(garbage, 0);
        }
    }
    call.reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn what_is_outside_of_the_span_goes() {
        let mut server = TestServer::new();
        server.check(&[
            ("RPUSH l a b c d e", "5"),
            ("LTRIM l 1 -2", "OK"),
            ("LRANGE l 0 -1", "[\"b\" \"c\" \"d\"]"),
            ("LTRIM l 0 -1", "OK"),
            ("LTRIM l -2 9", "OK"),
            ("LRANGE l 0 -1", "[\"c\" \"d\"]"),
            ("LTRIM l 5 9", "OK"),
            ("EXISTS l", "0"),
            ("LTRIM l 0 -1", "OK"),
            ("LTRIM l x -1", "-ERR value is not an integer or out of range"),
        ]);
        assert_eq!(server.stream()[2..], ["LTRIM l 1 -2", "LTRIM l -2 9", "LTRIM l 5 9"]);
    }
}
