//! `CLIENT QUORUM [numreplicas|DEFAULT]` of ours alone

use crate::commands::args::natural;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group, OUR_FIRST};
use crate::commands::error::{CommandError, Outcome};

/// As many as `repl-ack-quorum` may be.
const MOST: usize = i32::MAX as usize;

pub const QUORUM: Command = Command::new("quorum", -2, quorum)
    .flags(&[Flag::NoScript, Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .docs(
        Group::Connection,
        OUR_FIRST,
        "How many replicas are to acknowledge this connection's writes before they are answered.",
    )
    .arguments(&[Arg::one_of(
        "quorum",
        &[Arg::integer("numreplicas"), Arg::word("default", "DEFAULT")],
    )
    .optional()]);

/// Without a word: how many it is. `DEFAULT`: as many as the server's settings say.
fn quorum(call: &mut Call<'_>) -> Outcome {
    let default = call.server.config.replication.repl_ack_quorum;
    let wanted = match call.argc() {
        2 => {
            let now = call.session().quorum.unwrap_or(default);
            call.reply.int(now as i64);
            return Ok(());
        }
        3 if call.arg(2).eq_ignore_ascii_case(b"default") => None,
        3 => Some(natural(call.args, 2)?)
            .filter(|&wanted| wanted <= MOST)
            .map_or_else(|| Err(CommandError::NotPositive), |wanted| Ok(Some(wanted)))?,
        _ => return Err(CommandError::unknown_operation(call.arg(1), "CLIENT")),
    };
    call.session().quorum = wanted;
    call.reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn a_connection_has_its_own_number_until_it_wants_the_servers_again() {
        let not_positive = "-ERR value is out of range, must be positive";
        let mut server = TestServer::new();
        server.check(&[
            ("CLIENT QUORUM", "0"),
            ("CONFIG SET repl-ack-quorum 2", "OK"),
            ("CLIENT QUORUM", "2"),
            ("CLIENT QUORUM 0", "OK"),
            ("CLIENT QUORUM", "0"),
            ("CLIENT QUORUM 1", "OK"),
            ("CLIENT QUORUM", "1"),
            ("CLIENT QUORUM default", "OK"),
            ("CLIENT QUORUM", "2"),
            ("CLIENT QUORUM 3", "OK"),
            ("CLIENT QUORUM -1", not_positive),
            ("CLIENT QUORUM 2147483648", not_positive),
            ("CLIENT QUORUM x", not_positive),
            (
                "CLIENT QUORUM 1 2",
                "-ERR unknown subcommand or wrong number of arguments for 'QUORUM'. Try CLIENT HELP.",
            ),
            ("CLIENT QUORUM", "3"),
            ("RESET", "RESET"),
            ("CLIENT QUORUM", "2"),
        ]);
    }
}
