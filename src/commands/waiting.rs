//! What the commands have in common that wait for a key to hold something: BLPOP and its like.

use std::ops::Range;

use super::args;
use super::call::Call;
use super::error::CommandError;
use super::facts::Facts;
use super::stream::request::Request;
use crate::base::time::UnixMillis;
use crate::resp::request::Args;
use crate::store::value::Value;
use crate::store::waiters::Wanted;

/// Tries the keys that these arguments name, one after the other, until `take` finds something at
/// one; whether it did. Who has waited looks at no other key than that which has woken it.
///
/// # Errors
/// That of `take`.
pub fn try_keys<'a>(
    call: &mut Call<'a>,
    keys: Range<usize>,
    mut take: impl FnMut(&mut Call<'a>, &'a [u8]) -> Result<bool, CommandError>,
) -> Result<bool, CommandError> {
    for i in keys {
        let key = call.arg(i);
        if call.woken_by.is_none_or(|woken_by| woken_by == key) && take(call, key)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Waits until one of the keys that these arguments name is a `T`. In a transaction that is over at
/// once: `false`.
#[must_use]
pub fn wait_for<T: Value>(
    call: &mut Call<'_>,
    keys: Range<usize>,
    deadline: Option<UnixMillis>,
) -> bool {
    if !call.in_transaction {
        call.wait_for_keys(keys, Wanted { value_type: T::TYPE, or_gone: false }, deadline);
    }
    !call.in_transaction
}

/// By when a command that writes and may wait is over, as it says itself; `None`: it may wait for
/// ever, or will be refused.
pub fn ends_at(facts: &Facts, args: Args<'_>, now: UnixMillis) -> Option<UnixMillis> {
    let said = match facts.docs.arguments {
        [first, ..] if first.name == TIMEOUT => args::deadline(args, 1, now),
        [.., last] if last.name == TIMEOUT => args::deadline(args, args.len() - 1, now),
        _ => Request::parse(args, now, true).map(|request| request.waits.flatten()),
    };
    said.ok().flatten()
}

/// The argument that says it in most.
const TIMEOUT: &str = "timeout";

#[cfg(test)]
mod tests {
    use crate::commands::command::Flag;
    use crate::commands::registry::Registry;
    use crate::resp::request::OwnedCommand;

    #[test]
    fn each_command_that_writes_and_may_wait_says_until_when() {
        let registry = Registry::new(crate::commands::FAMILIES, &[]).expect("a registry");
        let ends_at = |line: &str| {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            let command = OwnedCommand::from_slices(&words);
            let row = registry.resolve(command.args()).expect("it is one");
            super::ends_at(registry.catalog.entry(row).facts, command.args(), 1000)
        };
        let lines = [
            ("blpop a b 1.5", "blpop a 0"),
            ("brpop a 1.5", "brpop a x"),
            ("blmove a b left right 1.5", "blmove a b left right -1"),
            ("brpoplpush a b 1.5", "brpoplpush a b 0"),
            ("blmpop 1.5 1 a left", "blmpop 0 1 a left"),
            ("bzmpop 1.5 1 a min", "bzmpop 0 1 a min"),
            ("bzpopmin a 1.5", "bzpopmin a 0"),
            ("bzpopmax a 1.5", "bzpopmax a 0"),
            (
                "xreadgroup group block c block 1500 streams s >",
                "xreadgroup group block c streams s >",
            ),
        ];
        for (ends, does_not) in lines {
            assert_eq!((ends_at(ends), ends_at(does_not)), (Some(2500), None), "{ends}");
        }
        let wait = registry.rows().filter(|row| row.has(Flag::Write) && row.has(Flag::Blocking));
        let mut names: Vec<_> = wait.map(|row| row.full_name).collect();
        let mut known: Vec<_> =
            lines.iter().filter_map(|(line, _)| line.split(' ').next()).collect();
        names.sort_unstable();
        known.sort_unstable();
        assert_eq!(names, known);
    }
}
