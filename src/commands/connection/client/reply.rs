//! `CLIENT REPLY ON|OFF|SKIP`

use crate::clients::ReplyMode;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};

pub const REPLY: Command = Command::new("reply", 3, reply)
    .flags(&[Flag::NoScript, Flag::Loading, Flag::Stale, Flag::NotInStream])
    .categories(&[Category::Connection])
    .docs(Group::Connection, "3.2.0", "Instruct the server whether to reply to commands")
    .arguments(&[Arg::one_of(
        "on_off_skip",
        &[Arg::word("on", "ON"), Arg::word("off", "OFF"), Arg::word("skip", "SKIP")],
    )]);

/// What it changes holds for its own reply already; inside a transaction, from the reply to EXEC on.
fn reply(call: &mut Call<'_>) -> Outcome {
    let session = call.server.clients.at_mut(call.client);
    let mode = match call.args.get(2).to_ascii_lowercase().as_slice() {
        b"on" => ReplyMode::On,
        b"off" => ReplyMode::Off,
        b"skip" if session.reply_mode == ReplyMode::Off => ReplyMode::Off,
        b"skip" => ReplyMode::SkipNext,
        _ => return Err(CommandError::Syntax),
    };
    session.reply_mode = mode;
    // The array of a transaction has a place for every command.
    if mode == ReplyMode::On || call.in_transaction {
        call.reply.ok();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn off_silences_all_and_on_is_heard() {
        let mut server = TestServer::new();
        assert_eq!(server.run_args(&[b"CLIENT", b"REPLY", b"OFF"]), b"");
        assert_eq!(server.run_args(&[b"PING"]), b"");
        assert_eq!(server.run_args(&[b"CLIENT", b"REPLY", b"SKIP"]), b"");
        assert_eq!(server.run_args(&[b"NOSUCH"]), b"");
        assert_eq!(server.run_args(&[b"CLIENT", b"REPLY", b"ON"]), b"+OK\r\n");
        assert_eq!(server.run_args(&[b"PING"]), b"+PONG\r\n");
    }

    #[test]
    fn skip_silences_one_command() {
        let mut server = TestServer::new();
        assert_eq!(server.run_args(&[b"CLIENT", b"REPLY", b"SKIP"]), b"");
        assert_eq!(server.run_args(&[b"PING"]), b"");
        assert_eq!(server.run_args(&[b"PING"]), b"+PONG\r\n");
        server.check(&[("CLIENT REPLY maybe", "-ERR syntax error")]);
    }

    #[test]
    fn a_transaction_is_answered_whole_or_not_at_all() {
        let mut server = TestServer::new();
        server.check(&[("MULTI", "OK"), ("CLIENT REPLY SKIP", "QUEUED"), ("PING", "QUEUED")]);
        server.check(&[("EXEC", "[OK PONG]"), ("PING", ""), ("MULTI", "OK"), ("PING", "QUEUED")]);
        server.check(&[("CLIENT REPLY OFF", "QUEUED"), ("PING", "QUEUED")]);
        server.check(&[("EXEC", "[PONG OK PONG]"), ("PING", "")]);
        server.check(&[("MULTI", ""), ("CLIENT REPLY ON", ""), ("PING", "")]);
        server.check(&[("EXEC", ""), ("PING", "PONG")]);
    }

    #[test]
    fn reset_ends_off_and_is_itself_skipped() {
        let mut server = TestServer::new();
        server.check(&[("CLIENT REPLY OFF", ""), ("RESET", "RESET")]);
        server.check(&[("CLIENT REPLY SKIP", ""), ("RESET", ""), ("PING", "PONG")]);
    }
}
