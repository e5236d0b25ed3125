//! Our server and redis-server side by side.

use crate::commands::Command;
use crate::doubles::{same_doubles, tells_doubles};
use crate::shape::{in_resp2, shape};
use crate::streams::without_times;
use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;
use crate::unordered::same_elements;

/// Two servers, a client of each, and a replica of each that is only a socket.
pub struct Pair {
    /// Ours first.
    servers: [Server; 2],
    clients: [Client; 2],
    replicas: [RawReplica; 2],
    /// What is done to both streams before they are compared.
    pub levelled: fn(Vec<String>) -> Vec<String>,
}

/// Milliseconds by which times may differ that were relative to now: the two servers were asked
/// one after the other, on a machine that is busy.
const TIME_TOLERANCE_MILLIS: u64 = 60_000;

impl Pair {
    /// Expired keys stay until a command meets them, so that it does not matter when.
    pub fn start() -> Pair {
        let servers = [Understudy, RealRedis].map(|kind| {
            Server::start(kind, &["--repl-ping-replica-period", "3600", "--repl-timeout", "36000"])
        });
        for server in &servers {
            server.ok("debug set-active-expire 0");
        }
        let replicas = servers.each_ref().map(|server| RawReplica::streaming(server).0);
        let clients = servers.each_ref().map(Server::client);
        Pair { servers, clients, replicas, levelled: |lines| lines }
    }

    /// Another client of each.
    pub fn connect(&self) -> [Client; 2] {
        self.servers.each_ref().map(Server::client)
    }

    /// Runs a command on both; the replies.
    pub fn run(&mut self, command: &Command) -> [Value; 2] {
        self.clients.each_mut().map(|client| client.cmd(command))
    }

    /// The rest of the replies come in RESP3.
    pub fn speak_resp3(&mut self) {
        for client in &mut self.clients {
            client.ok("hello 3");
        }
    }

    /// Walks by SCAN on both; the keys that were seen, in order, and an error if there was one.
    pub fn walk(&mut self, options: &Command) -> [Vec<Value>; 2] {
        self.clients.each_mut().map(|client| {
            let (mut keys, mut cursor) = (Vec::new(), b"0".to_vec());
            loop {
                let scan = [vec![b"scan".to_vec(), cursor], options.clone()].concat();
                let reply = client.cmd(&scan);
                let Value::Array(parts) = &reply else { return vec![reply] };
                let [Value::Bulk(next), found] = &parts[..] else { panic!("{reply:?}") };
                keys.extend_from_slice(found.items());
                if next == b"0" {
                    break;
                }
                cursor = next.clone();
            }
            keys.sort_by(|a, b| a.bytes().cmp(b.bytes()));
            keys.dedup();
            keys
        })
    }

    /// What both fed to their replicas so far, a line each; times from now on are masked.
    pub fn streams(&mut self) -> [Vec<String>; 2] {
        for client in &mut self.clients {
            let db = client.run("select 15");
            // Between MULTI and EXEC nothing flows yet.
            if db == "QUEUED" {
                client.ok("discard");
                client.ok("select 15");
            }
            client.ok("set the end");
        }
        let levelled = self.levelled;
        self.replicas.each_mut().map(|replica| {
            let mut lines = Vec::new();
            loop {
                let line = replica.next_line();
                if line.eq_ignore_ascii_case("set the end") {
                    return levelled(lines);
                }
                lines.push(masked(&line));
            }
        })
    }

    /// All keys of a database with everything that can be asked of them.
    pub fn dump(&mut self, db: u64) -> [Vec<String>; 2] {
        self.clients.each_mut().map(|client| {
            let facts = ["type", "debug digest-value", "object encoding"];
            keys(client, db).iter().map(|key| told(client, key, &facts)).collect()
        })
    }

    /// What each has, and what one of the other kind has that starts from its file. What may expire
    /// meanwhile is left out, and encodings, which go by the settings.
    pub fn exchange_files(&mut self) -> [[Vec<String>; 2]; 2] {
        let kinds = [RealRedis, Understudy];
        let mut of = self.clients.iter_mut().zip(&self.servers).zip(kinds).map(|(one, other)| {
            let (client, server) = one;
            client.ok("save");
            let mut reader = Server::prepare(other, &[]);
            std::fs::copy(server.dir().join("dump.rdb"), reader.dir().join("dump.rdb"))
                .expect("a copy of the file");
            reader.restart();
            [lasting(client), lasting(&mut reader.client())]
        });
        [(); 2].map(|()| of.next().expect("two servers"))
    }
}

fn lasting(client: &mut Client) -> Vec<String> {
    let mut all = Vec::new();
    for db in 0..3 {
        for key in keys(client, db) {
            let line = told(client, &key, &["type", "debug digest-value"]);
            if !line.ends_with(SOON) {
                all.push(format!("{db} {line}"));
            }
        }
    }
    all
}

/// The keys of a database, sorted.
fn keys(client: &mut Client, db: u64) -> Vec<Vec<u8>> {
    client.ok(&format!("select {db}"));
    let mut keys: Vec<Vec<u8>> =
        client.ok("keys *").items().iter().map(|key| key.bytes().to_vec()).collect();
    keys.sort();
    keys
}

/// A deadline near to now, which may differ.
const SOON: &str = "soon";

/// A line on a key: the replies to these commands on it, and its deadline.
fn told(client: &mut Client, key: &[u8], commands: &[&str]) -> String {
    let mut about = |name: &str| {
        let mut command: Command = name.split(' ').map(|word| word.as_bytes().to_vec()).collect();
        command.push(key.to_vec());
        client.cmd(&command)
    };
    let facts: Vec<Value> = commands.iter().map(|name| about(name)).collect();
    let deadline = match about("pexpiretime") {
        Value::Int(at) if is_near_now(at) => SOON.to_owned(),
        other => format!("{other:?}"),
    };
    format!("{}: {facts:?} {deadline}", key.escape_ascii())
}

/// Whether a deadline was made of a span: those given as points in time are farther away.
fn is_near_now(millis: i64) -> bool {
    (1_500_000_000_000..4_000_000_000_000).contains(&millis)
}

fn masked(line: &str) -> String {
    let words = line.split(' ').map(|word| match word.parse() {
        Ok(millis) if word.len() >= 13 && is_near_now(millis) => "<ms>",
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether two replies say the same. Numbers of milliseconds from now, or of seconds, may differ
/// a little.
pub fn agree(command: &Command, ours: &Value, theirs: &Value) -> bool {
    shape(ours) == shape(theirs) && say_the_same(command, &in_resp2(ours), &in_resp2(theirs))
}

fn say_the_same(command: &Command, ours: &Value, theirs: &Value) -> bool {
    if let Some(is_same) = same_elements(command, ours, theirs) {
        return is_same;
    }
    if is(command, "xinfo") || is(command, "xpending") {
        return without_times(ours) == without_times(theirs);
    }
    match (ours, theirs) {
        (Value::Int(ours), Value::Int(theirs)) if *ours > 0 && *theirs > 0 => {
            let tells_time = ["ttl", "pttl", "expiretime", "pexpiretime", "object"];
            let tolerance = if tells_time.iter().any(|name| is(command, name)) {
                TIME_TOLERANCE_MILLIS
            } else {
                0
            };
            ours.abs_diff(*theirs) <= tolerance
        }
        (Value::Int(ours), Value::Int(theirs)) if is(command, "object") => {
            ours.abs_diff(*theirs) <= TIME_TOLERANCE_MILLIS
        }
        // What a transaction held is not known here.
        (Value::Array(ours), Value::Array(theirs)) if is(command, "exec") => {
            ours.len() == theirs.len()
        }
        _ if tells_doubles(command) => same_doubles(ours, theirs),
        _ => ours == theirs,
    }
}

fn is(command: &Command, name: &str) -> bool {
    command[0].eq_ignore_ascii_case(name.as_bytes())
}
