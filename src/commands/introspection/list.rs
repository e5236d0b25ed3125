//! `COMMAND LIST [FILTERBY MODULE module-name | ACLCAT category | PATTERN pattern]`

use super::listing::by_name;
use crate::base::glob;
use crate::commands::call::Call;
use crate::commands::catalog::Entry;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::resp::request::Args;
use std::iter;

pub const LIST: Command = Command::new("list", -2, list)
    .flags(&[Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .tips(&["nondeterministic_output_order"])
    .docs(Group::Server, "7.0.0", "Get an array of Redis command names")
    .complexity("O(N) where N is the total number of Redis commands")
    .arguments(&[Arg::one_of(
        "filterby",
        &[
            Arg::string("module-name").token("MODULE"),
            Arg::string("category").token("ACLCAT"),
            Arg::pattern("pattern").token("PATTERN"),
        ],
    )
    .token("FILTERBY")
    .optional()]);

/// Which commands are listed. There are no modules, so none of their commands.
enum Filter<'a> {
    All,
    Module,
    /// `None`: a category that does not exist.
    Category(Option<Category>),
    Pattern(&'a [u8]),
}

impl Filter<'_> {
    fn fits(&self, row: &Entry) -> bool {
        match self {
            Filter::All => true,
            Filter::Module => false,
            Filter::Category(category) => category.is_some_and(|c| row.facts.in_category(c)),
            Filter::Pattern(pattern) => glob::matches(pattern, row.full_name.as_bytes(), true),
        }
    }
}

fn list(call: &mut Call<'_>) -> Outcome {
    let filter = parse(call.args)?;
    let catalog = call.catalog;
    let with_children = |row: usize| iter::once(row).chain(catalog.entry(row).children.clone());
    let rows = by_name(catalog).into_iter().flat_map(with_children);
    let names: Vec<_> = rows
        .map(|row| catalog.entry(row))
        .filter(|row| filter.fits(row))
        .map(|row| row.full_name)
        .collect();
    call.reply.array(names.len());
    for name in names {
        call.reply.bulk(name.as_bytes());
    }
    Ok(())
}

fn parse(args: Args<'_>) -> Result<Filter<'_>, CommandError> {
    let is = |i: usize, word: &[u8]| args.get(i).eq_ignore_ascii_case(word);
    if args.len() == 2 {
        return Ok(Filter::All);
    }
    if args.len() != 5 || !is(2, b"filterby") {
        return Err(CommandError::Syntax);
    }
    let name = args.get(4);
    if is(3, b"module") {
        Ok(Filter::Module)
    } else if is(3, b"aclcat") {
        let known = Category::ALL.iter().find(|(_, c)| c.as_bytes().eq_ignore_ascii_case(name));
        Ok(Filter::Category(known.map(|(category, _)| *category)))
    } else if is(3, b"pattern") {
        Ok(Filter::Pattern(name))
    } else {
        Err(CommandError::Syntax)
    }
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn names_are_listed_all_or_by_a_filter() {
        let mut server = TestServer::new();
        assert!(server.run("COMMAND LIST").contains("\"config|get\""));
        server.check(&[
            (
                "COMMAND LIST FILTERBY PATTERN conf*T",
                "[\"config|get\" \"config|resetstat\" \"config|set\"]",
            ),
            (
                "COMMAND LIST FILTERBY ACLCAT transaction",
                "[\"discard\" \"exec\" \"multi\" \"unwatch\" \"watch\"]",
            ),
            ("COMMAND LIST FILTERBY ACLCAT nosuch", "[]"),
            ("COMMAND LIST FILTERBY MODULE any", "[]"),
            ("COMMAND LIST FILTERBY PATTERN", "-ERR syntax error"),
            ("COMMAND LIST bad_arg", "-ERR syntax error"),
            ("COMMAND LIST FILTERBY bad_arg", "-ERR syntax error"),
            ("COMMAND LIST FILTERBY bad_arg bad_arg2", "-ERR syntax error"),
        ]);
    }
}
