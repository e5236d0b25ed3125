//! `REPLICATION`: what happened to the links, and what is wrong. Of this server alone.

mod doctor;
mod help;
mod history;

use crate::commands::command::Command;
use crate::commands::docs::{Group, OUR_FIRST};

pub const REPLICATION: Command = Command::container(
    "replication",
    &[doctor::DOCTOR, help::HELP, history::HISTORY],
)
.docs(Group::Server, OUR_FIRST, "A container for replication diagnostics commands");

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;
    use crate::replication::model::journal::{Cause, Event, Happening, Side};
    use crate::replication::model::psync::Held;

    fn server() -> TestServer {
        let mut server = TestServer::new();
        let held = Some(Held { start: 10, end: 90 });
        let event = |at, what| Event::new(at, Side::Master, "r:1", what);
        server.server().keep_events([
            event(5, Happening::Connected),
            event(6, Happening::FullSync(Cause::OffsetNotHeld)).asked(Some(7), held),
            event(9, Happening::Disconnected(Cause::TimedOut)).took(4, 100),
        ]);
        server
    }

    #[test]
    fn what_happened_is_listed_newest_first() {
        server().check(&[
            (
                "REPLICATION HISTORY 2",
                "[[\"id\" 2 \"time-ms\" 9 \"role\" \"master\" \"peer\" \"r:1\" \"event\" \
                 \"disconnect\" \"cause\" \"timeout\" \"asked-offset\" -1 \"backlog-first\" -1 \
                 \"backlog-last\" -1 \"duration-ms\" 4 \"bytes\" 100 \"times\" 1] [\"id\" 1 \
                 \"time-ms\" 6 \"role\" \"master\" \"peer\" \"r:1\" \"event\" \"full-sync\" \
                 \"cause\" \"offset not in the backlog\" \"asked-offset\" 7 \"backlog-first\" 11 \
                 \"backlog-last\" 90 \"duration-ms\" -1 \"bytes\" 0 \"times\" 1]]",
            ),
            ("REPLICATION HISTORY 0", "[]"),
            ("REPLICATION HISTORY -2", "-ERR count should be greater than or equal to -1"),
        ]);
        assert_eq!(server().run("REPLICATION HISTORY").matches("\"r:1\"").count(), 3);
        assert_eq!(server().run("REPLICATION HISTORY -1").matches("\"r:1\"").count(), 3);
        assert!(server().run("REPLICATION HISTORY 1 2").starts_with('-'));
    }

    #[test]
    fn no_more_is_kept_than_the_directive_says() {
        let mut server = server();
        server.check(&[
            ("CONFIG SET replication-history-len 0", "OK"),
            ("REPLICATION HISTORY", "[]"),
            ("CONFIG SET replication-history-len 1", "OK"),
        ]);
        let event = Event::new(10, Side::Master, "r:2", Happening::Connected);
        server.server().keep_events([event]);
        let listed = server.run("REPLICATION HISTORY -1");
        assert!(listed.contains("r:2") && !listed.contains("r:1"), "{listed}");
    }

    #[test]
    fn the_doctor_answers_in_sentences_and_help_names_what_there_is() {
        let report = server().run("REPLICATION DOCTOR");
        assert!(report.contains("No replica follows."), "{report}");
        let help = server().run("REPLICATION HELP");
        assert!(help.contains("HISTORY [<count>]") && help.contains("DOCTOR"), "{help}");
    }
}
