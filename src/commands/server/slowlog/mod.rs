//! `SLOWLOG`: the commands that took longest.

mod get;
mod help;
mod len;
mod reset;

use crate::commands::command::Command;
use crate::commands::docs::Group;

pub const SLOWLOG: Command = Command::container(
    "slowlog",
    &[get::GET, help::HELP, len::LEN, reset::RESET],
)
.docs(Group::Server, "2.2.12", "A container for slow log commands");

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    /// A server that logs every command.
    fn server() -> TestServer {
        let mut server = TestServer::new();
        server.server().config.observation.slowlog_log_slower_than = 0;
        server
    }

    #[test]
    fn the_newest_commands_come_first_and_the_oldest_go() {
        let mut server = server();
        server.server().config.observation.slowlog_max_len = 3;
        server.session().name = b"me".to_vec();
        for n in 0..5 {
            server.run(&format!("SET k {n}"));
        }
        let reply = server.run("SLOWLOG GET 1");
        assert!(reply.starts_with("[[4 1700000000 "), "{reply}");
        assert!(reply.ends_with(r#" ["SET" "k" "4"] "127.0.0.1:5000" "me"]]"#), "{reply}");
        assert_eq!(server.run("SLOWLOG LEN"), "3");
        assert_eq!(server.run("SLOWLOG GET -1").matches("127.0.0.1").count(), 3);
        assert_eq!(server.run("SLOWLOG GET 0"), "[]");
        assert_eq!(
            server.run("SLOWLOG GET -2"),
            "-ERR count should be greater than or equal to -1"
        );
    }

    #[test]
    fn reset_empties_the_log_and_the_numbers_go_on() {
        let mut server = server();
        server.run("SET k 1");
        server.check(&[("SLOWLOG RESET", "OK"), ("SLOWLOG LEN", "1")]);
        assert!(server.run("SLOWLOG GET").contains("[2 1700000000 "));
    }

    #[test]
    fn secrets_are_not_logged() {
        let mut server = server();
        server.run("CONFIG SET masterauth hush");
        let reply = server.run("SLOWLOG GET 1");
        assert!(reply.contains(r#"["CONFIG" "SET" "masterauth" "(redacted)"]"#), "{reply}");
    }
}
