//! `CONFIG SET parameter value [parameter value ...]`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::effect::Action;
use crate::commands::error::{CommandError, Outcome};
use crate::config::set::{Circumstances, Prepared, SetError, is_sensitive, prepare};

pub const SET: Command = Command::new("set", -4, set)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale])
    .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
    .docs(Group::Server, "2.0.0", "Set configuration parameters to the given values")
    .complexity("O(N) when N is the number of configuration parameters provided")
    .history(&[("7.0.0", "Added the ability to set multiple parameters in one call.")])
    .arguments(&[
        Arg::block("parameter_value", &[Arg::string("parameter"), Arg::string("value")]).multiple()
    ]);

fn set(call: &mut Call<'_>) -> Outcome {
    if !call.argc().is_multiple_of(2) {
        return Err(CommandError::Syntax);
    }
    let words: Vec<_> = call.args.iter().skip(2).collect();
    let pairs: Vec<_> = words.as_chunks().0.iter().map(|&[name, value]| (name, value)).collect();
    for (i, (name, _)) in pairs.iter().enumerate() {
        if is_sensitive(name) {
            call.redact(2 * i + 3);
        }
    }
    let circumstances = Circumstances {
        is_local_client: call.session().is_local,
        is_loading: call.server.loading.is_some(),
    };
    let server = &mut *call.server;
    let refused = |error: SetError| CommandError::Given(error.reply());
    let Prepared { mut config, changed } =
        prepare(&server.config, &pairs, circumstances).map_err(refused)?;
    server.host.apply(&server.config, &mut config, &changed).map_err(refused)?;
    server.config = config;
    call.act(Action::ConfigChanged(changed));
    call.reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn a_name_without_a_value_is_a_syntax_error() {
        TestServer::new().check(&[
            ("CONFIG SET timeout 1 hz", "-ERR syntax error"),
            ("CONFIG SET timeout", "-ERR wrong number of arguments for 'config|set' command"),
            ("CONFIG GET timeout", "[\"timeout\" \"0\"]"),
        ]);
    }
}
