//! Replies whose elements come in no order that matters, or by chance.

use crate::commands::Command;
use crate::support::Value;

/// All their elements in any order: hash tables are walked otherwise here.
const IN_ANY_ORDER: [&str; 7] = ["keys", "hkeys", "hvals", "smembers", "sinter", "sunion", "sdiff"];
/// Pairs of elements in any order.
const PAIRS_IN_ANY_ORDER: [&str; 1] = ["hgetall"];
/// A cursor, and elements: these are asked for all of them at once.
const WALKS: [(&str, usize); 3] = [("hscan", 2), ("sscan", 1), ("zscan", 2)];
/// Whatever comes is chosen by chance; of how many there are, all or as many as asked for.
const BY_CHANCE: [&str; 3] = ["hrandfield", "srandmember", "zrandmember"];

/// Whether two such replies say the same; `None` if the order matters.
pub fn same_elements(command: &Command, ours: &Value, theirs: &Value) -> Option<bool> {
    let name = command[0].to_ascii_lowercase();
    let is_one_of = |names: &[&str]| names.iter().any(|other| other.as_bytes() == name);
    if let (Value::Array(ours), Value::Array(theirs)) = (ours, theirs) {
        if is_one_of(&IN_ANY_ORDER) || pops_all(command) {
            return Some(sorted(ours, 1) == sorted(theirs, 1));
        }
        if is_one_of(&PAIRS_IN_ANY_ORDER) {
            return Some(sorted(ours, 2) == sorted(theirs, 2));
        }
        if let Some((_, width)) = WALKS.iter().find(|(walk, _)| walk.as_bytes() == name) {
            let [(ours_next, ours), (theirs_next, theirs)] = [ours, theirs].map(|parts| {
                let [next, found] = &parts[..] else { panic!("no walk: {parts:?}") };
                (next, sorted(found.items(), *width))
            });
            return Some(ours_next == theirs_next && ours == theirs);
        }
        if is_one_of(&BY_CHANCE) {
            return Some(ours.len() == theirs.len());
        }
    }
    if let (Value::Bulk(_), Value::Bulk(_)) = (ours, theirs)
        && is_one_of(&BY_CHANCE)
    {
        return Some(true);
    }
    None
}

fn pops_all(command: &Command) -> bool {
    command[0].eq_ignore_ascii_case(b"spop")
}

fn sorted(elements: &[Value], width: usize) -> Vec<Vec<String>> {
    let group = |group: &[Value]| group.iter().map(|value| format!("{value:?}")).collect();
    let mut groups: Vec<Vec<String>> = elements.chunks(width).map(group).collect();
    groups.sort();
    groups
}
