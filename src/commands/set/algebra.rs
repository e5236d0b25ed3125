//! What the commands have in common that make one set of several.

use std::ops::Range;

use crate::commands::call::Call;
use crate::commands::destination;
use crate::commands::elements::ReplyElements;
use crate::commands::error::CommandError;
use crate::store::value::Value;
use crate::store::value::set::Set;

/// The sets at the keys that these arguments name, shared; `None` where there is none.
///
/// # Errors
/// WRONGTYPE of the first key that is something else.
pub fn read_all(call: &mut Call<'_>, keys: Range<usize>) -> Result<Vec<Option<Set>>, CommandError> {
    keys.map(|i| Ok(call.keys.read::<Set>(call.args.get(i))?.cloned())).collect()
}

/// Answers with the members of a set that was made for that.
pub fn answer(call: &mut Call<'_>, set: Set) {
    call.reply.set(set.len());
    set.iter().for_each(|member| call.reply.element(member));
    if set.is_slow_to_drop() {
        call.keys.garbage.drop_later(set, 0);
    }
}

/// Puts a set in the place of the first key, or deletes that if the set is empty; answers how many
/// members there are.
pub fn store(call: &mut Call<'_>, set: Set, event: &'static str) {
    call.reply.int(set.len() as i64);
    let destination = call.args.get(1);
    destination::store(call, destination, set, event);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::base::random::Random;
    use crate::keyspace::testing::TestServer;

    /// Of every form, some of them alike in part, so that all ways to find members are taken.
    #[test]
    fn what_is_made_of_sets_is_what_a_model_makes_of_them() {
        let mut server = TestServer::new();
        let mut random = Random::from_seed(7);
        let mut models: Vec<BTreeSet<String>> = Vec::new();
        for (kind, len) in
            [(0, 3), (0, 90), (0, 400), (1, 4), (1, 60), (1, 120), (1, 300), (2, 700)]
        {
            let member = |number: u64| match kind {
                0 => number.to_string(),
                1 if number.is_multiple_of(2) => number.to_string(),
                _ => format!("0{number}"),
            };
            let members: BTreeSet<String> =
                (0..len).map(|_| member(random.below(2 * len))).collect();
            let words: Vec<&str> = members.iter().map(String::as_str).collect();
            server.check(&[(
                &format!("SADD s{} {}", models.len(), words.join(" ")),
                &members.len().to_string(),
            )]);
            models.push(members);
        }
        for one in 0..models.len() {
            for other in 0..models.len() {
                let (a, b) = (&models[one], &models[other]);
                let made = [("SINTERSTORE", a & b), ("SUNIONSTORE", a | b), ("SDIFFSTORE", a - b)];
                for (command, expected) in made {
                    let keys = format!("s{one} s{other}");
                    server.check(&[(&format!("{command} d {keys}"), &expected.len().to_string())]);
                    let plain = command.trim_end_matches("STORE");
                    for asked in ["SMEMBERS d", &format!("{plain} {keys}")] {
                        let mut found: Vec<String> = server
                            .run(asked)
                            .split(['[', ']', ' ', '"'])
                            .filter(|word| !word.is_empty())
                            .map(str::to_owned)
                            .collect();
                        found.sort();
                        assert!(found.iter().eq(&expected), "{asked} of {command} {keys}");
                    }
                }
            }
        }
    }
}
