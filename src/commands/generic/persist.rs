//! `PERSIST key`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};

pub const PERSIST: Command = Command::new("persist", 2, persist)
    .flags(&[Flag::Write, Flag::Fast])
    .categories(&[Category::Keyspace])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .docs(Group::Generic, "2.2.0", "Removes the expiration of a key.")
    .arguments(&[Arg::KEY]);

fn persist(call: &mut Call<'_>) -> Outcome {
    let had_expiry = call.keys.open_any(call.arg(1)).persist();
    call.reply.int(i64::from(had_expiry));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn persist_takes_the_expiry_away_once() {
        let mut server = TestServer::new();
        server.check(&[("PERSIST a", "0"), ("SET a 1 EX 9", "OK"), ("PERSIST a", "1")]);
        server.check(&[("PERSIST a", "0"), ("TTL a", "-1")]);
        assert_eq!(server.stream().last().unwrap(), "PERSIST a");
    }
}
