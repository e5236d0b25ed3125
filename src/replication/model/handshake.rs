//! What a replica says to its master until the RDB or the stream comes.
//!
//! ```text
//!   replica                                            master
//!   PING ────────────────────────────────────────────►
//!        ◄──────────────────────────────────────────── +PONG, -NOAUTH, -NOPERM
//!   [AUTH [user] password]           ┐
//!   REPLCONF listening-port <port>   │ sent together,
//!   [REPLCONF ip-address <ip>]       │ answered in order
//!   REPLCONF capa eof capa psync2    ┘───────────────►
//!        ◄──────────────────────────────────────────── +OK each; all but AUTH may fail
//!   PSYNC <replid> <wanted> | PSYNC ? -1 ────────────►
//!        ◄──────────────────────────────────────────── \n while it makes up its mind
//!        ◄──────────────────────────────────────────── +FULLRESYNC <replid> <offset>   RDB follows
//!        ◄──────────────────────────────────────────── +CONTINUE [<replid>]         stream follows
//!        ◄──────────────────────────────────────────── -NOMASTERLINK, -LOADING           try later
//!        ◄──────────────────────────────────────────── anything else: SYNC it is
//! ```
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
}

/// How to authenticate with the master.
#[derive(Clone)]
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
}

impl Handshake {
    /// Begins on a fresh connection.
    pub fn start(setup: Setup) -> (Self, Step) {
        let step = Step { send: command(&[b"PING"]), ..Step::default() };
        (Handshake { setup, state: State::PingReply }, step)
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
                let mut step = self.on_optional_reply(line, "capa", State::PsyncReply);
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
        self.over(log, Outcome::Retry)
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
        Step {
            send: self.introduction(),
            log: vec![lines::notice("Master replied to PING, replication can continue...")],
            outcome: None,
        }
    }

    /// Who we are, in one write.
    fn introduction(&self) -> Bytes {
        let mut out = BytesMut::new();
        if let Some(MasterAuth { user, password }) = &self.setup.auth {
            match user {
                Some(user) => encode_command(&mut out, &[b"AUTH", user, password]),
                None => encode_command(&mut out, &[b"AUTH", password]),
            }
        }
        let port = self.setup.listening_port.to_string();
        encode_command(&mut out, &[b"REPLCONF", b"listening-port", port.as_bytes()]);
        if let Some(ip) = &self.setup.announce_ip {
            encode_command(&mut out, &[b"REPLCONF", b"ip-address", ip.as_bytes()]);
        }
        encode_command(&mut out, &[b"REPLCONF", b"capa", b"eof", b"capa", b"psync2"]);
        out.freeze()
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
                step.send = command(&[b"PSYNC", id.as_bytes(), wanted.as_bytes()]);
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
            return self.over(vec![lines::notice(text)], Outcome::Retry);
        }
        let refused = if line.starts_with(b"-ERR") {
            lines::notice(format!(
                "Master does not support PSYNC or is in error state (reply: {text})"
            ))
        } else {
            lines::warning(format!("Unexpected reply to PSYNC from master: {text}"))
        };
        let mut step =
            self.over(vec![refused, lines::notice("Retrying with SYNC...")], Outcome::OldSync);
        step.send = Bytes::from_static(b"SYNC\r\n");
        step
    }

    /// `rest` is ` <replid> <offset>`. Redis goes on after nonsense and waits for an RDB that it
    /// cannot name; here the link is closed and tried again.
    fn on_full_resync(&mut self, rest: &[u8]) -> Step {
        match parse_full_resync(rest) {
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

/// The offset must be a number that [`offset::taken`] lets pass, the ID as long as IDs are; what
/// follows the digits is not looked at.
fn parse_full_resync(rest: &[u8]) -> Option<(ReplId, Offset)> {
    let mut words = rest.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let id = ReplId::from_bytes(words.next()?)?;
    let digits = words.next()?;
    let digits = &digits[..digits.iter().take_while(|byte| byte.is_ascii_digit()).count()];
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
mod tests {
    use super::*;

    const INTRODUCTION: &str = "*3\r\n$8\r\nREPLCONF\r\n$14\r\nlistening-port\r\n$4\r\n9001\r\n\
        *5\r\n$8\r\nREPLCONF\r\n$4\r\ncapa\r\n$3\r\neof\r\n$4\r\ncapa\r\n$6\r\npsync2\r\n";
    const NOTHING_CACHED: &str = "* Partial resynchronization not possible (no cached master)";
    const PONG: &str = "* Master replied to PING, replication can continue...";

    fn setup() -> Setup {
        Setup { listening_port: 9001, ..Setup::default() }
    }

    fn with_history() -> Setup {
        let id = ReplId::from_bytes(&[b'a'; 40]).unwrap();
        Setup { have: Some(Have { id, offset: 26 }), ..setup() }
    }

    /// All that a master's lines bring about: what is sent, what is logged (with Redis's sign),
    /// how it ends.
    fn talk(setup: Setup, replies: &[&str]) -> (Vec<Bytes>, Vec<String>, Option<Outcome>) {
        let (mut handshake, mut step) = Handshake::start(setup);
        let (mut sent, mut logged) = (Vec::new(), Vec::new());
        let mut replies = replies.iter();
        loop {
            sent.extend(Some(step.send).filter(|send| !send.is_empty()));
            logged.extend(step.log.iter().map(|line| {
                let sign = if line.level == log::Level::Info { '*' } else { '#' };
                format!("{sign} {}", line.text)
            }));
            if step.outcome.is_some() {
                assert_eq!(handshake.state(), State::Over);
                assert_eq!(replies.next(), None, "lines after the outcome");
                return (sent, logged, step.outcome);
            }
            let Some(reply) = replies.next() else { return (sent, logged, None) };
            step = handshake.on_line(reply.as_bytes());
        }
    }

    fn id(digit: u8) -> ReplId {
        ReplId::from_bytes(&[digit; 40]).unwrap()
    }

    #[test]
    fn a_first_full_sync_reads_on_the_wire_and_in_the_log_as_from_redis() {
        let full = format!("+FULLRESYNC {} 1821", id(b'c'));
        let (sent, logged, outcome) = talk(setup(), &["+PONG", "+OK", "+OK", "", "", &full]);
        assert_eq!(
            sent,
            ["*1\r\n$4\r\nPING\r\n", INTRODUCTION, "*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n"]
        );
        let got = format!("* Full resync from master: {}:1821", id(b'c'));
        assert_eq!(logged, [PONG, NOTHING_CACHED, &got]);
        assert_eq!(outcome, Some(Outcome::FullSync { id: id(b'c'), offset: 1821 }));
    }

    #[test]
    fn a_known_history_is_asked_for_from_the_next_byte() {
        let (sent, logged, outcome) = talk(with_history(), &["+PONG", "+OK", "+OK", "+CONTINUE"]);
        let a = "a".repeat(40);
        assert_eq!(sent[2], format!("*3\r\n$5\r\nPSYNC\r\n$40\r\n{a}\r\n$2\r\n27\r\n"));
        assert_eq!(
            logged[1..],
            [
                format!("* Trying a partial resynchronization (request {a}:27)."),
                "* Successful partial resynchronization with master.".into()
            ]
        );
        assert_eq!(outcome, Some(Outcome::Continue { new_id: None }));
    }

    #[test]
    fn continue_names_a_new_id_only_if_it_is_forty_bytes() {
        let new = format!("+CONTINUE {}", id(b'b'));
        for (reply, new_id) in
            [(new.as_str(), Some(id(b'b'))), ("+CONTINUE", None), ("+CONTINUE abcdef", None)]
        {
            let (_, _, outcome) = talk(with_history(), &["+PONG", "+OK", "+OK", reply]);
            assert_eq!(outcome, Some(Outcome::Continue { new_id }), "{reply}");
        }
    }

    #[test]
    fn auth_and_announced_address_go_out_with_the_rest() {
        let auth = Some(MasterAuth { user: Some(b"bob".to_vec()), password: b"pw".to_vec() });
        let announce_ip = Some("9.9.9.9".to_string());
        let setup = Setup { auth, announce_ip, ..setup() };
        let (sent, logged, _) = talk(setup, &["-NOAUTH x", "+OK", "-ERR u1", "-ERR u2", "-ERR u3"]);
        let text = String::from_utf8_lossy(&sent[1]).into_owned();
        assert!(text.starts_with("*3\r\n$4\r\nAUTH\r\n$3\r\nbob\r\n$2\r\npw\r\n*3\r\n"));
        assert!(
            text.contains("9001\r\n*3\r\n$8\r\nREPLCONF\r\n$10\r\nip-address\r\n$7\r\n9.9.9.9")
        );
        assert_eq!(
            logged,
            [
                PONG,
                "* (Non critical) Master does not understand REPLCONF listening-port: -ERR u1",
                "* (Non critical) Master does not understand REPLCONF ip-address: -ERR u2",
                "* (Non critical) Master does not understand REPLCONF capa: -ERR u3",
                NOTHING_CACHED,
            ]
        );
    }

    #[test]
    fn a_password_without_a_user_goes_in_the_auth_of_old() {
        let auth = Some(MasterAuth { user: None, password: b"pw".to_vec() });
        let (sent, _, _) = talk(Setup { auth, ..setup() }, &["+PONG"]);
        assert!(sent[1].starts_with(b"*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n"));
    }

    #[test]
    fn a_refused_password_ends_the_attempt() {
        let auth = Some(MasterAuth { user: None, password: b"pw".to_vec() });
        let (_, logged, outcome) = talk(Setup { auth, ..setup() }, &["+PONG", "-WRONGPASS bad"]);
        assert_eq!(logged[1], "# Unable to AUTH to MASTER: -WRONGPASS bad");
        assert_eq!(outcome, Some(Outcome::Retry));
    }

    #[test]
    fn answers_to_ping_truth_table() {
        for good in ["+PONG", "+anything", "-NOAUTH x", "-NOPERM x", "-ERR operation not permitted"]
        {
            assert_eq!(talk(setup(), &[good]).1, [PONG], "{good}");
        }
        for bad in ["-ERR nope", "-LOADING Redis is loading", "HTTP/1.1 400", "", "-DENIED x"] {
            let (_, logged, outcome) = talk(setup(), &[bad]);
            assert_eq!(logged, [format!("# Error reply to PING from master: '{bad}'")]);
            assert_eq!(outcome, Some(Outcome::Retry));
        }
    }

    #[test]
    fn answers_to_psync_truth_table() {
        let unable = "* Master is currently unable to PSYNC but should be in the future: ";
        let error = "* Master does not support PSYNC or is in error state (reply: -ERR x)";
        let unexpected = "# Unexpected reply to PSYNC from master: ";
        let wrong = "# Master replied with wrong +FULLRESYNC syntax.";
        let a = "a".repeat(40);
        let table = [
            ("-NOMASTERLINK x".into(), format!("{unable}-NOMASTERLINK x"), Outcome::Retry),
            ("-LOADING x".into(), format!("{unable}-LOADING x"), Outcome::Retry),
            ("-ERR x".into(), error.into(), Outcome::OldSync),
            ("-NOAUTH x".into(), format!("{unexpected}-NOAUTH x"), Outcome::OldSync),
            ("+WEIRD".into(), format!("{unexpected}+WEIRD"), Outcome::OldSync),
            ("+CONTINUE".into(), format!("{unexpected}+CONTINUE"), Outcome::Retry),
            ("+FULLRESYNC".into(), wrong.into(), Outcome::Retry),
            ("+FULLRESYNC abc 12".into(), wrong.into(), Outcome::Retry),
            (format!("+FULLRESYNC {a}"), wrong.into(), Outcome::Retry),
            (format!("+FULLRESYNC {a} x"), wrong.into(), Outcome::Retry),
            (format!("+FULLRESYNC {a} -5"), wrong.into(), Outcome::Retry),
            (format!("+FULLRESYNC {a} 99999999999999999999"), wrong.into(), Outcome::Retry),
        ];
        for (reply, line, expected) in table {
            let (sent, logged, outcome) = talk(setup(), &["+PONG", "+OK", "+OK", &reply]);
            assert_eq!((&logged[2], outcome), (&line, Some(expected)), "{reply}");
            let sync = sent.last().unwrap() == "SYNC\r\n";
            assert_eq!(sync, expected == Outcome::OldSync, "{reply}");
            assert_eq!(
                logged.get(3).map(String::as_str),
                sync.then_some("* Retrying with SYNC...")
            );
        }
    }

    #[test]
    fn a_lost_connection_is_told_by_its_phase() {
        let lost = |replies: &[&str]| {
            let (mut handshake, _) = Handshake::start(setup());
            for reply in replies {
                handshake.on_line(reply.as_bytes());
            }
            let step = handshake.on_disconnect("Success");
            assert_eq!(step.outcome, Some(Outcome::Retry));
            assert_eq!(step.log[0].text, "Failed to read response from the server: Success");
            step.log[1].text.clone()
        };
        let early = "Master did not respond to command during SYNC handshake";
        assert_eq!(lost(&[]), early);
        assert_eq!(lost(&["+PONG"]), early);
        assert_eq!(
            lost(&["+PONG", "+OK", "+OK", ""]),
            "Master did not reply to PSYNC, will try later"
        );
    }

    #[test]
    fn a_hostile_line_stays_one_line_in_the_log() {
        let (_, logged, _) = talk(setup(), &["-ERR a\x1b[2J\rb"]);
        assert_eq!(logged, ["# Error reply to PING from master: '-ERR a?[2J?b'"]);
    }

    proptest::proptest! {
        /// Whatever a master says, a step gives an outcome or waits; after an outcome, silence.
        #[test]
        fn no_lines_upset_the_handshake(
            lines in proptest::collection::vec(
                "(\\+PONG|\\+OK|\\+CONTINUE|\\+FULLRESYNC|-ERR|-LOADING)?( [0-9a]{0,45}){0,3}.{0,5}",
                0..9,
            ),
            knows_history: bool,
        ) {
            let setup = if knows_history { with_history() } else { setup() };
            let (mut handshake, _) = Handshake::start(setup);
            let mut is_over = false;
            for line in &lines {
                let step = handshake.on_line(line.as_bytes());
                proptest::prop_assert!(!is_over || step == Step::default());
                is_over |= step.outcome.is_some();
                proptest::prop_assert_eq!(is_over, handshake.state() == State::Over);
            }
        }
    }
}
