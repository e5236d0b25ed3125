//! `SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE]`, `SHUTDOWN ABORT`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::effect::{Action, Block, ShutdownRequest};
use crate::commands::error::{CommandError, Outcome};
use crate::resp::request::Args;

pub const SHUTDOWN: Command = Command::new("shutdown", -1, shutdown)
    .flags(&[
        Flag::Admin,
        Flag::NoScript,
        Flag::Loading,
        Flag::Stale,
        Flag::NoMulti,
        Flag::AllowBusy,
        Flag::NotInStream,
        Flag::AnsweredLater,
    ])
    .docs(
        Group::Server,
        "1.0.0",
        "Synchronously saves the database(s) to disk and shuts down the Redis server.",
    )
    .complexity("O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)")
    .history(&[("7.0.0", "Added the `NOW`, `FORCE` and `ABORT` modifiers.")])
    .arguments(&[
            Arg::one_of(
                "save-selector",
                &[Arg::word("nosave", "NOSAVE"), Arg::word("save", "SAVE")],
            )
            .optional(),
            Arg::word("now", "NOW").since("7.0.0").optional(),
            Arg::word("force", "FORCE").since("7.0.0").optional(),
            Arg::word("abort", "ABORT").since("7.0.0").optional(),
        ]);

/// The words of one call.
#[derive(Debug, PartialEq, Eq)]
enum Wish {
    Begin(ShutdownRequest),
    Abort,
}

fn parse(args: Args<'_>) -> Result<Wish, CommandError> {
    let mut request = ShutdownRequest::default();
    let mut abort = false;
    for word in args.iter().skip(1) {
        match word.to_ascii_lowercase().as_slice() {
            b"save" if request.save != Some(false) => request.save = Some(true),
            b"nosave" if request.save != Some(true) => request.save = Some(false),
            b"now" => request.now = true,
            b"force" => request.force = true,
            b"abort" => abort = true,
            _ => return Err(CommandError::Syntax),
        }
    }
    match abort {
        false => Ok(Wish::Begin(request)),
        true if request == ShutdownRequest::default() => Ok(Wish::Abort),
        true => Err(CommandError::Syntax),
    }
}

fn shutdown(call: &mut Call<'_>) -> Outcome {
    match parse(call.args)? {
        Wish::Begin(request) => {
            call.block(Block::Shutdown);
            call.act(Action::Shutdown(request));
        }
        Wish::Abort if call.server.shutdown.is_wanted() => {
            call.act(Action::AbortShutdown);
            call.reply.ok();
        }
        Wish::Abort => return Err(CommandError::NoShutdown),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::testing::TestServer;
    use crate::resp::request::OwnedCommand;

    fn parsed(line: &str) -> Option<Wish> {
        let words: Vec<_> = line.split(' ').map(str::as_bytes).collect();
        parse(OwnedCommand::from_slices(&words).args()).ok()
    }

    #[test]
    fn words_add_up_unless_they_contradict() {
        let begin = |save, now, force| Some(Wish::Begin(ShutdownRequest { save, now, force }));
        assert_eq!(parsed("SHUTDOWN"), begin(None, false, false));
        assert_eq!(parsed("SHUTDOWN nosave NOW force"), begin(Some(false), true, true));
        assert_eq!(parsed("SHUTDOWN SAVE save"), begin(Some(true), false, false));
        assert_eq!(parsed("SHUTDOWN ABORT"), Some(Wish::Abort));
        for line in ["SHUTDOWN SAVE NOSAVE", "SHUTDOWN ABORT NOW", "SHUTDOWN x"] {
            assert_eq!(parsed(line), None, "{line}");
        }
    }

    #[test]
    fn only_a_shutdown_on_its_way_can_be_given_up() {
        let mut server = TestServer::new();
        server.check(&[("SHUTDOWN ABORT", "-ERR No shutdown in progress.")]);
        server.server().shutdown.signal = Some("SIGTERM");
        server.check(&[("SHUTDOWN ABORT", "OK")]);
        assert!(matches!(server.actions()[..], [Action::AbortShutdown]));
    }
}
