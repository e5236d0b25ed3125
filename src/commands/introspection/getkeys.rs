//! `COMMAND GETKEYS command [arg ...]`, `COMMAND GETKEYSANDFLAGS command [arg ...]`

use super::info::words_of;
use super::listing::write_words;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::Group;
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::KeyFlag;

pub const GETKEYS: Command = Command::new("getkeys", -4, getkeys)
    .flags(&[Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .docs(Group::Server, "2.8.13", "Extract keys given a full Redis command")
    .complexity("O(N) where N is the number of arguments to the command");

pub const GETKEYSANDFLAGS: Command = GETKEYS.sibling("getkeysandflags", getkeysandflags).docs(
    Group::Server,
    "7.0.0",
    "Extract keys and access flags given a full Redis command",
);

fn getkeys(call: &mut Call<'_>) -> Outcome {
    let keys = find(call)?;
    call.reply.array(keys.len());
    for (key, _) in keys {
        call.reply.bulk(key);
    }
    Ok(())
}

fn getkeysandflags(call: &mut Call<'_>) -> Outcome {
    let keys = find(call)?;
    call.reply.array(keys.len());
    for (key, flags) in keys {
        call.reply.array(2);
        call.reply.bulk(key);
        write_words(&mut call.reply, words_of(KeyFlag::NAMES, |flag| flags.contains(&flag)));
    }
    Ok(())
}

/// The keys of the command in the arguments, each with what is done with it.
fn find<'a>(call: &Call<'a>) -> Result<Vec<(&'a [u8], &'static [KeyFlag])>, CommandError> {
    let args = call.args.slice(2);
    let row = call.catalog.lookup(args);
    let Some(command) = row.map(|row| call.catalog.entry(row).facts) else {
        return Err(CommandError::InvalidCommand);
    };
    if command.keys.iter().all(|spec| spec.flags.contains(&KeyFlag::NotKey)) {
        return Err(CommandError::CommandWithoutKeys);
    }
    if !command.accepts(args.len()) {
        return Err(CommandError::InvalidArgumentCount);
    }
    let keys: Vec<_> = command.keys_in(args).collect();
    let is_found = match keys.is_empty() {
        true => command.has(Flag::NoMandatoryKeys),
        false => command.keys.iter().all(|spec| spec.applies_to(args)),
    };
    if is_found { Ok(keys) } else { Err(CommandError::InvalidArguments) }
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn keys_are_found_with_what_is_done_with_them() {
        TestServer::new().check(&[
            ("COMMAND GETKEYS get k", "[\"k\"]"),
            ("COMMAND GETKEYS watch a b c", "[\"a\" \"b\" \"c\"]"),
            ("COMMAND GETKEYSANDFLAGS set k v", "[[\"k\" [OW update]]]"),
            ("COMMAND GETKEYSANDFLAGS set k v get", "[[\"k\" [RW access update]]]"),
        ]);
    }

    #[test]
    fn what_is_no_call_of_a_command_with_keys_is_refused() {
        TestServer::new().check(&[
            ("COMMAND GETKEYS nosuch x", "-ERR Invalid command specified"),
            ("COMMAND GETKEYS config nosuch", "-ERR Invalid command specified"),
            ("COMMAND GETKEYS config get x", "-ERR The command has no key arguments"),
            ("COMMAND GETKEYS ping x", "-ERR The command has no key arguments"),
            ("COMMAND GETKEYS get a b", "-ERR Invalid number of arguments specified for command"),
        ]);
    }
}
