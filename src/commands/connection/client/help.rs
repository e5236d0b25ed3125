//! `CLIENT HELP`

use crate::commands::command::{Category, Command};
use crate::commands::docs::Group;

pub const HELP: Command = Command::help(&[
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
])
.categories(&[Category::Connection])
.docs(Group::Connection, "5.0.0", "Show helpful text about the different subcommands");
