//! `DBSIZE`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::Group;
use crate::commands::error::Outcome;

pub const DBSIZE: Command = Command::new("dbsize", 1, dbsize)
    .flags(&[Flag::ReadOnly, Flag::Fast])
    .categories(&[Category::Keyspace])
    .tips(&["request_policy:all_shards", "response_policy:agg_sum"])
    .docs(Group::Server, "1.0.0", "Returns the number of keys in the database.");

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
