//! Text for people.

use std::io;

/// Appends `bytes` in double quotes, with what does not print escaped, as Redis shows arguments.
pub fn push_quoted(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    for &byte in bytes {
        match byte {
            b'\\' | b'"' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            7 => out.extend_from_slice(b"\\a"),
            8 => out.extend_from_slice(b"\\b"),
            b' '..=b'~' => out.push(byte),
            _ => out.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
        }
    }
    out.push(b'"');
}

/// The system's text for an error, as C's `strerror` gives it.
pub fn system_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" (os error ") {
        Some((text, _)) => text.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn quotes_what_does_not_print() {
        let mut out = Vec::new();
        super::push_quoted(&mut out, b"a\"\\\n\x00\xff");
        assert_eq!(out, br#""a\"\\\n\x00\xff""#);
    }
}
