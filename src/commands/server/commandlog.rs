//! `COMMANDLOG` of Valkey: the commands that took longest, and those with the largest requests and
//! replies.
//!
//! ```text
//! COMMANDLOG GET count SLOW|LARGE-REQUEST|LARGE-REPLY
//! COMMANDLOG LEN|RESET SLOW|LARGE-REQUEST|LARGE-REPLY
//! ```

use super::logged::{count, reply_entries};
use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::telemetry::command_log::LogKind;

pub const COMMANDLOG: Command = Command::container("commandlog", &[GET, HELP, LEN, RESET]).docs(
    Group::Server,
    "8.1.0",
    "A container for command log commands",
);

const FLAGS: &[Flag] = &[Flag::Admin, Flag::Loading, Flag::Stale];
const KIND: Arg = Arg::one_of(
    "type",
    &[
        Arg::word("slow", "SLOW"),
        Arg::word("large-request", "LARGE-REQUEST"),
        Arg::word("large-reply", "LARGE-REPLY"),
    ],
);

const GET: Command = Command::new("get", 4, get)
    .flags(FLAGS)
    .tips(&["request_policy:all_nodes", "nondeterministic_output"])
    .docs(Group::Server, "8.1.0", "Get the entries of one of the logs")
    .complexity("O(N) where N is the number of entries returned")
    .arguments(&[Arg::integer("count"), KIND]);

const HELP: Command = Command::help(&[
    "GET <count> <type>",
    "    The newest <count> entries of a log; -1 for all. Of each: its number, when it was (UNIX",
    "    time), what it measures (microseconds of slow, bytes of large-request and large-reply),",
    "    its arguments, the client's address and name.",
    "LEN <type>",
    "    How many entries a log has.",
    "RESET <type>",
    "    Forget all entries of a log.",
])
.docs(Group::Server, "8.1.0", "Show helpful text about the different subcommands");

const LEN: Command = Command::new("len", 3, len)
    .flags(FLAGS)
    .tips(&["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"])
    .docs(Group::Server, "8.1.0", "Get the length of one of the logs")
    .arguments(&[KIND]);

const RESET: Command = Command::new("reset", 3, reset)
    .flags(FLAGS)
    .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
    .docs(Group::Server, "8.1.0", "Clear all entries of one of the logs")
    .complexity("O(N) where N is the number of entries in the log")
    .arguments(&[KIND]);

fn get(call: &mut Call<'_>) -> Outcome {
    let count = count(call)?;
    let kind = kind(call.arg(3))?;
    reply_entries(call, kind, count);
    Ok(())
}

fn len(call: &mut Call<'_>) -> Outcome {
    let len = call.server.command_logs.of(kind(call.arg(2))?).len();
    call.reply.int(len as i64);
    Ok(())
}

fn reset(call: &mut Call<'_>) -> Outcome {
    call.server.command_logs.of_mut(kind(call.arg(2))?).reset();
    call.reply.ok();
    Ok(())
}

fn kind(name: &[u8]) -> Result<LogKind, CommandError> {
    LogKind::from_name(name).ok_or(CommandError::UnknownLogType)
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn large_requests_and_replies_are_noted_with_their_bytes() {
        let mut server = TestServer::new();
        server.run("CONFIG SET commandlog-reply-larger-than 15");
        server.run("CONFIG SET commandlog-request-larger-than 44");
        server.check(&[("COMMANDLOG RESET large-request", "OK")]);
        server.check(&[
            ("SET aaaaaaa bbbbbbbbbb", "OK"),
            ("SET aaaaaaaa bbbbbbbbbb", "OK"),
            ("GET aaaaaaaa", "\"bbbbbbbbbb\""),
        ]);
        server.run("CONFIG SET commandlog-request-larger-than -1");
        server.check(&[("COMMANDLOG LEN large-request", "2"), ("COMMANDLOG LEN LARGE-REPLY", "1")]);
        let request = server.run("COMMANDLOG GET -1 large-request");
        assert!(!request.contains("\"aaaaaaa\""), "one byte too few: {request}");
        assert!(request.contains(" 44 [\"SET\" \"aaaaaaaa\" \"bbbbbbbbbb\"]"), "{request}");
        let reply = server.run("COMMANDLOG GET 2 large-reply");
        assert!(reply.contains(" 17 [\"GET\" \"aaaaaaaa\"]"), "{reply}");
    }

    #[test]
    fn the_slow_log_is_one_of_them() {
        let mut server = TestServer::new();
        server.run("CONFIG SET commandlog-execution-slower-than 0");
        server.check(&[("SET k v", "OK"), ("SLOWLOG RESET", "OK"), ("SET k v", "OK")]);
        server.check(&[("COMMANDLOG LEN slow", "2"), ("COMMANDLOG RESET slow", "OK")]);
        assert_eq!(server.run("SLOWLOG LEN"), "1");
    }

    #[test]
    fn logs_are_bounded_and_what_is_wrong_is_said_as_in_valkey() {
        let mut server = TestServer::new();
        let kinds = "-ERR type should be one of the following: slow, large-request, large-reply";
        server
            .run("CONFIG SET commandlog-request-larger-than 0 commandlog-large-request-max-len 3");
        for _ in 0..5 {
            server.run("PING");
        }
        server.check(&[
            ("COMMANDLOG LEN large-request", "3"),
            ("CONFIG SET commandlog-request-larger-than -1", "OK"),
            ("COMMANDLOG RESET large-request", "OK"),
            ("COMMANDLOG LEN large-request", "0"),
            ("COMMANDLOG LEN nosuch", kinds),
            ("COMMANDLOG GET 1 nosuch", kinds),
            ("COMMANDLOG GET -2 slow", "-ERR count should be greater than or equal to -1"),
            ("COMMANDLOG GET x slow", "-ERR count should be greater than or equal to -1"),
            ("COMMANDLOG GET 1", "-ERR wrong number of arguments for 'commandlog|get' command"),
            ("COMMANDLOG nosuch", "-ERR unknown subcommand 'nosuch'. Try COMMANDLOG HELP."),
        ]);
    }
}
