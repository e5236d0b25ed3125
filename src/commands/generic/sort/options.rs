//! What SORT is asked for.

use std::ops::Range;

use super::pattern::Pattern;
use crate::commands::args;
use crate::commands::error::CommandError;
use crate::resp::request::Args;

pub(super) struct Options<'a> {
    /// Else the elements come as they stand: BY names no key.
    pub is_sorted: bool,
    pub by: Option<Pattern<'a>>,
    pub offset: i64,
    /// Below 0: all.
    pub count: i64,
    pub get: Vec<Pattern<'a>>,
    pub is_descending: bool,
    /// By the bytes, and not as numbers.
    pub is_alpha: bool,
    pub destination: Option<&'a [u8]>,
}

impl<'a> Options<'a> {
    pub(super) fn parse(words: Args<'a>, may_store: bool) -> Result<Options<'a>, CommandError> {
        let mut options = Options {
            is_sorted: true,
            by: None,
            offset: 0,
            count: -1,
            get: Vec::new(),
            is_descending: false,
            is_alpha: false,
            destination: None,
        };
        let mut i = 2;
        while i < words.len() {
            let word = words.get(i);
            let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
            let left = words.len() - i - 1;
            i += 1;
            if is("asc") {
                options.is_descending = false;
            } else if is("desc") {
                options.is_descending = true;
            } else if is("alpha") {
                options.is_alpha = true;
            } else if is("limit") && left >= 2 {
                options.offset = args::integer(words, i)?;
                options.count = args::integer(words, i + 1)?;
                i += 2;
            } else if is("store") && left >= 1 && may_store {
                options.destination = Some(words.get(i));
                i += 1;
            } else if is("by") && left >= 1 {
                options.sort_by(words.get(i));
                i += 1;
            } else if is("get") && left >= 1 {
                options.get.push(Pattern::parse(words.get(i)));
                i += 1;
            } else {
                return Err(CommandError::Syntax);
            }
        }
        Ok(options)
    }

    /// The places of so many elements that LIMIT leaves.
    pub(super) fn range_of(&self, len: usize) -> Range<usize> {
        let natural = |number: i64| usize::try_from(number).ok();
        let start = natural(self.offset).unwrap_or(0).min(len);
        let count = natural(self.count).unwrap_or(len);
        start..start.saturating_add(count).min(len)
    }

    /// Once the elements are not to be sorted they stay as they are, as in Redis.
    fn sort_by(&mut self, pattern: &'a [u8]) {
        self.is_sorted &= pattern.contains(&b'*');
        self.by = Some(Pattern::parse(pattern));
    }
}

/// Which argument names the key for the result: that of the last STORE.
pub(super) fn destination_at(words: Args<'_>) -> Option<usize> {
    let mut found = None;
    let mut i = 2;
    while i < words.len() {
        let is = |name: &str| words.get(i).eq_ignore_ascii_case(name.as_bytes());
        if is("limit") {
            i += 2;
        } else if is("get") || is("by") {
            i += 1;
        } else if is("store") && i + 1 < words.len() {
            found = Some(i + 1);
        }
        i += 1;
    }
    found
}
