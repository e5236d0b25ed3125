//! `bind`: the addresses to listen on.

use super::{Line, Reason, Source, Value};
use crate::config::words;

/// How many addresses a server listens on at most.
const MOST_ADDRESSES: usize = 16;

/// Addresses as written: `*` and `::*` are all of IPv4 and IPv6, a `-` in front says that it does
/// not matter if the address is not there. An empty list listens on none.
impl Value for Vec<String> {
    type Rule = ();
    const SEVERAL_ARGUMENTS: bool = true;

    fn parse(&self, arguments: &[&[u8]], _: &(), _: Source) -> Result<Self, Reason> {
        if arguments.len() > MOST_ADDRESSES {
            return Err("Too many bind addresses specified.".into());
        }
        if *arguments == [b""] {
            return Ok(Vec::new());
        }
        let address = |bytes: &&[u8]| String::from_utf8(bytes.to_vec());
        let addresses: Result<_, _> = arguments.iter().map(address).collect();
        addresses.map_err(|_| "argument must be valid UTF-8".into())
    }

    fn text(&self, _: &()) -> Vec<u8> {
        self.join(" ").into_bytes()
    }

    fn lines(&self, default: &Self, _: &()) -> Vec<Line> {
        if self == default {
            return Vec::new();
        }
        let words: Vec<_> = self.iter().map(|address| word(address)).collect();
        let arguments = if words.is_empty() { b"\"\"".to_vec() } else { words.join(&b' ') };
        vec![Line { arguments, forced: true }]
    }
}

/// An address as it is written in a file: as it is, unless that would be read as another.
fn word(address: &str) -> Vec<u8> {
    match words::split(address.as_bytes()).as_deref() {
        Some([same]) if same == address.as_bytes() => address.into(),
        _ => words::quote(address.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_text_listens_nowhere_and_is_written_so() {
        let default = vec!["*".to_owned(), "-::*".to_owned()];
        let none = default.parse(&[b""], &(), Source::ConfigSet).unwrap();
        assert_eq!(none, Vec::<String>::new());
        let line = Line { arguments: b"\"\"".to_vec(), forced: true };
        assert_eq!(none.lines(&default, &()), [line]);
        assert_eq!(default.lines(&default, &()), []);
    }

    /// Nobody listens there, but what was set stays what it is.
    #[test]
    fn addresses_that_are_none_are_read_back_as_they_were() {
        let list = Vec::<String>::new();
        let odd = ["127.0.0.1", "", "a b", "'", "\u{7f}é", "-::*"].map(str::as_bytes);
        let set = list.parse(&odd, &(), Source::FirstLine).unwrap();
        let [line] = &set.lines(&list, &())[..] else { panic!("one line") };
        let read = words::split(&line.arguments).unwrap();
        let read: Vec<_> = read.iter().map(Vec::as_slice).collect();
        assert_eq!(read, odd);
        assert!(line.arguments.starts_with(b"127.0.0.1 \"\" "));
        assert!(line.arguments.ends_with(b" -::*"));
    }

    #[test]
    fn a_seventeenth_address_is_refused() {
        let error =
            Vec::<String>::new().parse(&[&b"::1"[..]; 17], &(), Source::FirstLine).unwrap_err();
        assert_eq!(error, "Too many bind addresses specified.");
    }
}
