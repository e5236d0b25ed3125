//! `TIME`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::Group;
use crate::commands::error::Outcome;

pub const TIME: Command = Command::new("time", 1, time)
    .flags(&[Flag::Loading, Flag::Stale, Flag::Fast])
    .tips(&["nondeterministic_output"])
    .docs(Group::Server, "2.6.0", "Return the current server time");

/// Seconds since 1970, and the microseconds of the second.
fn time(call: &mut Call<'_>) -> Outcome {
    const MICROS_PER_SECOND: i64 = 1_000_000;
    call.reply.array(2);
    call.reply.bulk_int(call.now_micros / MICROS_PER_SECOND);
    call.reply.bulk_int(call.now_micros % MICROS_PER_SECOND);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn time_is_seconds_and_microseconds() {
        let mut server = TestServer::new();
        server.now = 1_700_000_000_123;
        let reply = server.run("TIME");
        assert!(reply.starts_with("[\"1700000000\" \"123"), "{reply}");
    }
}
