//! The writing end of the stream: turns commands into the bytes that replicas and the log get.
//!
//! ```text
//! unit of one effect          unit of several                 unit that changes database midway
//!   [SELECT 3]                  [SELECT 3]                      MULTI
//!   set k v                     MULTI                           set m1 1
//!                               del k                           SELECT 5
//!                               set k v                         incr n
//!                               EXEC                            EXEC
//! ```
//! (`SELECT` only where the database differs from that of the command before; its place, before
//! `MULTI` where the first effect needs it, is redis-server 7.0.15's.)

use bytes::{Bytes, BytesMut};

use crate::base::ids::DbIndex;
use crate::base::offset::Offset;
use crate::replication::model::stream_sums::Check;
use crate::resp::request::Args;

const MULTI: &[u8] = b"*1\r\n$5\r\nMULTI\r\n";
const EXEC: &[u8] = b"*1\r\n$4\r\nEXEC\r\n";
/// In lower case, as redis-server 7.0 sends it.
const PING: &[u8] = b"*1\r\n$4\r\nping\r\n";
const GETACK: &[u8] = b"*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n";
/// A buffer that took more at once is not used again: a rare big value must not hold its memory
/// for ever.
const KEPT_BYTES_MAX: usize = 1 << 20;

/// What belongs together: one command with what it brought about (keys that expired under it), a
/// transaction, a script. More than one effect is wrapped, so that a replica applies all or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// Commands stand by themselves.
    None,
    /// Open, without an effect so far.
    Empty,
    /// Open, with one effect, which begins here in the buffer.
    One(usize),
    /// Open, `MULTI` is written.
    Several,
}

/// The encoder, with what it must remember between commands.
#[derive(Debug)]
pub struct Feed {
    out: BytesMut,
    unit: Unit,
    /// The database of the last command in the stream; `None` if the readers do not share one.
    selected: Option<DbIndex>,
}

impl Default for Feed {
    fn default() -> Self {
        Self::new()
    }
}

impl Feed {
    /// The next command will be preceded by a `SELECT`.
    pub fn new() -> Self {
        Feed { out: BytesMut::new(), unit: Unit::None, selected: None }
    }

    /// Makes the next command say its database again: a snapshot was taken, whose reader begins
    /// in database 0, or a replica was promoted, which does not know what its master selected.
    pub fn forget_selected(&mut self) {
        self.selected = None;
    }

    /// The database that the last command of the stream was for: `repl-stream-db` of an RDB.
    pub fn selected(&self) -> Option<DbIndex> {
        self.selected
    }

    /// Opens a unit. Units do not nest: a command of a transaction belongs to its unit.
    pub fn begin_unit(&mut self) {
        assert_eq!(self.unit, Unit::None, "between units only");
        self.unit = Unit::Empty;
    }

    /// Closes the unit.
    pub fn end_unit(&mut self) {
        if self.unit == Unit::Several {
            self.out.extend_from_slice(EXEC);
        }
        self.unit = Unit::None;
    }

    /// Adds a command for database `db`.
    pub fn command(&mut self, db: DbIndex, args: &[&[u8]]) {
        self.before_effect(db);
        encode_command(&mut self.out, args);
    }

    /// Adds a command for database `db` whose arguments lie elsewhere.
    pub fn args(&mut self, db: DbIndex, args: Args<'_>) {
        self.before_effect(db);
        args.encode(&mut self.out);
    }

    /// Adds a command for database `db` that is encoded already: a client's own bytes.
    pub fn encoded(&mut self, db: DbIndex, command: &[u8]) {
        self.before_effect(db);
        self.out.extend_from_slice(command);
    }

    fn before_effect(&mut self, db: DbIndex) {
        self.count_effect();
        if self.selected != Some(db) {
            encode_select(&mut self.out, db);
            self.selected = Some(db);
        }
        if self.unit == Unit::Empty {
            self.unit = Unit::One(self.out.len());
        }
    }

    /// The second effect of a unit puts `MULTI` before the first.
    fn count_effect(&mut self) {
        if let Unit::One(first) = self.unit {
            self.out.extend_from_slice(MULTI);
            if let Some(effect_and_multi) = self.out.get_mut(first..) {
                effect_and_multi.rotate_right(MULTI.len());
            }
            self.unit = Unit::Several;
        }
    }

    /// A replica passes its master's stream on as it came.
    pub fn pass_on(&mut self, bytes: &[u8]) {
        assert_eq!(self.unit, Unit::None, "between units only");
        self.out.extend_from_slice(bytes);
    }

    /// Adds the master's heartbeat. Only a server without a master of its own sends it.
    pub fn ping(&mut self) {
        assert_eq!(self.unit, Unit::None, "between units only");
        self.out.extend_from_slice(PING);
    }

    /// Adds the question that every replica answers with an ACK at once; the offset in that ACK
    /// does not count the question itself.
    pub fn getack(&mut self) {
        assert_eq!(self.unit, Unit::None, "between units only");
        self.out.extend_from_slice(GETACK);
    }

    /// Bytes that were added since the last [`Self::take`].
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether nothing was added since the last [`Self::take`].
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Hands over what was added. Between units only: an open one is not complete.
    pub fn take(&mut self) -> Bytes {
        assert_eq!(self.unit, Unit::None, "between units only");
        if self.out.len() > KEPT_BYTES_MAX {
            return std::mem::take(&mut self.out).freeze();
        }
        self.out.split().freeze()
    }
}

/// One command as a RESP array of bulk strings.
pub fn encode_command(out: &mut BytesMut, args: &[&[u8]]) {
    encode_header(out, b'*', args.len());
    for arg in args {
        encode_header(out, b'$', arg.len());
        out.extend_from_slice(arg);
        out.extend_from_slice(b"\r\n");
    }
}

fn encode_header(out: &mut BytesMut, kind: u8, number: usize) {
    let mut digits = itoa::Buffer::new();
    out.extend_from_slice(&[kind]);
    out.extend_from_slice(digits.format(number).as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn encode_select(out: &mut BytesMut, db: DbIndex) {
    encode_command(out, &[b"SELECT", itoa::Buffer::new().format(db).as_bytes()]);
}

/// How far a replica is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ack {
    pub applied: Offset,
    /// What is safe in its append-only log, if it has one. Masters of Redis before 7.2 pass over it.
    pub fsynced: Option<Offset>,
    /// What has come, for a master that wants to know it.
    pub received: Option<Offset>,
}

/// What a replica says to its master each second, and when asked.
pub fn encode_ack(out: &mut BytesMut, ack: Ack) {
    let mut digits = [itoa::Buffer::new(), itoa::Buffer::new(), itoa::Buffer::new()];
    let [applied, fsynced, received] = &mut digits;
    let mut words = vec![&b"REPLCONF"[..], b"ACK", applied.format(ack.applied).as_bytes()];
    // Redis looks for it in this place.
    if let Some(offset) = ack.fsynced {
        words.extend([&b"FACK"[..], fsynced.format(offset).as_bytes()]);
    }
    if let Some(offset) = ack.received {
        words.extend([&b"RECEIVED"[..], received.format(offset).as_bytes()]);
    }
    encode_command(out, &words);
}

/// What a replica of ours says to a master of ours about the stream that has come.
pub fn encode_check(out: &mut BytesMut, check: Check) {
    let mut digits = [itoa::Buffer::new(), itoa::Buffer::new(), itoa::Buffer::new()];
    let [from, to, sum] = &mut digits;
    let numbers =
        [from.format(check.from), to.format(check.to), sum.format(check.sum.cast_signed())];
    let [from, to, sum] = numbers.map(str::as_bytes);
    encode_command(out, &[b"REPLCONF", b"check", from, to, sum]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stream as readable text: one command a line.
    fn text(feed: &mut Feed) -> String {
        let bytes = feed.take();
        let mut rest = std::str::from_utf8(&bytes).unwrap().split("\r\n");
        let mut commands = Vec::new();
        while let Some(count) = rest.next().and_then(|line| line.strip_prefix('*')) {
            let args = (0..count.parse().unwrap()).map(|_| {
                let len: usize = rest.next().unwrap()[1..].parse().unwrap();
                let arg = rest.next().unwrap();
                assert_eq!(arg.len(), len);
                arg
            });
            commands.push(args.collect::<Vec<_>>().join(" "));
        }
        commands.join("\n")
    }

    #[test]
    fn the_first_command_selects_and_the_next_does_not() {
        let mut feed = Feed::new();
        feed.command(3, &[b"set", b"k", b"v"]);
        feed.encoded(3, b"*2\r\n$4\r\nincr\r\n$1\r\nn\r\n");
        assert_eq!(feed.selected(), Some(3));
        assert_eq!(
            feed.take(),
            "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*3\r\n$3\r\nset\r\n$1\r\nk\r\n$1\r\nv\r\n\
             *2\r\n$4\r\nincr\r\n$1\r\nn\r\n"
        );
        feed.forget_selected();
        feed.command(3, &[b"incr", b"n"]);
        feed.command(12, &[b"incr", b"n"]);
        assert_eq!(text(&mut feed), "SELECT 3\nincr n\nSELECT 12\nincr n");
    }

    #[test]
    fn the_memory_of_a_big_value_is_given_back() {
        let mut feed = Feed::new();
        let big = vec![b'x'; 8 * KEPT_BYTES_MAX];
        feed.command(0, &[b"set", b"k", &big]);
        drop(feed.take());
        feed.command(0, &[b"del", b"k"]);
        assert!(feed.out.capacity() <= KEPT_BYTES_MAX);
    }

    #[test]
    fn a_unit_of_one_effect_is_not_wrapped_and_an_empty_one_leaves_nothing() {
        let mut feed = Feed::new();
        feed.begin_unit();
        feed.end_unit();
        assert!(feed.is_empty());
        feed.begin_unit();
        feed.command(0, &[b"del", b"k"]);
        feed.end_unit();
        assert_eq!(text(&mut feed), "SELECT 0\ndel k");
    }

    #[test]
    fn select_comes_before_multi_when_the_first_effect_needs_it() {
        let mut feed = Feed::new();
        feed.begin_unit();
        feed.command(7, &[b"DEL", b"k"]);
        feed.command(7, &[b"set", b"k", b"2"]);
        feed.end_unit();
        assert_eq!(text(&mut feed), "SELECT 7\nMULTI\nDEL k\nset k 2\nEXEC");
    }

    #[test]
    fn a_database_change_inside_a_unit_stays_inside() {
        let mut feed = Feed::new();
        feed.command(3, &[b"incr", b"x"]);
        feed.begin_unit();
        feed.command(3, &[b"set", b"m1", b"1"]);
        feed.command(5, &[b"incr", b"n"]);
        feed.command(5, &[b"incr", b"n"]);
        feed.end_unit();
        feed.command(5, &[b"incr", b"n"]);
        assert_eq!(
            text(&mut feed),
            "SELECT 3\nincr x\nMULTI\nset m1 1\nSELECT 5\nincr n\nincr n\nEXEC\nincr n"
        );
    }

    #[test]
    fn a_unit_after_other_bytes_wraps_only_its_own() {
        let mut feed = Feed::new();
        feed.command(0, &[b"set", b"a", b"1"]);
        for _ in 0..2 {
            feed.begin_unit();
            feed.command(0, &[b"foo"]);
            feed.command(0, &[b"del", b"b"]);
            feed.end_unit();
        }
        assert_eq!(
            text(&mut feed),
            "SELECT 0\nset a 1\nMULTI\nfoo\ndel b\nEXEC\nMULTI\nfoo\ndel b\nEXEC"
        );
    }

    #[test]
    fn ping_getack_and_ack_are_byte_for_byte_those_of_redis() {
        let mut feed = Feed::new();
        feed.ping();
        assert_eq!(feed.take(), "*1\r\n$4\r\nping\r\n");
        feed.getack();
        assert_eq!(feed.len(), 37);
        assert_eq!(text(&mut feed), "REPLCONF GETACK *");
        let mut out = BytesMut::new();
        let ack = Ack { applied: 1397, ..Ack::default() };
        encode_ack(&mut out, ack);
        assert_eq!(out, "*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$4\r\n1397\r\n");
        out.clear();
        // As Redis 7.2 says it with an append-only file.
        encode_ack(&mut out, Ack { fsynced: Some(99), ..ack });
        let fack = "$4\r\nFACK\r\n$2\r\n99\r\n";
        assert_eq!(out, format!("*5\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$4\r\n1397\r\n{fack}"));
        out.clear();
        encode_ack(&mut out, Ack { fsynced: Some(99), received: Some(1400), ..ack });
        assert!(out.starts_with(b"*7") && out.ends_with(b"RECEIVED\r\n$4\r\n1400\r\n"));
    }

    /// What units of effects, each for a database, should look like, written down plainly.
    fn plain(units: &[Vec<DbIndex>]) -> String {
        let mut selected = None;
        let mut lines: Vec<String> = Vec::new();
        for unit in units {
            for (n, db) in unit.iter().enumerate() {
                if selected.replace(*db) != Some(*db) {
                    lines.push(format!("SELECT {db}"));
                }
                if n == 0 && unit.len() > 1 {
                    lines.push("MULTI".into());
                }
                lines.push(format!("effect {n}"));
            }
            lines.extend((unit.len() > 1).then(|| "EXEC".into()));
        }
        lines.join("\n")
    }

    proptest::proptest! {
        #[test]
        fn units_are_wrapped_as_a_plain_writer_would(
            units in proptest::collection::vec(proptest::collection::vec(0usize..3, 0..5), 0..8)
        ) {
            let mut feed = Feed::new();
            for unit in &units {
                feed.begin_unit();
                for (n, db) in unit.iter().enumerate() {
                    feed.command(*db, &[b"effect", n.to_string().as_bytes()]);
                }
                feed.end_unit();
            }
            proptest::prop_assert_eq!(text(&mut feed), plain(&units));
        }
    }
}
