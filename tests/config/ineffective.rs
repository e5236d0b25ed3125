//! Directives that change nothing: the flags are what the sources say, and who sets one hears of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use understudy::config::{DIRECTIVES, Flags};

use crate::support::*;

/// All sources but the table, without their tests.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, text);
        } else if !path.to_string_lossy().contains("/config/table/")
            && !path.to_string_lossy().ends_with("tests.rs")
        {
            let source = fs::read_to_string(&path).expect("a source");
            text.push_str(source.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default());
        }
    }
}

/// Whether `.field` stands somewhere, and no longer name that begins so.
fn is_read(text: &str, field: &str) -> bool {
    let access = format!(".{field}");
    text.match_indices(&access).any(|(at, _)| {
        let after = text[at + access.len()..].chars().next();
        !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

#[test]
fn the_flag_marks_every_directive_that_nobody_reads_and_no_other() {
    let mut text = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
    let unread: BTreeSet<&str> = DIRECTIVES
        .iter()
        // Other values than their defaults are refused.
        .filter(|row| !row.flags.contains(Flags::DEFAULT_ONLY))
        .map(|row| row.name)
        .filter(|name| !is_read(&text, &name.replace('-', "_")))
        .collect();
    let flagged: BTreeSet<&str> = DIRECTIVES
        .iter()
        .filter(|row| row.flags.contains(Flags::NO_EFFECT))
        .map(|row| row.name)
        .collect();
    let differing: Vec<_> = unread.symmetric_difference(&flagged).collect();
    assert!(differing.is_empty(), "{differing:?}");
}

#[test]
fn who_sets_one_is_told() {
    if played_by_redis() {
        return;
    }
    let server = ours(&["--io-threads", "4", "--acllog-max-len", "128"]);
    server.wait_for_log("WARNING: io-threads has no effect in this server.");
    server.ok("config set acllog-max-len 64 maxclients 100");
    server.wait_for_log("WARNING: acllog-max-len has no effect in this server.");
    assert_eq!(server.count_log("has no effect in this server"), 2);
}
