//! docs/replication.md tells operators of everything that Redis does not have.

use std::fs;
use std::path::{Path, PathBuf};

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands between a comment and another mark of a source.
fn part(source: &str, from: &str, to: &str) -> String {
    let (_, rest) = source.split_once(from).unwrap_or_else(|| panic!("no {from:?}"));
    rest.split_once(to).unwrap_or_else(|| panic!("no {to:?} behind {from:?}")).0.to_owned()
}

/// The texts in quotes behind each `mark`.
fn named_behind<'a>(source: &'a str, mark: &str) -> Vec<&'a str> {
    let places = source.split(mark).skip(1);
    places.filter_map(|place| place.split_once('"').map(|(name, _)| name)).collect()
}

/// Sources of commands that came with a version of ours.
fn own_commands(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            own_commands(&path, found);
        } else if fs::read_to_string(&path).expect("a source").contains("OUR_FIRST,") {
            found.push(path);
        }
    }
}

#[test]
fn every_directive_field_and_command_of_ours_is_told_of() {
    let told = file("docs/replication.md");
    let missing = |names: Vec<&str>, least: usize| {
        assert!(names.len() >= least, "{names:?}");
        let missing: Vec<&str> = names.into_iter().filter(|name| !told.contains(*name)).collect();
        assert!(missing.is_empty(), "docs/replication.md does not tell of {missing:?}");
    };
    let table = file("src/config/table/replication.rs");
    let directives = part(&table, "// Of ours alone.", "\"repl-mptcp\"");
    missing(named_behind(&directives, "\n    \""), 7);
    let info = file("src/info/replication.rs");
    let fields = part(&info, "// Of ours alone.", "..Section::DEFAULT");
    missing(named_behind(&fields, "Row::Optional(\""), 12);
    missing(vec!["replica_lag_N", "replica_sync_N"], 2);
    let mut sources = Vec::new();
    let commands = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands");
    own_commands(&commands, &mut sources);
    let sources: Vec<String> =
        sources.iter().map(|path| fs::read_to_string(path).expect("a source")).collect();
    let names = sources.iter().flat_map(|source| named_behind(source, "Command::new(\""));
    let names: Vec<String> = names.map(str::to_uppercase).collect();
    missing(names.iter().map(String::as_str).collect(), 3);
}
