//! Servers that are killed at random moments, and what they come back with: every write that was
//! answered, no transaction in half, and replicas that go on where they were.
//!
//! ```text
//! writers ──► master ──► replica of ours with a log
//!                └─────► redis-server
//! ```
//! `CRASH_ROUNDS=300` for the long form, by `scripts/soak crash`.

mod heavy {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread::{self, JoinHandle};
    use std::time::Duration;

    use crate::logs::is_rewriting;
    use crate::support::Kind::{RealRedis, Understudy};
    use crate::support::*;

    const WRITERS: u64 = 4;
    /// Keys of each writer, which it writes one after the other.
    const SLOTS: i64 = 40;
    /// Operations on their way at a time.
    const PIPELINE: i64 = 4;
    const DATABASES: i64 = 4;
    /// Keys that stay as they are, so that a file takes its time.
    const FILLING: usize = 5_000;

    fn rounds() -> u32 {
        let rounds = std::env::var("CRASH_ROUNDS");
        rounds.map_or(6, |rounds| rounds.parse().expect("CRASH_ROUNDS is a number"))
    }

    /// What a slot is written with.
    #[derive(Clone, Copy, PartialEq)]
    enum Kind {
        Small,
        Big,
        Lasting,
        /// Expires at once, and so tells nothing.
        Gone,
        /// In two databases at once, and counted.
        Transaction,
    }

    fn kind_of(slot: i64) -> Kind {
        match slot % 10 {
            0 | 5 => Kind::Transaction,
            1 => Kind::Big,
            2 => Kind::Lasting,
            3 => Kind::Gone,
            _ => Kind::Small,
        }
    }

    /// A client whose operations are known by their numbers, from 1 on.
    #[derive(Clone, Copy, Debug)]
    struct Writer {
        id: u64,
        next: i64,
        /// The last that was answered, and the last that was sent.
        answered: i64,
        sent: i64,
    }

    impl Writer {
        fn value(&self, number: i64) -> String {
            let mut random = Random::new(self.id << 40 | number as u64);
            let bytes = match kind_of(number % SLOTS) {
                // Some are longer than what a string keeps in one piece.
                Kind::Big if random.below(100) == 0 => 1_000_000 + random.below(500_000),
                Kind::Big => random.below(20_000),
                _ => random.below(300),
            };
            format!("{number}:{}", "x".repeat(bytes as usize))
        }

        fn key(&self, slot: i64) -> String {
            format!("w{}:{slot}", self.id)
        }

        /// The commands of an operation.
        fn operation(&self, number: i64) -> Vec<Vec<String>> {
            let slot = number % SLOTS;
            let (key, value, db) = (self.key(slot), self.value(number), slot % DATABASES);
            let other = (db + 1) % DATABASES;
            let words = |words: &[&str]| words.iter().map(|word| word.to_string()).collect();
            let select = |db: i64| words(&["select", &db.to_string()]);
            let mut commands = vec![select(db)];
            match kind_of(slot) {
                Kind::Small | Kind::Big => commands.push(words(&["set", &key, &value])),
                Kind::Lasting => commands.push(words(&["set", &key, &value, "px", "36000000"])),
                Kind::Gone => commands.push(words(&["set", &key, &value, "px", "5"])),
                Kind::Transaction => commands.extend([
                    words(&["multi"]),
                    words(&["set", &key, &value]),
                    words(&["incr", &format!("{key}:count")]),
                    select(other),
                    words(&["set", &key, &value]),
                    words(&["exec"]),
                ]),
            }
            commands
        }

        /// Writes until it is told to stop, or the server is gone.
        fn run(&mut self, port: u16, stop: &AtomicBool) {
            let Ok(mut client) = Client::try_connect(("127.0.0.1", port)) else { return };
            while !stop.load(Ordering::Relaxed) && self.write_some(&mut client).is_ok() {}
        }

        fn write_some(&mut self, client: &mut Client) -> io::Result<()> {
            let numbers = self.next..self.next + PIPELINE;
            let mut bytes = Vec::new();
            let mut commands = Vec::new();
            for number in numbers.clone() {
                let operation = self.operation(number);
                operation.iter().for_each(|command| encode(&mut bytes, command));
                commands.push(operation.len());
            }
            self.sent = numbers.end - 1;
            client.try_send(&bytes)?;
            for (number, count) in numbers.zip(commands) {
                for _ in 0..count {
                    let reply = client.try_reply()?;
                    assert!(!reply.is_error(), "operation {number} of {self:?}: {reply:?}");
                }
                self.answered = number;
            }
            self.next = self.sent + 1;
            Ok(())
        }

        /// The last number of a slot up to `last`.
        fn last_in(slot: i64, last: i64) -> i64 {
            let number = last - (last - slot).rem_euclid(SLOTS);
            number.max(0)
        }

        /// What the server has of it is a beginning of what it wrote, with all that it must have;
        /// from there it goes on.
        fn check(&mut self, server: &Server, must_have_answered: bool) {
            let mut client = server.client();
            let mut get = |db: i64, key: String| {
                client.ok(&format!("select {db}"));
                match client.ok(&format!("get {key}")) {
                    Value::Nil => None,
                    value => Some(value.text()),
                }
            };
            let held: Vec<Option<String>> =
                (0..SLOTS).map(|slot| get(slot % DATABASES, self.key(slot))).collect();
            let number = |value: &Option<String>| {
                let number = value.as_ref().and_then(|value| value.split(':').next());
                number.map_or(0, |number| number.parse::<i64>().expect("a number"))
            };
            let is_seen = |slot: i64| kind_of(slot) != Kind::Gone;
            let seen = (0..SLOTS).filter(|&slot| is_seen(slot));
            let last = seen.clone().map(|slot| number(&held[slot as usize])).max().unwrap_or(0);
            let must = (0..=self.answered).rev().find(|&number| is_seen(number % SLOTS));
            let must = must.filter(|_| must_have_answered).unwrap_or(0);
            assert!(must <= last && last <= self.sent, "{must}, it has {last} of {self:?}");
            for slot in seen {
                let (value, expected) = (&held[slot as usize], Writer::last_in(slot, last));
                assert_eq!(number(value), expected, "slot {slot}, {last} of {self:?}");
                if expected == 0 {
                    continue;
                }
                let whole = self.value(expected);
                assert!(*value == Some(whole), "slot {slot} has another value: {self:?}");
                if kind_of(slot) == Kind::Transaction {
                    let db = slot % DATABASES;
                    let other = get((db + 1) % DATABASES, self.key(slot));
                    assert_eq!(number(&other), expected, "a half transaction in slot {slot}");
                    let count = get(db, format!("{}:count", self.key(slot)));
                    // Slot 0 has its first number later than the others.
                    let first = if slot == 0 { SLOTS } else { slot };
                    let times = (expected - first) / SLOTS + 1;
                    assert_eq!(count, Some(times.to_string()), "slot {slot} of {self:?}");
                }
            }
            (self.next, self.answered, self.sent) = (last + 1, last, last);
        }
    }

    /// All writers at work.
    struct Work {
        stop: Arc<AtomicBool>,
        threads: Vec<JoinHandle<Writer>>,
    }

    impl Work {
        fn start(writers: &[Writer], port: u16) -> Work {
            let stop = Arc::new(AtomicBool::new(false));
            let threads = writers.iter().map(|&writer| {
                let (stop, mut writer) = (stop.clone(), writer);
                thread::spawn(move || {
                    writer.run(port, &stop);
                    writer
                })
            });
            Work { threads: threads.collect(), stop }
        }

        fn stop(self) -> Vec<Writer> {
            self.stop.store(true, Ordering::Relaxed);
            self.threads.into_iter().map(|thread| thread.join().expect("a writer")).collect()
        }
    }

    /// What the server is at when it is killed.
    #[derive(Clone, Copy, Debug)]
    enum Moment {
        Writing,
        Rewriting,
        Saving,
        /// Somebody takes the data set.
        Syncing,
        /// It reads what the last kill has left.
        Loading,
    }

    struct World {
        random: Random,
        master: Server,
        faults: Faults,
        replica: Server,
        stock: Server,
        writers: Vec<Writer>,
    }

    fn log_args(fsync: &str) -> Vec<String> {
        let args = [
            "--appendonly",
            "yes",
            "--save",
            "",
            "--repl-backlog-size",
            "256mb",
            "--appendfsync",
            fsync,
            "--auto-aof-rewrite-min-size",
            "8mb",
            "--rdb-key-save-delay",
            "20",
            "--key-load-delay",
            "2",
        ];
        args.map(str::to_owned).to_vec()
    }

    fn as_strs(args: &[String]) -> Vec<&str> {
        args.iter().map(String::as_str).collect()
    }

    impl World {
        fn start() -> World {
            let random = Random::from_environment("crashes");
            let args = log_args("always");
            let (master, faults) = Faults::ours(&as_strs(&args));
            fill(&master, FILLING);
            let replica = Server::start_replica(Understudy, master.port, &as_strs(&args));
            let stock =
                Server::start_replica(RealRedis, master.port, &["--repl-backlog-size", "256mb"]);
            let writers = (0..WRITERS).map(|id| Writer { id, next: 1, answered: 0, sent: 0 });
            let world =
                World { random, master, faults, replica, stock, writers: writers.collect() };
            world.wait_settled();
            world
        }

        /// Both replicas follow, and the log of ours is that of what it follows.
        fn wait_settled(&self) {
            for replica in [&self.replica, &self.stock] {
                replica.wait_link_up();
            }
            self.master.wait_online(2);
            wait_until(PATIENCE, "the replica's log to be that of its master", || {
                !is_rewriting(&self.replica)
            });
        }

        fn draw_moment(&mut self) -> Moment {
            match self.random.below(8) {
                0 | 1 => Moment::Rewriting,
                2 => Moment::Saving,
                3 => Moment::Syncing,
                4 => Moment::Loading,
                _ => Moment::Writing,
            }
        }

        fn pause(&mut self, most_millis: u64) {
            thread::sleep(Duration::from_millis(self.random.below(most_millis)));
        }

        /// Brings the server to that moment; what it holds on to goes with it.
        fn come_to(&mut self, moment: Moment, is_master: bool) -> Option<Client> {
            let server = if is_master { &self.master } else { &self.replica };
            match moment {
                Moment::Writing | Moment::Loading => None,
                Moment::Rewriting => {
                    // One may be under way by itself.
                    server.run("bgrewriteaof");
                    None
                }
                Moment::Saving => {
                    server.run("bgsave schedule");
                    None
                }
                Moment::Syncing => {
                    let mut reader = server.client();
                    reader.send_cmd(&["psync", "?", "-1"]);
                    Some(reader)
                }
            }
        }

        /// Kills it, once more while it loads if that is the moment, and has it again.
        fn crash(&mut self, moment: Moment, is_master: bool, fsync: &str, loses_power: bool) {
            let most_millis = self.random.below(60);
            let args = log_args(fsync);
            let port = self.master.port.to_string();
            let server = if is_master { &mut self.master } else { &mut self.replica };
            server.kill9();
            if loses_power {
                self.faults.lose_power(&server.dir().join("appendonlydir"));
            }
            let mut args = as_strs(&args);
            if !is_master {
                args.splice(0..0, ["--replicaof", "127.0.0.1", &port]);
            }
            server.set_args(&args);
            if matches!(moment, Moment::Loading) {
                server.launch();
                thread::sleep(Duration::from_millis(most_millis));
            }
            server.restart();
        }

        fn round(&mut self, round: u32) {
            let moment = self.draw_moment();
            let is_master = self.random.below(4) > 0;
            let fsync = ["always", "everysec", "no"][self.random.below(3) as usize];
            // Of the policy that holds now; the drawn one is that of the next start.
            let policy = self.master.ok("config get appendfsync").texts()[1].clone();
            let loses_power = is_master && self.random.below(4) == 0;
            eprintln!(
                "round {round}: {moment:?}, {}, {policy}{}",
                if is_master { "master" } else { "replica" },
                if loses_power { ", and the power goes" } else { "" }
            );
            let syncs = info_field(&self.master, "stats", "sync_full");
            let work = Work::start(&self.writers, self.master.port);
            self.pause(200);
            let reader = self.come_to(moment, is_master);
            self.pause(200);

            if is_master {
                self.crash(moment, true, fsync, loses_power);
                self.writers = work.stop();
            } else {
                self.crash(moment, false, fsync, false);
                self.pause(100);
                self.writers = work.stop();
            }
            drop(reader);
            let must_have_answered = !loses_power || policy == "always";
            for writer in &mut self.writers {
                writer.check(&self.master, must_have_answered);
            }
            self.wait_settled();
            if !loses_power {
                let before = if is_master { "0" } else { &syncs };
                let after = info_field(&self.master, "stats", "sync_full");
                assert_eq!(after, before, "the replicas go on where they were");
            }

            wait_equal_digests(&[&self.master, &self.replica, &self.stock]);
        }
    }

    #[test]
    fn what_was_answered_outlives_a_kill_at_any_moment_and_replicas_go_on() {
        let mut world = World::start();
        for round in 1..=rounds() {
            world.round(round);
        }
        let answered: i64 = world.writers.iter().map(|writer| writer.answered).sum();
        eprintln!("{answered} operations were answered");
        assert!(world.writers.iter().all(|writer| writer.answered > 0), "nothing was written");
    }
}
