//! `CLIENT HELP`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag, Flags};
use crate::commands::docs::{Docs, Group};
use crate::commands::error::Outcome;

pub const HELP: Command = Command {
    name: "help",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    categories: &[Category::Connection],
    handler: help,
    docs: Docs {
        summary: "Show helpful text about the different subcommands",
        since: "5.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn help(call: &mut Call<'_>) -> Outcome {
    call.help(&[
        "GETNAME",
        "    The name of this connection.",
        "GETREDIR",
        "    The ID of the client that tracking messages go to.",
        "ID",
        "    The ID of this connection.",
        "INFO",
        "    One line about this connection.",
        "KILL <ip:port>",
        "    Close the connection from that address.",
        "KILL <option> <value> [<option> <value> [...]]",
        "    Close all connections that every option fits:",
        "    * ADDR (<ip:port>|<unixsocket>:0): it comes from there.",
        "    * LADDR (<ip:port>|<unixsocket>:0): it came to that address of ours.",
        "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
        "    * ID <client-id>",
        "    * USER <username>: authenticated as that user.",
        "    * MAXAGE <seconds>: connected for at least so long.",
        "    * SKIPME (YES|NO): spare the caller (default: yes).",
        "LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB)|ID <client-id> [<client-id> ...]]",
        "    A line about each connection.",
        "NO-EVICT (ON|OFF)",
        "    Spare this connection when clients take too much memory.",
        "NO-TOUCH (ON|OFF)",
        "    Let this connection's commands leave access times alone.",
        "PAUSE <timeout> [WRITE|ALL]",
        "    Hold commands back, or only those that write, for so many milliseconds.",
        "REPLY (ON|OFF|SKIP)",
        "    Which of this connection's commands are answered.",
        "SETINFO (LIB-NAME|LIB-VER) <value>",
        "    Name the client library and its version.",
        "SETNAME <name>",
        "    Name this connection.",
        "TRACKINGINFO",
        "    The state of tracking for this connection.",
        "UNBLOCK <client-id> [TIMEOUT|ERROR]",
        "    End the wait of a blocked client.",
        "UNPAUSE",
        "    End a pause.",
    ]);
    Ok(())
}
