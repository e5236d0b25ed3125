//! `bind`: the addresses to listen on.

use super::{Line, Reason, Source, Value};

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
        let addresses = if self.is_empty() { "\"\"".to_owned() } else { self.join(" ") };
        vec![Line { arguments: addresses.into_bytes(), forced: true }]
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

    #[test]
    fn a_seventeenth_address_is_refused() {
        let error =
            Vec::<String>::new().parse(&[&b"::1"[..]; 17], &(), Source::FirstLine).unwrap_err();
        assert_eq!(error, "Too many bind addresses specified.");
    }
}
