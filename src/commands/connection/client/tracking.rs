//! `CLIENT TRACKING`, `CACHING`, `GETREDIR` and `TRACKINGINFO`: what clients cache is not tracked
//! yet, and these say so.

use super::on_or_off;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag, Flags};
use crate::commands::docs::{Arg, Docs, Group};
use crate::commands::error::{CommandError, Outcome};

pub const TRACKING: Command = Command {
    name: "tracking",
    arity: -3,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale]),
    categories: &[Category::Connection],
    handler: tracking,
    docs: Docs {
        summary: "Enable or disable server assisted client side caching support",
        since: "6.0.0",
        group: Group::Connection,
        complexity: "O(1). Some options may introduce additional complexity.",
        arguments: &[
            Arg::one_of("status", &[Arg::word("on", "ON"), Arg::word("off", "OFF")]),
            Arg::integer("client-id").token("REDIRECT").optional(),
            Arg::string("prefix").token("PREFIX").optional().multiple_token(),
            Arg::word("bcast", "BCAST").optional(),
            Arg::word("optin", "OPTIN").optional(),
            Arg::word("optout", "OPTOUT").optional(),
            Arg::word("noloop", "NOLOOP").optional(),
        ],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

pub const CACHING: Command = Command {
    name: "caching",
    arity: 3,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale]),
    categories: &[Category::Connection],
    handler: caching,
    docs: Docs {
        summary: "Instruct the server about tracking or not keys in the next request",
        since: "6.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        arguments: &[Arg::one_of("mode", &[Arg::word("yes", "YES"), Arg::word("no", "NO")])],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

pub const GETREDIR: Command = Command {
    name: "getredir",
    arity: 2,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale]),
    categories: &[Category::Connection],
    handler: getredir,
    docs: Docs {
        summary: "Get tracking notifications redirection client ID if any",
        since: "6.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

pub const TRACKINGINFO: Command = Command {
    name: "trackinginfo",
    arity: 2,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale]),
    categories: &[Category::Connection],
    handler: trackinginfo,
    docs: Docs {
        summary: "Return information about server assisted client side caching for the current connection",
        since: "6.2.0",
        group: Group::Connection,
        complexity: "O(1)",
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn tracking(call: &mut Call<'_>) -> Outcome {
    if on_or_off(call.arg(2))? {
        return Err(CommandError::text("ERR client side caching is not supported yet"));
    }
    call.reply.ok();
    Ok(())
}

fn caching(_: &mut Call<'_>) -> Outcome {
    Err(CommandError::text(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled",
    ))
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
