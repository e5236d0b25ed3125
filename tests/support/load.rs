//! A bounded stream of every kind of write, from a thread of its own.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::client::{Client, Value};
use super::collections::Collections;
use super::data::Random;
use super::server::{Kind, Server};
use super::wait::{PATIENCE, wait_until};

/// Writes until it is told to stop or its bound is reached. Each operation has keys of its own
/// family, so no reply is ever an error; a lost connection is made anew until the stop.
pub struct Load {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    thread: Option<JoinHandle<LoadReport>>,
}

#[derive(Debug, Default)]
pub struct LoadReport {
    /// Commands that were answered.
    pub answered: u64,
    /// Answers that were errors, the first few.
    pub errors: Vec<String>,
    pub reconnects: u64,
}

impl Load {
    /// No load runs longer than this many commands.
    const BOUND: u64 = 2_000_000;
    /// Keys of each family.
    const KEYS: u64 = 2_000;

    pub fn start(server: &Server) -> Load {
        Load::start_for(server, server.kind)
    }

    /// As [`Load::start`], on a master whose replica is of this kind: commands both know.
    pub fn start_for(server: &Server, replica: Kind) -> Load {
        let port = server.port;
        let for_six = server.kind.is_redis_six() || replica.is_redis_six();
        let stop = Arc::new(AtomicBool::new(false));
        let answered = Arc::new(AtomicU64::new(0));
        let random = Random::from_environment("load");
        let thread = {
            let (stop, answered) = (stop.clone(), answered.clone());
            std::thread::spawn(move || {
                write_until(port, &stop, &answered, Operations { random, for_six })
            })
        };
        Load { stop, answered, thread: Some(thread) }
    }

    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// Waits until `count` more commands were answered.
    #[track_caller]
    pub fn wait_more(&self, count: u64) {
        let goal = self.answered() + count;
        wait_until(PATIENCE, "the load to go on", || self.answered() >= goal);
    }

    /// Stops and checks that no answer was an error.
    #[track_caller]
    pub fn stop(self) -> LoadReport {
        let report = self.stop_with_errors();
        assert_eq!(report.errors, Vec::<String>::new(), "errors under load");
        report
    }

    pub fn stop_with_errors(mut self) -> LoadReport {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().expect("a running load").join().expect("the load thread")
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn write_until(
    port: u16,
    stop: &AtomicBool,
    answered: &AtomicU64,
    mut operations: Operations,
) -> LoadReport {
    let mut report = LoadReport::default();
    let mut client = None;
    while !stop.load(Ordering::Relaxed) && report.answered < Load::BOUND {
        match write_some(port, &mut client, &mut operations) {
            Ok(replies) => {
                report.answered += replies.len() as u64;
                answered.store(report.answered, Ordering::Relaxed);
                let errors = replies.iter().filter(|reply| reply.is_error());
                let room = 10_usize.saturating_sub(report.errors.len());
                report.errors.extend(errors.map(|error| format!("{error:?}")).take(room));
            }
            Err(_) => {
                client = None;
                report.reconnects += 1;
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        // Leaves the two cores some room for the servers: the load is a stream, not a race.
        std::thread::sleep(Duration::from_millis(1));
    }
    report
}

/// Sends some commands in one go and reads their answers.
fn write_some(
    port: u16,
    client: &mut Option<Client>,
    operations: &mut Operations,
) -> io::Result<Vec<Value>> {
    let client = match client {
        Some(client) => client,
        None => client.insert(Client::try_connect(("127.0.0.1", port))?),
    };
    let commands: Vec<Vec<String>> = (0..10).flat_map(|_| operations.draw()).collect();
    let mut bytes = Vec::new();
    for command in &commands {
        super::client::encode(&mut bytes, command);
    }
    client.try_send(&bytes)?;
    commands.iter().map(|_| client.try_reply()).collect()
}

/// What is written: every kind of write, at random.
struct Operations {
    random: Random,
    /// Without what Redis 6.0 does not know: GETDEL, GETEX, COPY, SET with GET, and PXAT, as
    /// which every later master passes PX on.
    for_six: bool,
}

impl Operations {
    /// One operation, as one or more commands.
    fn draw(&mut self) -> Vec<Vec<String>> {
        let random = &mut self.random;
        let key = random.below(Load::KEYS);
        let n = random.below(100_000);
        let line = match random.below(32) {
            4 | 5 | 18 | 19 | 21 | 22 if self.for_six => format!("set s:{key} {n} keepttl"),
            0..4 => format!("set s:{key} value-{n}"),
            4 => format!("set s:{key} {n} px {}", 3_600_000 + n),
            5 => format!("set s:{key} {n} keepttl get"),
            6..8 => format!("incr i:{key}"),
            8 => format!("decrby i:{key} {n}"),
            9 => format!("append a:{key} {n}"),
            10 => format!("setrange r:{key} {} {n}", n % 300),
            11 => format!("incrbyfloat f:{key} {n}.{n:05}"),
            12 => format!("expire s:{key} {}", 3_600 + n),
            13 => format!("pexpire s:{key} {}", 3_600_000 + n),
            14 => format!("persist s:{key}"),
            15 => format!("del s:{key}"),
            16 => format!("unlink a:{key} r:{key}"),
            17 => format!("mset m:{key} {n} m:{} {key}", n % Load::KEYS),
            18 => format!("getdel m:{key}"),
            19 => format!("getex s:{key} ex {}", 3_600 + n),
            20 => format!("getset m:{key} {n}"),
            21 => format!("set gone:{key} {n} px {}", 1 + n % 50),
            22 => format!("copy s:{key} c:{key} replace"),
            23 => {
                return texts(&[
                    "multi",
                    &format!("set t:{key} {n}"),
                    &format!("incr i:{key}"),
                    "exec",
                ]);
            }
            24 => {
                let db = 1 + random.below(15);
                return texts(&[&format!("select {db}"), &format!("set s:{key} {n}"), "select 0"]);
            }
            25 => format!("msetnx n:{key} {n} n:{} {key}", n % Load::KEYS),
            _ => {
                let families = Collections::ALL;
                let family = families[random.below(families.len() as u64) as usize];
                family.write(random, self.for_six)
            }
        };
        texts(&[&line])
    }
}

fn texts(lines: &[&str]) -> Vec<Vec<String>> {
    lines.iter().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}
