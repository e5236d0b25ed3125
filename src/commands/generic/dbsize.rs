//! `DBSIZE`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag, Flags};
use crate::commands::docs::{Docs, Group};
use crate::commands::error::Outcome;

pub const DBSIZE: Command = Command {
    name: "dbsize",
    arity: 1,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    categories: &[Category::Keyspace],
    tips: &["request_policy:all_shards", "response_policy:agg_sum"],
    handler: dbsize,
    docs: Docs {
        summary: "Returns the number of keys in the database.",
        since: "1.0.0",
        group: Group::Server,
        complexity: "O(1)",
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

/// Keys that have expired count until they are removed.
fn dbsize(call: &mut Call<'_>) -> Outcome {
    call.reply.int(call.keys.database().len() as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn dbsize_counts_the_keys_of_the_database() {
        let mut server = TestServer::new();
        server.check(&[("DBSIZE", "0"), ("MSET a 1 b 2 a 3", "OK"), ("DBSIZE", "2")]);
        server.session().db = 1;
        server.check(&[("DBSIZE", "0")]);
    }
}
