//! `CLIENT UNBLOCK client-id [TIMEOUT|ERROR]`

use crate::base::ids::ClientId;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::effect::Action;
use crate::commands::error::{CommandError, Outcome};

pub const UNBLOCK: Command = Command::new("unblock", -3, unblock)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .docs(
        Group::Connection,
        "5.0.0",
        "Unblock a client blocked in a blocking command from a different connection",
    )
    .complexity("O(log N) where N is the number of client connections")
    .arguments(&[
        Arg::integer("client-id"),
        Arg::one_of(
            "timeout_error",
            &[Arg::word("timeout", "TIMEOUT"), Arg::word("error", "ERROR")],
        )
        .optional(),
    ]);

fn unblock(call: &mut Call<'_>) -> Outcome {
    if call.argc() > 4 {
        return Err(CommandError::unknown_operation(call.arg(1), "CLIENT"));
    }
    let with_error = match call.args.iter().nth(3) {
        None => false,
        Some(reason) if reason.eq_ignore_ascii_case(b"timeout") => false,
        Some(reason) if reason.eq_ignore_ascii_case(b"error") => true,
        Some(_) => {
            return Err(CommandError::InvalidUnblockReason);
        }
    };
    let id = call.integer(2)?;
    let target = ClientId::try_from(id).ok().and_then(|id| call.server.clients.by_id(id));
    let waiting = target.filter(|session| session.may_be_unblocked).map(|s| s.key.id);
    if let Some(client) = waiting {
        call.act(Action::Unblock { client, with_error });
    }
    call.reply.int(i64::from(waiting.is_some()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn more_than_a_reason_is_refused() {
        TestServer::new().check(&[
            ("CLIENT UNBLOCK 1 ERROR", "0"),
            (
                "CLIENT UNBLOCK 1 ERROR more",
                "-ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.",
            ),
        ]);
    }
}
