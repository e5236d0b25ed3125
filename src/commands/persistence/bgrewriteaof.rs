//! `BGREWRITEAOF`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::Group;
use crate::commands::effect::Action;
use crate::commands::error::{CommandError, Outcome};

pub const BGREWRITEAOF: Command = Command::new("bgrewriteaof", 1, bgrewriteaof)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::NoAsyncLoading])
    .docs(Group::Server, "1.0.0", "Asynchronously rewrites the append-only file to disk.");

fn bgrewriteaof(call: &mut Call<'_>) -> Outcome {
    let persistence = &mut call.server.persistence;
    if persistence.log.rewriting {
        return Err(CommandError::RewriteInProgress);
    }
    if persistence.saving || call.in_transaction {
        persistence.log.rewrite_scheduled = true;
        // Whoever asks does not wait since others have failed.
        persistence.log.rewrite_failures = 0;
        call.reply.simple("Background append only file rewriting scheduled");
        return Ok(());
    }
    call.act(Action::RewriteLog);
    call.reply.simple("Background append only file rewriting started");
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::effect::Action;
    use crate::keyspace::testing::TestServer;

    #[test]
    fn it_starts_unless_one_runs_and_waits_for_a_save_and_in_a_transaction() {
        let mut server = TestServer::new();
        server.check(&[("BGREWRITEAOF", "Background append only file rewriting started")]);
        assert!(matches!(server.actions()[..], [Action::RewriteLog]));
        server.check(&[
            ("MULTI", "OK"),
            ("BGREWRITEAOF", "QUEUED"),
            ("EXEC", "[Background append only file rewriting scheduled]"),
        ]);
        assert!(server.actions().is_empty());
        assert!(server.server().persistence.log.rewrite_scheduled);
        server.server().persistence.saving = true;
        server.check(&[("BGREWRITEAOF", "Background append only file rewriting scheduled")]);
        server.server().persistence.saving = false;
        server.server().persistence.log.rewriting = true;
        server.check(&[
            ("BGREWRITEAOF", "-ERR Background append only file rewriting already in progress"),
            ("BGSAVE SCHEDULE", "Background saving scheduled"),
            (
                "BGSAVE",
                "-ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE \
                 SCHEDULE in order to schedule a BGSAVE whenever possible.",
            ),
        ]);
        assert!(server.actions().is_empty());
    }
}
