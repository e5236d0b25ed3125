//! `CLIENT SETNAME name`, `CLIENT GETNAME`, `CLIENT SETINFO LIB-NAME|LIB-VER value`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};

pub const SETNAME: Command = Command::new("setname", 3, setname)
    .flags(&[Flag::NoScript, Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .docs(Group::Connection, "2.6.9", "Set the current connection name")
    .arguments(&[Arg::string("connection-name")]);

pub const GETNAME: Command = Command::new("getname", 2, getname)
    .flags(&[Flag::NoScript, Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .docs(Group::Connection, "2.6.9", "Get the current connection name");

pub const SETINFO: Command = Command::new("setinfo", 4, setinfo)
    .flags(&[Flag::NoScript, Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
    .docs(Group::Connection, "7.2.0", "Sets information specific to the client or connection.")
    .arguments(&[Arg::one_of(
        "attr",
        &[Arg::string("libname").token("LIB-NAME"), Arg::string("libver").token("LIB-VER")],
    )]);

fn setname(call: &mut Call<'_>) -> Outcome {
    let name = call.arg(2);
    check_name(name)?;
    call.session().name = name.to_vec();
    call.reply.ok();
    Ok(())
}

fn getname(call: &mut Call<'_>) -> Outcome {
    let name = &call.server.clients.at(call.client).name;
    if name.is_empty() {
        call.reply.null();
    } else {
        call.reply.bulk(name);
    }
    Ok(())
}

fn setinfo(call: &mut Call<'_>) -> Outcome {
    let (attribute, value) = (call.arg(2), call.arg(3));
    let is_name = attribute.eq_ignore_ascii_case(b"lib-name");
    if !is_name && !attribute.eq_ignore_ascii_case(b"lib-ver") {
        return Err(CommandError::UnknownAttribute(attribute.to_vec()));
    }
    if !is_plain(value) {
        return Err(CommandError::InvalidAttribute(attribute.to_vec()));
    }
    let session = call.session();
    let field = if is_name { &mut session.lib_name } else { &mut session.lib_version };
    *field = value.to_vec();
    call.reply.ok();
    Ok(())
}

/// Whether a text keeps CLIENT LIST's lines in one piece.
fn is_plain(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_graphic())
}

/// Refuses a client name that would break CLIENT LIST. The empty one takes the name away.
pub(in crate::commands::connection) fn check_name(name: &[u8]) -> Outcome {
    if is_plain(name) {
        return Ok(());
    }
    Err(CommandError::InvalidClientName)
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn a_name_is_set_read_and_taken_away() {
        TestServer::new().check(&[
            ("CLIENT GETNAME", "nil"),
            ("CLIENT SETNAME me", "OK"),
            ("CLIENT GETNAME", "\"me\""),
            ("CLIENT SETNAME \"\"", "OK"),
            ("CLIENT GETNAME", "nil"),
            (
                "CLIENT SETNAME a\nb",
                "-ERR Client names cannot contain spaces, newlines or special characters.",
            ),
        ]);
    }

    #[test]
    fn library_names_are_checked() {
        TestServer::new().check(&[
            ("CLIENT SETINFO lib-name redis-py", "OK"),
            ("CLIENT SETINFO LIB-VER 1.2.3", "OK"),
            ("CLIENT SETINFO other 1", "-ERR Unrecognized option 'other'"),
            (
                "CLIENT SETINFO lib-ver a\nb",
                "-ERR lib-ver cannot contain spaces, newlines or special characters.",
            ),
        ]);
    }
}
