//! What the table knows of a directive, and how its text reaches the field in [`Config`].

use super::table::{Config, DIRECTIVES};
use super::value::{Line, Reason, Source, Value};

/// One row of the table.
pub struct Directive {
    /// Its name in files, in `CONFIG` and in replies.
    pub name: &'static str,
    /// Its other name, from an older Redis.
    pub alias: Option<&'static str>,
    pub flags: Flags,
    pub(super) cell: &'static dyn Cell,
}

/// What else is to know of a directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    /// Only files and the command line set it.
    pub const IMMUTABLE: Flags = Flags(1);
    /// The value must not show in logs, MONITOR and SLOWLOG.
    pub const SENSITIVE: Flags = Flags(1 << 1);
    /// `CONFIG GET` shows it only under its exact name.
    pub const HIDDEN: Flags = Flags(1 << 2);
    /// `CONFIG SET` needs the leave of `enable-protected-configs`.
    pub const PROTECTED: Flags = Flags(1 << 3);
    /// Not to be set while the data set is loading.
    pub const DENY_LOADING: Flags = Flags(1 << 4);
    /// It names a file whose content may have changed: setting the same value counts as a change.
    pub const VOLATILE: Flags = Flags(1 << 5);
    /// The server does not do yet what other values than the default ask for: they are refused.
    pub const DEFAULT_ONLY: Flags = Flags(1 << 6);

    pub(super) const fn of(flags: &[Flags]) -> Flags {
        let mut all = 0;
        let mut at = 0;
        while at < flags.len() {
            all |= flags[at].0;
            at += 1;
        }
        Flags(all)
    }

    /// Whether all of the other flags are among these.
    pub const fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }
}

impl Directive {
    /// The row with this name or alias, in any case.
    pub fn find(name: &[u8]) -> Option<&'static Directive> {
        let same = |other: &str| other.as_bytes().eq_ignore_ascii_case(name);
        DIRECTIVES.iter().find(|row| same(row.name) || row.alias.is_some_and(same))
    }

    /// The name or the alias, whichever the text is, as the table spells it.
    pub fn spelling(&self, name: &[u8]) -> &'static str {
        self.alias.filter(|alias| alias.as_bytes().eq_ignore_ascii_case(name)).unwrap_or(self.name)
    }

    /// Whether a line may give several arguments.
    pub fn takes_several(&self) -> bool {
        self.cell.takes_several()
    }

    /// The value as `CONFIG GET` prints it.
    pub fn text(&self, config: &Config) -> Vec<u8> {
        self.cell.text(config)
    }

    /// Whether both have the same value of it.
    pub fn same(&self, one: &Config, other: &Config) -> bool {
        self.cell.same(one, other)
    }

    /// Sets the field. On an error it keeps its value.
    pub fn set(
        &self,
        config: &mut Config,
        arguments: &[&[u8]],
        source: Source,
    ) -> Result<(), Reason> {
        let refused = self.flags.contains(Flags::DEFAULT_ONLY);
        self.cell.set(config, arguments, source, refused)
    }

    /// The lines for `CONFIG REWRITE`.
    pub(super) fn lines(&self, config: &Config, default: &Config) -> Vec<Line> {
        self.cell.lines(config, default)
    }
}

/// A field of [`Config`], whatever its type.
pub(super) trait Cell: Sync {
    fn takes_several(&self) -> bool;
    fn text(&self, config: &Config) -> Vec<u8>;
    fn same(&self, one: &Config, other: &Config) -> bool;
    fn lines(&self, config: &Config, default: &Config) -> Vec<Line>;
    fn set(
        &self,
        config: &mut Config,
        arguments: &[&[u8]],
        source: Source,
        default_only: bool,
    ) -> Result<(), Reason>;
}

/// Where a value of one type lives, and the row's rule for it.
pub(super) struct Field<T: Value> {
    pub get: fn(&Config) -> &T,
    pub get_mut: fn(&mut Config) -> &mut T,
    pub default: fn() -> T,
    pub rule: T::Rule,
}

impl<T: Value> Cell for Field<T> {
    fn takes_several(&self) -> bool {
        T::SEVERAL_ARGUMENTS
    }

    fn text(&self, config: &Config) -> Vec<u8> {
        (self.get)(config).text(&self.rule)
    }

    fn same(&self, one: &Config, other: &Config) -> bool {
        (self.get)(one) == (self.get)(other)
    }

    fn lines(&self, config: &Config, default: &Config) -> Vec<Line> {
        (self.get)(config).lines((self.get)(default), &self.rule)
    }

    fn set(
        &self,
        config: &mut Config,
        arguments: &[&[u8]],
        source: Source,
        default_only: bool,
    ) -> Result<(), Reason> {
        let value = (self.get)(config).parse(arguments, &self.rule, source)?;
        if default_only {
            self.refuse_all_but_default(&value)?;
        }
        *(self.get_mut)(config) = value;
        Ok(())
    }
}

impl<T: Value> Field<T> {
    fn refuse_all_but_default(&self, value: &T) -> Result<(), Reason> {
        let default = (self.default)();
        if *value == default {
            return Ok(());
        }
        let only = default.text(&self.rule);
        let only = String::from_utf8_lossy(&only);
        Err(format!("this server does not support it yet, only '{only}'").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_aliases_are_unique() {
        let mut names: Vec<_> =
            DIRECTIVES.iter().flat_map(|row| [Some(row.name), row.alias]).flatten().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn every_default_is_printed_as_a_text_that_sets_it() {
        let default = Config::default();
        for directive in DIRECTIVES.iter().filter(|directive| directive.name != "replicaof") {
            let mut config = Config::default();
            let text = directive.text(&config);
            let arguments: Vec<&[u8]> = if directive.takes_several() {
                text.split(|&byte| byte == b' ').collect()
            } else {
                vec![&text]
            };
            let set = directive.set(&mut config, &arguments, Source::ConfigSet);
            assert_eq!(set, Ok(()), "{}", directive.name);
            assert!(config == default, "{}", directive.name);
        }
    }

    #[test]
    fn a_directive_is_found_under_both_names_in_any_case() {
        let directive = Directive::find(b"Slave-Priority").unwrap();
        assert_eq!(directive.name, "replica-priority");
        assert_eq!(directive.spelling(b"SLAVE-PRIORITY"), "slave-priority");
        assert_eq!(directive.spelling(b"replica-PRIORITY"), "replica-priority");
        assert!(Directive::find(b"nosuch").is_none());
    }
}
