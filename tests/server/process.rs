//! The server as a process: in the background, under a supervisor, within the system's limits.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::*;

/// A program that is killed when the test is over, however that is.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The contents of a file of `/proc/<pid>/`.
fn proc_file(pid: impl std::fmt::Display, name: &str) -> String {
    fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default()
}

fn wait_answer(port: u16) -> Client {
    wait_for(PATIENCE, "an answer", || {
        let mut client =
            Client::try_connect(("127.0.0.1", port)).map_err(|error| error.to_string())?;
        client.try_run("ping").map_err(|error| error.to_string())?;
        Ok(client)
    })
}

/// Ends a server that nobody waits for.
fn end(pid: i32) {
    let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
}

#[test]
fn in_the_background_it_has_a_session_a_pid_file_and_no_streams() {
    let home = tempfile::tempdir().unwrap();
    let port = free_port();
    let number = port.to_string();
    let args = ["--daemonize", "yes", "--port", number.as_str(), "--dir", "."];
    let rest = ["--pidfile", "redis.pid", "--logfile", "redis.log", "--save", ""];
    let all = [&args[..], &rest[..]].concat();
    let (code, output) = run_to_exit(Kind::Understudy, home.path(), &all, "");
    assert_eq!((code, output.as_str()), (0, ""));
    let mut client = wait_answer(port);
    let pid = fs::read_to_string(home.path().join("redis.pid")).unwrap();
    let pid: i32 = pid.strip_suffix('\n').unwrap().parse().unwrap();
    let info = client.run("info server").text();
    let stat = proc_file(pid, "stat");
    let streams: Vec<_> =
        (0..3).map(|fd| fs::read_link(format!("/proc/{pid}/fd/{fd}")).unwrap()).collect();
    let log = fs::read_to_string(home.path().join("redis.log")).unwrap();
    client.run("config set dir /");
    client.send(b"SHUTDOWN NOSAVE\r\n");
    let is_gone = comes_true(PATIENCE, || !home.path().join("redis.pid").exists());
    end(pid);
    assert!(is_gone, "the pid file stays");
    assert!(info.contains(&format!("\r\nprocess_id:{pid}\r\n")), "{info}");
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let session = fields.split(' ').nth(3).unwrap();
    assert_eq!(session, pid.to_string());
    assert!(streams.iter().all(|stream| stream == Path::new("/dev/null")), "{streams:?}");
    assert!(log.contains(&format!("{pid}:C ")) && log.contains(&format!("{pid}:M ")), "{log}");
    assert!(log.contains("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo"), "{log}");
}

#[test]
fn systemd_hears_when_it_is_ready_and_when_it_stops() {
    let home = tempfile::tempdir().unwrap();
    let socket = UnixDatagram::bind(home.path().join("notify")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let next = || {
        let mut message = [0; 256];
        let read = socket.recv(&mut message).unwrap();
        String::from_utf8_lossy(&message[..read]).into_owned()
    };
    let port = free_port();
    let mut command = Command::new(program(Kind::Understudy));
    command.args(["--supervised", "systemd", "--daemonize", "yes", "--save", "3600 1"]);
    command.args(["--port", &port.to_string(), "--logfile", "redis.log"]).current_dir(home.path());
    command.env("NOTIFY_SOCKET", home.path().join("notify")).stdout(Stdio::null());
    let server = Running(command.spawn().unwrap());
    assert_eq!(next(), "STATUS=Redis is loading...\n");
    assert_eq!(next(), "STATUS=Ready to accept connections\n");
    assert_eq!(next(), "READY=1\n");
    let log = fs::read_to_string(home.path().join("redis.log")).unwrap();
    assert!(log.contains(":C ") && log.contains(" * Supervised by systemd. Please make"), "{log}");
    // The supervisor watches the process that it started: no other takes its place.
    let info = wait_answer(port).run("info server").text();
    assert!(info.contains(&format!(":{}\r\n", server.0.id())), "{info}");
    assert!(info.contains("process_supervised:systemd\r\n"), "{info}");
    kill(Pid::from_raw(server.0.id() as i32), Signal::SIGTERM).unwrap();
    assert_eq!(next(), "STOPPING=1\n");
    assert_eq!(next(), "STATUS=Saving the final RDB snapshot\n");
}

#[test]
fn upstart_sees_the_process_that_it_started_stop_and_wakes_it() {
    let home = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut command = Command::new(program(Kind::Understudy));
    command.args(["--supervised", "upstart", "--daemonize", "yes", "--save", ""]);
    command.args(["--port", &port.to_string(), "--logfile", "redis.log"]).current_dir(home.path());
    command.env("UPSTART_JOB", "redis").stdout(Stdio::null());
    let server = Running(command.spawn().unwrap());
    let pid = Pid::from_raw(server.0.id() as i32);
    wait_until(PATIENCE, "the process to stop", || {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.contains("State:\tT")
    });
    kill(pid, Signal::SIGCONT).unwrap();
    let info = wait_answer(port).run("info server").text();
    assert!(info.contains(&format!("process_id:{pid}\r\n")), "{info}");
    assert!(info.contains("process_supervised:upstart\r\n"), "{info}");
}

/// Starts with a limit of open files that cannot be raised.
fn start_limited(home: &Path, files: u32, port: u16) -> Running {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit -n {files}; exec \"$0\" \"$@\""));
    command.arg(program(Kind::Understudy)).args(["--port", &port.to_string(), "--save", ""]);
    command.args(["--logfile", "redis.log"]).current_dir(home);
    Running(command.spawn().unwrap())
}

#[test]
fn maxclients_is_what_the_limit_of_open_files_leaves_room_for() {
    // As a privileged user nothing stops it.
    if can_raise_limits() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let port = free_port();
    let _server = start_limited(home.path(), 100, port);
    let mut client = wait_answer(port);
    assert_eq!(client.run("config get maxclients").texts(), ["maxclients", "68"]);
    assert_eq!(
        client.run("config set maxclients 5000").error(),
        "ERR CONFIG SET failed (possibly related to argument 'maxclients') - The operating system is not able to handle the specified number of clients, try with 68"
    );
    client.ok("config set maxclients 60");
    let log = fs::read_to_string(home.path().join("redis.log")).unwrap();
    for line in [
        "You requested maxclients of 10000 requiring at least 10032 max file descriptors.",
        "Server can't set maximum open files to 10032 because of OS error: Operation not permitted.",
        "Current maximum open files is 100. maxclients has been reduced to 68 to compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'.",
    ] {
        assert!(log.contains(line), "{log}");
    }
}

/// Whether the system lets us have more files than our hard limit.
fn can_raise_limits() -> bool {
    let status = proc_file("self", "status");
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap_or("0");
    let capabilities = u64::from_str_radix(line.trim(), 16).unwrap_or(0);
    const CAP_SYS_RESOURCE: u64 = 1 << 24;
    capabilities & CAP_SYS_RESOURCE != 0
}

#[test]
fn the_kernel_hears_whom_to_kill_first() {
    let base: i32 = proc_file("self", "oom_score_adj").trim().parse().unwrap();
    let server = ours(&["--oom-score-adj", "yes", "--oom-score-adj-values", "10", "20", "30"]);
    let score = || proc_file(server.pid(), "oom_score_adj").trim().parse::<i32>().unwrap();
    assert_eq!(score(), base + 10);
    server.ok("replicaof 127.0.0.1 1");
    assert_eq!(score(), base + 20);
    server.ok("replicaof no one");
    assert_eq!(score(), base + 10);
    server.ok("config set oom-score-adj absolute");
    assert_eq!(score(), 10);
    let mut client = server.client();
    assert_eq!(client.cmd(&["config", "set", "oom-score-adj-values", "15 20 30"]), "OK");
    assert_eq!(score(), 15);
    server.ok("config set oom-score-adj no");
    assert_eq!(score(), base);
}

#[test]
fn arguments_may_be_any_bytes() {
    let home = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut command = Command::new(program(Kind::Understudy));
    command.args(["--port", &port.to_string(), "--save", "", "--requirepass"]);
    command.arg(OsStr::from_bytes(b"\xff\xfe")).current_dir(home.path());
    let _server = Running(command.stdout(Stdio::null()).spawn().unwrap());
    let mut client = wait_answer(port);
    assert_eq!(client.cmd(&[b"auth".as_slice(), b"\xff\xfe"]), "OK");
}

#[test]
fn a_hangup_of_the_terminal_ends_nothing() {
    let server = ours(&[]);
    server.signal(Signal::SIGHUP);
    server.ok("set k v");
    wait_until(PATIENCE, "the signal to be taken", || {
        let status = proc_file(server.pid(), "status");
        let pending = |name| status.lines().find_map(|line| line.strip_prefix(name)).expect(name);
        ["SigPnd:", "ShdPnd:"].map(pending).iter().all(|set| set.trim() == "0000000000000000")
    });
    assert_eq!(server.run("get k"), "v");
}

#[test]
fn what_a_signal_does_is_logged_as_by_the_handlers_of_redis() {
    let mut server = ours(&[]);
    server.signal(Signal::SIGINT);
    server.wait_exit();
    let log = server.log();
    let line = log.lines().find(|line| line.contains("Received SIGINT")).expect("the line");
    let (handler, rest) = line.split_once(" (").expect("a time");
    assert!(handler.ends_with(":signal-handler"), "{line}");
    let (seconds, text) = rest.split_once(") ").expect("a text");
    assert!(seconds.parse::<u64>().is_ok(), "{line}");
    assert_eq!(text, "Received SIGINT scheduling shutdown...");
}

#[test]
fn a_title_that_is_too_long_is_cut() {
    let template = format!("{{port}} {}", "x".repeat(1000));
    let server = ours(&["--proc-title-template", &template]);
    let title = proc_file(server.pid(), "cmdline").trim_end_matches('\0').to_owned();
    assert!(title.starts_with(&format!("{} xxx", server.port)), "{title}");
    assert!(title.len() <= 255, "{}", title.len());
}

#[test]
fn the_title_names_the_address_as_it_is_now() {
    let server = ours(&[]);
    let title = || proc_file(server.pid(), "cmdline").trim_end_matches('\0').to_owned();
    let tail = |port: u16| format!(" 127.0.0.1:{port}");
    assert!(title().ends_with(&tail(server.port)), "{}", title());
    let port = free_port();
    let mut client = server.client();
    client.ok(&format!("config set port {port}"));
    assert!(title().ends_with(&tail(port)), "{}", title());
}

#[test]
fn the_working_directory_can_be_changed_when_that_is_allowed() {
    let server = ours(&["--enable-protected-configs", "yes"]);
    fs::create_dir(server.dir().join("sub")).unwrap();
    let sub = fs::canonicalize(server.dir().join("sub")).unwrap();
    assert_eq!(
        server.run("config set dir nosuch").error(),
        "ERR CONFIG SET failed (possibly related to argument 'dir') - No such file or directory"
    );
    assert_eq!(server.count_log("Failed applying new configuration."), 0);
    server.ok("config set dir sub");
    assert_eq!(server.run("config get dir").texts(), ["dir".to_owned(), sub.display().to_string()]);
    server.ok("save");
    assert!(sub.join("dump.rdb").exists());
    let strict = ours(&[]);
    assert_eq!(
        strict.run("config set dir /").error(),
        "ERR CONFIG SET failed (possibly related to argument 'dir') - can't set protected config"
    );
}

#[test]
fn a_setting_without_a_value_is_a_syntax_error() {
    assert_eq!(ours(&[]).run("config set hz 20 timeout").error(), "ERR syntax error");
}

#[test]
fn settings_change_all_at_once_or_not_at_all() {
    let server = ours(&[]);
    let taken = ours(&[]);
    let mut client = server.client();
    let before = client.run("config get loglevel timeout port").texts();
    let refused = client.run(&format!("config set loglevel debug timeout 7 port {}", taken.port));
    assert_eq!(
        refused.error(),
        "ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs."
    );
    assert_eq!(client.run("config get loglevel timeout port").texts(), before);
    server.wait_for_log(
        "Failed applying new configuration. Possibly related to new port setting. Restoring previous settings.",
    );
    // It listens where it did.
    assert_eq!(server.run("ping"), "PONG");
}

/// As redis-server does: a process in the background has no other place to say it.
#[test]
fn a_broken_invariant_is_reported_in_the_log_file() {
    let mut server = ours(&["--logfile", "redis.log"]);
    assert!(server.try_run("debug panic").is_err());
    assert!(!server.wait_exit().success());
    let log = std::fs::read_to_string(server.dir().join("redis.log")).expect("the log file");
    assert!(log.contains("\n=== REDIS BUG REPORT START: "), "{log}");
    assert!(log.contains("# Guru Meditation: DEBUG PANIC called at Unix time "), "{log}");
}

#[test]
fn debug_segfault_ends_the_process_by_that_signal() {
    use std::os::unix::process::ExitStatusExt;
    let mut server = ours(&[]);
    assert!(server.try_run("debug segfault").is_err());
    assert_eq!(server.wait_exit().signal(), Some(Signal::SIGSEGV as i32));
}

/// The nice value of each thread of a process, by the thread's name.
fn niceness(pid: u32) -> Vec<(String, i32)> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("its threads");
    let of = |thread: fs::DirEntry| {
        let stat = fs::read_to_string(thread.path().join("stat")).ok()?;
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        Some((name.to_owned(), rest.split_whitespace().nth(16)?.parse().ok()?))
    };
    threads.flatten().filter_map(of).collect()
}

#[test]
fn threads_that_no_client_waits_for_step_back() {
    let server = ours(&["--save", ""]);
    // The arbiter's thread has the name of the process.
    let main = fs::read_to_string(format!("/proc/{}/comm", server.pid())).expect("its name");
    // A thread gives itself its name and its place when it first runs.
    wait_for(PATIENCE, "the garbage thread behind the arbiter", || {
        let nice = niceness(server.pid());
        let of = |name: &str| nice.iter().find(|(known, _)| known == name).map(|(_, nice)| *nice);
        let is_behind = of(main.trim_end()).is_some_and(|main| of("garbage") > Some(main));
        if is_behind { Ok(()) } else { Err(format!("{nice:?}")) }
    });
}
