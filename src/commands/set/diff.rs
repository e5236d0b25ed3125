//! `SDIFF key [key ...]`, `SDIFFSTORE destination key [key ...]`: the members of the first set that
//! are in no other.

use super::algebra::{answer, read_all, store};
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::elements::ReplyElements;
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::state::limits;
use crate::store::packed::Element;
use crate::store::packed::listpack::Builder;
use crate::store::value::set::{Lookup, Set, SetForm, SetLimit};

pub const SDIFF: Command = Command::new("sdiff", -2, sdiff)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Set])
    .keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .tips(&["nondeterministic_output_order"])
    .docs(Group::Set, "1.0.0", "Returns the members of a set that are in no other.")
    .complexity("O(N) where N is the number of members of all sets together")
    .arguments(&[Arg::KEYS]);

pub const SDIFFSTORE: Command = Command::new("sdiffstore", -3, sdiffstore)
    .flags(&[Flag::Write, Flag::DenyOom])
    .categories(&[Category::Set])
    .keys(&[
        KeySpec::at(1, &[KeyFlag::Overwrite, KeyFlag::Update]),
        KeySpec::range(2, -1, 1, &[KeyFlag::ReadOnly, KeyFlag::Access]),
    ])
    .docs(Group::Set, "1.0.0", "Stores the members of a set that are in no other in a key.")
    .complexity("O(N) where N is the number of members of all sets together")
    .arguments(&[Arg::key("destination", 0), Arg::key("key", 1).multiple()]);

fn sdiff(call: &mut Call<'_>) -> Outcome {
    let sets = read_all(call, 1..call.argc())?;
    let limit = limits(&call.server.config).set;
    match Difference::of(sets, limit) {
        Difference::Sought { first, others } => {
            let members = call.reply.begin_set();
            let mut count = 0;
            each(&first, &others, |member| {
                call.reply.element(member);
                count += 1;
            });
            call.reply.end_array(members, count);
        }
        Difference::TakenOut { first, others } => answer(call, take_out(first, others, limit)),
    }
    Ok(())
}

fn sdiffstore(call: &mut Call<'_>) -> Outcome {
    let sets = read_all(call, 2..call.argc())?;
    let limit = limits(&call.server.config).set;
    let result = match Difference::of(sets, limit) {
        Difference::Sought { first, others } => {
            let mut result = Set::default();
            each(&first, &others, |member| {
                result.add_new(member, limit);
            });
            result
        }
        Difference::TakenOut { first, others } => take_out(first, others, limit),
    };
    store(call, result, "sdiffstore");
    Ok(())
}

/// How it is found.
enum Difference {
    /// Each member of the first set is sought in the others, the largest one first.
    Sought { first: Set, others: Vec<Set> },
    /// The members of the others are taken out of the first set.
    TakenOut { first: Set, others: Vec<Set> },
}

impl Difference {
    /// Of a large set that stays large, as little as goes is taken out. Else whichever Redis expects
    /// to be less work: by that the encoding of the result is the same too.
    fn of(sets: Vec<Option<Set>>, limit: SetLimit) -> Difference {
        let mut sets = sets.into_iter();
        let Some(first) = sets.next().flatten() else {
            return Difference::Sought { first: Set::default(), others: Vec::new() };
        };
        let mut others: Vec<Set> = sets.flatten().collect();
        let others_len = others.iter().map(Set::len).sum::<usize>();
        let sought = first.len() * (others.len() + 1) / 2;
        let stays_large = matches!(first.form(), SetForm::Large(_))
            && first.len().saturating_sub(others_len) > limit.max_ints;
        if stays_large || sought > first.len() + others_len {
            return Difference::TakenOut { first, others };
        }
        others.sort_by_key(|set| std::cmp::Reverse(set.len()));
        Difference::Sought { first, others }
    }
}

fn each<'a>(first: &'a Set, others: &'a [Set], then: impl FnMut(Element<'a>)) {
    let others: Vec<Lookup<'_>> = others.iter().map(|set| set.lookup(first.len())).collect();
    let is_left = |member: &Element<'_>| !others.iter().any(|set| set.contains(*member));
    first.iter().filter(is_left).for_each(then);
}

/// A large set is shared but for what changes; a small one is made anew, as in Redis.
fn take_out(first: Set, others: Vec<Set>, limit: SetLimit) -> Set {
    let is_large = matches!(first.form(), SetForm::Large(table) if table.len() > limit.max_ints);
    let mut result = match is_large {
        true => first,
        false => {
            let mut result = Set::default();
            first.iter().for_each(|member| result.add_new(member, limit));
            result
        }
    };
    if let SetForm::Pack(_) = result.form() {
        let mut left = Builder::new();
        // What is a part of a pack has room in one.
        each(&result, &others, |member| {
            let _ = left.push(member);
        });
        return Set::of_pack(left.finish());
    }
    let mut digits = itoa::Buffer::new();
    for member in others.iter().flat_map(Set::iter) {
        result.remove(member.text(&mut digits));
    }
    result
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn what_is_in_the_first_set_alone_is_returned_or_stored() {
        let mut server = TestServer::new();
        server.check(&[
            ("SADD a 1 2 3 x", "4"),
            ("SADD b 2", "1"),
            ("SADD c x y", "2"),
            ("SADD many 1 2 3 x y 4 5 6 7", "9"),
            ("SDIFF a b c", "[\"1\" \"3\"]"),
            ("SDIFF a b c none", "[\"1\" \"3\"]"),
            ("SDIFF a a", "[]"),
            ("SDIFF none a", "[]"),
            ("SDIFF a many", "[]"),
            ("SDIFFSTORE d a c", "3"),
            ("OBJECT ENCODING d", "\"intset\""),
            ("SDIFFSTORE d a b c b b b", "2"),
            ("SMEMBERS d", "[\"1\" \"3\"]"),
            ("OBJECT ENCODING d", "\"hashtable\""),
            ("SDIFFSTORE a a c", "3"),
            ("SDIFFSTORE d a many", "0"),
            ("EXISTS d", "0"),
            ("SET s v", "OK"),
            ("SDIFF none s", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("SDIFFSTORE s a b", "2"),
        ]);
        let stream = server.stream();
        assert_eq!(
            stream[5..],
            [
                "SDIFFSTORE d a c",
                "SDIFFSTORE d a b c b b b",
                "SDIFFSTORE a a c",
                "SDIFFSTORE d a many",
                "SET s v",
                "SDIFFSTORE s a b",
            ]
        );
    }

    #[test]
    fn a_large_set_of_which_little_is_taken_out_stays_as_it_was() {
        let mut server = TestServer::new();
        let members: Vec<String> = (0..600).map(|i| i.to_string()).collect();
        server.check(&[(&format!("SADD large {}", members.join(" ")), "600")]);
        server.check(&[
            ("SADD a 5 6", "2"),
            ("SADD b 7 x", "2"),
            ("SDIFFSTORE d large a b", "597"),
            ("SCARD large", "600"),
            ("SISMEMBER large 5", "1"),
            ("SISMEMBER d 5", "0"),
        ]);
    }
}
