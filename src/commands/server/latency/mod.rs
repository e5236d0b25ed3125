//! `LATENCY`: spikes by event, and how long the calls of each command take.

mod doctor;
mod graph;
mod help;
mod histogram;
mod history;
mod latest;
mod reset;

use crate::commands::command::Command;
use crate::commands::docs::Group;

pub const LATENCY: Command = Command::container(
    "latency",
    &[
        doctor::DOCTOR,
        graph::GRAPH,
        help::HELP,
        histogram::HISTOGRAM,
        history::HISTORY,
        latest::LATEST,
        reset::RESET,
    ],
)
.docs(Group::Server, "2.8.13", "A container for latency diagnostics commands");

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    /// Two events in three seconds.
    fn server() -> TestServer {
        let mut server = TestServer::new();
        let latency = &mut server.server().latency;
        latency.add("command", 1_699_999_995, 100);
        latency.add("command", 1_699_999_998, 300);
        latency.add("fast-command", 1_699_999_999, 7);
        server
    }

    #[test]
    fn spikes_are_listed_by_event() {
        server().check(&[
            (
                "LATENCY LATEST",
                "[[\"command\" 1699999998 300 300] [\"fast-command\" 1699999999 7 7]]",
            ),
            ("LATENCY HISTORY command", "[[1699999995 100] [1699999998 300]]"),
            ("LATENCY HISTORY none", "[]"),
            ("LATENCY RESET none", "0"),
            ("LATENCY RESET command command", "1"),
            ("LATENCY RESET", "1"),
            ("LATENCY LATEST", "[]"),
        ]);
    }

    #[test]
    fn a_slow_command_is_a_spike() {
        let mut server = TestServer::new();
        server.enable_debug();
        server.server().config.observation.latency_monitor_threshold = 10;
        server.run("DEBUG SLEEP 0.02");
        let spike = server.server().latency.get("command").map(|event| event.max_millis);
        assert!(spike >= Some(20), "{spike:?}");
    }

    #[test]
    fn a_graph_has_a_column_for_each_spike() {
        let mut server = server();
        let rows = [
            "command - high 300 ms, low 100 ms (all time high 300 ms)",
            &"-".repeat(80),
            " #",
            " |",
            " |",
            "_|",
            "  ",
            "52",
            "ss",
        ];
        let expected = format!("\"{}\\n\"", rows.join("\\n"));
        assert_eq!(server.run("LATENCY GRAPH command"), expected);
        assert_eq!(server.run("LATENCY GRAPH none"), "-ERR No samples available for event 'none'");
    }

    #[test]
    fn histograms_are_given_by_command_and_subcommand() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1", "OK"), ("SET b 2", "OK")]);
        server.run("CONFIG GET port");
        let reply = server.run("LATENCY HISTOGRAM set none config");
        let start = "[\"set\" [\"calls\" 2 \"histogram_usec\" [";
        assert!(reply.starts_with(start), "{reply}");
        assert!(reply.contains("\"config|get\" [\"calls\" 1 "), "{reply}");
        assert_eq!(server.run("LATENCY HISTOGRAM none"), "[]");
        assert!(server.run("LATENCY HISTOGRAM").contains("\"latency|histogram\""));
    }

    #[test]
    fn the_doctor_names_spikes_and_what_helps() {
        let mut healthy = TestServer::new();
        assert!(healthy.run("LATENCY DOCTOR").contains("latency-monitor-threshold"));
        healthy.server().config.observation.latency_monitor_threshold = 1;
        assert!(healthy.run("LATENCY DOCTOR").contains("No spike"));
        let report = server().run("LATENCY DOCTOR");
        let line = "command: 2 spikes, 200 ms on average, 100 ms mean deviation, one every 2.50 \
                    s, the worst 300 ms";
        assert!(report.contains(line), "{report}");
        assert!(report.contains("SLOWLOG GET"), "{report}");
    }
}
