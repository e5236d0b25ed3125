//! `BACKUP folder`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group, OUR_FIRST};
use crate::commands::effect::{Action, Block};
use crate::commands::error::{CommandError, Outcome};
use crate::state::LogPhase;

pub const BACKUP: Command = Command::new("backup", 2, backup)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::NoAsyncLoading, Flag::NoMulti])
    .and_flags(&[Flag::NotInStream, Flag::AnsweredLater])
    .docs(Group::Server, OUR_FIRST, "Copies the append-only log as it is now, while writes go on.")
    .complexity("O(1) for the server; a thread copies the last of the files")
    .arguments(&[Arg::string("folder")]);

/// The client waits for the copy; others do not.
fn backup(call: &mut Call<'_>) -> Outcome {
    let name = String::from_utf8(call.arg(1).to_vec()).map_err(|_| CommandError::BackupName)?;
    let is_name = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    if !is_name {
        return Err(CommandError::BackupName);
    }
    if call.server.persistence.log.phase != LogPhase::On {
        return Err(CommandError::BackupWithoutLog);
    }
    call.block(Block::Save);
    call.act(Action::BackUp { name });
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::effect::Action;
    use crate::keyspace::testing::TestServer;
    use crate::state::LogPhase;

    #[test]
    fn it_wants_a_log_and_a_name_in_the_data_folder() {
        let mut server = TestServer::new();
        server.check(&[("BACKUP b", "-ERR BACKUP copies the append-only log, which is not on")]);
        server.server().persistence.log.phase = LogPhase::On;
        for name in ["a/b", "..", ".hidden", "a\\b"] {
            let error =
                "-ERR The name of a backup is that of a new folder in the working directory";
            server.check(&[(&format!("BACKUP {name}"), error)]);
        }
        assert!(server.actions().is_empty());
        server.check(&[("BACKUP b", "")]);
        assert!(matches!(&server.actions()[..], [Action::BackUp { name }] if name == "b"));
    }
}
