//! `AUTH [username] password`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::effect::Action;
use crate::commands::error::{CommandError, Outcome};
use crate::config::Config;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub const AUTH: Command = Command::new("auth", -2, auth)
    .flags(&[Flag::NoScript, Flag::Loading, Flag::Stale, Flag::Fast, Flag::NoAuth, Flag::AllowBusy])
    .categories(&[Category::Connection])
    .docs(Group::Connection, "1.0.0", "Authenticate to the server")
    .complexity("O(N) where N is the number of passwords defined for the user")
    .history(&[("6.0.0", "Added ACL style (username and password).")])
    .arguments(&[Arg::string("username").since("6.0.0").optional(), Arg::string("password")]);

/// The only user so far.
pub(super) const DEFAULT_USER: &[u8] = b"default";

fn auth(call: &mut Call<'_>) -> Outcome {
    for i in 1..call.argc() {
        call.redact(i);
    }
    let (user, password) = match call.argc() {
        2 if call.server.config.security.requirepass.is_none() => {
            return Err(CommandError::NoPassword);
        }
        2 => (DEFAULT_USER, call.arg(1)),
        3 => (call.arg(1), call.arg(2)),
        _ => return Err(CommandError::Syntax),
    };
    check_password(&call.server.config, user, password)?;
    let session = call.session();
    session.authenticated = true;
    let id = session.key.id;
    call.act(Action::ClientClassChanged(id));
    call.reply.ok();
    Ok(())
}

/// Whether the password opens the user's account.
///
/// # Errors
/// `WRONGPASS`, whether the user or the password is wrong.
pub(super) fn check_password(
    config: &Config,
    user: &[u8],
    password: &[u8],
) -> Result<(), CommandError> {
    let is_right = match &config.security.requirepass {
        None => true,
        // Digests have one length: the time tells nothing about the password's.
        Some(right) => Sha256::digest(right.reveal()).ct_eq(&Sha256::digest(password)).into(),
    };
    if user == DEFAULT_USER && is_right { Ok(()) } else { Err(CommandError::WrongPass) }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::keyspace::testing::TestServer;

    fn with_password() -> TestServer {
        let mut config = Config::default();
        let pairs: [(&[u8], &[u8]); 1] = [(b"requirepass", b"secret")];
        let now = crate::config::set::Circumstances { is_local_client: true, is_loading: false };
        config = crate::config::set::prepare(&config, &pairs, now).unwrap().config;
        let mut server = TestServer::with(config);
        server.session().authenticated = false;
        server
    }

    #[test]
    fn the_right_password_opens_and_a_wrong_one_does_not() {
        with_password().check(&[
            ("GET k", "-NOAUTH Authentication required."),
            ("AUTH wrong", "-WRONGPASS invalid username-password pair or user is disabled."),
            ("AUTH other secret", "-WRONGPASS invalid username-password pair or user is disabled."),
            ("AUTH a b c", "-ERR syntax error"),
            ("GET k", "-NOAUTH Authentication required."),
            ("AUTH secret", "OK"),
            ("GET k", "nil"),
            ("AUTH wrong", "-WRONGPASS invalid username-password pair or user is disabled."),
            ("GET k", "nil"),
        ]);
    }

    #[test]
    fn without_a_password_only_the_form_with_a_user_works() {
        TestServer::new().check(&[
            (
                "AUTH any",
                "-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
            ),
            ("AUTH default any", "OK"),
            ("AUTH nobody any", "-WRONGPASS invalid username-password pair or user is disabled."),
        ]);
    }
}
