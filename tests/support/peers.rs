//! The servers of other releases that `scripts/peers` gets, found by their names in its folder.
//!
//! `UNDERSTUDY_PEER=redis-8.0.2` makes one of them play redis-server's part in all tests. Tests
//! that name a peer which is not there say so and pass; `scripts/test` lists in its closing lines
//! which were there.

use std::fs;
use std::path::PathBuf;

use super::server::Kind;

/// The folder of the first peer in the order of names whose name begins so.
pub fn peer_folder(beginning: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(peers_folder()?).ok()?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_some_and(|name| begins(name, beginning)))
        .filter(|path| path.join("redis-server").is_file())
        .collect();
    found.sort();
    found.into_iter().next()
}

fn begins(name: &std::ffi::OsStr, beginning: &str) -> bool {
    name.to_string_lossy().starts_with(beginning)
}

/// As `scripts/lib.sh` has it.
fn peers_folder() -> Option<PathBuf> {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let cache = match (from("UNDERSTUDY_CACHE"), from("XDG_CACHE_HOME"), from("HOME")) {
        (Some(cache), _, _) => PathBuf::from(cache),
        (_, Some(cache), _) => PathBuf::from(cache).join("understudy"),
        (_, _, Some(home)) => PathBuf::from(home).join(".cache/understudy"),
        _ => return None,
    };
    Some(cache.join("peers"))
}

/// The peer whose name begins so, or a word that the test is skipped.
pub fn find_peer(beginning: &'static str) -> Option<Kind> {
    if peer_folder(beginning).is_some() {
        return Some(Kind::Peer(beginning));
    }
    eprintln!("skipped: {beginning} is not here, `scripts/peers` gets it");
    None
}

/// The make and version that play `kind`, such as `redis-6.0`; nothing for us and for the
/// redis-server that is installed.
fn name_of(kind: Kind) -> Option<String> {
    match kind {
        Kind::Understudy => None,
        Kind::RealRedis => std::env::var("UNDERSTUDY_PEER").ok(),
        Kind::Peer(name) => Some(name.to_owned()),
    }
}

/// The program of the peer that plays `kind`, when one does.
pub fn peer_program(kind: Kind) -> Option<PathBuf> {
    let name = name_of(kind)?;
    let folder = peer_folder(&name);
    let folder = folder.unwrap_or_else(|| panic!("{name} is not here: scripts/peers gets it"));
    Some(folder.join("redis-server"))
}

impl Kind {
    /// Redis 6.0: no `enable-debug-command`, no COPY, no SET with GET, and a master that comes
    /// back from its file begins a new history.
    pub fn is_redis_six(self) -> bool {
        name_of(self).is_some_and(|name| name.starts_with("redis-6.0"))
    }

    /// Valkey, which says primary where Redis says master.
    pub fn is_valkey(self) -> bool {
        name_of(self).is_some_and(|name| name.starts_with("valkey-"))
    }
}
