//! `MODULE`: there are none, and none can be loaded.

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};

pub const MODULE: Command = Command::container("module", &[HELP, LIST, LOAD, LOADEX, UNLOAD]).docs(
    Group::Server,
    "4.0.0",
    "A container for module commands",
);

const CHANGING: &[Flag] = &[Flag::Admin, Flag::NoScript, Flag::NoAsyncLoading, Flag::OfModules];

const HELP: Command = Command::help(&[
    "LIST",
    "    The modules that are loaded: none.",
    "LOAD <path> [<arg> ...]",
    "LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]",
    "UNLOAD <name>",
    "    This server does not load modules.",
])
.docs(Group::Server, "5.0.0", "Show helpful text about the different subcommands");

const LIST: Command = Command::new("list", 2, list)
    .flags(&[Flag::Admin, Flag::NoScript])
    .tips(&["nondeterministic_output_order"])
    .docs(Group::Server, "4.0.0", "List all modules that are loaded")
    .complexity("O(N) where N is the number of loaded modules.");

const LOAD: Command = Command::new("load", -3, refuse)
    .flags(CHANGING)
    .docs(Group::Server, "4.0.0", "Load a module")
    .arguments(&[Arg::string("path"), Arg::string("arg").optional().multiple()]);

const LOADEX: Command = Command::new("loadex", -3, refuse)
    .flags(CHANGING)
    .docs(Group::Server, "7.0.0", "Load a module with settings and arguments")
    .arguments(&[
        Arg::string("path"),
        Arg::block("configs", &[Arg::string("name"), Arg::string("value")])
            .token("CONFIG")
            .optional()
            .multiple()
            .multiple_token(),
        Arg::block("args", &[Arg::string("arg")]).token("ARGS").optional().multiple(),
    ]);

const UNLOAD: Command = Command::new("unload", 3, unload)
    .flags(CHANGING)
    .docs(Group::Server, "4.0.0", "Unload a module")
    .arguments(&[Arg::string("name")]);

fn list(call: &mut Call<'_>) -> Outcome {
    call.reply.array(0);
    Ok(())
}

fn refuse(_: &mut Call<'_>) -> Outcome {
    Err(CommandError::NoModules)
}

fn unload(_: &mut Call<'_>) -> Outcome {
    Err(CommandError::NoSuchModule)
}

#[cfg(test)]
mod tests {
    use crate::config::value::choice::Protected;
    use crate::keyspace::testing::TestServer;

    #[test]
    fn there_are_no_modules_and_none_can_be_loaded() {
        let mut server = TestServer::new();
        server.check(&[
            ("MODULE LIST", "[]"),
            ("MODULE nosuch", "-ERR unknown subcommand 'nosuch'. Try MODULE HELP."),
            ("MODULE UNLOAD", "-ERR wrong number of arguments for 'module|unload' command"),
        ]);
        for command in ["MODULE LOAD x", "MODULE LOADEX x", "MODULE UNLOAD x"] {
            let reply = server.run(command);
            assert!(reply.starts_with("-ERR MODULE command not allowed. If the enable-module-"));
        }
        server.check(&[
            ("MULTI", "OK"),
            (
                "MODULE LOAD x",
                "-ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.",
            ),
            ("EXEC", "-EXECABORT Transaction discarded because of previous errors."),
        ]);
        server.server().config.security.enable_module_command = Protected::Yes;
        server.check(&[
            ("MODULE LOAD x", "-ERR this server does not load modules"),
            ("MODULE UNLOAD x", "-ERR Error unloading module: no such module with that name"),
        ]);
    }
}
