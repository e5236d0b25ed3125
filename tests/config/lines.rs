//! Lines of files, and command lines.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use understudy::config::load::{LoadError, Parts, load};

use crate::support::{Kind, program};
use crate::world::{ReadOnly, load_arguments};

/// What redis-server prints to standard error, which is nothing if it takes the arguments: they
/// have to say `port 0`, so that it ends for want of a port.
fn their_complaint(arguments: &[&str], home: &Path) -> String {
    let errors = home.join("errors");
    let mut command = Command::new(program(Kind::RealRedis));
    command.args(arguments).current_dir(home).stdin(Stdio::null()).stdout(Stdio::null());
    let status = command.stderr(File::create(&errors).unwrap()).status().unwrap();
    assert!(!status.success(), "{arguments:?}");
    fs::read_to_string(errors).unwrap().trim_end().to_owned()
}

fn complaint<T>(result: Result<T, LoadError>) -> String {
    match result {
        Ok(_) | Err(LoadError::Open { .. }) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn lines_of_files_are_taken_and_refused_as_in_redis() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("redis.conf");
    for line in [
        "",
        "   # comment",
        "timeout 5",
        "TIMEOUT \"5\"",
        "timeout '5'",
        "timeout 5 6",
        "timeout",
        "timeout \"5",
        "timeout \"5\"6",
        "nosuch 1",
        "timeout=5",
        "\"\"",
        "include",
        "include a b",
        "include nosuch",
        "daemonize maybe",
        "loglevel bla",
        "databases 0",
        "databases 2147483648",
        "io-threads 129",
        "unixsocketperm 778",
        "unixsocketperm 1000",
        "unixsocketperm 0700",
        "tcp-backlog -1",
        "appendfilename \"\"",
        "appendfilename a/b",
        "appenddirname a/b",
        "supervised nobody",
        "syslog-facility local8",
        "enable-debug-command maybe",
        "save",
        "save 900",
        "save 900 1 60",
        "save 0 1",
        "save \"900 1 60 5\"",
        "save 900 \"1 60\" 5",
        "bind",
        "bind 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
        "bind \"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\"",
        "replicaof",
        "replicaof a",
        "replicaof a 65536",
        "replicaof a -1",
        "replicaof a 1x",
        "slaveof no one",
        "replicaof \"a 1\"",
        "oom-score-adj-values 1 2",
        "oom-score-adj-values 1 2 2001",
        "oom-score-adj-values \"1 2 3\"",
        "client-output-buffer-limit normal 1 1",
        "client-output-buffer-limit other 1 1 1",
        "shutdown-on-sigterm",
        "shutdown-on-sigterm save nosave",
        "shutdown-on-sigterm \"nosave now\"",
        "latency-tracking-info-percentiles 101",
        "latency-tracking-info-percentiles",
        "notify-keyspace-events q",
        "dir /nonexistent",
        "rename-command nosuch a",
        "rename-command get set",
        "rename-command get \"\"",
        "rename-command get",
        "user",
        "loadmodule",
        "sentinel monitor a b",
        "module.setting",
        "list-max-ziplist-entries 5",
        "list-max-ziplist-entries 5 6",
        "lua-replicate-commands yes",
        "list-max-ziplist-value 5",
    ] {
        fs::write(&path, format!("# a file\nport 0\n{line}\n")).unwrap();
        let theirs = their_complaint(&[path.to_str().unwrap()], home.path());
        let parts = Parts { file: Some(path.clone()), ..Parts::default() };
        assert_eq!(complaint(load(&parts, &mut ReadOnly)), theirs, "{line}");
    }
}

#[test]
fn command_lines_are_understood_as_in_redis() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("redis.conf");
    fs::write(&path, "port 0\n").unwrap();
    for arguments in [
        &["--timeout"][..],
        &["--timeout", "5", "--loglevel"],
        &["--timeout", "5", "6"],
        &["--timeout", "--loglevel", "verbose"],
        &["--timeout", "--bla", "--loglevel", "verbose"],
        &["--logfile", "--my--log--file", "--loglevel", "--bla"],
        &["--shutdown-on-sigint"],
        &["--shutdown-on-sigint", "now force", "--shutdown-on-sigterm"],
        &[
            "--shutdown-on-sigint",
            "nosave",
            "force",
            "now",
            "--shutdown-on-sigterm",
            "nosave force",
        ],
        &["--replicaof", "127.0.0.1", "abc"],
        &["--replicaof", "--127.0.0.1", "abc"],
        &["--replicaof", "--127.0.0.1", "--abc"],
        &["--timeout=5"],
        &["--timeout 5", "--loglevel verbose"],
        &["--timeout '5'", "--loglevel bla"],
        &["loglevel", "verbose"],
        &["timeout", "5", "--loglevel", "verbose"],
        &["-x", "y"],
        &["--save", "--loglevel", "verbose"],
        &["--save", "--nosuch"],
        &["--loglevel", "verbose", "--save"],
        &["--save", "", "--loglevel", "verbose"],
        &["--save", "900"],
        &["--save", "900", "1", "--save", "60", "x"],
        &["--proc-title-template", "--save", "--save", "", "--loglevel", "verbose"],
        &["--timeout", "a\"b\\c\nd\x01é"],
        &["--", "x"],
        &["--timeout", "1", "-", "--loglevel", "verbose"],
        &["--loglevel", "verbose", "--version"],
    ] {
        let file = path.to_str().unwrap();
        let arguments = [&[file], arguments].concat();
        let theirs = their_complaint(&arguments, home.path());
        assert_eq!(complaint(load_arguments(&arguments)), theirs, "{arguments:?}");
    }
}

#[test]
fn the_configuration_file_of_debian_loads() {
    // Only root and redis may read it.
    let Ok(text) = fs::read("/etc/redis/redis.conf") else { return };
    let parts = Parts { stdin: Some(text), ..Parts::default() };
    let config = load(&parts, &mut ReadOnly).unwrap();
    assert_eq!(config.network.bind, ["127.0.0.1", "-::1"]);
    assert_eq!(config.process.logfile, Path::new("/var/log/redis/redis-server.log"));
}
