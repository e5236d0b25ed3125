//! `replicaof`: the master that this server follows.

use super::{Line, Reason, Source, Value, c_integer};

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

    fn lines(&self, _: &Self, rule: &()) -> Vec<Line> {
        self.iter().map(|_| Line { arguments: self.text(rule), forced: true }).collect()
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
}
