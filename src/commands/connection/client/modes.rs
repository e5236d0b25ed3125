//! `CLIENT NO-EVICT ON|OFF`, `CLIENT NO-TOUCH ON|OFF`

use super::on_or_off;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag, Flags};
use crate::commands::docs::{Arg, Docs, Group};
use crate::commands::error::Outcome;

pub const NO_EVICT: Command = Command {
    name: "no-evict",
    arity: 3,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    categories: &[Category::Connection],
    handler: no_evict,
    docs: Docs {
        summary: "Set client eviction mode for the current connection",
        since: "7.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        arguments: &[Arg::one_of("enabled", &[Arg::word("on", "ON"), Arg::word("off", "OFF")])],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

pub const NO_TOUCH: Command = Command {
    name: "no-touch",
    arity: 3,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale]),
    categories: &[Category::Connection],
    handler: no_touch,
    docs: Docs {
        summary: "Controls whether commands sent by the client affect the LRU/LFU of accessed keys.",
        since: "7.2.0",
        group: Group::Connection,
        complexity: "O(1)",
        arguments: &[Arg::one_of("enabled", &[Arg::word("on", "ON"), Arg::word("off", "OFF")])],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn no_evict(call: &mut Call<'_>) -> Outcome {
    call.session().no_evict = on_or_off(call.args.get(2))?;
    call.reply.ok();
    Ok(())
}

fn no_touch(call: &mut Call<'_>) -> Outcome {
    call.session().no_touch = on_or_off(call.args.get(2))?;
    call.reply.ok();
    Ok(())
}
