//! Of what INFO is made.

use super::facts::Facts;
use super::value::Value;

/// A part of INFO.
pub struct Section {
    /// What a client asks for, in lower case.
    pub name: &'static str,
    /// Another name that is asked for.
    pub alias: Option<&'static str>,
    /// What stands after the `#`.
    pub title: &'static str,
    /// Whether INFO shows it unasked.
    pub is_default: bool,
    pub rows: &'static [Row],
}

impl Section {
    pub(super) const DEFAULT: Section =
        Section { name: "", alias: None, title: "", is_default: true, rows: &[] };

    /// Whether a client that asks for `name` means this one.
    pub(super) fn is_called(&self, name: &[u8]) -> bool {
        let names = [Some(self.name), self.alias];
        names.iter().flatten().any(|own| own.as_bytes().eq_ignore_ascii_case(name))
    }
}

/// One field, or several whose names are found out.
pub enum Row {
    Field(&'static str, fn(&Facts<'_>) -> Value),
    /// Shown only when there is something to tell.
    Optional(&'static str, fn(&Facts<'_>) -> Option<Value>),
    Several(fn(&Facts<'_>, &mut dyn FnMut(&str, Value))),
}
