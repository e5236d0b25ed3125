//! `CLIENT`: connections, one's own and others'.

mod help;
mod kill;
mod list;
mod modes;
mod name;
mod pause;
mod reply;
mod tracking;
mod unblock;

pub(super) use name::check_name;

use crate::clients::ClientKind;
use crate::commands::command::Command;
use crate::commands::docs::Group;
use crate::commands::error::CommandError;

pub const CLIENT: Command = Command::container(
    "client",
    &[
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
        reply::REPLY,
        tracking::CACHING,
        tracking::GETREDIR,
        tracking::TRACKING,
        tracking::TRACKINGINFO,
        unblock::UNBLOCK,
    ],
)
.docs(Group::Connection, "2.4.0", "A container for client connection commands");

/// The word of a TYPE filter, in any case.
fn kind_by_name(word: &[u8]) -> Result<ClientKind, CommandError> {
    const NAMES: &[(&str, ClientKind)] = &[
        ("normal", ClientKind::Normal),
        ("slave", ClientKind::Replica),
        ("replica", ClientKind::Replica),
        ("pubsub", ClientKind::PubSub),
        ("master", ClientKind::Master),
    ];
    let known = NAMES.iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
    known
        .map(|&(_, kind)| kind)
        .ok_or_else(|| CommandError::quoting("ERR Unknown client type '", word, "'"))
}

/// `ON` or `OFF`.
fn on_or_off(word: &[u8]) -> Result<bool, CommandError> {
    if word.eq_ignore_ascii_case(b"on") {
        Ok(true)
    } else if word.eq_ignore_ascii_case(b"off") {
        Ok(false)
    } else {
        Err(CommandError::Syntax)
    }
}
