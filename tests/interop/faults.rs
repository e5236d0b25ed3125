//! Links that fail in every way while writes go on: a master, ours or redis-server, our replica and
//! its sub-replica, and a stock redis-server as another replica.
//!
//! ```text
//! master ──link──► replica ──link──► sub-replica
//!    └────link──► redis-server
//! ```

mod heavy {
    use std::time::Duration;

    use crate::support::Kind::{RealRedis, Understudy};
    use crate::support::*;

    /// `FAULT_ROUNDS=200` for the long form.
    fn rounds() -> u32 {
        let rounds = std::env::var("FAULT_ROUNDS");
        rounds.map_or(10, |rounds| rounds.parse().expect("FAULT_ROUNDS is a number"))
    }

    /// What a silent link is given up after.
    const TIMEOUT: [&str; 2] = ["--repl-timeout", "3"];

    #[derive(Clone, Copy, Debug)]
    enum Fault {
        Cut,
        Refuse,
        /// The link is silent, but not for so long that it is given up.
        Pause(Direction),
        /// The link is silent until an end gives it up.
        HalfOpen(Direction),
        Delay(Direction, u64),
        Truncate(Direction, u64),
        /// The data set is asked for anew, and a byte of what comes is wrong.
        CorruptSync(u64),
        /// A byte of the stream is wrong.
        CorruptStream(u64),
        /// The process of the sending end, or of the receiving end, stands still for a while.
        StandStill {
            sender: bool,
        },
    }

    impl Fault {
        fn draw(random: &mut Random) -> Fault {
            let direction = match random.below(3) {
                0 => Direction::ToServer,
                _ => Direction::ToClient,
            };
            match random.below(12) {
                0 | 1 => Fault::Cut,
                2 => Fault::Refuse,
                3 => Fault::Pause(direction),
                4 => Fault::HalfOpen(direction),
                5 => Fault::Delay(direction, 1 + random.below(40)),
                6 | 7 => Fault::Truncate(direction, random.below(200_000)),
                8 => Fault::CorruptSync(random.below(300_000)),
                9 | 10 => Fault::CorruptStream(random.below(20_000)),
                _ => Fault::StandStill { sender: random.below(2) == 0 },
            }
        }

        /// Whether a link that had it may need everything anew.
        fn may_need_everything(self) -> bool {
            matches!(self, Fault::CorruptSync(_) | Fault::CorruptStream(_))
        }
    }

    /// A way from one server to another that follows it.
    struct Way {
        name: &'static str,
        proxy: FaultProxy,
        sender: usize,
        receiver: usize,
    }

    impl Way {
        fn suffer(&self, fault: Fault, servers: &[Server], load: &Load) {
            let Way { proxy, .. } = self;
            let [sender, receiver] = [&servers[self.sender], &servers[self.receiver]];
            match fault {
                // A stock server ends itself over a wrong RDB, and takes a wrong stream.
                Fault::CorruptSync(_) | Fault::CorruptStream(_) if receiver.kind == RealRedis => {
                    proxy.cut();
                }
                // Nobody tells it the sums of its stream.
                Fault::CorruptStream(_) if sender.kind == RealRedis => proxy.cut(),
                Fault::CorruptStream(bytes) => proxy.corrupt_in(Direction::ToClient, bytes),
                Fault::Cut => proxy.cut(),
                Fault::Refuse => proxy.cut_and_refuse(),
                Fault::Pause(direction) => proxy.stall(direction),
                Fault::HalfOpen(direction) => {
                    let links = proxy.accepted();
                    proxy.stall(direction);
                    wait_until(PATIENCE, "a new link", || proxy.accepted() > links);
                }
                Fault::Delay(direction, millis) => {
                    proxy.delay(direction, Duration::from_millis(millis));
                }
                Fault::Truncate(direction, bytes) => proxy.truncate_after(direction, bytes),
                Fault::CorruptSync(offset) => {
                    proxy.corrupt_at(Direction::ToClient, offset);
                    receiver.ok("replicaof no one");
                    receiver.ok("debug change-repl-id");
                    receiver.replicaof(proxy.port);
                }
                Fault::StandStill { sender: is_sender } => {
                    let server = if is_sender { sender } else { receiver };
                    server.pause();
                    match is_sender {
                        true => std::thread::sleep(Duration::from_millis(300)),
                        false => load.wait_more(100),
                    }
                    server.resume();
                }
            }
        }
    }

    fn full_syncs(servers: &[Server]) -> Vec<String> {
        servers.iter().map(|server| info_field(server, "stats", "sync_full")).collect()
    }

    fn run_ids(servers: &[Server]) -> Vec<String> {
        servers.iter().map(|server| info_field(server, "server", "run_id")).collect()
    }

    #[test]
    fn all_are_equal_after_each_healing_and_partial_syncs_suffice() {
        all_are_equal_after_each_healing(Understudy);
    }

    #[test]
    fn all_that_follow_redis_are_equal_after_each_healing_and_partial_syncs_suffice() {
        all_are_equal_after_each_healing(RealRedis);
    }

    fn all_are_equal_after_each_healing(kind: Kind) {
        let mut random = Random::from_environment("faults");
        let args = [&["--repl-backlog-size", "64mb", "--save", ""], &TIMEOUT[..]].concat();
        let master = Server::start(kind, &args);
        let follow = |name, kind, servers: &mut Vec<Server>, sender: usize| {
            let proxy = FaultProxy::start(servers[sender].port);
            let replica = Server::start_replica(kind, proxy.port, &args);
            replica.wait_link_up();
            servers.push(replica);
            Way { name, proxy, sender, receiver: servers.len() - 1 }
        };
        let mut servers = vec![master];
        let ways = [
            follow("replica", Understudy, &mut servers, 0),
            follow("sub-replica", Understudy, &mut servers, 1),
            follow("redis-server", RealRedis, &mut servers, 0),
        ];
        let ids = run_ids(&servers);
        for round in 0..rounds() {
            let before = full_syncs(&servers);
            let faults: Vec<_> = (0..1 + random.below(2))
                .map(|_| (&ways[random.below(3) as usize], Fault::draw(&mut random)))
                .collect();
            for (way, fault) in &faults {
                eprintln!("round {round}: {} {fault:?}", way.name);
            }
            let load = Load::start_for(&servers[0], RealRedis);
            load.wait_more(50);
            let size = 1 << (10 + random.below(11));
            let big = random.bytes(size);
            for (way, fault) in &faults {
                way.suffer(*fault, &servers, &load);
                servers[0].client().cmd(&[b"set".as_slice(), b"big", &big]);
            }
            load.wait_more(300);
            ways.iter().for_each(|way| way.proxy.heal());
            load.stop();
            for server in &servers[1..] {
                server.wait_link_up();
            }
            wait_equal_digests(&servers.iter().collect::<Vec<_>>());
            assert_eq!(run_ids(&servers), ids, "nobody started anew");
            if !faults.iter().any(|(_, fault)| fault.may_need_everything()) {
                assert_eq!(full_syncs(&servers), before, "a partial sync was possible");
            }
        }
    }
}
