//! `replicaof`: the master that this server follows.

use super::{Line, Reason, Source, Value, c_integer};
use crate::config::words;

/// Host and port of the master, or none: this server is a master.
impl Value for Option<(String, u16)> {
    type Rule = ();
    const SEVERAL_ARGUMENTS: bool = true;

    fn parse(&self, arguments: &[&[u8]], _: &(), _: Source) -> Result<Self, Reason> {
        let [host, port] = *arguments else {
            return Err("wrong number of arguments".into());
        };
        if host.eq_ignore_ascii_case(b"no") && port.eq_ignore_ascii_case(b"one") {
            return Ok(None);
        }
        let port = c_integer(port, 10)
            .and_then(|port| u16::try_from(port).ok())
            .ok_or("Invalid master port")?;
        let host = String::from_utf8(host.to_vec()).map_err(|_| "argument must be valid UTF-8")?;
        Ok(Some((host, port)))
    }

    fn text(&self, _: &()) -> Vec<u8> {
        self.as_ref().map(|(host, port)| format!("{host} {port}").into_bytes()).unwrap_or_default()
    }

    fn lines(&self, _: &Self, _: &()) -> Vec<Line> {
        let line = |(host, port): &(String, u16)| {
            let port = format!(" {port}").into_bytes();
            Line { arguments: [as_word(host), port].concat(), forced: true }
        };
        self.iter().map(line).collect()
    }
}

/// A host as one word of a file: a client may have named anything, and Redis writes it as it came,
/// line ends and all.
fn as_word(host: &str) -> Vec<u8> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".:-_%".contains(&byte);
    match !host.is_empty() && host.bytes().all(is_plain) {
        true => host.as_bytes().to_vec(),
        false => words::quote(host.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Option<(String, u16)>, Reason> {
        let words: Vec<_> = words.iter().map(|word| word.as_bytes()).collect();
        None.parse(&words, &(), Source::FirstLine)
    }

    #[test]
    fn a_host_and_a_port_or_no_one() {
        assert_eq!(parse(&["host", "6379"]), Ok(Some(("host".to_owned(), 6379))));
        assert_eq!(parse(&["NO", "one"]), Ok(None));
        assert_eq!(parse(&["host", "65536"]).unwrap_err(), "Invalid master port");
        assert_eq!(parse(&["host", "abc"]).unwrap_err(), "Invalid master port");
        assert_eq!(parse(&["host"]).unwrap_err(), "wrong number of arguments");
    }

    #[test]
    fn a_host_is_one_word_of_a_file_whatever_it_is() {
        for host in ["db-1.example", "fe80::1%eth0", "", "a b", "a\nrequirepass x", "\"", "ä"] {
            let master = Some((host.to_owned(), 1));
            let [line] = &master.lines(&None, &())[..] else { panic!("one line") };
            let words = words::split(&line.arguments).expect("whole words");
            let words: Vec<&str> = words.iter().map(|w| std::str::from_utf8(w).unwrap()).collect();
            assert_eq!(words, [host, "1"]);
            assert_eq!(parse(&words), Ok(master));
        }
        let plain = Some(("127.0.0.1".to_owned(), 6379)).lines(&None, &());
        assert_eq!(plain[0].arguments, b"127.0.0.1 6379");
    }
}
