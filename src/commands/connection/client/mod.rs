//! `CLIENT`: connections, one's own and others'.

mod capa;
mod help;
mod kill;
mod list;
mod modes;
mod name;
mod pause;
mod quorum;
mod reply;
mod tracking;
mod unblock;
mod words;

pub(super) use name::check_name;

use crate::commands::command::Command;
use crate::commands::docs::Group;

pub const CLIENT: Command = Command::container(
    "client",
    &[
        capa::CAPA,
        help::HELP,
        kill::KILL,
        list::ID,
        list::INFO,
        list::LIST,
        modes::NO_EVICT,
        modes::NO_TOUCH,
        name::GETNAME,
        name::SETINFO,
        name::SETNAME,
        pause::PAUSE,
        pause::UNPAUSE,
        quorum::QUORUM,
        reply::REPLY,
        tracking::CACHING,
        tracking::GETREDIR,
        tracking::TRACKING,
        tracking::TRACKINGINFO,
        unblock::UNBLOCK,
    ],
)
.docs(Group::Connection, "2.4.0", "A container for client connection commands");
