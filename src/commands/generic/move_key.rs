//! `MOVE key db`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::EventClass;

pub const MOVE: Command = Command::new("move", 3, move_key)
    .flags(&[Flag::Write, Flag::Fast])
    .categories(&[Category::Keyspace])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
    .docs(Group::Generic, "1.0.0", "Moves a key to another database.")
    .arguments(&[Arg::KEY, Arg::integer("db")]);

fn move_key(call: &mut Call<'_>) -> Outcome {
    let (key, from) = (call.arg(1), call.db());
    let to = call.db_index(2)?;
    if from == to {
        return Err(CommandError::SameObject);
    }
    // An expired key goes when it is met, and Redis looks for what is to be moved first.
    let is_movable = call.keys.peek(key).is_some() && call.keys.peek_in(to, key).is_none();
    let moved = if is_movable { call.keys.open_any(key).take_away() } else { None };
    call.reply.int(i64::from(moved.is_some()));
    if let Some(entry) = moved {
        let from = call.db();
        let mut place = call.keys.open_in(to, key);
        place.put_from(entry, (from, key), "move_from");
        place.changed_as(EventClass::Generic, "move_to");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn a_moved_key_takes_its_expiry_along() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1 EX 9", "OK"), ("MOVE a 9", "1"), ("MOVE a 9", "0")]);
        server.check(&[("SET a 2", "OK"), ("MOVE a 9", "0"), ("GET a", "\"2\"")]);
        let dataset = &server.executor.state.dataset;
        assert_eq!((dataset[0].expires_len(), dataset[9].expires_len()), (0, 1));
        server.session().db = 9;
        server.check(&[("GET a", "\"1\""), ("TTL a", "9")]);
    }

    #[test]
    fn move_refuses_the_same_database_and_those_that_are_not_there() {
        let mut server = TestServer::new();
        server.check(&[
            ("MOVE a 0", "-ERR source and destination objects are the same"),
            ("MOVE a 16", "-ERR DB index is out of range"),
            ("MOVE a x", "-ERR value is not an integer or out of range"),
        ]);
    }
}
