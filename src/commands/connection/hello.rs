//! `HELLO [protover [AUTH username password] [SETNAME clientname]]`

use super::auth::check_password;
use super::client::check_name;
use crate::base::ids::ClientId;
use crate::base::number::parse_i64;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::effect::Action;
use crate::commands::error::{CommandError, Outcome};
use crate::config::load::REDIS_VERSION;
use crate::resp::reply::Protocol;

pub const HELLO: Command = Command::new("hello", -1, hello)
    .flags(&[
        Flag::NoScript,
        Flag::Loading,
        Flag::Stale,
        Flag::Fast,
        Flag::NoAuth,
        Flag::AllowBusy,
    ])
    .categories(&[Category::Connection])
    .docs(Group::Connection, "6.0.0", "Handshake with Redis")
    .history(&[(
            "6.2.0",
            "`protover` made optional; when called without arguments the command reports the current connection's context.",
        )])
    .arguments(&[Arg::block(
            "arguments",
            &[
                Arg::integer("protover"),
                Arg::block(
                    "username_password",
                    &[Arg::string("username"), Arg::string("password")],
                )
                .token("AUTH")
                .optional(),
                Arg::string("clientname").token("SETNAME").optional(),
            ],
        )
        .optional()]);

/// What a HELLO asks for.
#[derive(Default)]
struct Request<'a> {
    protocol: Option<Protocol>,
    /// User and password.
    credentials: Option<(&'a [u8], &'a [u8])>,
    name: Option<&'a [u8]>,
}

fn hello(call: &mut Call<'_>) -> Outcome {
    let request = parse(call)?;
    if let Some((user, password)) = request.credentials {
        check_password(&call.server.config, user, password)?;
    } else if call.server.config.security.requirepass.is_some() && !call.session().authenticated {
        return Err(CommandError::HelloWithoutAuth);
    }
    let session = call.session();
    session.authenticated = true;
    if let Some(name) = request.name {
        session.name = name.to_vec();
    }
    if let Some(protocol) = request.protocol {
        session.protocol = protocol;
        call.reply.set_protocol(protocol);
    }
    let id = call.session().key.id;
    call.act(Action::ClientClassChanged(id));
    write_greeting(call, id);
    Ok(())
}

fn parse<'a>(call: &mut Call<'a>) -> Result<Request<'a>, CommandError> {
    let mut request = Request::default();
    if call.argc() < 2 {
        return Ok(request);
    }
    let version = parse_i64(call.arg(1)).ok_or(CommandError::ProtocolNotInteger)?;
    request.protocol = Some(Protocol::from_version(version).ok_or(CommandError::NoProto)?);
    let mut i = 2;
    while i < call.argc() {
        let (option, more) = (call.arg(i), call.argc() - 1 - i);
        if option.eq_ignore_ascii_case(b"auth") && more >= 2 {
            call.redact(i + 1);
            call.redact(i + 2);
            request.credentials = Some((call.arg(i + 1), call.arg(i + 2)));
            i += 3;
        } else if option.eq_ignore_ascii_case(b"setname") && more >= 1 {
            check_name(call.arg(i + 1))?;
            request.name = Some(call.arg(i + 1));
            i += 2;
        } else {
            return Err(CommandError::UnknownHelloOption(option.to_vec()));
        }
    }
    Ok(request)
}

/// Who the server is, as a map.
fn write_greeting(call: &mut Call<'_>, id: ClientId) {
    let role = if call.server.replication.is_replica() { "replica" } else { "master" };
    let reply = &mut call.reply;
    let version = i64::from(reply.protocol().version());
    reply.map(7);
    for (field, value) in [("server", "redis"), ("version", REDIS_VERSION)] {
        reply.bulk(field.as_bytes());
        reply.bulk(value.as_bytes());
    }
    reply.bulk(b"proto");
    reply.int(version);
    reply.bulk(b"id");
    reply.int(id as i64);
    for (field, value) in [("mode", "standalone"), ("role", role)] {
        reply.bulk(field.as_bytes());
        reply.bulk(value.as_bytes());
    }
    reply.bulk(b"modules");
    reply.empty_array();
}
