//! `supervised`: systemd or upstart wants to know when the server is up.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use nix::sys::signal::{Signal, raise};

use crate::base::text::system_text;
use crate::config::value::choice::Supervised;

/// Who waits for news of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supervisor {
    Nobody,
    Systemd,
    /// Content with the stop at the start.
    Upstart,
}

impl Supervisor {
    /// Finds the supervisor that the settings name, and tells it that we are on the way.
    pub fn find(setting: Supervised) -> Supervisor {
        match setting {
            Supervised::No => Supervisor::Nobody,
            Supervised::Systemd => Supervisor::systemd(),
            Supervised::Upstart => stop_for_upstart(),
            Supervised::Auto if env::var_os("UPSTART_JOB").is_some() => {
                log::debug!("Upstart supervision detected.");
                stop_for_upstart()
            }
            Supervised::Auto if env::var_os("NOTIFY_SOCKET").is_some() => {
                log::debug!("Systemd supervision detected.");
                Supervisor::systemd()
            }
            Supervised::Auto => Supervisor::Nobody,
        }
    }

    fn systemd() -> Supervisor {
        if notify("STATUS=Redis is loading...\n").is_err() {
            return Supervisor::Nobody;
        }
        log::info!(
            "Supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec and TimeoutStopSec in your service unit."
        );
        Supervisor::Systemd
    }

    pub fn is_there(self) -> bool {
        self != Supervisor::Nobody
    }

    /// `process_supervised` of INFO.
    pub fn name(self) -> &'static str {
        match self {
            Supervisor::Nobody => "no",
            Supervisor::Systemd => "systemd",
            Supervisor::Upstart => "upstart",
        }
    }

    /// The server answers clients.
    pub fn ready(self, is_replica: bool) {
        if self == Supervisor::Systemd {
            let _ = notify(if is_replica {
                "STATUS=Ready to accept connections in read-only mode. Waiting for MASTER <-> REPLICA sync\n"
            } else {
                "STATUS=Ready to accept connections\n"
            });
            let _ = notify("READY=1\n");
        }
    }

    /// The server ends, after a last save where `saves`.
    pub fn stopping(self, saves: bool) {
        if self == Supervisor::Systemd {
            let _ = notify("STOPPING=1\n");
            if saves {
                let _ = notify("STATUS=Saving the final RDB snapshot\n");
            }
        }
    }
}

/// Upstart takes the stopped process as the sign, and wakes it.
fn stop_for_upstart() -> Supervisor {
    if env::var_os("UPSTART_JOB").is_none() {
        log::warn!("upstart supervision requested, but UPSTART_JOB not found!");
        return Supervisor::Nobody;
    }
    log::info!("supervised by upstart, will stop to signal readiness.");
    let _ = raise(Signal::SIGSTOP);
    Supervisor::Upstart
}

/// Sends a message in systemd's protocol; failures are logged.
fn notify(message: &str) -> io::Result<()> {
    let Some(path) = env::var_os("NOTIFY_SOCKET") else {
        log::warn!("systemd supervision error: NOTIFY_SOCKET not found!");
        return Err(io::ErrorKind::NotFound.into());
    };
    let sent = send_to(&path, message.as_bytes());
    if let Err(error) = &sent {
        log::warn!("systemd supervision error: sd_notify: {}", system_text(error));
    }
    sent
}

/// A name with `@` in front is in Linux's abstract namespace.
fn send_to(path: &OsStr, message: &[u8]) -> io::Result<()> {
    let address = match path.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(path)?,
    };
    UnixDatagram::unbound()?.send_to_addr(message, &address).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_reaches_a_path_and_an_abstract_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let name = format!("understudy-test-{}", std::process::id());
        let at_path = UnixDatagram::bind(&path).unwrap();
        let at_name =
            UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        send_to(path.as_os_str(), b"READY=1\n").unwrap();
        send_to(OsStr::new(&format!("@{name}")), b"READY=1\n").unwrap();
        for socket in [at_path, at_name] {
            let mut buffer = [0; 64];
            let received = socket.recv(&mut buffer).unwrap();
            assert_eq!(&buffer[..received], b"READY=1\n");
        }
    }
}
