//! `CONFIG RESETSTAT`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::Group;
use crate::commands::error::Outcome;
use crate::telemetry::stats::KeyspaceStats;

pub const RESETSTAT: Command = Command::new("resetstat", 2, resetstat)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale])
    .docs(Group::Server, "2.0.0", "Reset the stats returned by INFO");

fn resetstat(call: &mut Call<'_>) -> Outcome {
    *call.keys.stats = KeyspaceStats::default();
    call.server.stats.reset();
    call.server.pressure.reset_stats(call.now_micros);
    call.server.persistence.saves = 0;
    call.keys.garbage.reset_freed();
    call.reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn what_was_saved_and_freed_counts_from_zero_again() {
        let mut server = TestServer::new();
        server.server().persistence.saves = 3;
        server.executor.state.garbage.drop_later((), 5);
        while server.executor.state.garbage.freed() < 5 {
            std::thread::yield_now();
        }
        assert!(server.run("INFO persistence").contains("rdb_saves:3\\r\\n"));
        assert!(server.run("INFO memory").contains("lazyfreed_objects:5\\r\\n"));
        server.check(&[("CONFIG RESETSTAT", "OK")]);
        assert!(server.run("INFO persistence").contains("rdb_saves:0\\r\\n"));
        assert!(server.run("INFO memory").contains("lazyfreed_objects:0\\r\\n"));
    }
}
