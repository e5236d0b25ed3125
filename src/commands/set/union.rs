//! `SUNION key [key ...]`, `SUNIONSTORE destination key [key ...]`: the members of all sets.

use super::algebra::{answer, read_all, store};
use super::diff::{SDIFF, SDIFFSTORE};
use crate::commands::call::Call;
use crate::commands::command::Command;
use crate::commands::docs::Group;
use crate::commands::elements::ReplyElements;
use crate::commands::error::Outcome;
use crate::state::limits;
use crate::store::packed::listpack::Index;
use crate::store::value::set::{Set, SetForm, SetLimit};

pub const SUNION: Command = SDIFF.sibling("sunion", sunion).docs(
    Group::Set,
    "1.0.0",
    "Returns the members of several sets.",
);

pub const SUNIONSTORE: Command = SDIFFSTORE.sibling("sunionstore", sunionstore).docs(
    Group::Set,
    "1.0.0",
    "Stores the members of several sets in a key.",
);

fn sunion(call: &mut Call<'_>) -> Outcome {
    let sets = read_all(call, 1..call.argc())?;
    let limit = limits(&call.server.config).set;
    let sets: Vec<Set> = sets.into_iter().flatten().collect();
    match union_of_small(&sets) {
        Some(members) => {
            call.reply.set(members.elements().len());
            members.elements().iter().for_each(|member| call.reply.element(*member));
        }
        None => answer(call, union(sets, limit)),
    }
    Ok(())
}

fn sunionstore(call: &mut Call<'_>) -> Outcome {
    let sets = read_all(call, 2..call.argc())?;
    let limit = limits(&call.server.config).set;
    let result = union(sets.into_iter().flatten().collect(), limit);
    store(call, result, "sunionstore");
    Ok(())
}

/// The members of the others are added to the largest set, of which nothing is copied but what
/// changes, if that is as large in Redis too, which begins with an empty one.
fn union(mut sets: Vec<Set>, limit: SetLimit) -> Set {
    if let Some(members) = union_of_small(&sets) {
        let mut result = Set::default();
        members.elements().iter().for_each(|member| result.add_new(*member, limit));
        return result;
    }
    sets.sort_by_key(Set::len);
    let is_large =
        |set: &mut Set| matches!(set.form(), SetForm::Large(table) if table.len() > limit.max_ints);
    let mut result = sets.pop_if(is_large).unwrap_or_default();
    for set in &sets {
        set.iter().for_each(|member| {
            result.add_element(member, limit);
        });
    }
    result
}

/// The members of sets none of which is large, each once.
fn union_of_small(sets: &[Set]) -> Option<Index<'_>> {
    if sets.iter().any(|set| matches!(set.form(), SetForm::Large(_))) {
        return None;
    }
    let mut members = Index::with_room(sets.iter().map(Set::len).sum());
    for member in sets.iter().flat_map(Set::iter) {
        members.insert(member);
    }
    Some(members)
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn the_members_of_all_sets_are_returned_or_stored() {
        let mut server = TestServer::new();
        server.check(&[
            ("SADD a 1 2", "2"),
            ("SADD b 2 3", "2"),
            ("SADD c x 3", "2"),
            ("SUNION a b none", "[\"1\" \"2\" \"3\"]"),
            ("SUNION none", "[]"),
            ("SUNIONSTORE d a b", "3"),
            ("OBJECT ENCODING d", "\"intset\""),
            ("SUNIONSTORE d d c", "4"),
            ("OBJECT ENCODING d", "\"hashtable\""),
            ("SMISMEMBER d 1 2 3 x", "[1 1 1 1]"),
            ("SUNIONSTORE d none", "0"),
            ("EXISTS d", "0"),
            ("SET s v PX 100000", "OK"),
            ("SUNION a s", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("SUNIONSTORE s a", "2"),
            ("TTL s", "-1"),
        ]);
        let stream = server.stream();
        assert_eq!(stream[4..7], ["SUNIONSTORE d a b", "SUNIONSTORE d d c", "SUNIONSTORE d none"]);
        assert_eq!(stream.last().unwrap(), "SUNIONSTORE s a");
    }

    /// What it shares stays as it was.
    #[test]
    fn a_union_with_a_large_set_leaves_that_as_it_was() {
        let mut server = TestServer::new();
        let members: Vec<String> = (0..600).map(|i| i.to_string()).collect();
        server.check(&[(&format!("SADD large {}", members.join(" ")), "600")]);
        server.check(&[
            ("SADD small 599 x", "2"),
            ("SUNIONSTORE d small large", "601"),
            ("SCARD large", "600"),
            ("SISMEMBER large x", "0"),
            ("SISMEMBER d x", "1"),
            ("SREM d 5", "1"),
            ("SISMEMBER large 5", "1"),
            ("SUNIONSTORE large large small", "601"),
        ]);
    }
}
