//! `BGSAVE [SCHEDULE]`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::effect::Action;
use crate::commands::error::{CommandError, Outcome};

pub const BGSAVE: Command = Command::new("bgsave", -1, bgsave)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::NoAsyncLoading])
    .docs(Group::Server, "1.0.0", "Asynchronously saves the database(s) to disk.")
    .history(&[("3.2.2", "Added the `SCHEDULE` option.")])
    .arguments(&[Arg::word("schedule", "SCHEDULE").since("3.2.2").optional()]);

/// SCHEDULE is for servers where another child, the rewriter of a log, can stand in the way.
fn bgsave(call: &mut Call<'_>) -> Outcome {
    match call.argc() {
        1 => {}
        2 if call.arg(1).eq_ignore_ascii_case(b"schedule") => {}
        _ => return Err(CommandError::Syntax),
    }
    if call.server.persistence.saving {
        return Err(CommandError::SaveInProgress);
    }
    let is_rewriting = call.server.persistence.log.rewriting;
    if is_rewriting && call.argc() == 1 {
        return Err(CommandError::SaveWhileRewriting);
    }
    if call.in_transaction || is_rewriting {
        call.server.persistence.save_scheduled = true;
        call.reply.simple("Background saving scheduled");
        return Ok(());
    }
    call.act(Action::SaveInBackground);
    call.reply.simple("Background saving started");
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::effect::Action;
    use crate::keyspace::testing::TestServer;

    #[test]
    fn it_starts_unless_one_runs_and_waits_in_a_transaction() {
        let mut server = TestServer::new();
        server.check(&[
            ("BGSAVE", "Background saving started"),
            ("BGSAVE schedule", "Background saving started"),
            ("BGSAVE now", "-ERR syntax error"),
            ("BGSAVE SCHEDULE SCHEDULE", "-ERR syntax error"),
        ]);
        assert!(matches!(
            server.actions()[..],
            [Action::SaveInBackground, Action::SaveInBackground]
        ));
        server.check(&[
            ("MULTI", "OK"),
            ("BGSAVE", "QUEUED"),
            ("EXEC", "[Background saving scheduled]"),
        ]);
        assert!(server.actions().is_empty() && server.server().persistence.save_scheduled);
        server.server().persistence.saving = true;
        server.check(&[
            ("BGSAVE", "-ERR Background save already in progress"),
            ("BGSAVE SCHEDULE", "-ERR Background save already in progress"),
        ]);
    }
}
