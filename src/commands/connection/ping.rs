//! `PING [message]`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag, Flags};
use crate::commands::docs::{Arg, Docs, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::resp::reply::Protocol;

pub const PING: Command = Command {
    name: "ping",
    arity: -1,
    flags: Flags::of(&[Flag::Fast]),
    categories: &[Category::Connection],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    handler: ping,
    docs: Docs {
        summary: "Returns the server's liveliness response.",
        since: "1.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        arguments: &[Arg::string("message").optional()],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn ping(call: &mut Call<'_>) -> Outcome {
    if call.argc() > 2 {
        return Err(CommandError::wrong_arity("ping"));
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
