//! `CLIENT NO-EVICT ON|OFF`, `CLIENT NO-TOUCH ON|OFF`

use super::words::on_or_off;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;

pub const NO_EVICT: Command = Command::new("no-evict", 3, no_evict)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .docs(Group::Connection, "7.0.0", "Set client eviction mode for the current connection")
    .arguments(&[Arg::one_of("enabled", &[Arg::word("on", "ON"), Arg::word("off", "OFF")])]);

pub const NO_TOUCH: Command = NO_EVICT
    .sibling("no-touch", no_touch)
    .flags(&[Flag::NoScript, Flag::Loading, Flag::Stale])
    .docs(
        Group::Connection,
        "7.2.0",
        "Controls whether commands sent by the client affect the LRU/LFU of accessed keys.",
    );

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
