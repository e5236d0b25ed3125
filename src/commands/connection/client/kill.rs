//! `CLIENT KILL addr`, `CLIENT KILL option value [option value ...]`

use super::words::kind_by_name;
use crate::base::ids::ClientId;
use crate::base::number::parse_i64;
use crate::base::time::UnixMillis;
use crate::clients::{ClientKind, ClientSlot, Session};
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::connection::auth::DEFAULT_USER;
use crate::commands::docs::{Arg, Group};
use crate::commands::effect::Action;
use crate::commands::error::{CommandError, Outcome};
use crate::resp::request::Args;

pub const KILL: Command = Command::new("kill", -3, kill)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .docs(Group::Connection, "2.4.0", "Kill the connection of a client")
    .complexity("O(N) where N is the number of client connections")
    .history(&[
            ("2.8.12", "Added new filter format."),
            ("2.8.12", "`ID` option."),
            ("3.2.0", "Added `master` type in for `TYPE` option."),
            (
                "5.0.0",
                "Replaced `slave` `TYPE` with `replica`. `slave` still supported for backward compatibility.",
            ),
            ("6.2.0", "`LADDR` option."),
        ])
    .arguments(&[Arg::one_of(
            "filter",
            &[
                Arg::string("ip:port").deprecated("2.8.12"),
                Arg::one_of(
                    "new-format",
                    &[
                        Arg::integer("client-id").token("ID").since("2.8.12").optional(),
                        Arg::one_of(
                            "normal_master_slave_pubsub",
                            &[
                                Arg::word("normal", "NORMAL"),
                                Arg::word("master", "MASTER").since("3.2.0"),
                                Arg::word("slave", "SLAVE"),
                                Arg::word("replica", "REPLICA").since("5.0.0"),
                                Arg::word("pubsub", "PUBSUB"),
                            ],
                        )
                        .token("TYPE")
                        .since("2.8.12")
                        .optional(),
                        Arg::string("username").token("USER").optional(),
                        Arg::string("ip:port").token("ADDR").optional(),
                        Arg::string("ip:port").token("LADDR").since("6.2.0").optional(),
                        Arg::string("yes/no").token("SKIPME").optional(),
                    ],
                )
                .multiple(),
            ],
        )]);

/// Who is to be closed: every filter must fit.
struct Filter<'a> {
    id: Option<ClientId>,
    kind: Option<ClientKind>,
    peer: Option<&'a [u8]>,
    local: Option<&'a [u8]>,
    min_age_millis: Option<i64>,
    spares_caller: bool,
}

impl Filter<'_> {
    fn fits(&self, session: &Session, caller: ClientSlot, now: UnixMillis) -> bool {
        let is = |wanted: Option<&[u8]>, text: &str| wanted.is_none_or(|w| w == text.as_bytes());
        is(self.peer, &session.peer)
            && is(self.local, &session.local)
            && self.kind.is_none_or(|kind| kind == session.kind)
            && self.id.is_none_or(|id| id == session.key.id)
            && self.min_age_millis.is_none_or(|age| now - session.connected_at >= age)
            && !(self.spares_caller && session.key.slot == caller)
    }
}

fn kill(call: &mut Call<'_>) -> Outcome {
    let is_old_form = call.argc() == 3;
    let filter = if is_old_form {
        let peer = Some(call.arg(2));
        Filter {
            id: None,
            kind: None,
            peer,
            local: None,
            min_age_millis: None,
            spares_caller: false,
        }
    } else {
        parse(call.args)?
    };
    let (caller, now) = (call.client, call.now());
    let clients = call.server.clients.iter().filter(|s| filter.fits(s, caller, now));
    let found: Vec<ClientId> = clients.map(|session| session.key.id).collect();
    match (is_old_form, found.len()) {
        (true, 0) => return Err(CommandError::NoSuchClient),
        (true, _) => call.reply.ok(),
        (false, count) => call.reply.int(count as i64),
    }
    for id in found {
        call.act(Action::Kill(id));
    }
    Ok(())
}

fn parse(args: Args<'_>) -> Result<Filter<'_>, CommandError> {
    let mut filter = Filter {
        id: None,
        kind: None,
        peer: None,
        local: None,
        min_age_millis: None,
        spares_caller: true,
    };
    let mut i = 2;
    while i < args.len() {
        if i + 1 == args.len() {
            return Err(CommandError::Syntax);
        }
        let value = args.get(i + 1);
        match args.get(i).to_ascii_lowercase().as_slice() {
            b"id" => filter.id = Some(positive(value, CommandError::InvalidKillId)?),
            b"type" => filter.kind = Some(kind_by_name(value)?),
            b"addr" => filter.peer = Some(value),
            b"laddr" => filter.local = Some(value),
            b"user" if value == DEFAULT_USER => {}
            b"user" => {
                return Err(CommandError::NoSuchUser(value.to_vec()));
            }
            b"maxage" => {
                let seconds = positive(value, CommandError::InvalidMaxAge)?;
                filter.min_age_millis = Some((seconds as i64).saturating_mul(1000));
            }
            b"skipme" => filter.spares_caller = yes_or_no(value)?,
            _ => return Err(CommandError::Syntax),
        }
        i += 2;
    }
    Ok(filter)
}

fn positive(word: &[u8], complaint: CommandError) -> Result<u64, CommandError> {
    parse_i64(word).filter(|&number| number > 0).map(|number| number as u64).ok_or(complaint)
}

fn yes_or_no(word: &[u8]) -> Result<bool, CommandError> {
    if word.eq_ignore_ascii_case(b"yes") {
        Ok(true)
    } else if word.eq_ignore_ascii_case(b"no") {
        Ok(false)
    } else {
        Err(CommandError::Syntax)
    }
}

#[cfg(test)]
mod tests {
    use crate::commands::effect::Action;
    use crate::keyspace::testing::TestServer;

    fn killed(server: &mut TestServer, command: &str) -> (String, Vec<u64>) {
        server.actions();
        let reply = server.run(command);
        let ids = server
            .actions()
            .into_iter()
            .filter_map(|action| match action {
                Action::Kill(id) => Some(id),
                _ => None,
            })
            .collect();
        (reply, ids)
    }

    #[test]
    fn the_caller_is_spared_unless_it_says_otherwise() {
        let mut server = TestServer::new();
        server.connect();
        assert_eq!(killed(&mut server, "CLIENT KILL TYPE normal"), ("1".into(), vec![2]));
        assert_eq!(
            killed(&mut server, "CLIENT KILL TYPE normal SKIPME no"),
            ("2".into(), vec![1, 2])
        );
        assert_eq!(killed(&mut server, "CLIENT KILL 127.0.0.1:5000"), ("OK".into(), vec![1, 2]));
    }

    #[test]
    fn every_filter_must_fit() {
        let mut server = TestServer::new();
        server.connect();
        assert_eq!(killed(&mut server, "CLIENT KILL ID 2 TYPE pubsub").0, "0");
        assert_eq!(killed(&mut server, "CLIENT KILL ID 2 USER default").0, "1");
        assert_eq!(killed(&mut server, "CLIENT KILL ID 2 MAXAGE 10").0, "0");
        server.now += 10_000;
        assert_eq!(killed(&mut server, "CLIENT KILL ID 2 MAXAGE 10").0, "1");
        server.check(&[
            ("CLIENT KILL 1.2.3.4:5", "-ERR No such client"),
            ("CLIENT KILL ID 0", "-ERR client-id should be greater than 0"),
            ("CLIENT KILL ID 1 TYPE", "-ERR syntax error"),
            ("CLIENT KILL USER nobody", "-ERR No such user 'nobody'"),
            ("CLIENT KILL SKIPME maybe", "-ERR syntax error"),
        ]);
    }
}
