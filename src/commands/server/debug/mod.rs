//! `DEBUG`: for tests, and only where `enable-debug-command` allows it.
//!
//! It is one command without declared subcommands, as in Redis: [`OPERATIONS`] lists what it does.

mod crash;
mod digest;
mod help;
mod knobs;
mod object;
mod populate;
mod protocol;
mod reload;
mod replication;
mod tables;

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::Group;
use crate::commands::error::{CommandError, Outcome};

pub const DEBUG: Command = Command::new("debug", -2, debug)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale, Flag::OfDebug])
    .and_flags(&[Flag::AnsweredLater])
    .docs(Group::Server, "1.0.0", "A container for debugging commands")
    .complexity("Depends on subcommand.")
    .doc_flags(&["syscmd"]);

/// One of the things DEBUG does.
struct Operation {
    name: &'static str,
    /// How many arguments, with `DEBUG` and the name.
    argc: std::ops::RangeInclusive<usize>,
    handler: fn(&mut Call<'_>) -> Outcome,
}

const fn operation(
    name: &'static str,
    argc: std::ops::RangeInclusive<usize>,
    handler: fn(&mut Call<'_>) -> Outcome,
) -> Operation {
    Operation { name, argc, handler }
}

const ANY: usize = usize::MAX;

const OPERATIONS: &[Operation] = &[
    operation("aof-flush-sleep", 3..=3, knobs::accept),
    operation("assert", 2..=ANY, crash::panic),
    operation("change-repl-id", 2..=2, replication::change_id),
    operation("client-eviction", 2..=2, tables::client_eviction),
    operation("config-rewrite-force-all", 2..=2, knobs::rewrite_config),
    operation("crash-and-recover", 2..=ANY, crash::recover),
    operation("digest", 2..=2, digest::digest),
    operation("digest-value", 2..=ANY, digest::digest_value),
    operation("error", 3..=3, protocol::error),
    operation("help", 2..=2, help::help),
    operation("htstats", 3..=3, tables::database),
    operation("htstats-key", 3..=3, tables::value),
    operation("listpack", 3..=3, object::listpack),
    operation("loadaof", 2..=ANY, reload::load_log),
    operation("log", 3..=3, knobs::log),
    operation("object", 3..=3, object::object),
    operation("oom", 2..=ANY, crash::panic),
    operation("panic", 2..=ANY, crash::panic),
    operation("pause-cron", 3..=3, knobs::pause_cron),
    operation("populate", 3..=5, populate::populate),
    operation("protocol", 3..=3, protocol::protocol),
    operation("quicklist", 3..=4, object::quicklist),
    operation("quicklist-packed-threshold", 3..=3, knobs::accept),
    operation("reload", 2..=ANY, reload::reload),
    operation("replicate", 3..=ANY, replication::replicate),
    operation("replybuffer", 4..=4, knobs::reply_buffer),
    operation("restart", 2..=ANY, crash::restart),
    operation("sdslen", 3..=3, object::string_lengths),
    operation("segfault", 2..=ANY, crash::segfault),
    operation("set-active-expire", 3..=3, knobs::set_active_expire),
    operation("set-disable-deny-scripts", 3..=3, knobs::accept),
    operation("set-skip-checksum-validation", 3..=3, knobs::set_skips_checksums),
    operation("sleep", 3..=3, knobs::sleep),
    operation("stringmatch-test", 2..=2, knobs::match_at_random),
    operation("structsize", 2..=2, tables::struct_sizes),
];

fn debug(call: &mut Call<'_>) -> Outcome {
    let name = call.arg(1);
    let is_meant = |operation: &&Operation| {
        operation.name.as_bytes().eq_ignore_ascii_case(name)
            && operation.argc.contains(&call.argc())
    };
    match OPERATIONS.iter().find(is_meant) {
        Some(operation) => (operation.handler)(call),
        None => Err(CommandError::unknown_operation(name, "DEBUG")),
    }
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn debug_is_refused_where_it_is_not_enabled() {
        let mut server = TestServer::new();
        assert_eq!(
            server.run("DEBUG JMAP"),
            "-ERR DEBUG command not allowed. If the enable-debug-command option is set to \
             \"local\", you can run it from a local connection, otherwise you need to set this \
             option in the configuration file, and then restart the server."
        );
        server.enable_debug();
        assert_eq!(
            server.run("DEBUG JMAP x"),
            "-ERR unknown subcommand or wrong number of arguments for 'JMAP'. Try DEBUG HELP."
        );
        assert!(server.run("DEBUG help").contains("DIGEST"));
    }
}
