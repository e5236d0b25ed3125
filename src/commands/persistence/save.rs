//! `SAVE`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::Group;
use crate::commands::effect::{Action, Block};
use crate::commands::error::{CommandError, Outcome};

pub const SAVE: Command = Command::new("save", 1, save)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::NoAsyncLoading, Flag::NoMulti])
    .and_flags(&[Flag::NotInStream, Flag::AnsweredLater])
    .docs(Group::Server, "1.0.0", "Synchronously saves the database(s) to disk.")
    .complexity("O(N) where N is the total number of keys in all databases");

/// The client waits for the file; others do not.
fn save(call: &mut Call<'_>) -> Outcome {
    if call.server.persistence.saving {
        return Err(CommandError::SaveInProgress);
    }
    call.block(Block::Save);
    call.act(Action::SaveNow);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::effect::{Action, Block};
    use crate::keyspace::testing::TestServer;

    #[test]
    fn the_client_waits_for_the_file() {
        let mut server = TestServer::new();
        server.check(&[("SAVE", "")]);
        assert!(matches!(server.flow, crate::keyspace::Flow::Suspend(Block::Save)));
        assert!(matches!(server.actions()[..], [Action::SaveNow]));
    }

    #[test]
    fn a_background_save_must_end_first() {
        let mut server = TestServer::new();
        server.server().persistence.saving = true;
        server.check(&[("SAVE", "-ERR Background save already in progress")]);
        assert!(server.actions().is_empty());
    }

    #[test]
    fn it_is_not_for_transactions() {
        let mut server = TestServer::new();
        server.check(&[
            ("MULTI", "OK"),
            ("SAVE", "-ERR Command not allowed inside a transaction"),
            ("EXEC", "-EXECABORT Transaction discarded because of previous errors."),
        ]);
    }
}
