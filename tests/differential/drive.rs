//! Drives both servers by random commands and compares all that can be seen.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::commands::{Command, Generator, Step};
use crate::pair::{Pair, agree};
use crate::support::{PATIENCE, Random, Value, wait_until};

const STEPS: usize = 10_000;
/// Streams are compared so often, to be near to what differs.
const STEPS_BETWEEN_STREAMS: usize = 200;

/// Runs random commands, most of this family, on both: the same replies, the same streams to the
/// replicas, the same data in the end, also from each other's files; half of them in RESP3.
/// `TEST_STEPS` says how many, if it is set.
pub fn random_commands(name: &str, family: fn(&mut Generator) -> Command) {
    random_commands_with(name, family, |lines| lines);
}

/// [`random_commands`], whose streams are compared after this has been done to both.
pub fn random_commands_with(
    name: &str,
    family: fn(&mut Generator) -> Command,
    levelled: fn(Vec<String>) -> Vec<String>,
) {
    let steps = std::env::var("TEST_STEPS").map_or(STEPS, |text| text.parse().expect("a number"));
    let mut generator =
        Generator { random: Random::from_environment(name), family, then: VecDeque::new() };
    let mut pair = Pair::start();
    pair.levelled = levelled;
    let mut recent = Vec::new();
    let (mut compared, mut speaks_resp3) = (0, false);
    for number in 1..=steps {
        let step = generator.step();
        take(&mut pair, step, &mut recent);
        // What belongs together stays in one database.
        if number / STEPS_BETWEEN_STREAMS > compared && generator.then.is_empty() {
            compared = number / STEPS_BETWEEN_STREAMS;
            compare_streams(&mut pair, &recent);
            recent.clear();
        }
        if number > steps / 2 && generator.then.is_empty() && !speaks_resp3 {
            speaks_resp3 = true;
            // Also ends a transaction, in which nothing can be asked.
            compare_streams(&mut pair, &recent);
            recent.clear();
            pair.speak_resp3();
        }
    }
    compare_streams(&mut pair, &recent);
    for db in 0..3 {
        let [ours, theirs] = pair.dump(db);
        assert_eq!(ours, theirs, "keys of database {db}");
    }
    let [[ours, theirs_of_ours], [theirs, ours_of_theirs]] = pair.exchange_files();
    assert_eq!(theirs_of_ours, ours, "our file on redis-server");
    assert_eq!(ours_of_theirs, theirs, "a file of redis-server's on ours");
}

fn take(pair: &mut Pair, step: Step, recent: &mut Vec<String>) {
    match step {
        Step::Run(command) => compare(pair, &command, recent),
        Step::Transplant { from, to, options } => {
            let [_, payload] = pair.run(&vec![b"dump".to_vec(), from]);
            let Value::Bulk(payload) = payload else { return };
            let restore = vec![b"restore".to_vec(), to, b"0".to_vec(), payload];
            compare(pair, &[restore, options].concat(), recent);
        }
        Step::Lapse(key) => {
            // Far enough away for both to hear of it before.
            let deadline = SystemTime::now() + Duration::from_millis(500);
            let millis = deadline.duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
            let expire = vec![b"pexpireat".to_vec(), key, millis.to_string().into_bytes()];
            compare(pair, &expire, recent);
            let past = deadline + Duration::from_millis(2);
            wait_until(PATIENCE, "the deadline to pass", || SystemTime::now() > past);
        }
        Step::Walk(options) => {
            // What it deletes comes in the order of the walk: kept apart from the rest.
            compare_streams(pair, recent);
            recent.clear();
            let [ours, theirs] = pair.walk(&options);
            assert_eq!(ours, theirs, "{}", shown(&options));
            let deleted = pair.streams().map(|mut lines| {
                lines.sort();
                lines
            });
            assert_eq!(deleted[0], deleted[1], "{}", shown(&options));
            pair.run(&vec![b"select".to_vec(), b"0".to_vec()]);
        }
    }
}

fn compare(pair: &mut Pair, command: &Command, recent: &mut Vec<String>) {
    recent.push(shown(command));
    let [ours, theirs] = pair.run(command);
    assert!(
        agree(command, &ours, &theirs),
        "{}\nours:  {ours:?}\nredis: {theirs:?}\nbefore it:\n{}",
        shown(command),
        recent[recent.len().saturating_sub(30)..].join("\n"),
    );
}

fn compare_streams(pair: &mut Pair, recent: &[String]) {
    let [ours, theirs] = pair.streams();
    let differs = ours.iter().zip(&theirs).position(|(ours, theirs)| ours != theirs);
    if let Some(at) =
        differs.or((ours.len() != theirs.len()).then_some(ours.len().min(theirs.len())))
    {
        let around =
            |lines: &[String]| lines[at.saturating_sub(3)..lines.len().min(at + 3)].join("\n  ");
        panic!(
            "streams differ\nours:\n  {}\nredis:\n  {}\nafter\n{}",
            around(&ours),
            around(&theirs),
            recent.join("\n")
        );
    }
    pair.run(&vec![b"select".to_vec(), b"0".to_vec()]);
}

fn shown(command: &Command) -> String {
    let words = command.iter().map(|word| word[..word.len().min(80)].escape_ascii().to_string());
    words.collect::<Vec<_>>().join(" ")
}
