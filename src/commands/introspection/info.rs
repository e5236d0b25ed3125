//! `COMMAND`, `COMMAND INFO [command-name ...]`, `COMMAND COUNT`

use super::listing::{by_name, write_words};
use crate::commands::call::Call;
use crate::commands::catalog::Catalog;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{Begin, Find, KeyFlag, KeySpec};
use crate::resp::reply::Reply;

pub const INFO: Command = Command::new("info", -2, info)
    .flags(&[Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .tips(&["nondeterministic_output_order"])
    .docs(
        Group::Server,
        "2.8.13",
        "Get array of specific Redis command details, or all when no argument is given.",
    )
    .complexity("O(N) where N is the number of commands to look up")
    .history(&[("7.0.0", "Allowed to be called with no argument to get info on all commands.")])
    .arguments(&[Arg::string("command-name").optional().multiple()]);

pub const COUNT: Command = Command::new("count", 2, count)
    .flags(&[Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .docs(Group::Server, "2.8.13", "Get total number of Redis commands");

pub(super) fn info(call: &mut Call<'_>) -> Outcome {
    if call.argc() <= 2 {
        let rows = by_name(call.catalog);
        call.reply.array(rows.len());
        for row in rows {
            write_info(&mut call.reply, call.catalog, row);
        }
        return Ok(());
    }
    call.reply.array(call.argc() - 2);
    for name in call.args.iter().skip(2) {
        match call.catalog.find_full(name) {
            Some(row) => write_info(&mut call.reply, call.catalog, row),
            None => call.reply.null(),
        }
    }
    Ok(())
}

fn count(call: &mut Call<'_>) -> Outcome {
    call.reply.int(call.catalog.iter().count() as i64);
    Ok(())
}

/// The ten fields of a command: name, arity, flags, first key, last key, step, ACL categories,
/// tips, key specifications, subcommands.
fn write_info(reply: &mut Reply<'_>, catalog: &Catalog, row: usize) {
    let row = catalog.entry(row);
    let command = row.facts;
    reply.array(10);
    reply.bulk(row.full_name.as_bytes());
    reply.int(i64::from(command.arity));
    let has_flag = |flag: Flag| match flag {
        Flag::MovableKeys => command.has_movable_keys(),
        flag => command.has(flag),
    };
    write_words(reply, words_of(Flag::NAMES, has_flag));
    let (first, last, step) = command.legacy_range();
    reply.int(first);
    reply.int(last);
    reply.int(step);
    let categories: Vec<_> = words_of(Category::ALL, |category| command.in_category(category))
        .map(|name| format!("@{name}"))
        .collect();
    write_words(reply, categories.iter().map(String::as_str));
    reply.set(command.tips.len());
    for tip in command.tips {
        reply.bulk(tip.as_bytes());
    }
    reply.set(command.keys.len());
    for spec in command.keys {
        write_key_spec(reply, spec);
    }
    if row.children.is_empty() {
        reply.set(0);
    } else {
        reply.array(row.children.len());
    }
    for child in row.children.clone() {
        write_info(reply, catalog, child);
    }
}

/// The names of a table that `is_on` picks.
pub(super) fn words_of<T: Copy>(
    names: &'static [(T, &'static str)],
    is_on: impl Fn(T) -> bool,
) -> impl Iterator<Item = &'static str> {
    names.iter().filter(move |(item, _)| is_on(*item)).map(|&(_, name)| name)
}

fn write_key_spec(reply: &mut Reply<'_>, spec: &KeySpec) {
    reply.map(if spec.notes.is_empty() { 3 } else { 4 });
    if !spec.notes.is_empty() {
        reply.bulk(b"notes");
        reply.bulk(spec.notes.as_bytes());
    }
    reply.bulk(b"flags");
    write_words(reply, words_of(KeyFlag::NAMES, |flag| spec.flags.contains(&flag)));
    reply.bulk(b"begin_search");
    match spec.begin {
        Begin::Index(index) => write_part(reply, "index", &[("index", index as i64)]),
        Begin::Keyword(word, from) => {
            write_part_head(reply, "keyword", 2);
            reply.bulk(b"keyword");
            reply.bulk(word.as_bytes());
            reply.bulk(b"startfrom");
            reply.int(i64::from(from));
        }
        Begin::Unknown => write_part(reply, "unknown", &[]),
    }
    reply.bulk(b"find_keys");
    match spec.find {
        Find::Range { last, step, limit } => write_part(
            reply,
            "range",
            &[("lastkey", i64::from(last)), ("keystep", step as i64), ("limit", limit as i64)],
        ),
        Find::Count { count_at, first, step } => write_part(
            reply,
            "keynum",
            &[("keynumidx", count_at as i64), ("firstkey", first as i64), ("keystep", step as i64)],
        ),
        Find::Unknown => write_part(reply, "unknown", &[]),
    }
}

fn write_part(reply: &mut Reply<'_>, kind: &str, fields: &[(&str, i64)]) {
    write_part_head(reply, kind, fields.len());
    for (name, value) in fields {
        reply.bulk(name.as_bytes());
        reply.int(*value);
    }
}

fn write_part_head(reply: &mut Reply<'_>, kind: &str, fields: usize) {
    reply.map(2);
    reply.bulk(b"type");
    reply.bulk(kind.as_bytes());
    reply.bulk(b"spec");
    reply.map(fields);
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn a_row_is_shown_as_redis_shows_it() {
        TestServer::new().check(&[
            (
                "COMMAND INFO get nosuch",
                "[[\"get\" 2 [readonly fast] 1 1 1 [@read @string @fast] [] [[\"flags\" [RO access] \"begin_search\" [\"type\" \"index\" \"spec\" [\"index\" 1]] \"find_keys\" [\"type\" \"range\" \"spec\" [\"lastkey\" 0 \"keystep\" 1 \"limit\" 0]]]] []] nil]",
            ),
            (
                "COMMAND INFO config|get",
                "[[\"config|get\" -3 [admin noscript loading stale] 0 0 0 [@admin @slow @dangerous] [] [] []]]",
            ),
        ]);
    }

    #[test]
    fn the_count_is_that_of_the_list() {
        let mut server = TestServer::new();
        let count = server.run("COMMAND COUNT").parse::<usize>().unwrap();
        let all = server.run_args(&[b"COMMAND"]);
        assert!(all.starts_with(format!("*{count}\r\n").as_bytes()));
        assert_eq!(all, server.run_args(&[b"COMMAND", b"INFO"]));
    }
}
