//! `LOLWUT [VERSION version] [argument ...]`

mod schotter;
mod skyline;

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::config::load::REDIS_VERSION;

pub const LOLWUT: Command = Command::new("lolwut", -1, lolwut)
    .flags(&[Flag::ReadOnly, Flag::Fast])
    .docs(Group::Server, "5.0.0", "Display some computer art and the Redis version")
    .complexity("")
    .arguments(&[Arg::integer("version").token("VERSION").optional()]);

/// Art for the versions that had some: 5 and 6.
fn lolwut(call: &mut Call<'_>) -> Outcome {
    let has_version = call.argc() > 2 && call.arg(1).eq_ignore_ascii_case(b"version");
    let version = if has_version { call.integer(2)? } else { 0 };
    let mut text = match version {
        5 => {
            let [columns, across, down] = sizes(call, [(66, 1000), (8, 200), (12, 200)])?;
            schotter::draw(columns, across, down, &mut call.server.random)
        }
        6 => {
            let [columns, rows] = sizes(call, [(80, 1000), (20, 1000)])?;
            skyline::draw(columns, rows, &mut call.server.random)
        }
        _ => String::new(),
    };
    text.push_str(&format!("Redis ver. {REDIS_VERSION}\n"));
    call.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

/// The arguments after `VERSION version`, each a number from 1 to its largest: (default, largest).
fn sizes<const N: usize>(
    call: &Call<'_>,
    limits: [(usize, i64); N],
) -> Result<[usize; N], CommandError> {
    let mut sizes = limits.map(|(default, _)| default);
    for (i, (size, (_, max))) in sizes.iter_mut().zip(limits).enumerate() {
        if i + 3 < call.argc() {
            *size = call.integer(i + 3)?.clamp(1, max) as usize;
        }
    }
    Ok(sizes)
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn every_version_ends_with_the_name_of_ours() {
        let mut server = TestServer::new();
        let lines = ["LOLWUT", "LOLWUT VERSION 5", "LOLWUT VERSION 6 1000 -5", "LOLWUT VERSION 9"];
        for line in lines {
            let reply = server.run(line);
            assert!(reply.ends_with("Redis ver. 7.0.15\\n\""), "{reply}");
        }
        assert_eq!(server.run("LOLWUT any thing"), "\"Redis ver. 7.0.15\\n\"");
        let refused = "-ERR value is not an integer or out of range";
        server.check(&[("LOLWUT VERSION x", refused), ("LOLWUT VERSION 5 x", refused)]);
    }
}
