//! The direction of imports, checked on the source tree itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

mod circles;
mod errors;

/// A module's layer; imports go to the same layer only where [`SAME_LAYER`] says so, and never up.
fn layer(module: &str) -> u8 {
    match module {
        "base" | "background" => 0,
        "resp" => 1,
        "config" | "store" | "rdb" | "aof" | "clients" | "telemetry" | "model" | "pubsub" => 2,
        "state" => 3,
        "info" => 4,
        "commands" => 5,
        "keyspace" | "replication" | "persistence" | "net" => 6,
        "cli" | "process" | "http" => 7,
        "server" => 8,
        other => panic!("tests/layering does not know the module {other}: give it a layer"),
    }
}

/// Imports inside one layer that are meant: (from, to).
const SAME_LAYER: &[(&str, &str)] = &[
    ("rdb", "store"),
    // The two forms of a file go the same way out.
    ("aof", "rdb"),
    ("aof", "store"),
    // The eviction policy says what the bits of use mean.
    ("rdb", "config"),
    ("clients", "store"),
    ("telemetry", "store"),
    ("pubsub", "clients"),
    // What a replica said of itself before it became one.
    ("model", "clients"),
    // A process that starts reads its command line first.
    ("process", "cli"),
];

/// Actor folders see one another through these modules only.
const ACTOR_DOORS: &[(&str, &str, &str)] = &[
    // (importing folder, folder, module of it)
    ("*", "*", "messages"),
    // Who owns a socket uses the same stream, loop and output queue.
    ("replication", "net", "stream"),
    ("replication", "net", "output"),
    ("replication", "net", "socket_loop"),
    // The pure model is no actor.
    ("*", "replication", "model"),
    ("keyspace", "replication", "manager"),
    // The thread that a snapshot is handed to.
    ("keyspace", "persistence", "*"),
    // What follows CONFIG SET of addresses.
    ("keyspace", "net", "listener"),
    ("net", "keyspace", "*"),
];

/// Words that a synchronous, deterministic module has no use for, and who may say them all the
/// same: (module path prefix, word).
const IMPURE: &[&str] = &["actix", "tokio::", "std::fs", "std::net", "std::thread", "SystemTime"];
const IMPURE_ALLOWED: &[(&str, &str)] = &[
    // The log is written from everywhere.
    ("telemetry/logging", "std::fs"),
    // It is there to start threads.
    ("background", "std::thread"),
    // The process's own figures.
    ("info/", "std::fs"),
    ("telemetry/memory", "std::fs"),
    ("telemetry/process", "std::fs"),
];

struct Source {
    /// Relative to `src`, without `.rs`.
    path: String,
    module: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    let of = |file: &PathBuf| {
        let path = file.strip_prefix(&root).unwrap().with_extension("").display().to_string();
        let module = match path.strip_prefix("replication/model") {
            Some(_) => "model",
            None => path.split('/').next().unwrap(),
        };
        let text = without_tests(&fs::read_to_string(file).unwrap());
        Source { module: module.to_owned(), path, text }
    };
    let sources = files.iter().map(of);
    sources
        .filter(|s| {
            !s.path.ends_with("tests")
                && !s.path.contains("tests/")
                && !s.path.contains("testing")
                && s.path != "lib"
                && s.path != "main"
        })
        .collect()
}

/// A file as it is built for the server: tests may use what they like. Tests that stand in the file
/// itself end it; those that have a file of their own are only declared, wherever that is.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut is_test = false;
    for line in text.lines() {
        let after_visibility =
            line.strip_prefix("pub").map_or(line, |rest| match rest.find(") ") {
                Some(end) => &rest[end + 2..],
                None => rest.trim_start(),
            });
        match after_visibility.strip_prefix("mod ") {
            Some(declared) if is_test && declared.ends_with(';') => {}
            Some(_) if is_test => break,
            _ => kept.extend([line, "\n"]),
        }
        is_test = line == "#[cfg(test)]";
    }
    kept
}

fn walk(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

/// Every `crate::a::b` of a text outside of comments, as (a, b); of `crate::a::{b, c}` each.
fn imports(text: &str) -> BTreeSet<(String, String)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let word = |text: &str| text.chars().take_while(|&c| is_word(c)).collect::<String>();
    let code: Vec<&str> = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let first = word(rest);
        let Some(after) = rest.strip_prefix(&first).and_then(|r| r.strip_prefix("::")) else {
            continue;
        };
        match after.strip_prefix('{') {
            None => {
                found.insert((first.clone(), word(after)));
            }
            Some(list) => {
                let list = list.split(';').next().unwrap_or_default();
                let parts = list.split([',', '}']).map(|part| word(part.trim_start()));
                found.extend(parts.filter(|p| !p.is_empty()).map(|p| (first.clone(), p)));
            }
        }
    }
    found
}

#[test]
fn what_is_only_built_for_tests_is_left_out_and_nothing_else() {
    let text = "use a::B;\n#[cfg(test)]\npub(super) mod tests;\nmod c;\n#[cfg(test)]\nmod d;\n\
                use e::F;\n#[cfg(test)]\nfn g() {}\nmod h {}\n#[cfg(test)]\nmod i {\nuse j::K;\n}\n";
    let kept = without_tests(text);
    let lines: Vec<&str> = kept.lines().filter(|line| *line != "#[cfg(test)]").collect();
    assert_eq!(lines, ["use a::B;", "mod c;", "use e::F;", "fn g() {}", "mod h {}"]);
}

#[test]
fn imports_go_down_the_layers() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (first, second) in imports(&source.text) {
            let to = if first == "replication" && second == "model" { "model" } else { &*first };
            let (from, own) = (layer(&source.module), source.module.as_str());
            if own == to || (own == "model" && to == "replication") {
                continue;
            }
            let meant = SAME_LAYER.contains(&(own, to)) || from == 6 && layer(to) == 6;
            if layer(to) > from || (layer(to) == from && !meant) {
                wrong.push(format!("src/{}.rs imports crate::{first}::{second}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "imports that do not go down:\n{}", wrong.join("\n"));
}

#[test]
fn actor_folders_meet_at_their_messages() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|s| layer(&s.module) == 6) {
        for (first, second) in imports(&source.text) {
            let own = source.module.as_str();
            if first == own
                || !matches!(&*first, "keyspace" | "replication" | "persistence" | "net")
            {
                continue;
            }
            let fits = |pattern: &str, name: &str| pattern == "*" || pattern == name;
            let door = ACTOR_DOORS.iter().any(|&(from, to, module)| {
                fits(from, own) && fits(to, &first) && fits(module, &second)
            });
            if !door {
                wrong.push(format!("src/{}.rs imports crate::{first}::{second}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "doors that are none:\n{}", wrong.join("\n"));
}

#[test]
fn layers_below_the_actors_are_synchronous_and_touch_no_system() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|s| layer(&s.module) < 6) {
        let code = source.text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for word in IMPURE.iter().filter(|word| line.contains(**word)) {
                let allowed = IMPURE_ALLOWED
                    .iter()
                    .any(|(path, part)| source.path.starts_with(path) && word.contains(part));
                if !allowed {
                    wrong.push(format!("src/{}.rs: {}", source.path, line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "not pure:\n{}", wrong.join("\n"));
}

#[test]
fn only_the_composition_root_starts_actors() {
    let starts = |line: &str| {
        let started = line.contains(".start()") && !line.contains("backlog.start()");
        started || line.contains("::create(|ctx|")
    };
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|s| layer(&s.module) == 6) {
        for line in source.text.lines().filter(|line| starts(line)) {
            wrong.push(format!("src/{}.rs: {}", source.path, line.trim()));
        }
    }
    assert!(wrong.is_empty(), "actors started outside of server.rs:\n{}", wrong.join("\n"));
}
