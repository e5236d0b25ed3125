//! Splitting a line into arguments with quotes, as in inline commands and configuration files.
//!
//! ```text
//! line     = *blank *( argument 1*blank ) [argument]
//! argument = *plain [quoted]                  a quoted part ends the argument
//! quoted   = DQUOTE *( char / \n \r \t \b \a / \xHH / \any ) DQUOTE
//!          / SQUOTE *( char / \' ) SQUOTE     then a blank or the end of the line
//! ```

use super::request::Span;

/// A quote is not closed, or text follows a closing quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unbalanced;

/// Splits a line (without its line end) into its arguments.
pub fn split_args(line: &[u8]) -> Result<Vec<Vec<u8>>, Unbalanced> {
    let mut line = line.to_vec();
    let mut spans = Vec::new();
    split_in_place(&mut line, 0, &mut spans)?;
    let arg =
        |span: &Span| line.get(span.start..span.start + span.len).unwrap_or_default().to_vec();
    Ok(spans.iter().map(arg).collect())
}

/// Splits a line and resolves its quotes in place, which is possible because no argument is
/// longer than its source. Pushes each argument's place, moved by `base`.
pub(super) fn split_in_place(
    line: &mut [u8],
    base: usize,
    spans: &mut Vec<Span>,
) -> Result<(), Unbalanced> {
    let mut read = 0;
    loop {
        while line.get(read).is_some_and(|&byte| is_blank(byte)) {
            read += 1;
        }
        if read == line.len() {
            return Ok(());
        }
        let start = read;
        let mut token = Token { line, read, write: start };
        token.resolve()?;
        read = token.read;
        spans.push(Span { start: base + start, len: token.write - start });
    }
}

/// One argument being rewritten: `write <= read`, always.
struct Token<'a> {
    line: &'a mut [u8],
    read: usize,
    write: usize,
}

impl Token<'_> {
    fn resolve(&mut self) -> Result<(), Unbalanced> {
        while let Some(byte) = self.peek(0) {
            match byte {
                // Fewer than `is_blank` has: a vertical tab does not end a plain argument.
                b' ' | b'\n' | b'\r' | b'\t' | 0 => {
                    self.read += 1;
                    return Ok(());
                }
                b'"' => return self.double_quoted(),
                b'\'' => return self.single_quoted(),
                _ => self.put(byte, 1),
            }
        }
        Ok(())
    }

    fn double_quoted(&mut self) -> Result<(), Unbalanced> {
        self.read += 1;
        loop {
            match (self.peek(0).ok_or(Unbalanced)?, self.peek(1)) {
                (b'\\', Some(b'x')) if self.hex_pair().is_some() => {
                    let byte = self.hex_pair().unwrap_or_default();
                    self.put(byte, 4);
                }
                (b'\\', Some(escaped)) => self.put(unescape(escaped), 2),
                (b'"', after) => return self.close(after),
                (byte, _) => self.put(byte, 1),
            }
        }
    }

    fn single_quoted(&mut self) -> Result<(), Unbalanced> {
        self.read += 1;
        loop {
            match (self.peek(0).ok_or(Unbalanced)?, self.peek(1)) {
                (b'\\', Some(b'\'')) => self.put(b'\'', 2),
                (b'\'', after) => return self.close(after),
                (byte, _) => self.put(byte, 1),
            }
        }
    }

    /// Ends the argument at its closing quote, which nothing but a blank may follow.
    fn close(&mut self, after: Option<u8>) -> Result<(), Unbalanced> {
        self.read += 1;
        if after.is_none_or(is_blank) { Ok(()) } else { Err(Unbalanced) }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.line.get(self.read + ahead).copied()
    }

    /// The value of `HH` in a `\xHH` that begins here.
    fn hex_pair(&self) -> Option<u8> {
        let digit = |ahead| self.peek(ahead).and_then(|byte| char::from(byte).to_digit(16));
        Some((digit(2)? * 16 + digit(3)?) as u8)
    }

    fn put(&mut self, byte: u8, read_bytes: usize) {
        if let Some(place) = self.line.get_mut(self.write) {
            *place = byte;
        }
        self.write += 1;
        self.read += read_bytes;
    }
}

fn unescape(escaped: u8) -> u8 {
    match escaped {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'a' => 7,
        other => other,
    }
}

/// C's `isspace`.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Result<Vec<String>, Unbalanced> {
        let lossy = |arg: &Vec<u8>| arg.escape_ascii().to_string();
        split_args(line.as_bytes()).map(|args| args.iter().map(lossy).collect())
    }

    #[test]
    fn lines_split_as_redis_splits_them() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            (" \t \x0b ", &[]),
            ("SET key value", &["SET", "key", "value"]),
            ("  a   b  ", &["a", "b"]),
            (r#""hello world" 'x y'"#, &["hello world", "x y"]),
            (r#""" ''"#, &["", ""]),
            (r#""\x41\x4g\n\r\t\b\a\q\"\\""#, &["Ax4g\\n\\r\\t\\x08\\x07q\\\"\\\\"]),
            (r"'a\'b\n'", &["a\\'b\\\\n"]),
            (r#"foo"bar" x'y'"#, &["foobar", "xy"]),
            (r"a\x41b", &["a\\\\x41b"]),
            ("a\x0bb", &["a\\x0bb"]),
            ("'a'\x0bb", &["a", "b"]),
        ];
        for (line, args) in cases {
            assert_eq!(split(line).unwrap(), *args, "{line:?}");
        }
    }

    #[test]
    fn open_quotes_and_text_after_a_quote_are_unbalanced() {
        for line in [r#"""#, "'", r#""a"b"#, "'a'b", r#""a\""#, r"'a\'", r#"x "y' "#, r#""a""b""#] {
            assert_eq!(split(line), Err(Unbalanced), "{line:?}");
        }
    }
}
