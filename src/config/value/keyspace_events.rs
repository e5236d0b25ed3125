//! `notify-keyspace-events`: what happens to keys and is published.

use super::{Line, Reason, Source, Value};
use crate::config::words;

/// A set of event classes; each has a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct KeyspaceEvents(u16);

impl KeyspaceEvents {
    pub const NONE: Self = KeyspaceEvents(0);
    /// `K`: publish to `__keyspace@<db>__:<key>`.
    pub const KEYSPACE: Self = KeyspaceEvents(1);
    /// `E`: publish to `__keyevent@<db>__:<event>`.
    pub const KEYEVENT: Self = KeyspaceEvents(1 << 1);
    pub const GENERIC: Self = KeyspaceEvents(1 << 2);
    pub const STRING: Self = KeyspaceEvents(1 << 3);
    pub const LIST: Self = KeyspaceEvents(1 << 4);
    pub const SET: Self = KeyspaceEvents(1 << 5);
    pub const HASH: Self = KeyspaceEvents(1 << 6);
    pub const ZSET: Self = KeyspaceEvents(1 << 7);
    pub const EXPIRED: Self = KeyspaceEvents(1 << 8);
    pub const EVICTED: Self = KeyspaceEvents(1 << 9);
    pub const STREAM: Self = KeyspaceEvents(1 << 10);
    /// `m`: a key that was looked up is not there. Not part of `A`.
    pub const KEY_MISS: Self = KeyspaceEvents(1 << 11);
    pub const MODULE: Self = KeyspaceEvents(1 << 13);
    /// `n`: a key that was not there is. Not part of `A`.
    pub const NEW: Self = KeyspaceEvents(1 << 14);
    /// `A`: all classes of changes.
    pub const ALL: Self = KeyspaceEvents(0b10_0111_1111_1100);

    /// The classes that `A` stands for, and `n`, which is not printed beside it.
    const CHANGES: [(u8, Self); 11] = [
        (b'g', Self::GENERIC),
        (b'$', Self::STRING),
        (b'l', Self::LIST),
        (b's', Self::SET),
        (b'h', Self::HASH),
        (b'z', Self::ZSET),
        (b'x', Self::EXPIRED),
        (b'e', Self::EVICTED),
        (b't', Self::STREAM),
        (b'd', Self::MODULE),
        (b'n', Self::NEW),
    ];
    const OTHERS: [(u8, Self); 3] =
        [(b'K', Self::KEYSPACE), (b'E', Self::KEYEVENT), (b'm', Self::KEY_MISS)];

    /// Whether all classes of the other set are in this one.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    fn of_letter(letter: u8) -> Option<Self> {
        if letter == b'A' {
            return Some(Self::ALL);
        }
        let mut rows = Self::CHANGES.iter().chain(&Self::OTHERS);
        rows.find(|row| row.0 == letter).map(|row| row.1)
    }
}

impl Value for KeyspaceEvents {
    type Rule = ();

    fn parse(&self, arguments: &[&[u8]], _: &(), _: Source) -> Result<Self, Reason> {
        let mut events = Self::NONE;
        for &letter in arguments.first().copied().unwrap_or_default() {
            let class = Self::of_letter(letter)
                .ok_or("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")?;
            events.0 |= class.0;
        }
        Ok(events)
    }

    fn text(&self, _: &()) -> Vec<u8> {
        let mut letters = Vec::new();
        let mut push = |rows: &[(u8, Self)]| {
            letters.extend(rows.iter().filter(|row| self.contains(row.1)).map(|row| row.0));
        };
        if self.contains(Self::ALL) {
            push(&[(b'A', Self::ALL)]);
        } else {
            push(&Self::CHANGES);
        }
        push(&Self::OTHERS);
        letters
    }

    fn lines(&self, default: &Self, rule: &()) -> Vec<Line> {
        vec![Line { arguments: words::quote(&self.text(rule)), forced: self != default }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Result<String, Reason> {
        let events = KeyspaceEvents::NONE.parse(&[text.as_bytes()], &(), Source::ConfigSet)?;
        Ok(String::from_utf8(events.text(&())).unwrap())
    }

    #[test]
    fn letters_are_printed_in_redis_order() {
        assert_eq!(canonical("KEA").unwrap(), "AKE");
        assert_eq!(canonical("g$lszhxeKEtmdn").unwrap(), "AKEm");
        assert_eq!(canonical("En").unwrap(), "nE");
        assert_eq!(canonical("").unwrap(), "");
    }

    #[test]
    fn an_unknown_letter_is_refused() {
        assert!(canonical("KEq").unwrap_err().starts_with("Invalid event class character."));
    }
}
