//! What a replica says to its master until the RDB or the stream comes.
//!
//! ```text
//!   replica                                            master
//!   PING ────────────────────────────────────────────►
//!        ◄──────────────────────────────────────────── +PONG, -NOAUTH, -NOPERM
//!   [AUTH [user] password]           ┐
//!   REPLCONF listening-port <port>   │ sent together,
//!   [REPLCONF ip-address <ip>]       │ answered in order
//!   REPLCONF capa eof capa psync2 …  ┘───────────────►
//!        ◄──────────────────────────────────────────── +OK each; all but AUTH may fail
//!   PSYNC <replid> <wanted> | PSYNC ? -1 ────────────►
//!        ◄──────────────────────────────────────────── \n while it makes up its mind
//!        ◄──────────────────────────────────────────── +FULLRESYNC <replid> <offset>   RDB follows
//!        ◄──────────────────────────────────────────── +CONTINUE [<replid>]         stream follows
//!        ◄──────────────────────────────────────────── -NOMASTERLINK, -LOADING           try later
//!        ◄──────────────────────────────────────────── anything else: SYNC it is
//! ```
//! A master that hands over to one of its replicas (`model::failover`) speaks to it in the same way,
//! but for PING, whose answer it does not await, and ends with `PSYNC <replid> <wanted> FAILOVER`;
//! whoever answers otherwise has refused.
//!
//! A machine without sockets: lines in, bytes to send and lines to log out.

use bytes::{Bytes, BytesMut};

use crate::base::ids::ReplId;
use crate::base::offset::{self, Offset};
use crate::replication::model::feed::encode_command;
use crate::replication::model::lines::{self, LogLine};

/// What the replica needs to know beforehand.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// `masteruser` and `masterauth`; no user name in the AUTH of old.
    pub auth: Option<MasterAuth>,
    /// `replica-announce-port`, else the port that we listen on.
    pub listening_port: u16,
    /// `replica-announce-ip`.
    pub announce_ip: Option<String>,
    /// The history that we have, to continue it if the master can.
    pub have: Option<Have>,
    /// It is a replica of ours, which is to take over.
    pub hands_over: bool,
    /// It was asked to before, and the connection ended before its answer came.
    pub asked_before: bool,
    /// It has said since then that it is a master already.
    pub is_a_master: bool,
}

/// What a replica of ours announces that tells its master the sums of the stream (see
/// [`super::stream_sums`]), and what a master of ours answers to that: others say OK.
pub const SUMS_CAPABILITY: &[u8] = b"stream-sums";
pub const SUMS_UNDERSTOOD: &str = "OK stream-sums";

/// How to authenticate with the master.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterAuth {
    pub user: Option<Vec<u8>>,
    pub password: Vec<u8>,
}

impl std::fmt::Debug for MasterAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MasterAuth").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A history that can be continued, and where we are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Have {
    pub id: ReplId,
    pub offset: Offset,
}

/// What the replica waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    PingReply,
    AuthReply,
    PortReply,
    IpReply,
    CapaReply,
    PsyncReply,
    /// The outcome is known.
    Over,
}

/// How a handshake ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// An RDB follows, which holds everything up to `offset` of `id`.
    FullSync { id: ReplId, offset: Offset },
    /// An RDB follows from a master that knows SYNC only, of a history without a name: nothing
    /// can be continued later, and ACKs are not expected.
    OldSync,
    /// The stream follows, right where ours ends; under another name if one is given.
    Continue { new_id: Option<ReplId> },
    /// Close, and try again later.
    Retry,
    /// It does not take over.
    HandOverRefused,
    /// It seems to have taken over when it was asked before: if it continues our history, it has.
    HandOverDone,
    /// It took over when it was asked before, and has handed over since: it is followed as a replica
    /// is that has all we have.
    HandOverPassedOn,
}

/// What one step brings: send, log, and at the end the outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    pub send: Bytes,
    pub log: Vec<LogLine>,
    pub outcome: Option<Outcome>,
}

/// The machine. After an outcome it is done.
#[derive(Debug)]
pub struct Handshake {
    setup: Setup,
    state: State,
    /// `PSYNC ... FAILOVER` was sent.
    has_asked: bool,
    /// The master wants to hear the sums of what comes.
    hears_sums: bool,
}

impl Handshake {
    /// Begins on a fresh connection.
    pub fn start(setup: Setup) -> (Self, Step) {
        let handshake =
            Handshake { setup, state: State::PingReply, has_asked: false, hears_sums: false };
        let mut send = BytesMut::from(&command(&[b"PING"])[..]);
        // Clients wait: what would be said next is said at once.
        if handshake.setup.hands_over {
            handshake.introduce(&mut send);
        }
        (handshake, Step { send: send.freeze(), ..Step::default() })
    }

    /// The state.
    pub fn state(&self) -> State {
        self.state
    }

    /// A line came, given without its end. Nothing more is read once there is an outcome: what
    /// follows is the RDB or the stream.
    pub fn on_line(&mut self, line: &[u8]) -> Step {
        match self.state {
            State::PingReply => self.on_ping_reply(line),
            State::AuthReply => self.on_auth_reply(line),
            State::PortReply => {
                let next = match self.setup.announce_ip {
                    Some(_) => State::IpReply,
                    None => State::CapaReply,
                };
                self.on_optional_reply(line, "listening-port", next)
            }
            State::IpReply => self.on_optional_reply(line, "ip-address", State::CapaReply),
            State::CapaReply => {
                self.hears_sums = line.strip_prefix(b"+") == Some(SUMS_UNDERSTOOD.as_bytes());
                let mut step = self.on_optional_reply(line, "capa", State::PsyncReply);
                self.has_asked = self.setup.hands_over && self.setup.have.is_some();
                self.ask_for_stream(&mut step);
                step
            }
            State::PsyncReply => self.on_psync_reply(line),
            State::Over => Step::default(),
        }
    }

    /// The connection ended or cannot be read before there was an outcome.
    pub fn on_disconnect(&mut self, error: &str) -> Step {
        let mut log =
            vec![lines::warning(format!("Failed to read response from the server: {error}"))];
        log.push(lines::warning(match self.state {
            State::PsyncReply => "Master did not reply to PSYNC, will try later",
            _ => "Master did not respond to command during SYNC handshake",
        }));
        // Who was asked to take over may have done so before the end of the connection.
        self.over(log, Outcome::Retry)
    }

    /// Whether the master wants to hear the sums of what comes.
    pub fn hears_sums(&self) -> bool {
        self.hears_sums
    }

    /// Whether it was asked to take over.
    pub fn has_asked(&self) -> bool {
        self.has_asked
    }

    /// An answer that is no stream.
    fn over_without_stream(&mut self, log: Vec<LogLine>) -> Step {
        self.over(
            log,
            match self.setup.hands_over {
                true => Outcome::HandOverRefused,
                false => Outcome::Retry,
            },
        )
    }

    /// `+PONG` is one good answer; that we must authenticate first, or may not PING, are others.
    fn on_ping_reply(&mut self, line: &[u8]) -> Step {
        let good = [&b"+"[..], b"-NOAUTH", b"-NOPERM", b"-ERR operation not permitted"];
        if !good.iter().any(|start| line.starts_with(start)) {
            let text = format!("Error reply to PING from master: '{}'", show(line));
            return self.over(vec![lines::warning(text)], Outcome::Retry);
        }
        self.state = match self.setup.auth {
            Some(_) => State::AuthReply,
            None => State::PortReply,
        };
        let mut send = BytesMut::new();
        if !self.setup.hands_over {
            self.introduce(&mut send);
        }
        Step {
            send: send.freeze(),
            log: vec![lines::notice("Master replied to PING, replication can continue...")],
            outcome: None,
        }
    }

    /// Who we are, in one write.
    fn introduce(&self, out: &mut BytesMut) {
        if let Some(MasterAuth { user, password }) = &self.setup.auth {
            match user {
                Some(user) => encode_command(out, &[b"AUTH", user, password]),
                None => encode_command(out, &[b"AUTH", password]),
            }
        }
        let port = self.setup.listening_port.to_string();
        encode_command(out, &[b"REPLCONF", b"listening-port", port.as_bytes()]);
        if let Some(ip) = &self.setup.announce_ip {
            encode_command(out, &[b"REPLCONF", b"ip-address", ip.as_bytes()]);
        }
        let mut words: Vec<&[u8]> = vec![b"REPLCONF"];
        for capability in [b"eof".as_slice(), b"psync2", SUMS_CAPABILITY] {
            words.extend([b"capa".as_slice(), capability]);
        }
        encode_command(out, &words);
    }

    fn on_auth_reply(&mut self, line: &[u8]) -> Step {
        if line.starts_with(b"-") {
            let text = format!("Unable to AUTH to MASTER: {}", show(line));
            return self.over(vec![lines::warning(text)], Outcome::Retry);
        }
        self.state = State::PortReply;
        Step::default()
    }

    /// An old master may not know the option: that is noted and no harm.
    fn on_optional_reply(&mut self, line: &[u8], option: &str, next: State) -> Step {
        self.state = next;
        let refused = line.starts_with(b"-").then(|| {
            let line = show(line);
            lines::notice(format!(
                "(Non critical) Master does not understand REPLCONF {option}: {line}"
            ))
        });
        Step { log: refused.into_iter().collect(), ..Step::default() }
    }

    fn ask_for_stream(&self, step: &mut Step) {
        match &self.setup.have {
            Some(Have { id, offset }) => {
                let wanted = offset::wanted_byte(*offset).to_string();
                step.log.push(lines::notice(format!(
                    "Trying a partial resynchronization (request {id}:{wanted})."
                )));
                let mut psync: Vec<&[u8]> = vec![b"PSYNC", id.as_bytes(), wanted.as_bytes()];
                let asks = self.setup.hands_over && !self.setup.is_a_master;
                psync.extend(asks.then_some(&b"FAILOVER"[..]));
                step.send = command(&psync);
            }
            None => {
                step.log.push(lines::notice(
                    "Partial resynchronization not possible (no cached master)",
                ));
                step.send = command(&[b"PSYNC", b"?", b"-1"]);
            }
        }
    }

    fn on_psync_reply(&mut self, line: &[u8]) -> Step {
        if line.is_empty() {
            return Step::default();
        }
        if let Some(rest) = line.strip_prefix(b"+FULLRESYNC") {
            return self.on_full_resync(rest);
        }
        if let Some(rest) = line.strip_prefix(b"+CONTINUE") {
            return self.on_continue(rest);
        }
        let text = show(line);
        if line.starts_with(b"-NOMASTERLINK") || line.starts_with(b"-LOADING") {
            let text =
                format!("Master is currently unable to PSYNC but should be in the future: {text}");
            let log = vec![lines::notice(text)];
            // It may have taken over, and have somebody to hand over to itself, or load.
            if self.setup.hands_over && self.setup.asked_before {
                return self.over(log, Outcome::Retry);
            }
            return self.over_without_stream(log);
        }
        let refused = if line.starts_with(b"-ERR") {
            lines::notice(format!(
                "Master does not support PSYNC or is in error state (reply: {text})"
            ))
        } else {
            lines::warning(format!("Unexpected reply to PSYNC from master: {text}"))
        };
        if self.setup.hands_over && self.setup.asked_before && line.starts_with(PASSED_ON) {
            return self.over(vec![refused], Outcome::HandOverPassedOn);
        }
        let is_news = self.setup.asked_before && !self.setup.is_a_master;
        if is_news && line.starts_with(IS_A_MASTER) {
            return self.over(vec![refused], Outcome::HandOverDone);
        }
        if self.setup.hands_over {
            return self.over_without_stream(vec![refused]);
        }
        let mut step =
            self.over(vec![refused, lines::notice("Retrying with SYNC...")], Outcome::OldSync);
        step.send = Bytes::from_static(b"SYNC\r\n");
        step
    }

    /// `rest` is ` <replid> <offset>`. Redis goes on after nonsense and waits for an RDB that it
    /// cannot name; here the link is closed and tried again.
    fn on_full_resync(&mut self, rest: &[u8]) -> Step {
        match parse_full_resync(rest) {
            // It has started anew since it was asked, and lacks what we have.
            Some(_) if self.setup.hands_over && self.setup.asked_before => {
                let text = "Failover target does not continue our history, it may have restarted \
                            without our data: it is not followed.";
                self.over_without_stream(vec![lines::warning(text)])
            }
            Some((id, offset)) => {
                let log = vec![lines::notice(format!("Full resync from master: {id}:{offset}"))];
                self.over(log, Outcome::FullSync { id, offset })
            }
            None => {
                let log = vec![lines::warning("Master replied with wrong +FULLRESYNC syntax.")];
                self.over(log, Outcome::Retry)
            }
        }
    }

    /// `rest` is empty or ` <replid>`; anything that is no ID names none, as with Redis. (Redis
    /// crashes if it has nothing to continue; here such a master is refused.)
    fn on_continue(&mut self, rest: &[u8]) -> Step {
        if self.setup.have.is_none() {
            let text = "Unexpected reply to PSYNC from master: +CONTINUE";
            return self.over(vec![lines::warning(text)], Outcome::Retry);
        }
        let new_id = rest.strip_prefix(b" ").and_then(ReplId::from_bytes);
        let log = vec![lines::notice("Successful partial resynchronization with master.")];
        self.over(log, Outcome::Continue { new_id })
    }

    fn over(&mut self, log: Vec<LogLine>, outcome: Outcome) -> Step {
        self.state = State::Over;
        Step { send: Bytes::new(), log, outcome: Some(outcome) }
    }
}

/// How a server answers that is asked to take over and is a master already.
const IS_A_MASTER: &[u8] = b"-ERR PSYNC FAILOVER can't be sent to a master";

/// How one answers that did take over, and is the master no more.
const PASSED_ON: &[u8] = b"-ERR PSYNC FAILOVER was obeyed before";

/// The offset must be a number that [`offset::taken`] lets pass, the ID as long as IDs are; what
/// follows the digits is not looked at.
fn parse_full_resync(rest: &[u8]) -> Option<(ReplId, Offset)> {
    let mut words = rest.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let id = ReplId::from_bytes(words.next()?)?;
    let digits = words.next()?.split(|byte| !byte.is_ascii_digit()).next()?;
    Some((id, offset::taken(std::str::from_utf8(digits).ok()?.parse().ok()?)?))
}

fn command(args: &[&[u8]]) -> Bytes {
    let mut out = BytesMut::new();
    encode_command(&mut out, args);
    out.freeze()
}

/// A peer's bytes for the log: one line, whatever they are.
fn show(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests;
