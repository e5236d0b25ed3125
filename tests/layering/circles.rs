//! No two files import each other, by however many others: then each can be read, tested and
//! changed with nothing but what it imports.

use std::collections::{BTreeMap, BTreeSet};

use super::{Source, sources};

#[test]
fn no_files_import_one_another_in_a_circle() {
    let circles = circles(&imports_between_files(&sources()));
    let drawn: Vec<String> = circles.iter().map(|circle| circle.join(", ")).collect();
    assert!(drawn.is_empty(), "circles:\n{}", drawn.join("\n"));
}

#[test]
fn paths_are_found_however_they_are_written() {
    let texts = [
        ("a", "mod b;\nuse b::Two;\npub use b::One;"),
        (
            "a/b",
            "use super::{self, Three, c::{Four, d::*}};\n// crate::not::this\nfn f(x: super::super::e::G) {}",
        ),
        ("a/c/mod", "use crate::a::One as First;"),
        ("a/c/d", ""),
        ("e", "fn g() { crate::a::c::d::h() }"),
    ];
    let sources = texts.map(|(path, text)| Source {
        path: path.to_owned(),
        module: String::new(),
        text: text.to_owned(),
    });
    let graph = imports_between_files(&sources);
    let of = |file: &str| graph[file].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(of("a"), ["a/b"]);
    assert_eq!(of("a/b"), ["a", "a/c", "a/c/d", "e"]);
    // What a file only passes on is imported from where it is.
    assert_eq!(of("a/c"), ["a/b"]);
    assert_eq!(of("e"), ["a/c/d"]);
    assert_eq!(circles(&graph), [["a", "a/b", "a/c"]]);
}

/// The files by their module's path (`a/b` for `a/b.rs` and `a/b/mod.rs`), and whom each imports.
type Graph = BTreeMap<String, BTreeSet<String>>;

fn imports_between_files(sources: &[Source]) -> Graph {
    let mut found: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    // (module, name) that is passed on: where it comes from.
    let mut passed_on = BTreeMap::new();
    for source in sources {
        let module = source.path.strip_suffix("/mod").unwrap_or(&source.path);
        let text = without_comments(&source.text);
        let paths = found.entry(module.to_owned()).or_default();
        for (path, is_public) in paths_of(&text) {
            let path = absolute(module, &path);
            if let (true, Some(name)) = (is_public, path.last()) {
                passed_on.insert((module.to_owned(), name.clone()), path.clone());
            }
            paths.push(path);
        }
    }
    let file_of = |path: &[String]| {
        let mut path = path.to_vec();
        // A name may be passed on more than once; a circle of them would not compile.
        for _ in 0..8 {
            let is_file = |len: &usize| found.contains_key(&path[..*len].join("/"));
            let len = (1..=path.len()).rev().find(is_file)?;
            let module = path[..len].join("/");
            let name = path.get(len).cloned().unwrap_or_default();
            match passed_on.get(&(module.clone(), name)) {
                Some(from) => path = [from, &path[len + 1..]].concat(),
                None => return Some(module),
            }
        }
        None
    };
    let edges = |(module, paths): (&String, &Vec<Vec<String>>)| {
        let files = paths.iter().filter_map(|path| file_of(path));
        let files = files.filter(|file| file != module && !is_knot(module, file));
        (module.clone(), files.collect())
    };
    found.iter().map(edges).collect()
}

/// The one circle is in the data: an entry holds a value of any type, and a large hash, set or
/// sorted set has a table of entries. It is cut where the table of the types names these.
fn is_knot(from: &str, to: &str) -> bool {
    const MADE_OF_ENTRIES: [&str; 3] = ["store/value/hash", "store/value/set", "store/value/zset"];
    from == "store/value" && MADE_OF_ENTRIES.contains(&to)
}

fn without_comments(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Every path of a text that begins at the crate, here, above or in a module declared here, its
/// lists taken apart; and whether `pub use` passes it on.
fn paths_of(text: &str) -> Vec<(Vec<String>, bool)> {
    let children: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.trim_end().strip_suffix(';'))
        .filter_map(|line| line.rsplit_once("mod ").map(|(_, name)| name))
        .collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let word = word_at(text, at);
        let is_start = matches!(word, "crate" | "super" | "self") || children.contains(word);
        let after = at + word.len().max(text[at..].chars().next().map_or(1, char::len_utf8));
        // The rest of a path, a field, or who may see an item.
        let goes_on = ["::", ".", "(in "].iter().any(|end| text[..at].ends_with(end));
        if !is_start || goes_on || !text[after..].starts_with("::") {
            at = after;
            continue;
        }
        let line = text[..at].rsplit(['\n', ';']).next().unwrap_or_default().trim_start();
        let is_public = line.starts_with("pub") && line.ends_with("use ");
        let mut paths = Vec::new();
        at = read_tree(text, at, &[], &mut paths);
        found.extend(paths.into_iter().map(|path| (path, is_public)));
    }
    found
}

fn word_at(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    &rest[..end]
}

/// Reads `a::b`, `a::{b, c::d}`, `a::*` or `a as b` from `at` on; where it ends.
fn read_tree(text: &str, at: usize, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let skip_blanks = |at: usize| at + text[at..].len() - text[at..].trim_start().len();
    let mut at = skip_blanks(at);
    if text[at..].starts_with('{') {
        at = skip_blanks(at + 1);
        while !text[at..].starts_with('}') {
            at = skip_blanks(read_tree(text, at, before, found));
            if text[at..].starts_with(',') {
                at = skip_blanks(at + 1);
            }
        }
        return at + 1;
    }
    let word = word_at(text, at);
    if word.is_empty() {
        found.push(before.to_vec());
        return at + text[at..].chars().next().map_or(0, char::len_utf8);
    }
    let path = [before, &[word.to_owned()]].concat();
    at += word.len();
    let next = text[at..].strip_prefix("::").map(|rest| rest.starts_with('<'));
    if next == Some(false) {
        return read_tree(text, at + 2, &path, found);
    }
    found.push(path);
    match text[at..].strip_prefix(" as ") {
        Some(_) => at + 4 + word_at(text, at + 4).len(),
        None => at,
    }
}

/// From the crate's root on.
fn absolute(module: &str, path: &[String]) -> Vec<String> {
    let mut from: Vec<String> = module.split('/').map(str::to_owned).collect();
    let mut path = path;
    while let Some((first, rest)) = path.split_first() {
        match first.as_str() {
            "crate" => from.clear(),
            "super" => drop(from.pop()),
            "self" => {}
            _ => break,
        }
        path = rest;
    }
    from.extend(path.iter().filter(|word| *word != "self").cloned());
    from
}

/// The files that can be reached from one another, each group in order.
fn circles(graph: &Graph) -> Vec<Vec<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> =
        graph.keys().map(|file| (file, reachable(graph, file))).collect();
    let mut circles = BTreeSet::new();
    for (file, targets) in reached.iter().filter(|(file, targets)| targets.contains(**file)) {
        let back = |other: &&&String| reached.get(**other).is_some_and(|of| of.contains(*file));
        circles.insert(targets.iter().filter(back).map(|f| (*f).clone()).collect::<Vec<_>>());
    }
    circles.into_iter().collect()
}

fn reachable<'a>(graph: &'a Graph, from: &str) -> BTreeSet<&'a String> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&String> = graph[from].iter().collect();
    while let Some(file) = next.pop() {
        if found.insert(file) {
            next.extend(graph.get(file).into_iter().flatten());
        }
    }
    found
}
