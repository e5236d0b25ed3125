//! redis-benchmark's whole default run: no test of it meets an error, alone and with replicas, and
//! what it leaves behind is the same everywhere.

mod heavy {
    use std::process::Command;

    use crate::support::*;

    /// The tests of its default run, each by the beginning of what it prints.
    const TESTS: [&str; 20] = [
        "PING_INLINE",
        "PING_MBULK",
        "SET",
        "GET",
        "INCR",
        "LPUSH",
        "RPUSH",
        "LPOP",
        "RPOP",
        "SADD",
        "HSET",
        "SPOP",
        "ZADD",
        "ZPOPMIN",
        "LPUSH (needed to benchmark LRANGE)",
        "LRANGE_100",
        "LRANGE_300",
        "LRANGE_500",
        "LRANGE_600",
        "MSET (10 keys)",
    ];

    /// It ends with a failure, and says so, at the first error that it is answered.
    fn run_all_tests(server: &Server, pipeline: &str) {
        let port = server.port.to_string();
        let output = Command::new("redis-benchmark")
            .args([
                "-p", &port, "-q", "--csv", "-n", "1000", "-c", "10", "-r", "300", "-P", pipeline,
            ])
            .output()
            .expect("redis-benchmark is there: apt-get install redis-tools");
        let (said, errors) = (output.stdout, output.stderr);
        let (said, errors) = (String::from_utf8_lossy(&said), String::from_utf8_lossy(&errors));
        assert!(output.status.success() && errors.is_empty(), "{said}{errors}");
        assert!(!said.contains("rror") && !said.contains("WARNING"), "{said}");
        for test in TESTS {
            assert!(said.contains(&format!("\"{test}")), "no {test} in {said}");
        }
    }

    #[test]
    fn the_whole_default_run_of_redis_benchmark_meets_no_error_and_replicas_end_equal() {
        let master = ours(&[]);
        run_all_tests(&master, "1");
        let replicas = [replica_of(master.port, &[]), replica_of(master.port, &[])];
        for pipeline in ["1", "16"] {
            run_all_tests(&master, pipeline);
        }
        wait_equal_digests(&[&master, &replicas[0], &replicas[1]]);
        assert!(master.run("dbsize").int() > 300);
        assert_eq!(info_field(&master, "stats", "total_error_replies"), "0");
        assert_eq!(info_field(&master, "stats", "sync_full"), "2");
        // The same again without anybody to send it to.
        drop(replicas);
        run_all_tests(&master, "16");
    }
}
