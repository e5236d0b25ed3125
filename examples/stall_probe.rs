//! The longest answer that a client waits for, at a steady load.
//!
//! usage: stall_probe PORT CLIENTS REQUESTS_PER_SECOND KEYS MAX_SECONDS
//!
//! CLIENTS connections share the rate evenly and send, turn and turn about, a
//! GET and a SET of a random key among `key:000000000000` to KEYS, one request
//! in flight each. Runs until its standard input ends, or for MAX_SECONDS, and
//! prints one line, times in microseconds:
//!
//! ```text
//! requests=60000 p50=61 p99=180 p999=730 max=2310
//! ```
//!
//! A request is timed from when it is sent. A server that stalls is seen by
//! every client whose turn comes meanwhile, so none of the pause is missed as
//! long as the clients' turns are closer together than the stall is long.
//! Needs only the standard library: `rustc -O examples/stall_probe.rs`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, io, process};

/// No answer for this long ends the probe with an error.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

#[derive(Clone, Copy)]
struct Load {
    port: u16,
    clients: u32,
    requests_per_second: u32,
    keys: u64,
    max_seconds: u64,
}

fn main() {
    let load = parse_arguments().unwrap_or_else(|| {
        eprintln!("usage: stall_probe PORT CLIENTS REQUESTS_PER_SECOND KEYS MAX_SECONDS");
        process::exit(2);
    });
    match run(load) {
        Ok(mut waits) => println!("{}", summary(&mut waits)),
        Err(error) => {
            eprintln!("stall_probe: {error}");
            process::exit(1);
        }
    }
}

fn parse_arguments() -> Option<Load> {
    let mut numbers = env::args().skip(1).map(|argument| argument.parse::<u64>().ok());
    let mut next = || numbers.next().flatten().filter(|number| *number > 0);
    Some(Load {
        port: next()?.try_into().ok()?,
        clients: next()?.try_into().ok()?,
        requests_per_second: next()?.try_into().ok()?,
        keys: next()?,
        max_seconds: next()?,
    })
}

/// All clients' waits in microseconds, in no order.
fn run(load: Load) -> io::Result<Vec<u32>> {
    let stop = Arc::new(AtomicBool::new(false));
    let start = Instant::now();
    let clients: Vec<_> = (0..load.clients)
        .map(|number| {
            let stop = Arc::clone(&stop);
            thread::spawn(move || client(load, number, start, &stop))
        })
        .collect();
    let at_end_of_input = Arc::clone(&stop);
    thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        at_end_of_input.store(true, Ordering::Relaxed);
    });

    let mut waits = Vec::new();
    for client in clients {
        waits.extend(client.join().map_err(|_| io::Error::other("a client panicked"))??);
    }
    Ok(waits)
}

/// One connection's requests, each at its turn, until told to stop.
fn client(load: Load, number: u32, start: Instant, stop: &AtomicBool) -> io::Result<Vec<u32>> {
    let mut socket = TcpStream::connect(("127.0.0.1", load.port))?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(ANSWER_LIMIT))?;
    let period = Duration::from_secs(u64::from(load.clients)) / load.requests_per_second;
    let end = start + Duration::from_secs(load.max_seconds);
    // The clients take their turns evenly spread over the period.
    let mut turn = start + period * number / load.clients;
    let mut seed = u64::from(number) + 1;
    let mut waits = Vec::new();
    let mut writes = number.is_multiple_of(2);
    while !stop.load(Ordering::Relaxed) && turn < end {
        thread::sleep(turn.saturating_duration_since(Instant::now()));
        let request = request(next_random(&mut seed) % load.keys, writes);
        let sent = Instant::now();
        socket.write_all(request.as_bytes())?;
        read_answer(&mut socket)?;
        waits.push(sent.elapsed().as_micros().try_into().unwrap_or(u32::MAX));
        writes = !writes;
        turn = (turn + period).max(Instant::now());
    }
    Ok(waits)
}

fn request(key: u64, write: bool) -> String {
    if write {
        format!("*3\r\n$3\r\nSET\r\n$16\r\nkey:{key:012}\r\n$3\r\nabc\r\n")
    } else {
        format!("*2\r\n$3\r\nGET\r\n$16\r\nkey:{key:012}\r\n")
    }
}

/// Reads one reply: a line, and for a bulk its bytes too.
fn read_answer(socket: &mut TcpStream) -> io::Result<()> {
    let mut answer = Vec::with_capacity(256);
    let mut wanted = None;
    loop {
        let mut chunk = [0; 256];
        let count = socket.read(&mut chunk)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        answer.extend_from_slice(&chunk[..count]);
        if answer[0] == b'-' {
            return Err(io::Error::other(String::from_utf8_lossy(&answer).into_owned()));
        }
        if wanted.is_none()
            && let Some(line) = answer.iter().position(|byte| *byte == b'\n')
        {
            wanted = Some(line + 1 + bulk_bytes(&answer[..line]));
        }
        if wanted.is_some_and(|wanted| answer.len() >= wanted) {
            return Ok(());
        }
    }
}

/// How many bytes follow a reply's first line: a bulk's and its line end.
fn bulk_bytes(line: &[u8]) -> usize {
    let text = std::str::from_utf8(line).unwrap_or("").trim_end();
    let length = text.strip_prefix('$').and_then(|length| length.parse::<usize>().ok());
    length.map_or(0, |length| length.saturating_add(2))
}

/// xorshift64*: plain, and enough to spread keys.
fn next_random(seed: &mut u64) -> u64 {
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    seed.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
}

fn summary(waits: &mut [u32]) -> String {
    waits.sort_unstable();
    let at = |permille: usize| {
        let index = (waits.len() * permille / 1000).min(waits.len().saturating_sub(1));
        waits.get(index).copied().unwrap_or(0)
    };
    format!(
        "requests={} p50={} p99={} p999={} max={}",
        waits.len(),
        at(500),
        at(990),
        at(999),
        at(1000)
    )
}
