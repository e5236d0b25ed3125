//! What MIGRATE says to the server that is to get the keys, and what that answers.
//!
//! ```text
//!   source                                               target
//!   [AUTH [user] password] [SELECT db, if it is another] ─►
//!        ◄───────────────────────────────────────────────── none may fail
//!   RESTORE key ttl payload [REPLACE], one of each key ───►
//!        ◄───────────────────────────────────────────────── each that is no error has its key there
//! ```
//!
//! Without sockets: bytes to send and bytes that came.

use bytes::BytesMut;

use super::feed::encode_command;
use super::forward::Answers;
use super::handshake::MasterAuth;
use crate::base::time::UnixMillis;

/// Bytes of replies to so many commands that are believed to be such.
const REPLY_BYTES_MAX: usize = 1024;

/// Where keys go, and how.
#[derive(Clone, Debug)]
pub struct Target {
    pub host: String,
    pub port: u16,
    pub auth: Option<MasterAuth>,
    /// As the client said it: the target judges it.
    pub db: i64,
    /// For which nothing may move.
    pub timeout_ms: u64,
    /// What the target has of these keys goes.
    pub replace: bool,
}

/// What became of a migration.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The keys that the target has, by their place among those that were to go.
    pub arrived: Vec<usize>,
    pub fault: Option<Fault>,
}

/// Why not all went well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    NotConnected,
    NotWritten,
    NotRead,
    /// The target's words.
    Refused(String),
}

/// What makes the connection fit, and how many replies that gets. `db`: what is selected.
/// The password is said each time, since it may have been changed.
pub fn settling(target: &Target, db: Option<i64>) -> (BytesMut, usize) {
    let (mut bytes, mut replies) = (BytesMut::new(), 0);
    if let Some(MasterAuth { user, password }) = &target.auth {
        match user {
            Some(user) => encode_command(&mut bytes, &[b"AUTH", user, password]),
            None => encode_command(&mut bytes, &[b"AUTH", password]),
        }
        replies += 1;
    }
    if db != Some(target.db) {
        encode_command(&mut bytes, &[b"SELECT", itoa::Buffer::new().format(target.db).as_bytes()]);
        replies += 1;
    }
    (bytes, replies)
}

/// A key that is to go.
pub struct Item<'a> {
    pub key: &'a [u8],
    pub expires_at: Option<UnixMillis>,
    pub payload: &'a [u8],
}

/// The commands that bring keys.
#[derive(Debug, Default)]
pub struct Restores {
    pub bytes: BytesMut,
    /// Which keys these are, by their places: those that have expired stay out.
    pub sent: Vec<usize>,
}

impl Restores {
    /// Adds a key, unless it has expired. `place`: among those that are to go; `payload`: as by DUMP.
    pub fn push(&mut self, place: usize, item: &Item<'_>, replace: bool, now: UnixMillis) {
        let ttl = match item.expires_at {
            Some(deadline) if deadline < now => return,
            Some(deadline) => (deadline - now).max(1),
            None => 0,
        };
        let mut digits = itoa::Buffer::new();
        let ttl = digits.format(ttl).as_bytes();
        let words: [&[u8]; 5] = [b"RESTORE", item.key, ttl, item.payload, b"REPLACE"];
        let count = if replace { 5 } else { 4 };
        encode_command(&mut self.bytes, words.get(..count).unwrap_or(&words));
        self.sent.push(place);
    }

    /// What their answers mean, as far as they are there.
    pub fn outcome(&self, answers: &Answers) -> Outcome {
        let mut outcome = Outcome::default();
        for (i, &place) in self.sent.iter().enumerate() {
            match answers.reply(i) {
                None => break,
                Some(reply) if reply.starts_with(b"-") => {}
                Some(_) => outcome.arrived.push(place),
            }
        }
        outcome.fault = answers.error_before(self.sent.len()).map(Fault::Refused);
        outcome
    }

    /// Whether so much came in answer to `replies` commands that it is none.
    pub fn is_too_much(answers: &Answers, replies: usize) -> bool {
        answers.bytes.len() > replies.saturating_mul(REPLY_BYTES_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        let auth = Some(MasterAuth { user: None, password: b"secret".to_vec() });
        Target { host: "h".into(), port: 1, auth, db: 3, timeout_ms: 1, replace: false }
    }

    fn answers(bytes: &[u8], count: usize) -> Answers {
        let mut answers = Answers::default();
        answers.bytes.extend_from_slice(bytes);
        let _ = answers.are_whole(count).expect("replies");
        answers
    }

    #[test]
    fn a_connection_is_told_what_it_does_not_know() {
        let (bytes, replies) = settling(&target(), None);
        let told = b"*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n";
        assert_eq!((&bytes[..], replies), (&told[..], 2));
        assert_eq!(settling(&target(), Some(0)).1, 2);
        let of_anybody = Target { auth: None, ..target() };
        assert_eq!(settling(&of_anybody, Some(3)), (BytesMut::new(), 0));
    }

    #[test]
    fn keys_that_have_expired_stay_out() {
        let mut restores = Restores::default();
        for (place, (key, expires_at)) in
            [("a", Some(9)), ("b", Some(10)), ("c", None)].into_iter().enumerate()
        {
            let item = Item { key: key.as_bytes(), expires_at, payload: b"p" };
            restores.push(place, &item, true, 10);
        }
        assert_eq!(restores.sent, [1, 2]);
        let text = String::from_utf8_lossy(&restores.bytes).into_owned();
        assert!(text.starts_with("*5\r\n$7\r\nRESTORE\r\n$1\r\nb\r\n$1\r\n1\r\n"), "{text}");
        assert!(text.contains("$1\r\nc\r\n$1\r\n0\r\n") && text.ends_with("REPLACE\r\n"), "{text}");
    }

    #[test]
    fn each_key_has_arrived_whose_answer_is_no_error() {
        let restores = Restores { sent: vec![0, 2, 3], ..Restores::default() };
        let whole = restores.outcome(&answers(b"+OK\r\n-BUSYKEY it is\r\n+OK\r\n", 3));
        assert_eq!(whole.arrived, [0, 3]);
        assert_eq!(whole.fault, Some(Fault::Refused("BUSYKEY it is".to_owned())));
        let broken_off = restores.outcome(&answers(b"+OK\r\n+O", 3));
        assert_eq!(broken_off, Outcome { arrived: vec![0], fault: None });
    }
}
