//! Words of a configuration line: splitting with Redis's quoting rules, and the quoting that
//! undoes it.

use crate::base::text::push_quoted;
use crate::resp::inline::split_args;

/// Splits a line into words, as an inline command into arguments; a NUL ends it. `None` when a
/// quote is not closed or something follows it.
pub fn split(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    split_args(line.split(|&byte| byte == 0).next().unwrap_or_default()).ok()
}

/// Quotes any bytes so that [`split`] gives them back as one word.
pub fn quote(text: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(text.len() + 2);
    push_quoted(&mut quoted, text);
    quoted
}

/// Takes the blanks off both ends of a line.
pub fn trim(mut line: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    while let [first, rest @ ..] = line
        && blank(first)
    {
        line = rest;
    }
    while let [rest @ .., last] = line
        && blank(last)
    {
        line = rest;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Option<Vec<String>> {
        let words = split(line.as_bytes())?;
        Some(words.into_iter().map(|word| String::from_utf8_lossy(&word).into_owned()).collect())
    }

    #[test]
    fn words_are_parted_by_any_white_space() {
        assert_eq!(words("  save  900\t1 ").unwrap(), ["save", "900", "1"]);
        assert_eq!(words("").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn double_quotes_know_escapes_and_single_quotes_only_their_own() {
        assert_eq!(split(br#"a "\x41\n\q\"" 'b\n\''"#).unwrap(), [&b"a"[..], b"A\nq\"", b"b\\n'"]);
        assert_eq!(words(r#"save """#).unwrap(), ["save", ""]);
    }

    #[test]
    fn open_quotes_and_text_after_a_closing_quote_are_refused() {
        for line in ["a \"b", "a 'b", "\"a\"b", "'a'b", "\"a\\"] {
            assert_eq!(words(line), None, "{line}");
        }
    }

    #[test]
    fn what_was_quoted_splits_into_the_same_bytes() {
        let all: Vec<u8> = (1..=255).collect();
        assert_eq!(split(&quote(&all)).unwrap(), [all]);
    }
}
