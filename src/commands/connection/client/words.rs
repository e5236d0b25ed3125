//! Words that several subcommands take.

use crate::clients::ClientKind;
use crate::commands::error::CommandError;

/// The word of a TYPE filter, in any case.
pub fn kind_by_name(word: &[u8]) -> Result<ClientKind, CommandError> {
    const NAMES: &[(&str, ClientKind)] = &[
        ("normal", ClientKind::Normal),
        ("slave", ClientKind::Replica),
        ("replica", ClientKind::Replica),
        ("pubsub", ClientKind::PubSub),
        ("master", ClientKind::Master),
    ];
    let known = NAMES.iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
    known.map(|&(_, kind)| kind).ok_or_else(|| CommandError::UnknownClientType(word.to_vec()))
}

/// `ON` or `OFF`.
pub fn on_or_off(word: &[u8]) -> Result<bool, CommandError> {
    if word.eq_ignore_ascii_case(b"on") {
        Ok(true)
    } else if word.eq_ignore_ascii_case(b"off") {
        Ok(false)
    } else {
        Err(CommandError::Syntax)
    }
}
