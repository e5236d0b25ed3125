//! `PFSELFTEST`

use crate::base::hyperloglog::self_test;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::Group;
use crate::commands::error::{CommandError, Outcome};

pub const PFSELFTEST: Command = Command::new("pfselftest", 1, pfselftest)
    .flags(&[Flag::Admin])
    .categories(&[Category::HyperLogLog])
    .docs(Group::HyperLogLog, "2.8.9", "Tests whether HyperLogLogs count as they should.")
    .complexity("N/A")
    .doc_flags(&["syscmd"]);

fn pfselftest(call: &mut Call<'_>) -> Outcome {
    self_test().map_err(CommandError::SelfTestFailed)?;
    call.reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn the_self_test_answers_ok() {
        TestServer::new().check(&[("PFSELFTEST", "OK")]);
    }
}
