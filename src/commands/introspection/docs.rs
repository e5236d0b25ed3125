//! `COMMAND DOCS [command-name [command-name ...]]`

use super::listing::{by_name, write_words};
use crate::commands::call::Call;
use crate::commands::catalog::Catalog;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, ArgKind, Docs, Group};
use crate::commands::error::Outcome;
use crate::resp::reply::Reply;

pub const DOCS: Command = Command::new("docs", -2, docs)
    .flags(&[Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .tips(&["nondeterministic_output_order"])
    .docs(Group::Server, "7.0.0", "Get array of specific Redis command documentation")
    .complexity("O(N) where N is the number of commands to look up")
    .arguments(&[Arg::string("command-name").optional().multiple()]);

fn docs(call: &mut Call<'_>) -> Outcome {
    let catalog = call.catalog;
    let rows = match call.argc() {
        2 => by_name(catalog),
        _ => call.args.iter().skip(2).filter_map(|name| catalog.find_full(name)).collect(),
    };
    call.reply.map(rows.len());
    for row in rows {
        write_docs(&mut call.reply, catalog, row);
    }
    Ok(())
}

/// The full name, and a map of what is documented.
fn write_docs(reply: &mut Reply<'_>, catalog: &Catalog, row: usize) {
    let row = catalog.entry(row);
    let docs = &row.facts.docs;
    reply.bulk(row.full_name.as_bytes());
    let fields = reply.begin_map();
    let mut count = write_texts(
        reply,
        &[
            ("summary", docs.summary),
            ("since", docs.since),
            ("group", docs.group.name()),
            ("complexity", docs.complexity),
        ],
    );
    if !docs.flags.is_empty() {
        reply.bulk(b"doc_flags");
        write_words(reply, docs.flags.iter().copied());
        count += 1;
    }
    count += write_texts(
        reply,
        &[("deprecated_since", docs.deprecated_since), ("replaced_by", docs.replaced_by)],
    );
    if !docs.history.is_empty() {
        write_history(reply, docs);
        count += 1;
    }
    if !docs.arguments.is_empty() {
        reply.bulk(b"arguments");
        write_arguments(reply, docs.arguments);
        count += 1;
    }
    if !row.children.is_empty() {
        reply.bulk(b"subcommands");
        reply.map(row.children.len());
        for child in row.children.clone() {
            write_docs(reply, catalog, child);
        }
        count += 1;
    }
    reply.end_map(fields, count);
}

fn write_history(reply: &mut Reply<'_>, docs: &Docs) {
    reply.bulk(b"history");
    reply.set(docs.history.len());
    for (since, change) in docs.history {
        reply.array(2);
        reply.bulk(since.as_bytes());
        reply.bulk(change.as_bytes());
    }
}

fn write_arguments(reply: &mut Reply<'_>, arguments: &[Arg]) {
    reply.array(arguments.len());
    for argument in arguments {
        let fields = reply.begin_map();
        let texts = [("name", argument.name), ("type", argument.kind.name())];
        let mut count = write_texts(reply, &texts);
        // A pattern of keys names its specification too, which is never the first.
        if argument.kind == ArgKind::Key || argument.key_spec > 0 {
            reply.bulk(b"key_spec_index");
            reply.int(argument.key_spec as i64);
            count += 1;
        }
        // The word that is nothing: MIGRATE has it.
        if argument.kind == ArgKind::PureToken && argument.token.is_empty() {
            reply.bulk(b"token");
            reply.bulk(b"");
            count += 1;
        }
        let texts = [
            ("token", argument.token),
            ("since", argument.since),
            ("deprecated_since", argument.deprecated_since),
        ];
        count += write_texts(reply, &texts);
        let flags = [
            (argument.optional, "optional"),
            (argument.multiple, "multiple"),
            (argument.multiple_token, "multiple_token"),
        ];
        if flags.iter().any(|(is_set, _)| *is_set) {
            reply.bulk(b"flags");
            write_words(reply, flags.iter().filter(|flag| flag.0).map(|flag| flag.1));
            count += 1;
        }
        if matches!(argument.kind, ArgKind::OneOf | ArgKind::Block) {
            reply.bulk(b"arguments");
            write_arguments(reply, argument.inner);
            count += 1;
        }
        reply.end_map(fields, count);
    }
}

/// Writes the pairs that have a value; how many those are.
fn write_texts(reply: &mut Reply<'_>, pairs: &[(&str, &str)]) -> usize {
    let given = pairs.iter().filter(|(_, value)| !value.is_empty());
    given
        .map(|(name, value)| {
            reply.bulk(name.as_bytes());
            reply.bulk(value.as_bytes());
        })
        .count()
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn a_subcommand_is_documented_under_its_full_name() {
        let mut server = TestServer::new();
        server.run("HELLO 3");
        server.check(&[(
            "COMMAND DOCS config|get nosuch",
            "{\"config|get\": {\"summary\": \"Get the values of configuration parameters\", \"since\": \"2.0.0\", \"group\": \"server\", \"complexity\": \"O(N) when N is the number of configuration parameters provided\", \"history\": {[\"7.0.0\" \"Added the ability to pass multiple pattern parameters in one call\"]}, \"arguments\": [{\"name\": \"parameter\", \"type\": \"block\", \"flags\": {multiple}, \"arguments\": [{\"name\": \"parameter\", \"type\": \"string\"}]}]}}",
        )]);
    }

    #[test]
    fn every_command_has_a_summary_and_well_formed_docs() {
        let mut server = TestServer::new();
        server.run("COMMAND DOCS");
        let catalog = &server.executor.registry.catalog;
        for i in 0..catalog.len() {
            let row = catalog.entry(i);
            assert!(!row.facts.docs.summary.is_empty(), "{}", row.full_name);
        }
    }
}
