//! `SWAPDB index1 index2`

use crate::base::number::parse_i64;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};

pub const SWAPDB: Command = Command::new("swapdb", 3, swapdb)
    .flags(&[Flag::Write, Flag::Fast])
    .categories(&[Category::Keyspace, Category::Dangerous])
    .docs(Group::Server, "4.0.0", "Exchanges two databases.")
    .complexity("O(N) where N is the number of clients that watch keys of either database")
    .arguments(&[Arg::integer("index1"), Arg::integer("index2")]);

fn swapdb(call: &mut Call<'_>) -> Outcome {
    let one = index(call.arg(1), CommandError::InvalidFirstDb)?;
    let other = index(call.arg(2), CommandError::InvalidSecondDb)?;
    let count = call.keys.dataset.database_count();
    let in_range = |index: i32| usize::try_from(index).ok().filter(|&index| index < count);
    let (Some(one), Some(other)) = (in_range(one), in_range(other)) else {
        return Err(CommandError::DbOutOfRange);
    };
    call.keys.swap(one, other);
    call.reply.ok();
    Ok(())
}

fn index(text: &[u8], error: CommandError) -> Result<i32, CommandError> {
    let number = parse_i64(text).and_then(|number| i32::try_from(number).ok());
    number.ok_or(error)
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn swapped_databases_are_seen_by_all_clients() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1", "OK"), ("SWAPDB 0 1", "OK"), ("EXISTS a", "0")]);
        server.session().db = 1;
        server.check(&[("GET a", "\"1\""), ("SWAPDB 1 1", "OK")]);
        assert_eq!(
            server.stream(),
            ["SELECT 0", "SET a 1", "SWAPDB 0 1", "SELECT 1", "SWAPDB 1 1"]
        );
    }

    #[test]
    fn a_watched_key_that_comes_or_goes_with_the_swap_spoils_the_transaction() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1", "OK"), ("WATCH a", "OK"), ("SWAPDB 1 0", "OK")]);
        server.check(&[("MULTI", "OK"), ("EXEC", "nil"), ("WATCH a", "OK"), ("SWAPDB 1 0", "OK")]);
        server.check(&[("MULTI", "OK"), ("EXEC", "nil"), ("WATCH b", "OK"), ("SWAPDB 1 0", "OK")]);
        server.check(&[("MULTI", "OK"), ("EXEC", "[]")]);
    }

    #[test]
    fn an_expired_key_that_comes_with_the_swap_is_no_change() {
        let mut server = TestServer::new();
        server.server().active_expire = false;
        server.check(&[("SET a 1 PX 1", "OK"), ("SELECT 1", "OK")]);
        server.now += 2;
        let swapped = [("SWAPDB 0 1", "OK"), ("MULTI", "OK"), ("PING", "QUEUED")];
        server.check(&[("WATCH a", "OK")]);
        server.check(&swapped);
        server.check(&[("EXEC", "[PONG]"), ("SET b 1 PX 1", "OK"), ("WATCH a", "OK")]);
        server.check(&swapped);
        server.check(&[("EXEC", "[PONG]")]);
    }

    #[test]
    fn swapdb_refuses_what_is_no_database() {
        let mut server = TestServer::new();
        server.check(&[
            ("SWAPDB x 0", "-ERR invalid first DB index"),
            ("SWAPDB 99999999999 0", "-ERR invalid first DB index"),
            ("SWAPDB 0 x", "-ERR invalid second DB index"),
            ("SWAPDB 0 16", "-ERR DB index is out of range"),
            ("SWAPDB -1 0", "-ERR DB index is out of range"),
        ]);
    }
}
