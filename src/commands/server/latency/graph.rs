//! `LATENCY GRAPH event`

use super::history::event;
use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::telemetry::latency::Event;

pub const GRAPH: Command = Command::new("graph", 3, graph)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale])
    .tips(&["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"])
    .docs(Group::Server, "2.8.13", "Return a latency graph for the event.")
    .arguments(&[Arg::string("event")]);

/// Spikes in one line of the graph; more go on below.
const COLUMNS: usize = 80;
/// Lines of text that the tallest spike takes.
const ROWS: usize = 4;
/// What a line of text shows of the top of a spike, by height.
const TOPS: [u8; 3] = [b'_', b'o', b'#'];

fn graph(call: &mut Call<'_>) -> Outcome {
    let name = String::from_utf8_lossy(call.arg(2));
    let Some(event) = event(call, 2) else {
        return Err(CommandError::NoSamples(name.into_owned()));
    };
    let text = draw(&name, &event, call.now() / 1000);
    call.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

/// A bar for each spike, the oldest at the left, and under it how long ago it was.
fn draw(name: &str, event: &Event, now_seconds: i64) -> String {
    let all = event.samples.iter().map(|&(_, millis)| millis);
    let (low, high) = (all.clone().min().unwrap_or(0), all.max().unwrap_or(0));
    let mut text = format!(
        "{name} - high {high} ms, low {low} ms (all time high {} ms)\n{}\n",
        event.max_millis,
        "-".repeat(COLUMNS)
    );
    let samples: Vec<_> = event.samples.iter().copied().collect();
    for part in samples.chunks(COLUMNS) {
        push_bars(&mut text, part, low, (high - low).max(1));
        push_line(&mut text, " ".repeat(part.len()));
        push_labels(&mut text, part, now_seconds);
    }
    text
}

fn push_bars(text: &mut String, samples: &[(i64, u64)], low: u64, range: u64) {
    let steps = (TOPS.len() * ROWS) as u64;
    for row in (0..ROWS).rev() {
        let floor = (row * TOPS.len()) as u64;
        let column = |&(_, millis): &(i64, u64)| {
            let step = ((millis - low) * steps / range).min(steps - 1);
            match step.checked_sub(floor) {
                None => ' ',
                Some(height) => TOPS.get(height as usize).map_or('|', |&top| char::from(top)),
            }
        };
        push_line(text, samples.iter().map(column).collect());
    }
}

/// `12s` written downwards under each spike.
fn push_labels(text: &mut String, samples: &[(i64, u64)], now_seconds: i64) {
    let labels: Vec<_> = samples.iter().map(|&(seconds, _)| age(now_seconds - seconds)).collect();
    let height = labels.iter().map(String::len).max().unwrap_or(0);
    for row in 0..height {
        let letter = |label: &String| label.as_bytes().get(row).map_or(' ', |&b| char::from(b));
        push_line(text, labels.iter().map(letter).collect());
    }
}

fn push_line(text: &mut String, line: String) {
    text.push_str(&line);
    text.push('\n');
}

fn age(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86400),
    }
}
