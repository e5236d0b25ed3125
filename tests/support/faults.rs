//! Disks in trouble, on command: servers whose calls on files fail as the test says.
//!
//! `faults.c`, which says the rules, is built into a library that such a server loads.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use nix::errno::Errno;

use super::server::{Kind, Server};

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/faults.c");

/// What fails of one server.
pub struct Faults {
    rules: PathBuf,
    synced: PathBuf,
}

impl Faults {
    /// Lets a server that is prepared and not started yet load the library.
    pub fn prepare(server: &mut Server) -> Faults {
        let [rules, synced] = ["faults", "faults.synced"].map(|name| server.dir().join(name));
        server.set_environment(&[
            ("LD_PRELOAD", library()),
            ("FAULTS", &rules),
            ("FAULTS_SYNCED", &synced),
        ]);
        Faults { rules, synced }
    }

    /// A server of ours that runs, without any fault yet.
    #[track_caller]
    pub fn ours(args: &[&str]) -> (Server, Faults) {
        let mut server = Server::prepare(Kind::Understudy, args);
        let faults = Faults::prepare(&mut server);
        server.restart();
        (server, faults)
    }

    /// From now on calls of this kind (`write`, `sync`, `rename`, `open`, `truncate`, `unlink`)
    /// fail on files whose path holds `path`.
    pub fn fail(&self, call: &str, path: &str, error: Errno) {
        self.fail_after(call, path, error, 0);
    }

    /// As [`Faults::fail`], after so many more calls; of writes after so many bytes.
    pub fn fail_after(&self, call: &str, path: &str, error: Errno, count: u64) {
        self.set(&format!("{call} {path} {} {count}", error as i32));
    }

    /// A write takes so many bytes at most.
    pub fn shorten_writes(&self, path: &str, bytes: u64) {
        self.set(&format!("short {path} {bytes}"));
    }

    /// Such calls wait until something else is said.
    pub fn hold(&self, call: &str, path: &str) {
        self.set(&format!("hold {call} {path}"));
    }

    /// Nothing fails any more.
    pub fn lift(&self) {
        self.set("");
    }

    /// The rules, line by line, whole at any time.
    pub fn set(&self, lines: &str) {
        let next = self.rules.with_extension("next");
        fs::write(&next, lines).expect("write the rules");
        fs::rename(&next, &self.rules).expect("place the rules");
    }

    /// Cuts the files of a log off behind what was synced, as the loss of power may; the server is
    /// gone.
    pub fn lose_power(&self, folder: &Path) {
        let synced = fs::read_to_string(&self.synced).unwrap_or_default();
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let of_it = synced.lines().filter_map(|line| {
                let (bytes, name) = line.split_once(' ')?;
                (Path::new(name) == path).then(|| bytes.parse::<u64>().expect("a length"))
            });
            let is_new = || path.to_string_lossy().ends_with(".incr.aof").then_some(0);
            // Several run side by side, and tell of it in any order.
            let safe = of_it.max().or_else(is_new);
            let len = fs::metadata(&path).expect("a length").len();
            if let Some(safe) = safe.filter(|&safe| safe < len) {
                let file = fs::File::options().write(true).open(&path).expect("open");
                file.set_len(safe).expect("cut off");
            }
        }
    }
}

/// The library, built once by whoever comes first.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let library = folder.join("faults.so");
        let made_at = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
        let source = made_at(Path::new(SOURCE)).expect("faults.c");
        if made_at(&library).is_ok_and(|made| made > source) {
            return library;
        }
        let new = folder.join(format!("faults-{}.so", std::process::id()));
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O1", "-o"]).args([&new, Path::new(SOURCE)]).arg("-ldl");
        assert!(cc.status().expect("run cc").success(), "{cc:?}");
        fs::rename(&new, &library).expect("place the library");
        library
    })
}
