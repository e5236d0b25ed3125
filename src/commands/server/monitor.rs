//! `MONITOR`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::Group;
use crate::commands::error::{CommandError, Outcome};

pub const MONITOR: Command = Command::new("monitor", 1, monitor)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale, Flag::NotInStream])
    .docs(Group::Server, "1.0.0", "Listen for all requests received by the server in real time")
    .complexity("");

/// The keyspace sends each command that runs to who is in this mode. One who is in it already gets
/// no reply, as in Redis.
fn monitor(call: &mut Call<'_>) -> Outcome {
    if call.in_transaction {
        return Err(CommandError::MonitorInTransaction);
    }
    if call.server.clients.set_monitor(call.client, true) {
        call.reply.ok();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::effect::Action;
    use crate::keyspace::testing::TestServer;

    /// What the monitors are sent, without the time.
    fn lines(server: &mut TestServer) -> Vec<String> {
        let pushed = server.actions().into_iter().filter_map(|action| match action {
            Action::Push { bytes, .. } => String::from_utf8(bytes.to_vec()).ok(),
            _ => None,
        });
        let untimed = |line: String| line.split_once(' ').map(|(_, rest)| rest.trim().to_owned());
        pushed.filter_map(untimed).collect()
    }

    #[test]
    fn a_monitor_sees_commands_in_the_order_they_run() {
        let mut server = TestServer::new();
        let other = server.connect();
        assert_eq!(server.run("MONITOR"), "OK");
        assert_eq!(server.run("MONITOR"), "");
        server.client = other;
        server.run("SET a \"1");
        server.check(&[("MULTI", "OK"), ("GET a", "QUEUED"), ("EXEC", "[\"\\\"1\"]")]);
        server.run("CONFIG GET port");
        let from = "[0 127.0.0.1:5000]";
        let expected = [
            format!(r#"{from} "SET" "a" "\"1""#),
            format!(r#"{from} "MULTI""#),
            format!(r#"{from} "GET" "a""#),
            format!(r#"{from} "EXEC""#),
        ];
        assert_eq!(lines(&mut server), expected);
    }

    #[test]
    fn a_monitor_does_not_see_passwords() {
        let mut server = TestServer::new();
        let other = server.connect();
        server.run("MONITOR");
        server.client = other;
        server.run("AUTH user secret");
        assert_eq!(lines(&mut server), [r#"[0 127.0.0.1:5000] "AUTH" "(redacted)" "(redacted)""#]);
    }

    #[test]
    fn a_monitor_may_not_touch_keys() {
        let mut server = TestServer::new();
        server.run("MONITOR");
        assert_eq!(server.run("GET a"), "-ERR Replica can't interact with the keyspace");
    }

    #[test]
    fn a_transaction_may_not_monitor() {
        let mut server = TestServer::new();
        server.check(&[
            ("MULTI", "OK"),
            ("MONITOR", "QUEUED"),
            ("EXEC", "[-ERR MONITOR isn't allowed for DENY BLOCKING client]"),
        ]);
        assert!(!server.server().clients.has_monitors());
    }
}
