//! Writes that a replica sends on to its master: what goes over the connection of one client, and
//! what comes back.
//!
//! ```text
//!   replica                                                    master
//!   [AUTH [user] password]                            ┐ once
//!   [HELLO 2|3] [SELECT db] [CLIENT QUORUM n]         │
//!   REPLCONF forwarded-by <run id>[,<run id>...]      ┘──────►
//!        ◄──────────────────────────────────────────────────── all but the last may not fail
//!   [HELLO 2|3] [SELECT db] [CLIENT QUORUM n]  when others ──►
//!        ◄──────────────────────────────────────────────────── none may fail
//!   [MULTI]  for a transaction ──────────────────────────────►
//!        ◄──────────────────────────────────────────────────── may not fail: what follows would run
//!                                                               one by one
//!   the commands [EXEC]; then ROLE ──────────────────────────►
//!        ◄──────────────────────────────────────────────────── replies, an offset with all of it
//! ```
//!
//! Without sockets: bytes to send and bytes that came.

use bytes::BytesMut;

use super::feed::encode_command;
use super::handshake::MasterAuth;
use crate::base::ids::{DbIndex, ReplId};
use crate::base::offset::Offset;
use crate::resp::decode::{DecodeError, Value, decode};
use crate::resp::reply::Protocol;
use crate::resp::skim::Skimmer;

/// Servers that one command may go through.
pub const HOPS_MAX: usize = 16;
/// How a server answers that is no master.
const READ_ONLY: &[u8] = b"READONLY";
/// The same, as the reason why a write was not run.
pub const NO_MASTER: &str = "READONLY It is a replica.";
/// Why it is not known whether one was run.
pub const NO_ANSWER: &str = "it does not answer";
/// How one answers that has forwarded the command itself: whoever follows whom has changed, or they
/// do so in a circle.
const CAME_BACK: &[u8] = b"READONLY CAMEBACK";
/// How one answers that has been a replica for long, and does not forward: waiting is in vain.
const SETTLED: &[u8] = b"READONLY SETTLED";
/// What stands before that in the answer to an EXEC.
const EXEC_ABORTED: &[u8] = b"EXECABORT Transaction discarded because of: ";
/// How often a command whose answer that is sets out again.
pub const TURNS_MAX: u8 = 16;

/// What the master is to know of the client whose commands they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub db: DbIndex,
    pub protocol: Protocol,
    /// CLIENT QUORUM.
    pub quorum: Option<usize>,
}

/// Commands that go together.
#[derive(Debug, Default)]
pub struct Errand {
    pub standing: Standing,
    /// As they are sent.
    pub bytes: BytesMut,
    /// How many replies they get.
    pub replies: usize,
    /// What MULTI has queued, and EXEC: only the last reply is the client's.
    pub is_unit: bool,
    /// It may take for ever.
    pub may_wait: bool,
    /// What the replies may take together.
    pub most_reply_bytes: usize,
}

/// What is said first, and how many replies that gets. Others than ours do not know the last of it.
pub fn greeting(
    auth: Option<&MasterAuth>,
    standing: Standing,
    path: &[ReplId],
) -> (BytesMut, usize) {
    let mut bytes = BytesMut::new();
    let mut replies = 1;
    if let Some(MasterAuth { user, password }) = auth {
        replies += 1;
        match user {
            Some(user) => encode_command(&mut bytes, &[b"AUTH", user, password]),
            None => encode_command(&mut bytes, &[b"AUTH", password]),
        }
    }
    let (settled, more) = settling(Standing::default(), standing);
    bytes.extend_from_slice(&settled);
    replies += more;
    let path: Vec<&[u8]> = path.iter().map(|id| &id.as_bytes()[..]).collect();
    encode_command(&mut bytes, &[b"REPLCONF", b"forwarded-by", &path.join(&b',')]);
    (bytes, replies)
}

/// The path of a greeting; `None`: it is none.
pub fn parse_path(bytes: &[u8]) -> Option<Vec<ReplId>> {
    let path: Option<Vec<ReplId>> = bytes.split(|&b| b == b',').map(ReplId::from_bytes).collect();
    path.filter(|path| path.len() <= HOPS_MAX)
}

/// What makes a connection that stands so stand as wanted, and how many replies that gets.
pub fn settling(now: Standing, wanted: Standing) -> (BytesMut, usize) {
    let mut bytes = BytesMut::new();
    let mut replies = 0;
    let mut say = |words: &[&[u8]]| {
        encode_command(&mut bytes, words);
        replies += 1;
    };
    if now.protocol != wanted.protocol {
        let version: &[u8] = if wanted.protocol == Protocol::Resp3 { b"3" } else { b"2" };
        say(&[b"HELLO", version]);
    }
    if now.db != wanted.db {
        say(&[b"SELECT", wanted.db.to_string().as_bytes()]);
    }
    if now.quorum != wanted.quorum {
        match wanted.quorum {
            Some(quorum) => say(&[b"CLIENT", b"QUORUM", quorum.to_string().as_bytes()]),
            None => say(&[b"CLIENT", b"QUORUM", b"DEFAULT"]),
        }
    }
    (bytes, replies)
}

/// Replies as they come in.
#[derive(Debug, Default)]
pub struct Answers {
    pub bytes: BytesMut,
    skimmer: Skimmer,
    /// Where each that is whole ends.
    ends: Vec<usize>,
}

impl Answers {
    /// Looks at what came; whether `wanted` replies are there.
    ///
    /// # Errors
    /// It is no reply.
    pub fn are_whole(&mut self, wanted: usize) -> Result<bool, DecodeError> {
        while self.ends.len() < wanted {
            match self.skimmer.next_end(&self.bytes)? {
                Some(end) => self.ends.push(end),
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// The `i`-th reply, if it is there.
    pub fn reply(&self, i: usize) -> Option<&[u8]> {
        let start = i.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.bytes.get(start..*self.ends.get(i)?)
    }

    /// How many are there.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// Whether more has come than those that were waited for.
    pub fn has_more(&self) -> bool {
        self.ends.last().copied().unwrap_or(0) < self.bytes.len()
    }

    /// The first error among the first `count`, without its line end.
    pub fn error_before(&self, count: usize) -> Option<String> {
        let mut replies = (0..count).filter_map(|i| self.reply(i));
        let error = replies.find_map(|reply| reply.strip_prefix(b"-"))?;
        Some(String::from_utf8_lossy(error.trim_ascii_end()).into_owned())
    }

    /// What an errand was answered, as far as it was.
    pub fn of_errand(self, replies: usize, is_unit: bool) -> Answer {
        let offset = self.reply(replies).and_then(offset_of_role);
        let there = self.ends.len().min(replies);
        let found = (0..there).find_map(|i| Some((i, refusal(self.reply(i)?)?)));
        let came_back = found.is_some_and(|(_, text)| text.starts_with(CAME_BACK));
        let is_settled = found.is_some_and(|(_, text)| text.starts_with(SETTLED));
        if is_unit {
            let last = replies.checked_sub(1).and_then(|last| self.reply(last));
            // Whoever gets it from us is to see why.
            let bytes = match found {
                Some((_, text)) => BytesMut::from(&[b"-", EXEC_ABORTED, text].concat()[..]),
                None => BytesMut::from(last.unwrap_or_default()),
            };
            let ends = last.map(|_| bytes.len()).into_iter().collect();
            return Answer {
                bytes,
                ends,
                refused: found.map(|_| 0),
                came_back,
                is_settled,
                offset,
            };
        }
        // Those at the end, if all were answered: what was refused before another that ran has to
        // stay behind it.
        let refusals = (0..there).rev().take_while(|&i| self.reply(i).is_some_and(is_refusal));
        let refused = refusals.last().filter(|_| there == replies);
        let Answers { bytes, mut ends, .. } = self;
        ends.truncate(there);
        Answer { bytes, ends, refused, came_back, is_settled, offset }
    }
}

/// What a reply says when nothing was run, since that server is no master either.
fn refusal(reply: &[u8]) -> Option<&[u8]> {
    let error = reply.strip_prefix(b"-")?;
    let reason = error.strip_prefix(EXEC_ABORTED).unwrap_or(error);
    reason.starts_with(READ_ONLY).then_some(reason)
}

fn is_refusal(reply: &[u8]) -> bool {
    refusal(reply).is_some()
}

/// What an errand was answered.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The replies for the client are at its beginning.
    pub bytes: BytesMut,
    /// Where each of them ends.
    pub ends: Vec<usize>,
    /// The first of the commands that did not run, since that server is no master, as none behind
    /// it did.
    pub refused: Option<usize>,
    /// It was refused since it had come from here.
    pub came_back: bool,
    /// It was refused by one that will do so later, too.
    pub is_settled: bool,
    /// Whoever has the stream up to there has all that was written.
    pub offset: Option<Offset>,
}

impl Answer {
    /// The replies of the first `count` commands.
    pub fn first(&self, count: usize) -> &[u8] {
        let end = count.checked_sub(1).and_then(|last| self.ends.get(last).copied());
        self.bytes.get(..end.unwrap_or(0)).unwrap_or_default()
    }
}

/// `master <offset> ...`, `slave <host> <port> <state> <offset>`
fn offset_of_role(reply: &[u8]) -> Option<Offset> {
    let (Value::Array(parts), _) = decode(reply).ok()?? else { return None };
    let at = match parts.first()? {
        Value::Bulk(role) if role == b"master" => 1,
        Value::Bulk(role) if role == b"slave" => 4,
        _ => return None,
    };
    match parts.get(at)? {
        Value::Int(offset) => Some(*offset),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(bytes: &[u8], replies: usize, is_unit: bool) -> Answer {
        let mut answers = Answers { bytes: BytesMut::from(bytes), ..Answers::default() };
        let _ = answers.are_whole(replies + 1).expect("replies");
        answers.of_errand(replies, is_unit)
    }

    const MASTER: &str = "*3\r\n$6\r\nmaster\r\n:77\r\n*0\r\n";
    const REPLICA: &str = "*5\r\n$5\r\nslave\r\n$1\r\nh\r\n:1\r\n$9\r\nconnected\r\n:99\r\n";

    #[test]
    fn replies_are_passed_on_as_they_came_with_the_offset_behind_them() {
        let Answer { bytes, ends, refused, offset, .. } =
            answer(format!("+OK\r\n:1\r\n{MASTER}").as_bytes(), 2, false);
        assert!(bytes.starts_with(b"+OK\r\n:1\r\n"));
        assert_eq!((ends, refused, offset), (vec![5, 9], None, Some(77)));
        assert_eq!(answer(format!(":1\r\n{REPLICA}").as_bytes(), 1, false).offset, Some(99));
        assert_eq!(answer(b":1\r\n-ERR unknown command\r\n", 1, false).offset, None);
    }

    #[test]
    fn what_a_server_that_is_no_master_any_more_refused_did_not_run() {
        let readonly = "-READONLY no\r\n";
        let found = answer(format!("+OK\r\n{readonly}{readonly}{MASTER}").as_bytes(), 3, false);
        assert_eq!((found.refused, found.first(1)), (Some(1), &b"+OK\r\n"[..]));
        assert!(!found.came_back);
        let circle = format!("-READONLY CAMEBACK it did\r\n-EXECABORT aborted\r\n{REPLICA}");
        let found = answer(circle.as_bytes(), 3, true);
        let told = "-EXECABORT Transaction discarded because of: READONLY CAMEBACK it did\r\n";
        assert!(found.came_back && found.first(1) == told.as_bytes());
        // As the next server on the way back sees it.
        let passed_on = format!("+OK\r\n+QUEUED\r\n{told}{REPLICA}");
        assert!(answer(passed_on.as_bytes(), 3, true).came_back);
        let queued = "+OK\r\n+QUEUED\r\n-READONLY no\r\n-EXECABORT aborted\r\n";
        let found = answer(format!("{queued}{REPLICA}").as_bytes(), 4, true);
        assert_eq!((found.refused, found.ends.len()), (Some(0), 1));
        let refused =
            "+OK\r\n+QUEUED\r\n-EXECABORT Transaction discarded because of: READONLY no\r\n";
        assert_eq!(answer(format!("{refused}{REPLICA}").as_bytes(), 3, true).refused, Some(0));
        let run = answer(format!("+OK\r\n+QUEUED\r\n*1\r\n:1\r\n{MASTER}").as_bytes(), 3, true);
        assert_eq!((run.refused, run.first(1)), (None, &b"*1\r\n:1\r\n"[..]));
    }

    #[test]
    fn one_that_refuses_for_good_is_told_from_one_that_may_have_changed_its_role() {
        let told = "READONLY SETTLED a replica";
        let found = answer(format!("-{told}\r\n{REPLICA}").as_bytes(), 1, false);
        assert_eq!((found.refused, found.is_settled, found.came_back), (Some(0), true, false));
        let found =
            answer(format!("-{told}\r\n-EXECABORT aborted\r\n{REPLICA}").as_bytes(), 2, true);
        assert!(found.is_settled && found.refused == Some(0));
        let found = answer(format!("-READONLY no\r\n{REPLICA}").as_bytes(), 1, false);
        assert!(!found.is_settled && found.refused == Some(0));
    }

    #[test]
    fn what_was_refused_before_something_that_ran_is_not_to_run_behind_it() {
        let readonly = "-READONLY no\r\n";
        let found = answer(format!("{readonly}+OK\r\n{readonly}{MASTER}").as_bytes(), 3, false);
        assert_eq!(found.refused, Some(2));
        let found = answer(format!("{readonly}+OK\r\n{MASTER}").as_bytes(), 2, false);
        assert_eq!((found.refused, found.ends.len()), (None, 2));
        assert_eq!(answer(format!("+OK\r\n{readonly}").as_bytes(), 3, false).refused, None);
    }

    #[test]
    fn what_came_before_the_connection_was_lost_is_an_answer() {
        let found = answer(b"+OK\r\n:1\r\n$5\r\nab", 3, false);
        assert_eq!((found.ends, found.offset), (vec![5, 9], None));
        assert_eq!(answer(b"+OK\r\n+QUEUED\r\n", 3, true), Answer::default());
    }

    #[test]
    fn only_what_is_otherwise_is_settled() {
        let settled = |now, wanted| {
            let (bytes, replies) = settling(now, wanted);
            (String::from_utf8_lossy(&bytes).into_owned(), replies)
        };
        let standing = Standing { db: 2, protocol: Protocol::Resp3, quorum: Some(1) };
        assert_eq!(settled(standing, standing), (String::new(), 0));
        let (bytes, replies) = settled(Standing::default(), standing);
        assert!(bytes.contains("HELLO") && bytes.contains("SELECT") && bytes.contains("QUORUM"));
        assert_eq!(replies, 3);
        let back = settled(standing, Standing { quorum: None, ..standing });
        assert_eq!(back, ("*3\r\n$6\r\nCLIENT\r\n$6\r\nQUORUM\r\n$7\r\nDEFAULT\r\n".into(), 1));
    }

    #[test]
    fn a_path_names_servers_up_to_a_number() {
        let ids = [ReplId::NONE, ReplId::from_random([7; 20])];
        let (bytes, replies) = greeting(None, Standing::default(), &ids);
        assert_eq!(replies, 1);
        let path = &bytes[bytes.len() - 83..bytes.len() - 2];
        assert_eq!(parse_path(path), Some(ids.to_vec()));
        let elsewhere = Standing { db: 2, ..Standing::default() };
        let (settled, replies) = greeting(None, elsewhere, &ids);
        assert!(settled.starts_with(b"*2\r\n$6\r\nSELECT") && settled.ends_with(&bytes));
        assert_eq!(replies, 2);
        assert_eq!(parse_path(b"short"), None);
        let long = vec![b'0'; (HOPS_MAX + 1) * 41 - 1];
        let long: Vec<u8> =
            long.iter().enumerate().map(|(i, &b)| if i % 41 == 40 { b',' } else { b }).collect();
        assert_eq!(parse_path(&long), None);
        assert_eq!(parse_path(&long[..HOPS_MAX * 41 - 1]).map(|path| path.len()), Some(HOPS_MAX));
    }
}
