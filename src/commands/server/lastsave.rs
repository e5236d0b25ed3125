//! `LASTSAVE`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag, Flags};
use crate::commands::docs::{Docs, Group};
use crate::commands::error::Outcome;

pub const LASTSAVE: Command = Command {
    name: "lastsave",
    arity: 1,
    flags: Flags::of(&[Flag::Loading, Flag::Stale, Flag::Fast]),
    categories: &[Category::Admin, Category::Dangerous],
    tips: &["nondeterministic_output"],
    handler: lastsave,
    docs: Docs {
        summary: "Get the UNIX time stamp of the last successful save to disk",
        since: "1.0.0",
        group: Group::Server,
        complexity: "O(1)",
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn lastsave(call: &mut Call<'_>) -> Outcome {
    let seconds = call.server.persistence.last_save_at / 1000;
    call.reply.int(seconds);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::{START, TestServer};

    #[test]
    fn the_start_counts_as_a_save() {
        assert_eq!(TestServer::new().run("LASTSAVE"), (START / 1000).to_string());
    }
}
