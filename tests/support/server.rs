//! Servers as processes: each on a free port, in a folder of its own, with its log in a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::client::{Client, Value};
use super::peers::peer_program;
use super::wait::{PATIENCE, wait_for, wait_until};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The binary under test.
    Understudy,
    /// Debian's redis-server, the reference and the peer.
    RealRedis,
    /// The server of another release whose name begins so (see `find_peer`).
    Peer(&'static str),
}

/// The program that plays `kind`.
pub fn program(kind: Kind) -> PathBuf {
    if let Some(program) = peer_program(kind) {
        return program;
    }
    match kind {
        Kind::Understudy => match std::env::var_os("UNDERSTUDY_BIN") {
            Some(path) => path.into(),
            None => env!("CARGO_BIN_EXE_understudy").into(),
        },
        Kind::RealRedis | Kind::Peer(_) => find_in_path("redis-server").unwrap_or_else(|| {
            panic!("redis-server is not on the PATH: apt-get install redis-server")
        }),
    }
}

fn find_in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// True when redis-server plays our part, so that tests which ask for more than Redis does can
/// stand back.
pub fn played_by_redis() -> bool {
    let name = program(Kind::Understudy);
    name.file_name().is_some_and(|name| name == "redis-server")
        && std::env::var_os("UNDERSTUDY_BIN").is_some()
}

/// A port nobody listens on, below the range that outgoing connections draw from, so that a
/// server can be restarted on it.
pub fn free_port() -> u16 {
    static TURN: AtomicU32 = AtomicU32::new(0);
    for _ in 0..1000 {
        let turn = TURN.fetch_add(1, Ordering::Relaxed);
        let mixed = (std::process::id().wrapping_mul(2_654_435_761) >> 8)
            .wrapping_add(turn.wrapping_mul(7919));
        let port = 10_000 + (mixed % 22_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port found between 10000 and 32000")
}

/// A folder that goes away with its last user.
pub type TempHome = tempfile::TempDir;

pub struct Server {
    pub kind: Kind,
    pub port: u16,
    args: Vec<String>,
    /// What goes to the standard input when the arguments are to be taken as they are; without
    /// it the usual ones (port, folder, no save points...) stand before them.
    exact_with_stdin: Option<String>,
    environment: Vec<(String, PathBuf)>,
    home: TempHome,
    child: Option<Child>,
}

/// Our server with the given extra arguments.
#[track_caller]
pub fn ours(args: &[&str]) -> Server {
    Server::start(Kind::Understudy, args)
}

/// A replica of ours that follows whoever has this port, the link up.
#[track_caller]
pub fn replica_of(master_port: u16, args: &[&str]) -> Server {
    let replica = Server::start_replica(Kind::Understudy, master_port, args);
    replica.wait_link_up();
    replica
}

impl Server {
    /// Starts a server on a free port of 127.0.0.1 and waits until it answers PING.
    #[track_caller]
    pub fn start(kind: Kind, args: &[&str]) -> Server {
        let mut server = Server::prepare(kind, args);
        for _ in 0..5 {
            server.spawn();
            match server.wait_ready() {
                Ok(()) => return server,
                Err(_) if server.log().contains("Address already in use") => {
                    server.reap();
                    server.port = free_port();
                }
                Err(complaint) => panic!("{kind:?} did not start: {complaint}"),
            }
        }
        panic!("{kind:?} found no free port")
    }

    /// As [`Server::start`] for a replica of the master on `master_port`; does not wait for the
    /// link.
    #[track_caller]
    pub fn start_replica(kind: Kind, master_port: u16, args: &[&str]) -> Server {
        let port = master_port.to_string();
        let mut all = vec!["--replicaof", "127.0.0.1", port.as_str()];
        all.extend_from_slice(args);
        Server::start(kind, &all)
    }

    /// A server that has its port, folder and arguments but does not run yet; files can be put
    /// into its folder before [`Server::restart`].
    pub fn prepare(kind: Kind, args: &[&str]) -> Server {
        let home = tempfile::Builder::new().prefix("understudy-test-").tempdir().expect("a folder");
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Server {
            kind,
            port: free_port(),
            args,
            exact_with_stdin: None,
            environment: Vec::new(),
            home,
            child: None,
        }
    }

    /// As [`Server::prepare`], for start forms: the arguments are taken as they are, from
    /// `form`, which gets the port and the folder and also gives the standard input. A relative
    /// path starts in the folder.
    pub fn prepare_exact(
        kind: Kind,
        form: impl FnOnce(u16, &Path) -> (Vec<String>, String),
    ) -> Server {
        let mut server = Server::prepare(kind, &[]);
        let (args, stdin) = form(server.port, server.dir());
        server.args = args;
        server.exact_with_stdin = Some(stdin);
        server
    }

    fn spawn(&mut self) {
        let log = OpenOptions::new().create(true).append(true).open(self.log_path());
        let log = log.expect("open the log file");
        let errors = log.try_clone().expect("share the log file");
        let mut command = Command::new(program(self.kind));
        command.args(self.full_args()).current_dir(self.dir());
        command.stdin(Stdio::piped()).stdout(log).stderr(errors);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let child = command.spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{:?}: {error}", program(self.kind)));
        let stdin = self.exact_with_stdin.clone().unwrap_or_default();
        // A server that does not read its input may be gone already: that is no failure.
        let _ = child.stdin.take().expect("a pipe").write_all(stdin.as_bytes());
        self.child = Some(child);
    }

    fn full_args(&self) -> Vec<String> {
        if self.exact_with_stdin.is_some() {
            return self.args.clone();
        }
        let port = self.port.to_string();
        let dir = self.dir().display().to_string();
        let mut all = vec!["--port".to_owned(), port, "--dir".to_owned(), dir];
        for (directive, value) in [
            ("--bind", "127.0.0.1"),
            ("--save", ""),
            ("--enable-debug-command", "yes"),
            ("--repl-diskless-sync-delay", "0"),
        ] {
            let is_known = directive != "--enable-debug-command" || !self.kind.is_redis_six();
            if is_known && !self.args.iter().any(|arg| arg == directive) {
                all.extend([directive.to_owned(), value.to_owned()]);
            }
        }
        all.extend_from_slice(&self.args);
        all
    }

    /// Waits until PING is answered (by anything: NOAUTH and MASTERDOWN mean alive, LOADING does
    /// not).
    fn wait_ready(&mut self) -> Result<(), String> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.exited() {
                return Err(format!("{status}; its log:\n{}", self.log()));
            }
            match Client::try_connect(("127.0.0.1", self.port)).and_then(|mut c| c.try_run("ping"))
            {
                Ok(Value::Error(text)) if text.starts_with("LOADING") => {}
                Ok(_) => return Ok(()),
                Err(_) if started.elapsed() > PATIENCE => {
                    return Err(format!("no answer; its log:\n{}", self.log()));
                }
                Err(_) => {}
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn exited(&mut self) -> Option<ExitStatus> {
        self.child.as_mut()?.try_wait().expect("ask for the process state")
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("a running server").id()
    }

    pub fn dir(&self) -> &Path {
        self.home.path()
    }

    pub fn address(&self) -> (&'static str, u16) {
        ("127.0.0.1", self.port)
    }

    #[track_caller]
    pub fn client(&self) -> Client {
        Client::connect(self.address())
    }

    /// Runs one command on a connection of its own.
    #[track_caller]
    pub fn run(&self, line: &str) -> Value {
        self.client().run(line)
    }

    /// As [`Server::run`], and panics when the reply is an error.
    #[track_caller]
    pub fn ok(&self, line: &str) -> Value {
        self.client().ok(line)
    }

    /// Writes, and waits until so many replicas have acknowledged it.
    #[track_caller]
    pub fn write_through(&self, line: &str, replicas: i64) {
        // WAIT is about the writes of its own connection.
        let mut client = self.client();
        client.ok(line);
        let acknowledged = client.run(&format!("wait {replicas} 20000"));
        assert_eq!(acknowledged, replicas);
    }

    pub fn try_run(&self, line: &str) -> io::Result<Value> {
        Client::try_connect(self.address())?.try_run(line)
    }

    #[track_caller]
    pub fn replicaof(&self, port: u16) {
        assert_eq!(self.run(&format!("replicaof 127.0.0.1 {port}")), "OK");
    }

    /// Waits until this replica's link to its master is up.
    #[track_caller]
    pub fn wait_link_up(&self) {
        wait_for(PATIENCE, "master_link_status:up", || {
            let text = self.try_run("info replication").map_err(|e| e.to_string())?;
            let text = text.text();
            if text.contains("master_link_status:up") { Ok(()) } else { Err(text) }
        });
    }

    /// Waits until this master counts so many replicas as online and none in another state.
    #[track_caller]
    pub fn wait_online(&self, replicas: usize) {
        wait_for(PATIENCE, &format!("{replicas} replicas to be online"), || {
            let text = self.run("info replication").text();
            let states = [",state=online,", ",state="].map(|part| text.matches(part).count());
            if states == [replicas; 2] { Ok(()) } else { Err(text) }
        });
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid() as i32), signal).expect("send a signal");
    }

    /// SIGKILL, and waits until the process is gone.
    pub fn kill9(&mut self) {
        self.reap();
    }

    /// SIGSTOP: the process keeps its sockets and answers nothing.
    pub fn pause(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// SIGCONT
    pub fn resume(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// SIGTERM, and waits for the exit.
    #[track_caller]
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        self.wait_exit()
    }

    /// Waits until the process has gone by itself.
    #[track_caller]
    pub fn wait_exit(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until(PATIENCE, "the server to exit", || {
            status = self.exited();
            status.is_some()
        });
        self.child = None;
        status.expect("an exit status")
    }

    /// Starts again on the same port, in the same folder, with the same arguments.
    #[track_caller]
    pub fn restart(&mut self) {
        if let Err(complaint) = self.try_restart() {
            panic!("{:?} did not restart: {complaint}", self.kind);
        }
    }

    /// As [`Server::restart`]; the error holds the exit status and the log.
    pub fn try_restart(&mut self) -> Result<(), String> {
        self.reap();
        self.spawn();
        self.wait_ready()
    }

    /// For servers that nobody can PING over TCP.
    pub fn start_without_waiting(&mut self) {
        self.spawn();
    }

    /// Starts it and waits for nothing.
    pub fn launch(&mut self) {
        self.reap();
        self.spawn();
    }

    /// As [`Server::restart`], expecting that it refuses to run.
    #[track_caller]
    pub fn restart_to_exit(&mut self) -> ExitStatus {
        self.reap();
        self.spawn();
        self.wait_exit()
    }

    /// The arguments of the next start.
    pub fn set_args(&mut self, args: &[&str]) {
        self.args = args.iter().map(|arg| (*arg).to_owned()).collect();
    }

    /// Beside what it has from us, from the next start on.
    pub fn set_environment(&mut self, variables: &[(&str, &Path)]) {
        let variables = variables.iter().map(|(name, value)| (name.to_string(), value.into()));
        self.environment = variables.collect();
    }

    fn reap(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub fn log_path(&self) -> PathBuf {
        self.dir().join("server.log")
    }

    /// Everything logged so far, over all starts.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.log_path()).unwrap_or_default()).into_owned()
    }

    pub fn count_log(&self, part: &str) -> usize {
        self.log().matches(part).count()
    }

    /// Waits until a line holds `part` and returns that line, the first when there are several.
    #[track_caller]
    pub fn wait_for_log(&self, part: &str) -> String {
        wait_for(PATIENCE, &format!("{part:?} in the log"), || {
            let log = self.log();
            log.lines().find(|line| line.contains(part)).map(str::to_owned).ok_or(log)
        })
    }

    /// Resident memory in bytes, as the kernel counts it.
    pub fn resident_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS");
        let kib = line.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok());
        kib.expect("a number of KiB") * 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.reap();
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let tail = lines[lines.len().saturating_sub(40)..].join("\n");
            eprintln!("--- log of {:?} on port {}:\n{tail}", self.kind, self.port);
        }
    }
}

/// Runs a program with exactly these arguments and `stdin` until it exits by itself: for start
/// errors, `--version` and the like. Returns the exit code and what it printed (both streams).
#[track_caller]
pub fn run_to_exit(kind: Kind, home: &Path, args: &[&str], stdin: &str) -> (i32, String) {
    let output = home.join("output.txt");
    let file = File::create(&output).expect("create the output file");
    let errors = file.try_clone().expect("share the output file");
    let mut command = Command::new(program(kind));
    command.args(args).current_dir(home).stdin(Stdio::piped()).stdout(file).stderr(errors);
    let mut child = command.spawn().expect("start the program");
    // A program that exits without reading its input closes the pipe: that is no failure.
    let _ = child.stdin.take().expect("a pipe").write_all(stdin.as_bytes());
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("ask for the process state") {
            let text = fs::read(&output).expect("read the output");
            let code = status.code().expect("an exit, no signal");
            return (code, String::from_utf8_lossy(&text).into_owned());
        }
        if started.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            panic!("{args:?} did not exit: {}", fs::read_to_string(&output).unwrap_or_default());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
