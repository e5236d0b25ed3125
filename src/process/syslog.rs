//! `syslog-enabled`: the lines of the log go to the system's log too.
//!
//! ```text
//! <133>Dec 27 15:14:38 redis[4711]: Ready to accept connections
//! facility * 8 + severity
//! ```

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use log::Level;

use crate::config::Config;
use crate::config::value::choice::SyslogFacility;

/// Where the system's log listens.
const SOCKET: &str = "/dev/log";

/// The sender's part of the system's log.
pub struct Syslog {
    path: PathBuf,
    ident: String,
    facility: u8,
    /// None: not connected, to be tried again with the next line.
    socket: Mutex<Option<UnixDatagram>>,
}

impl Syslog {
    /// As the settings ask for it, if they do.
    pub fn of(config: &Config) -> Option<Syslog> {
        config.process.syslog_enabled.then(|| Syslog::at(Path::new(SOCKET), config))
    }

    fn at(path: &Path, config: &Config) -> Syslog {
        Syslog {
            path: path.to_owned(),
            ident: config.process.syslog_ident.clone(),
            facility: facility_code(config.process.syslog_facility),
            socket: Mutex::new(None),
        }
    }

    /// Sends a line. It is lost when nobody listens or the listener has no room: the server does
    /// not wait for its log.
    pub fn send(&self, level: Level, text: &str) {
        let now = jiff::Zoned::now().strftime("%b %e %H:%M:%S").to_string();
        let message = self.message(level, &now, text.trim_matches('\n'));
        let mut socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        // A second time over a new connection, should the listener have been started anew.
        for _ in 0..2 {
            if socket.is_none() {
                *socket = connect(&self.path).ok();
            }
            let Some(connected) = socket.as_ref() else { return };
            match connected.send(message.as_bytes()) {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => *socket = None,
                _ => return,
            }
        }
    }

    fn message(&self, level: Level, time: &str, text: &str) -> String {
        let priority = self.facility * 8 + severity(level);
        format!("<{priority}>{time} {}[{}]: {text}", self.ident, std::process::id())
    }
}

fn connect(path: &Path) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.connect(path)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// The number of RFC 3164.
fn facility_code(facility: SyslogFacility) -> u8 {
    match facility {
        SyslogFacility::User => 1,
        SyslogFacility::Local0 => 16,
        SyslogFacility::Local1 => 17,
        SyslogFacility::Local2 => 18,
        SyslogFacility::Local3 => 19,
        SyslogFacility::Local4 => 20,
        SyslogFacility::Local5 => 21,
        SyslogFacility::Local6 => 22,
        SyslogFacility::Local7 => 23,
    }
}

/// The number of RFC 3164 for a level, by the names that Redis has for them.
fn severity(level: Level) -> u8 {
    match level {
        Level::Error | Level::Warn => 4,
        Level::Info => 5,
        Level::Debug => 6,
        Level::Trace => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn syslog(path: &Path) -> Syslog {
        let config = Config::with(|config| {
            config.process.syslog_ident = "mine".to_owned();
            config.process.syslog_facility = SyslogFacility::Local3;
        });
        Syslog::at(path, &config)
    }

    fn received(socket: &UnixDatagram) -> String {
        let mut buffer = [0; 256];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    #[test]
    fn a_message_says_facility_severity_time_sender_and_text() {
        let syslog = syslog(Path::new("/nonexistent"));
        let pid = std::process::id();
        for (level, priority) in
            [(Level::Trace, 159), (Level::Debug, 158), (Level::Info, 157), (Level::Warn, 156)]
        {
            assert_eq!(
                syslog.message(level, "Dec  7 15:14:38", "Ready"),
                format!("<{priority}>Dec  7 15:14:38 mine[{pid}]: Ready")
            );
        }
    }

    #[test]
    fn lines_reach_the_listener_and_its_successor() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let syslog = syslog(&path);
        syslog.send(Level::Info, "nobody listens yet");
        let first = UnixDatagram::bind(&path).unwrap();
        syslog.send(Level::Info, "one\n");
        let line = received(&first);
        assert!(line.starts_with("<157>") && line.ends_with("]: one"), "{line}");
        drop(first);
        std::fs::remove_file(&path).unwrap();
        let second = UnixDatagram::bind(&path).unwrap();
        syslog.send(Level::Warn, "two");
        assert!(received(&second).ends_with("]: two"));
    }

    #[test]
    fn a_listener_that_does_not_read_keeps_nobody_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let listener = UnixDatagram::bind(&path).unwrap();
        let syslog = syslog(&path);
        for _ in 0..5000 {
            syslog.send(Level::Info, "more than its queue holds");
        }
        assert!(received(&listener).ends_with("holds"));
    }

    #[test]
    fn only_who_asks_for_it_has_one() {
        assert!(Syslog::of(&Config::default()).is_none());
        assert!(Syslog::of(&Config::with(|config| config.process.syslog_enabled = true)).is_some());
    }
}
