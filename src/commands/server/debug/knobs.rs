//! Settings that only tests change, and standing still.

use std::time::Duration;

use crate::base::glob;
use crate::base::number::{parse_f64, parse_i64};
use crate::base::random::Random;
use crate::commands::call::Call;
use crate::commands::error::{CommandError, Outcome};

/// Longest time that SLEEP takes.
const SLEEP_MAX: Duration = Duration::from_secs(24 * 3600);
/// Patterns that STRINGMATCH-TEST tries.
const MATCHES: usize = 100_000;
/// Longest pattern and text that it tries, in bytes.
const MATCHED_BYTES_MAX: u64 = 32;

/// Whether the third argument is a number other than 0.
fn is_on(call: &Call<'_>) -> bool {
    parse_i64(call.arg(2)).unwrap_or(0) != 0
}

pub fn set_active_expire(call: &mut Call<'_>) -> Outcome {
    call.server.active_expire = is_on(call);
    call.reply.ok();
    Ok(())
}

/// For tests that damage payloads and files.
pub fn set_skips_checksums(call: &mut Call<'_>) -> Outcome {
    call.server.skips_checksums = is_on(call);
    call.reply.ok();
    Ok(())
}

pub fn pause_cron(call: &mut Call<'_>) -> Outcome {
    call.server.cron_is_paused = is_on(call);
    call.reply.ok();
    Ok(())
}

/// CONFIG REWRITE that leaves nothing out.
pub fn rewrite_config(call: &mut Call<'_>) -> Outcome {
    let server = &mut *call.server;
    server.host.rewrite_config(&server.config, true).map_err(CommandError::ForcedRewriteFailed)?;
    call.reply.ok();
    Ok(())
}

/// For what there is nothing to set: the part of the server that it is about is not there, or has
/// no such knob.
pub fn accept(call: &mut Call<'_>) -> Outcome {
    call.reply.ok();
    Ok(())
}

/// `REPLYBUFFER PEAK-RESET-TIME <NEVER|RESET|ms>`, `REPLYBUFFER RESIZING <0|1>`: reply buffers here
/// have no fixed size.
pub fn reply_buffer(call: &mut Call<'_>) -> Outcome {
    let (what, value) = (call.arg(2), call.arg(3));
    let is = |word: &[u8], name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    if is(what, "peak-reset-time") {
        if !is(value, "never") && !is(value, "reset") {
            call.integer(3)?;
        }
    } else if !is(what, "resizing") {
        return Err(CommandError::unknown_operation(call.arg(1), "DEBUG"));
    }
    call.reply.ok();
    Ok(())
}

pub fn log(call: &mut Call<'_>) -> Outcome {
    log::warn!("DEBUG LOG: {}", String::from_utf8_lossy(call.arg(2)));
    call.reply.ok();
    Ok(())
}

pub fn sleep(call: &mut Call<'_>) -> Outcome {
    let seconds = parse_f64(call.arg(2)).unwrap_or(0.0).max(0.0);
    let time = Duration::try_from_secs_f64(seconds).unwrap_or(SLEEP_MAX);
    call.keys.effects.rare().stall = Some(time.min(SLEEP_MAX));
    call.reply.ok();
    Ok(())
}

pub fn match_at_random(call: &mut Call<'_>) -> Outcome {
    let random = &mut call.server.random;
    for _ in 0..MATCHES {
        let (pattern, text) = (random_text(random), random_text(random));
        glob::matches(&pattern, &text, false);
    }
    call.reply.simple("Apparently Redis did not crash: test passed");
    Ok(())
}

fn random_text(random: &mut Random) -> Vec<u8> {
    let mut text = vec![0; random.below(MATCHED_BYTES_MAX) as usize];
    random.fill(&mut text);
    text
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use crate::keyspace::testing::TestServer;
    use crate::telemetry::command_log::LogKind;

    #[test]
    fn knobs_answer_ok() {
        let mut server = TestServer::new();
        server.enable_debug();
        server.check(&[
            ("DEBUG SET-ACTIVE-EXPIRE 0", "OK"),
            ("DEBUG PAUSE-CRON 1", "OK"),
            ("DEBUG QUICKLIST-PACKED-THRESHOLD 100b", "OK"),
            ("DEBUG REPLYBUFFER PEAK-RESET-TIME never", "OK"),
            ("DEBUG REPLYBUFFER PEAK-RESET-TIME x", "-ERR value is not an integer or out of range"),
            ("DEBUG REPLYBUFFER RESIZING 0", "OK"),
            ("DEBUG LOG hello", "OK"),
            ("DEBUG STRINGMATCH-TEST", "Apparently Redis did not crash: test passed"),
        ]);
        assert!(!server.server().active_expire && server.server().cron_is_paused);
    }

    #[test]
    fn sleep_counts_as_time_of_its_command() {
        let mut server = TestServer::new();
        server.enable_debug();
        let began = Instant::now();
        server.check(&[("DEBUG SLEEP 0.02", "OK"), ("DEBUG SLEEP nonsense", "OK")]);
        assert!(began.elapsed() >= Duration::from_millis(20));
        let slow = server
            .server()
            .command_logs
            .of(LogKind::Slow)
            .iter()
            .next()
            .map(|command| command.measure);
        assert!(slow >= Some(20_000), "{slow:?}");
    }
}
