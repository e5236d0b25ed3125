//! `LASTSAVE`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::Group;
use crate::commands::error::Outcome;

pub const LASTSAVE: Command = Command::new("lastsave", 1, lastsave)
    .flags(&[Flag::Loading, Flag::Stale, Flag::Fast])
    .categories(&[Category::Admin, Category::Dangerous])
    .tips(&["nondeterministic_output"])
    .docs(Group::Server, "1.0.0", "Get the UNIX time stamp of the last successful save to disk");

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
