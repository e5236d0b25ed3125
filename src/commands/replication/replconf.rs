//! `REPLCONF option value [option value ...]`: what a replica says of itself, and how the two
//! talk about offsets.

use crate::clients::ReplicaIntro;
use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::Group;
use crate::commands::effect::Action;
use crate::commands::error::{CommandError, Outcome};
use crate::replication::model::forward;
use crate::replication::model::handshake::{SUMS_CAPABILITY, SUMS_UNDERSTOOD};

pub const REPLCONF: Command = Command::new("replconf", -1, replconf)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale, Flag::AllowBusy])
    .docs(Group::Server, "3.0.0", "An internal command for configuring the replication stream.")
    .doc_flags(&["syscmd"]);

/// The longest name of a host that a replica may announce for itself.
const HOST_BYTES_MAX: usize = 255;

fn replconf(call: &mut Call<'_>) -> Outcome {
    if call.argc().is_multiple_of(2) {
        return Err(CommandError::Syntax);
    }
    let mut intro = call.session().intro.clone();
    for i in (1..call.argc()).step_by(2) {
        let (option, value) = (call.arg(i).to_ascii_lowercase(), call.arg(i + 1));
        match option.as_slice() {
            // Of one that is no replica: ignored, and never answered.
            b"ack" | b"fack" => return Ok(()),
            b"getack" => {
                if call.origin.is_obeyed() {
                    let offset = call.server.replication.stream.offset();
                    call.act(Action::AcknowledgeMaster { offset });
                }
                return Ok(());
            }
            b"forwarded-by" => {
                let path = forward::parse_path(value).ok_or(CommandError::Syntax)?;
                call.session().forwarded_by = path.into();
            }
            option => set_option(&mut intro, option, value)?,
        }
    }
    let hears_of_sums = intro.tells_sums && !call.session().intro.tells_sums;
    call.session().intro = intro;
    match hears_of_sums {
        true => call.reply.simple(SUMS_UNDERSTOOD),
        false => call.reply.ok(),
    }
    Ok(())
}

fn set_option(intro: &mut ReplicaIntro, option: &[u8], value: &[u8]) -> Outcome {
    let number = || crate::base::number::parse_i64(value).ok_or(CommandError::NotInteger);
    match option {
        b"listening-port" => {
            intro.listening_port = u16::try_from(number()?).unwrap_or(0);
        }
        b"ip-address" => {
            if value.len() > HOST_BYTES_MAX {
                return Err(CommandError::AddressTooLong(value.len()));
            }
            intro.announced_ip = String::from_utf8_lossy(value).into_owned();
        }
        b"capa" => match value.to_ascii_lowercase().as_slice() {
            b"eof" => intro.understands_eof = true,
            b"psync2" => intro.understands_psync2 = true,
            SUMS_CAPABILITY => intro.tells_sums = true,
            // Capabilities to come are none of ours.
            _ => {}
        },
        b"rdb-only" => match number()? {
            0 => intro.rdb_only = false,
            1 => intro.rdb_only = true,
            _ => {
                return Err(CommandError::NotZeroOrOne);
            }
        },
        b"rdb-filter-only" => set_filter(intro, value)?,
        _ => {
            return Err(CommandError::UnknownReplconf(option.to_vec()));
        }
    }
    Ok(())
}

/// A list of what the snapshot is to hold: nothing or `functions`.
fn set_filter(intro: &mut ReplicaIntro, value: &[u8]) -> Outcome {
    let words = value.split(|&b| b == b' ').filter(|word| !word.is_empty());
    for word in words {
        if !word.eq_ignore_ascii_case(b"functions") {
            return Err(CommandError::UnsupportedFilter(word.to_vec()));
        }
    }
    intro.functions_only = true;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    /// As redis-server 7.0.15 answers.
    #[test]
    fn a_replica_may_announce_a_host_of_255_bytes_and_ask_for_the_rdb_by_0_or_1() {
        let mut server = TestServer::new();
        let host = "h".repeat(255);
        server.check(&[
            (&format!("REPLCONF ip-address {host}"), "OK"),
            (
                &format!("REPLCONF ip-address {host}h"),
                "-ERR REPLCONF ip-address provided by replica instance is too long: 256 bytes",
            ),
            ("REPLCONF rdb-only 2", "-ERR value is out of range, value must between 0 and 1"),
            ("REPLCONF rdb-only x", "-ERR value is not an integer or out of range"),
            ("REPLCONF rdb-only 1", "OK"),
        ]);
        assert_eq!(server.session().intro.announced_ip, host);
        assert!(server.session().intro.rdb_only);
    }
}
