//! The texts of errors that clients see stand in one place.

use std::collections::BTreeSet;

use super::sources;

/// Who else has some: (path, why).
const ELSEWHERE: &[(&str, &str)] = &[
    ("resp/limits", "breaches of the protocol, which no command sees"),
    ("config/set", "why a setting is refused, with the reason that its type gives"),
    ("replication/model/forward", "what a master says"),
    ("replication/model/failover/network", "what the test network's master says"),
    ("replication/model/handshake", "what a master says"),
];

#[test]
fn what_clients_are_told_stands_in_the_table_of_errors() {
    let sources = sources();
    let table = sources.iter().find(|source| source.path == "commands/error").expect("the table");
    let codes: BTreeSet<&str> = beginnings(&table.text).collect();
    assert!(codes.contains("ERR") && codes.contains("WRONGTYPE"), "{codes:?}");
    let mut wrong = Vec::new();
    for source in &sources {
        let is_known = ELSEWHERE.iter().any(|(path, _)| *path == source.path);
        let has_some = beginnings(&source.text).any(|code| codes.contains(code));
        if source.path != "commands/error" && has_some != is_known {
            wrong.push(source.path.as_str());
        }
    }
    assert!(wrong.is_empty(), "texts of errors, or none any more: {wrong:?}");
}

/// The words in capitals that texts in quotes begin with, before more of a text.
fn beginnings(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let quoted = lines.flat_map(|line| line.split('"').skip(1).step_by(2));
    quoted.filter_map(|text| {
        let text = text.strip_prefix('-').unwrap_or(text);
        let (word, more) = text.split_once(' ')?;
        let is_code = word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_uppercase());
        (is_code && !more.is_empty()).then_some(word)
    })
}
