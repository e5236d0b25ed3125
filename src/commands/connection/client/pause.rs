//! `CLIENT PAUSE timeout [WRITE|ALL]`, `CLIENT UNPAUSE`

use crate::base::number::parse_i64;
use crate::base::time::UnixMillis;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::effect::Action;
use crate::commands::error::{CommandError, Outcome};
use crate::state::{PausePurpose, PauseScope};

pub const PAUSE: Command = Command::new("pause", -3, pause)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .docs(Group::Connection, "2.9.50", "Stop processing commands from clients for some time")
    .history(&[("6.2.0", "`CLIENT PAUSE WRITE` mode added along with the `mode` option.")])
    .arguments(&[
        Arg::integer("timeout"),
        Arg::one_of("mode", &[Arg::word("write", "WRITE"), Arg::word("all", "ALL")])
            .since("6.2.0")
            .optional(),
    ]);

pub const UNPAUSE: Command = Command::new("unpause", 2, unpause)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .docs(Group::Connection, "6.2.0", "Resume processing of clients that were paused")
    .complexity("O(N) Where N is the number of paused clients");

/// A pause that runs already is never made shorter or milder.
fn pause(call: &mut Call<'_>) -> Outcome {
    if call.argc() > 4 {
        return Err(CommandError::unknown_operation(call.arg(1), "CLIENT"));
    }
    let scope = match call.args.iter().nth(3) {
        None => PauseScope::All,
        Some(mode) if mode.eq_ignore_ascii_case(b"all") => PauseScope::All,
        Some(mode) if mode.eq_ignore_ascii_case(b"write") => PauseScope::Writes,
        Some(_) => return Err(CommandError::InvalidPauseMode),
    };
    let now = call.now();
    let until = deadline(call.arg(2), now)?;
    call.server.pauses.begin(PausePurpose::Client, scope, until, now);
    call.reply.ok();
    Ok(())
}

fn unpause(call: &mut Call<'_>) -> Outcome {
    call.server.pauses.end(PausePurpose::Client);
    call.act(Action::Unpause);
    call.reply.ok();
    Ok(())
}

/// So many milliseconds from now.
fn deadline(millis: &[u8], now: UnixMillis) -> Result<UnixMillis, CommandError> {
    let millis = parse_i64(millis).ok_or(CommandError::TimeoutNotInteger)?;
    if millis < 0 {
        return Err(CommandError::TimeoutNegative);
    }
    now.checked_add(millis).ok_or(CommandError::TimeoutOutOfRange)
}

#[cfg(test)]
mod tests {
    use crate::commands::effect::Block;
    use crate::keyspace::testing::Flow;
    use crate::keyspace::testing::TestServer;

    fn is_held_back(server: &mut TestServer, command: &str) -> bool {
        server.run(command);
        matches!(server.flow, Flow::Suspend(Block::Paused))
    }

    #[test]
    fn a_pause_of_writes_lets_reads_pass() {
        let mut server = TestServer::new();
        assert_eq!(server.run("CLIENT PAUSE 1000 WRITE"), "OK");
        assert!(!is_held_back(&mut server, "GET k"));
        assert!(is_held_back(&mut server, "SET k v"));
        assert_eq!(server.run("CLIENT UNPAUSE"), "OK");
        assert!(!is_held_back(&mut server, "SET k v"));
    }

    #[test]
    fn a_later_pause_is_never_shorter_or_milder() {
        let mut server = TestServer::new();
        server.run("CLIENT PAUSE 1000 WRITE");
        server.run("CLIENT PAUSE 10 ALL");
        server.now += 999;
        assert!(is_held_back(&mut server, "GET k"));
        server.now += 1;
        assert!(!is_held_back(&mut server, "GET k"));
    }

    #[test]
    fn a_write_after_a_lapsed_pause_tells_replicas_what_it_found_expired() {
        let mut server = TestServer::new();
        server.check(&[("SET k 5 PX 5", "OK")]);
        server.now += 8;
        server.check(&[("CLIENT PAUSE 2 WRITE", "OK"), ("GET k", "nil")]);
        server.stream();
        server.now += 4;
        server.check(&[("INCR k", "1")]);
        assert_eq!(server.stream(), ["MULTI", "DEL k", "INCR k", "EXEC"]);
    }

    #[test]
    fn a_transaction_that_pauses_and_writes_tells_replicas_what_it_found_expired() {
        let mut server = TestServer::new();
        server.check(&[("SET k 5 PX 5", "OK"), ("MULTI", "OK")]);
        server.check(&[("CLIENT PAUSE 100 WRITE", "QUEUED"), ("INCR k", "QUEUED")]);
        server.stream();
        server.now += 8;
        server.check(&[("EXEC", "[OK 1]")]);
        assert_eq!(server.stream(), ["MULTI", "DEL k", "INCR k", "EXEC"]);
    }

    #[test]
    fn a_pause_that_has_lapsed_does_not_count_for_the_next() {
        let mut server = TestServer::new();
        server.run("CLIENT PAUSE 10 ALL");
        server.now += 10;
        server.run("CLIENT PAUSE 10 WRITE");
        assert!(!is_held_back(&mut server, "GET k"));
    }

    #[test]
    fn bad_timeouts_and_modes_are_refused() {
        TestServer::new().check(&[
            ("CLIENT PAUSE x", "-ERR timeout is not an integer or out of range"),
            ("CLIENT PAUSE -1", "-ERR timeout is negative"),
            ("CLIENT PAUSE 9223372036854775807", "-ERR timeout is out of range"),
            ("CLIENT PAUSE 1 maybe", "-ERR CLIENT PAUSE mode must be WRITE or ALL"),
            (
                "CLIENT PAUSE 1 WRITE more",
                "-ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP.",
            ),
        ]);
    }
}
