//! Replicas that come and go while redis-benchmark keeps the master busy.

mod heavy {
    use std::process::{Child, Command, Stdio};

    use crate::support::Kind::Understudy;
    use crate::support::*;

    /// A bounded run of redis-benchmark, killed when it is no longer needed.
    struct Benchmark(Child);

    impl Benchmark {
        fn start(server: &Server) -> Benchmark {
            let port = server.port.to_string();
            let child = Command::new("redis-benchmark")
                .args(["-p", &port, "-q", "-c", "10", "-P", "4", "-r", "5000", "-n", "500000"])
                .args(["-t", "set,incr,mset,get"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn();
            Benchmark(child.expect("redis-benchmark is there: apt-get install redis-tools"))
        }

        fn is_running(&mut self) -> bool {
            self.0.try_wait().expect("its state").is_none()
        }
    }

    impl Drop for Benchmark {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// `CHURN_ROUNDS=50` for the long form.
    fn rounds() -> u32 {
        let rounds = std::env::var("CHURN_ROUNDS");
        rounds.map_or(10, |rounds| rounds.parse().expect("CHURN_ROUNDS is a number"))
    }

    #[test]
    fn a_replica_attached_and_killed_over_and_over_under_load_ends_equal() {
        let master = ours(&["--repl-backlog-size", "1mb"]);
        let steady = replica_of(master.port, &[]);
        let mut fickle =
            Server::prepare(Understudy, &["--replicaof", "127.0.0.1", &master.port.to_string()]);
        let mut benchmark = Benchmark::start(&master);
        for round in 0..rounds() {
            if !benchmark.is_running() {
                benchmark = Benchmark::start(&master);
            }
            fickle.restart();
            // Every other time in the middle of its sync.
            if round % 2 == 0 {
                fickle.wait_link_up();
            }
            fickle.kill9();
        }
        fickle.restart();
        drop(benchmark);
        fickle.wait_link_up();
        steady.wait_link_up();
        wait_equal_digests(&[&master, &steady, &fickle]);
        let offsets = [&steady, &fickle].map(|s| info_field(s, "replication", "master_replid"));
        assert_eq!(offsets[0], offsets[1]);
    }
}
