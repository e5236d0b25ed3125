//! `MIGRATE host port key|"" destination-db timeout [COPY] [REPLACE] [AUTH password | AUTH2 username
//! password] [KEYS key [key ...]]`
//!
//! The target is spoken to elsewhere, while the client waits and others are served; what would write
//! to one of the keys meanwhile waits too. So it cannot be part of a transaction.

use crate::base::number::parse_i64;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::effect::{Action, Block, MigrateRequest};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{Begin, KeyFlag, KeySpec};
use crate::replication::model::handshake::MasterAuth;
use crate::replication::model::migration::Target;
use crate::resp::request::Args;

/// Milliseconds when none, or no sensible number of them, is asked for.
const DEFAULT_TIMEOUT_MS: u64 = 1000;
/// The first option.
const OPTIONS_AT: usize = 6;

pub const MIGRATE: Command = Command::new("migrate", -6, migrate)
    .flags(&[Flag::Write, Flag::MovableKeys, Flag::AnsweredLater, Flag::NotQueued])
    .categories(&[Category::Keyspace, Category::Dangerous])
    .keys(&[
        KeySpec {
            found_by: Some(|args| (!names_many(args)).then_some(3)),
            ..KeySpec::at(3, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete])
        },
        KeySpec {
            begin: Begin::Keyword("KEYS", -2),
            ..KeySpec::range(
                1,
                -1,
                1,
                &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete, KeyFlag::Incomplete],
            )
        },
    ])
    .tips(&["nondeterministic_output"])
    .docs(Group::Generic, "2.6.0", "Moves keys to another server.")
    .complexity("O(N) where N is the size of what is moved")
    .history(&[
        ("3.0.0", "Added the `COPY` and `REPLACE` options."),
        ("3.0.6", "Added the `KEYS` option."),
        ("4.0.7", "Added the `AUTH` option."),
        ("6.0.0", "Added the `AUTH2` option."),
    ])
    .arguments(&[
        Arg::string("host"),
        Arg::integer("port"),
        Arg::one_of("key_or_empty_string", &[Arg::KEY, Arg::word("empty_string", "")]),
        Arg::integer("destination-db"),
        Arg::integer("timeout"),
        Arg::word("copy", "COPY").since("3.0.0").optional(),
        Arg::word("replace", "REPLACE").since("3.0.0").optional(),
        Arg::one_of(
            "authentication",
            &[
                Arg::string("password").token("AUTH").since("4.0.7").optional(),
                Arg::block(
                    "username_password",
                    &[Arg::string("username"), Arg::string("password")],
                )
                .token("AUTH2")
                .since("6.0.0")
                .optional(),
            ],
        )
        .optional(),
        Arg::key("key", 1).token("KEYS").since("3.0.6").optional().multiple(),
    ]);

/// Whether the keys stand behind KEYS: the key's own place is empty then.
fn names_many(args: Args<'_>) -> bool {
    let mut i = OPTIONS_AT;
    while args.get(3).is_empty() && i < args.len() {
        let is = |word: &[u8]| args.get(i).eq_ignore_ascii_case(word);
        if is(b"keys") {
            return true;
        }
        i += 1 + usize::from(is(b"auth")) + 2 * usize::from(is(b"auth2"));
    }
    false
}

#[derive(Default)]
struct Options {
    copy: bool,
    replace: bool,
    auth: Option<MasterAuth>,
    /// The first key and one past the last, among the arguments.
    keys: Option<(usize, usize)>,
}

impl Options {
    fn parse(call: &mut Call<'_>) -> Result<Options, CommandError> {
        let mut options = Options::default();
        let mut i = OPTIONS_AT;
        while i < call.argc() {
            let is = |word: &[u8]| call.arg(i).eq_ignore_ascii_case(word);
            let more = call.argc() - i - 1;
            if is(b"copy") {
                options.copy = true;
            } else if is(b"replace") {
                options.replace = true;
            } else if is(b"auth") && more >= 1 {
                i += 1;
                call.redact(i);
                // As in Redis, a name from an AUTH2 before it stays.
                let user = options.auth.and_then(|auth| auth.user);
                options.auth = Some(MasterAuth { user, password: call.arg(i).into() });
            } else if is(b"auth2") && more >= 2 {
                call.redact(i + 1);
                call.redact(i + 2);
                let (user, password) = (call.arg(i + 1), call.arg(i + 2));
                options.auth =
                    Some(MasterAuth { user: Some(user.into()), password: password.into() });
                i += 2;
            } else if is(b"keys") {
                if !call.arg(3).is_empty() {
                    return Err(CommandError::MigrateKeyBesideKeys);
                }
                options.keys = Some((i + 1, call.argc()));
                break;
            } else {
                return Err(CommandError::Syntax);
            }
            i += 1;
        }
        Ok(options)
    }
}

fn migrate(call: &mut Call<'_>) -> Outcome {
    let options = Options::parse(call)?;
    let timeout = call.integer(5)?;
    let db = call.integer(4)?;
    let timeout_ms = u64::try_from(timeout).ok().filter(|&ms| ms > 0);
    let (first, end) = options.keys.unwrap_or((3, 4));
    let named = (first..end).map(|i| call.args.get(i));
    let mut entries = Vec::new();
    for key in named {
        entries.extend(call.keys.read_entry(key).cloned());
    }
    if entries.is_empty() {
        call.reply.simple("NOKEY");
        return Ok(());
    }
    let target = Target {
        host: String::from_utf8_lossy(call.arg(1)).into_owned(),
        // 0 is nobody's.
        port: parse_i64(call.arg(2)).and_then(|port| u16::try_from(port).ok()).unwrap_or(0),
        auth: options.auth,
        db,
        timeout_ms: timeout_ms.unwrap_or(DEFAULT_TIMEOUT_MS),
        replace: options.replace,
    };
    call.block(Block::Migrating);
    let db = call.db();
    let request = MigrateRequest { target, db, entries, copy: options.copy };
    call.act(Action::Migrate(Box::new(request)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::effect::{Action, Block, MigrateRequest};
    use crate::keyspace::testing::{Flow, TestServer};

    fn asked(server: &mut TestServer, line: &str) -> MigrateRequest {
        assert_eq!(server.run(line), "");
        assert!(matches!(server.flow, Flow::Suspend(Block::Migrating)));
        match server.actions().pop() {
            Some(Action::Migrate(request)) => *request,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_migration_takes_the_keys_that_are_there() {
        let mut server = TestServer::new();
        server.check(&[("MSET a 1 b 2", "OK")]);
        let request = asked(&mut server, "MIGRATE h 6379 a 3 0 COPY REPLACE AUTH2 u p");
        let target = request.target;
        assert_eq!(
            (target.port, target.db, target.timeout_ms, target.replace),
            (6379, 3, 1000, true)
        );
        let auth = target.auth.expect("one");
        assert_eq!((auth.user.as_deref(), &auth.password[..]), (Some(&b"u"[..]), &b"p"[..]));
        assert!(request.copy && request.entries.len() == 1);
        let request = asked(&mut server, "MIGRATE h 6379 \"\" 0 50 KEYS a none b a");
        let keys: Vec<&[u8]> = request.entries.iter().map(|entry| entry.key()).collect();
        assert_eq!((request.target.timeout_ms, keys), (50, vec![&b"a"[..], b"b", b"a"]));
        assert_eq!(asked(&mut server, "MIGRATE h port a 0 50").target.port, 0);
    }

    #[test]
    fn what_cannot_be_migrated_is_told_at_once() {
        let mut server = TestServer::new();
        let beside =
            "-ERR When using MIGRATE KEYS option, the key argument must be set to the empty string";
        server.check(&[
            ("SET a 1", "OK"),
            ("MIGRATE h 6379 b 0 50", "NOKEY"),
            ("MIGRATE h 6379 \"\" 0 50 KEYS", "NOKEY"),
            ("MIGRATE h 6379 \"\" 0 50 KEYS b c", "NOKEY"),
            ("MIGRATE h 6379 a 0 50 KEYS a", beside),
            ("MIGRATE h 6379 a 0 x", "-ERR value is not an integer or out of range"),
            ("MIGRATE h 6379 a x 50", "-ERR value is not an integer or out of range"),
            ("MIGRATE h 6379 a 0 50 AUTH", "-ERR syntax error"),
            ("MIGRATE h 6379 a 0 50 AUTH2 u", "-ERR syntax error"),
            ("MIGRATE h 6379 a 0 50 NOW", "-ERR syntax error"),
            ("MULTI", "OK"),
            ("MIGRATE h 6379 a 0 50", "-ERR Command not allowed inside a transaction"),
            ("EXEC", "-EXECABORT Transaction discarded because of previous errors."),
            ("GET a", "\"1\""),
        ]);
        assert!(server.actions().is_empty());
    }

    #[test]
    fn commands_that_write_to_a_key_wait_while_it_is_migrated() {
        let mut server = TestServer::new();
        server.check(&[("MSET a 1 b 2", "OK")]);
        server.server().migrating.keys.insert(b"a"[..].into());
        for line in
            ["SET a 1", "DEL b a", "RENAME b a", "SORT b STORE a", "MIGRATE h 1 \"\" 0 0 KEYS a"]
        {
            assert_eq!(server.run(line), "", "{line}");
            assert!(matches!(server.flow, Flow::Suspend(Block::KeyMigrates)), "{line}");
        }
        server.check(&[("GET a", "\"1\""), ("SET b 3", "OK"), ("COPY a c", "1")]);
        server.check(&[("MULTI", "OK"), ("SET b 1", "QUEUED"), ("EXEC", "[OK]")]);
        server.check(&[("MULTI", "OK"), ("SET a 5", "QUEUED"), ("EXEC", "")]);
        assert!(matches!(server.flow, Flow::Suspend(Block::KeyMigrates)));
        server.server().migrating.keys.clear();
        server.check(&[("EXEC", "[OK]"), ("GET a", "\"5\"")]);
    }
}
