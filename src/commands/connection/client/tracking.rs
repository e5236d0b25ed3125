//! `CLIENT TRACKING`, `CACHING`, `GETREDIR` and `TRACKINGINFO`: what clients cache is not tracked
//! yet, and these say so.

use super::words::on_or_off;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};

pub const TRACKING: Command = Command::new("tracking", -3, tracking)
    .flags(&[Flag::NoScript, Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .docs(
        Group::Connection,
        "6.0.0",
        "Enable or disable server assisted client side caching support",
    )
    .complexity("O(1). Some options may introduce additional complexity.")
    .arguments(&[
        Arg::one_of("status", &[Arg::word("on", "ON"), Arg::word("off", "OFF")]),
        Arg::integer("client-id").token("REDIRECT").optional(),
        Arg::string("prefix").token("PREFIX").optional().multiple_token(),
        Arg::word("bcast", "BCAST").optional(),
        Arg::word("optin", "OPTIN").optional(),
        Arg::word("optout", "OPTOUT").optional(),
        Arg::word("noloop", "NOLOOP").optional(),
    ]);

pub const CACHING: Command = Command::new("caching", 3, caching)
    .flags(&[Flag::NoScript, Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .docs(
        Group::Connection,
        "6.0.0",
        "Instruct the server about tracking or not keys in the next request",
    )
    .arguments(&[Arg::one_of("mode", &[Arg::word("yes", "YES"), Arg::word("no", "NO")])]);

pub const GETREDIR: Command = Command::new("getredir", 2, getredir)
    .flags(&[Flag::NoScript, Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .docs(Group::Connection, "6.0.0", "Get tracking notifications redirection client ID if any");

pub const TRACKINGINFO: Command = GETREDIR.sibling("trackinginfo", trackinginfo).docs(
    Group::Connection,
    "6.2.0",
    "Return information about server assisted client side caching for the current connection",
);

fn tracking(call: &mut Call<'_>) -> Outcome {
    if on_or_off(call.arg(2))? {
        return Err(CommandError::NoTracking);
    }
    call.reply.ok();
    Ok(())
}

fn caching(_: &mut Call<'_>) -> Outcome {
    Err(CommandError::CachingWithoutTracking)
}

fn getredir(call: &mut Call<'_>) -> Outcome {
    call.reply.int(-1);
    Ok(())
}

fn trackinginfo(call: &mut Call<'_>) -> Outcome {
    let reply = &mut call.reply;
    reply.map(3);
    reply.bulk(b"flags");
    reply.set(1);
    reply.bulk(b"off");
    reply.bulk(b"redirect");
    reply.int(-1);
    reply.bulk(b"prefixes");
    reply.empty_array();
    Ok(())
}
