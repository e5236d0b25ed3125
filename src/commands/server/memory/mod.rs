//! `MEMORY`: where the memory is.

mod doctor;
mod help;
mod malloc_stats;
mod purge;
mod stats;
mod usage;

use crate::commands::command::Command;
use crate::commands::docs::Group;

pub const MEMORY: Command = Command::container(
    "memory",
    &[
        doctor::DOCTOR,
        help::HELP,
        malloc_stats::MALLOC_STATS,
        purge::PURGE,
        stats::STATS,
        usage::USAGE,
    ],
)
.docs(Group::Server, "4.0.0", "A container for memory diagnostics commands");

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn usage_counts_key_and_value() {
        let mut server = TestServer::new();
        server.run(&format!("SET k {}", "x".repeat(500)));
        let bytes: usize = server.run("MEMORY USAGE k").parse().expect("a number");
        assert!((500..600).contains(&bytes), "{bytes}");
        server.check(&[
            ("MEMORY USAGE none", "nil"),
            ("MEMORY USAGE none SAMPLES 0", "nil"),
            ("MEMORY USAGE k SAMPLES", "-ERR syntax error"),
            ("MEMORY USAGE k SAMPLES -1", "-ERR syntax error"),
            ("MEMORY USAGE k SAMPLES x", "-ERR value is not an integer or out of range"),
            ("MEMORY USAGE k COUNT 1", "-ERR syntax error"),
        ]);
    }

    #[test]
    fn stats_name_databases_with_keys() {
        let mut server = TestServer::new();
        server.run("SET k v");
        let reply = server.run("MEMORY STATS");
        assert!(reply.starts_with("[\"peak.allocated\" "), "{reply}");
        let database = format!(
            "\"db.0\" [\"overhead.hashtable.main\" {} \"overhead.hashtable.expires\" 0 ",
            server.executor.state.dataset[0].node_bytes()
        );
        assert!(reply.contains(&database), "{reply}");
        assert!(reply.contains("\"keys.count\" 1 "), "{reply}");
    }

    #[test]
    fn purge_and_the_allocators_report_work() {
        let mut server = TestServer::new();
        assert_eq!(server.run("MEMORY PURGE"), "OK");
        assert!(server.run("MEMORY MALLOC-STATS").len() > 2);
        assert!(server.run("MEMORY DOCTOR").len() > 2);
    }
}
