//! Texts: names, paths and secrets. `Option` around one of them means that the empty text is no
//! value, and then `CONFIG REWRITE` writes no line.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use super::{Line, Reason, Source, Value};
use crate::config::words;

/// A password or the like: any bytes, which never show in logs or debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The bytes themselves. Compare them in constant time.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(redacted)")
    }
}

/// What a row says about its text.
#[derive(Clone, Copy, Debug)]
pub struct TextRule {
    /// Refuses what cannot be meant.
    pub check: fn(&[u8]) -> Result<(), Reason>,
    /// `CONFIG REWRITE` writes the value even if it is the default.
    pub always_written: bool,
}

impl TextRule {
    /// Any text.
    pub const ANY: TextRule = TextRule { check: |_| Ok(()), always_written: false };

    /// Any text, written by every `CONFIG REWRITE`.
    pub const WRITTEN: TextRule = TextRule { check: |_| Ok(()), always_written: true };

    /// Texts that a function lets pass.
    pub const fn checked(check: fn(&[u8]) -> Result<(), Reason>) -> Self {
        TextRule { check, always_written: false }
    }
}

/// A type that holds a text.
pub trait Text: Clone + PartialEq + 'static {
    fn from_bytes(bytes: &[u8]) -> Result<Self, Reason>;
    fn as_bytes(&self) -> &[u8];
}

impl Text for String {
    fn from_bytes(bytes: &[u8]) -> Result<Self, Reason> {
        String::from_utf8(bytes.to_vec()).map_err(|_| "argument must be valid UTF-8".into())
    }

    fn as_bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Text for PathBuf {
    fn from_bytes(bytes: &[u8]) -> Result<Self, Reason> {
        Ok(OsString::from_vec(bytes.to_vec()).into())
    }

    fn as_bytes(&self) -> &[u8] {
        self.as_os_str().as_bytes()
    }
}

impl Text for Secret {
    fn from_bytes(bytes: &[u8]) -> Result<Self, Reason> {
        Ok(Secret(bytes.to_vec()))
    }

    fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl<T: Text> Value for T {
    type Rule = TextRule;

    fn parse(&self, arguments: &[&[u8]], rule: &TextRule, _: Source) -> Result<Self, Reason> {
        let text = arguments.first().copied().unwrap_or_default();
        (rule.check)(text)?;
        T::from_bytes(text)
    }

    fn text(&self, _: &TextRule) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn lines(&self, default: &Self, rule: &TextRule) -> Vec<Line> {
        let forced = self != default || rule.always_written;
        vec![Line { arguments: words::quote(self.as_bytes()), forced }]
    }
}

impl<T: Text> Value for Option<T> {
    type Rule = TextRule;

    fn parse(&self, arguments: &[&[u8]], rule: &TextRule, _: Source) -> Result<Self, Reason> {
        let text = arguments.first().copied().unwrap_or_default();
        (rule.check)(text)?;
        if text.is_empty() { Ok(None) } else { T::from_bytes(text).map(Some) }
    }

    fn text(&self, _: &TextRule) -> Vec<u8> {
        self.as_ref().map(|text| text.as_bytes().to_vec()).unwrap_or_default()
    }

    fn lines(&self, _: &Self, _: &TextRule) -> Vec<Line> {
        let line = |text: &T| Line { arguments: words::quote(text.as_bytes()), forced: true };
        self.iter().map(line).collect()
    }
}

/// Refuses paths where a mere file name is asked for.
pub fn dbfilename(text: &[u8]) -> Result<(), Reason> {
    no_slashes(text, "dbfilename can't be a path, just a filename")
}

/// As [`dbfilename`], and not empty.
pub fn appendfilename(text: &[u8]) -> Result<(), Reason> {
    if text.is_empty() {
        return Err("appendfilename can't be empty".into());
    }
    no_slashes(text, "appendfilename can't be a path, just a filename")
}

/// As [`dbfilename`], and not empty.
pub fn appenddirname(text: &[u8]) -> Result<(), Reason> {
    if text.is_empty() {
        return Err("appenddirname can't be empty".into());
    }
    no_slashes(text, "appenddirname can't be a path, just a dirname")
}

fn no_slashes(text: &[u8], complaint: &'static str) -> Result<(), Reason> {
    if text.iter().any(|byte| matches!(byte, b'/' | b'\\')) {
        return Err(complaint.into());
    }
    Ok(())
}

/// Letters, digits, hyphens and dots, fewer than 256 of them.
pub fn hostname(text: &[u8]) -> Result<(), Reason> {
    if text.len() >= 256 {
        return Err("Hostnames must be less than 256 characters".into());
    }
    if !text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')) {
        return Err("Hostnames may only contain alphanumeric characters, hyphens or dots".into());
    }
    Ok(())
}

/// The variables that [`proc_title_template`] knows.
const TITLE_VARIABLES: [&[u8]; 7] =
    [b"title", b"listen-addr", b"server-mode", b"config-file", b"port", b"tls-port", b"unixsocket"];

/// Text with `{variable}`s of the known names in it; `{{` is a brace.
pub fn proc_title_template(text: &[u8]) -> Result<(), Reason> {
    let complaint = || "template format is invalid or contains unknown variables".into();
    let mut rest = text;
    let mut has_content = false;
    while let [byte, tail @ ..] = rest {
        rest = match (byte, tail) {
            (b'{', [b'{', tail @ ..]) => {
                has_content = true;
                tail
            }
            (b'{', _) => {
                let end = tail.iter().position(|&byte| byte == b'}').ok_or_else(complaint)?;
                let (name, after) = tail.split_at(end);
                if !TITLE_VARIABLES.contains(&name) {
                    return Err(complaint());
                }
                has_content |= !matches!(name, b"title" | b"server-mode");
                after.strip_prefix(b"}").unwrap_or(after)
            }
            _ => {
                has_content |= *byte != b' ';
                tail
            }
        };
    }
    if has_content { Ok(()) } else { Err(complaint()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_in_debug_output() {
        let secret = Secret::from_bytes(b"hush").unwrap();
        assert_eq!(format!("{:?}", Some(secret)), "Some((redacted))");
    }

    #[test]
    fn title_templates_take_known_variables_only_and_are_not_blank() {
        for good in ["{title} {listen-addr} {server-mode}", "TEST {port}", "{{", "a"] {
            assert!(proc_title_template(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in ["{invalid-var}", "{", "{title", "", "  ", "{title}"] {
            assert!(proc_title_template(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_value_is_written_as_no_line() {
        let none: Option<String> = None;
        assert_eq!(none.lines(&None, &TextRule::ANY), []);
        let some = Some("x y".to_owned());
        let line = Line { arguments: b"\"x y\"".to_vec(), forced: true };
        assert_eq!(some.lines(&None, &TextRule::ANY), [line]);
    }
}
