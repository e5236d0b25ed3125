//! A replica that is nothing but a socket, to look at what a master really sends.

use std::io;

use super::client::Client;
use super::server::Server;
use super::wait::{PATIENCE, wait_until};

/// What the master granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// `+FULLRESYNC replid offset`, and the RDB in full.
    Full { replid: String, offset: i64, rdb: Vec<u8> },
    /// `+CONTINUE replid`
    Continue { replid: String },
    /// Anything else: the line.
    Refused(String),
}

pub struct RawReplica {
    pub link: Client,
    /// Bytes of the stream read so far by [`RawReplica::next_command`].
    pub stream_bytes: i64,
}

impl RawReplica {
    /// Connects and asks as a stock replica does, up to `REPLCONF capa`.
    #[track_caller]
    pub fn connect(server: &Server) -> RawReplica {
        let mut link = server.client();
        assert_eq!(link.run("replconf listening-port 1234"), "OK");
        assert_eq!(link.run("replconf capa eof capa psync2"), "OK");
        RawReplica { link, stream_bytes: 0 }
    }

    /// Full sync; returns the replica with its link behind the RDB, not yet acknowledged.
    #[track_caller]
    pub fn attach(server: &Server) -> (RawReplica, Grant) {
        let mut replica = RawReplica::connect(server);
        let sync = replica.psync("?", -1);
        (replica, sync)
    }

    /// A replica that has its snapshot and that the master counts as online, which has not said
    /// so itself yet. Returns it with the offset of its snapshot.
    #[track_caller]
    pub fn online(server: &Server) -> (RawReplica, i64) {
        let (replica, sync) = RawReplica::attach(server);
        let Grant::Full { offset, .. } = sync else { panic!("{sync:?}") };
        // An ACK that comes before the master has closed its side of the transfer starts nothing.
        wait_until(PATIENCE, "all replicas to be online", || {
            let text = server.run("info replication").text();
            text.contains("state=online")
                && !text.contains("state=wait")
                && !text.contains("state=send")
        });
        (replica, offset)
    }

    /// A replica to which the stream flows. Returns it with the offset of its snapshot.
    #[track_caller]
    pub fn streaming(server: &Server) -> (RawReplica, i64) {
        let (mut replica, offset) = RawReplica::online(server);
        replica.ack(offset);
        (replica, offset)
    }

    #[track_caller]
    pub fn psync(&mut self, replid: &str, offset: i64) -> Grant {
        self.link.send_cmd(&["psync", replid, &offset.to_string()]);
        let line = self.line();
        let words: Vec<&str> = line.split(' ').collect();
        match words[0] {
            "+FULLRESYNC" => {
                let offset = words[2].parse().expect("an offset");
                Grant::Full { replid: words[1].to_owned(), offset, rdb: self.rdb() }
            }
            "+CONTINUE" => Grant::Continue { replid: words.get(1).unwrap_or(&"").to_string() },
            _ => Grant::Refused(line),
        }
    }

    /// The next line that is not a keep-alive.
    #[track_caller]
    fn line(&mut self) -> String {
        loop {
            let line = self.link.try_line().expect("a line from the master");
            if !line.is_empty() {
                return String::from_utf8_lossy(&line).into_owned();
            }
        }
    }

    /// The RDB in either framing.
    #[track_caller]
    fn rdb(&mut self) -> Vec<u8> {
        let header = self.line();
        let length = header.strip_prefix('$').unwrap_or_else(|| panic!("no bulk: {header:?}"));
        let Some(mark) = length.strip_prefix("EOF:") else {
            return self.link.recv(length.parse().expect("a length"));
        };
        assert_eq!(mark.len(), 40, "the mark of {header:?}");
        let mut rdb = self.link.recv(40);
        while !rdb.ends_with(mark.as_bytes()) {
            rdb.extend(self.link.recv(1));
        }
        rdb.truncate(rdb.len() - 40);
        rdb
    }

    /// `REPLCONF ACK offset`, which has no reply.
    #[track_caller]
    pub fn ack(&mut self, offset: i64) {
        self.link.send_cmd(&["replconf", "ack", &offset.to_string()]);
    }

    /// The next command of the stream; keep-alive newlines are passed over.
    pub fn next_command(&mut self) -> io::Result<Vec<String>> {
        let mut header = self.link.try_line()?;
        while header.is_empty() {
            header = self.link.try_line()?;
        }
        let count = number(&header, b'*')?;
        self.stream_bytes += header.len() as i64 + 2;
        let mut args = Vec::new();
        for _ in 0..count {
            let header = self.link.try_line()?;
            let length = number(&header, b'$')?;
            let bytes = self.link.recv(length + 2);
            self.stream_bytes += (header.len() + 2 + length + 2) as i64;
            args.push(String::from_utf8_lossy(&bytes[..length]).into_owned());
        }
        Ok(args)
    }

    /// The next command that is not a PING, its words joined by spaces.
    #[track_caller]
    pub fn next_line(&mut self) -> String {
        loop {
            let command = self.next_command().expect("a command in the stream");
            if !command[0].eq_ignore_ascii_case("ping") {
                return command.join(" ");
            }
        }
    }
}

fn number(header: &[u8], kind: u8) -> io::Result<usize> {
    let text = header.strip_prefix(&[kind]).and_then(|rest| std::str::from_utf8(rest).ok());
    text.and_then(|text| text.parse().ok()).ok_or_else(|| {
        io::Error::other(format!("no {:?}: {}", kind as char, header.escape_ascii()))
    })
}
