//! `PING [message]`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::resp::reply::Protocol;

pub const PING: Command = Command::new("ping", -1, ping)
    .flags(&[Flag::Fast])
    .and_flags(&[Flag::WhileSubscribed, Flag::TellsHealth, Flag::ChangesNothing])
    .categories(&[Category::Connection])
    .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
    .docs(Group::Connection, "1.0.0", "Returns the server's liveliness response.")
    .arguments(&[Arg::string("message").optional()]);

fn ping(call: &mut Call<'_>) -> Outcome {
    if call.argc() > 2 {
        return Err(CommandError::WrongArity("ping"));
    }
    let message = (call.argc() == 2).then(|| call.arg(1));
    let session = call.session();
    if session.is_subscriber() && session.protocol == Protocol::Resp2 {
        call.reply.array(2);
        call.reply.bulk(b"pong");
        call.reply.bulk(message.unwrap_or_default());
        return Ok(());
    }
    match message {
        Some(message) => call.reply.bulk(message),
        None => call.reply.simple("PONG"),
    }
    Ok(())
}
