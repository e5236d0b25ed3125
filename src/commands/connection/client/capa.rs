//! `CLIENT CAPA capability [capability ...]` of Valkey

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;

pub const CAPA: Command = Command::new("capa", -3, capa)
    .flags(&[Flag::NoScript, Flag::Loading, Flag::Stale, Flag::AllowBusy])
    .categories(&[Category::Connection])
    .docs(Group::Connection, "8.0.0", "Tell the server what the client is able to do")
    .arguments(&[Arg::string("capability").multiple()]);

/// Whatever a client is able to do, it is not asked for here: `redirect`, the one capability that
/// Valkey knows, lets a server send its client to another one, and need not be made use of.
fn capa(call: &mut Call<'_>) -> Outcome {
    call.reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn known_and_unknown_capabilities_are_taken() {
        let mut server = TestServer::new();
        server.check(&[
            ("CLIENT CAPA redirect", "OK"),
            ("client capa nosuch REDIRECT", "OK"),
            ("CLIENT CAPA", "-ERR wrong number of arguments for 'client|capa' command"),
        ]);
    }
}
