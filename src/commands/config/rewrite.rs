//! `CONFIG REWRITE`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::Group;
use crate::commands::error::{CommandError, Outcome};

pub const REWRITE: Command = Command::new("rewrite", 2, rewrite)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale])
    .docs(
        Group::Server,
        "2.8.0",
        "Rewrite the configuration file with the in memory configuration",
    );

fn rewrite(call: &mut Call<'_>) -> Outcome {
    let server = &mut *call.server;
    if server.config.config_file.is_none() {
        return Err(CommandError::NoConfigFile);
    }
    match server.host.rewrite_config(&server.config, false) {
        Ok(()) => {
            log::warn!("CONFIG REWRITE executed with success.");
            call.reply.ok();
            Ok(())
        }
        Err(reason) => {
            log::warn!("CONFIG REWRITE failed: {reason}");
            Err(CommandError::ConfigNotWritten(reason))
        }
    }
}
