//! What a table of directives knows of one, and how its text reaches the field of `C`, the struct
//! that the table makes.

use std::fmt;

use super::follower::Follower;
use super::value::{Line, Reason, Source, Value};

/// One row of the table.
pub struct Directive<C: 'static> {
    /// Its name in files, in `CONFIG` and in replies.
    pub name: &'static str,
    /// Its other name, from an older Redis.
    pub alias: Option<&'static str>,
    /// Its other name in a later Redis or in Valkey. As with [`Flags::HIDDEN`], `CONFIG GET` shows
    /// it only when it is asked for by this name.
    pub later_name: Option<&'static str>,
    pub flags: Flags,
    /// Who follows it at run time.
    pub followers: &'static [Follower],
    pub(super) cell: &'static dyn Cell<C>,
}

impl<C> Clone for Directive<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Directive<C> {}

impl<C> fmt::Debug for Directive<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Settings that belong together: a struct of which `C` has one, and their rows.
pub(super) trait Theme<C: 'static> {
    const ROWS: &'static [Directive<C>];
}

/// How many rows there are.
#[expect(clippy::indexing_slicing, reason = "runs when the table is compiled")]
pub(super) const fn count<C>(themes: &[&[Directive<C>]]) -> usize {
    let (mut count, mut theme) = (0, 0);
    while theme < themes.len() {
        count += themes[theme].len();
        theme += 1;
    }
    count
}

/// The rows of all themes, `N` of them.
#[expect(clippy::indexing_slicing, reason = "runs when the table is compiled")]
pub(super) const fn joined<C, const N: usize>(themes: &[&[Directive<C>]]) -> [Directive<C>; N] {
    let mut all = [themes[0][0]; N];
    let (mut at, mut theme) = (0, 0);
    while theme < themes.len() {
        let mut row = 0;
        while row < themes[theme].len() {
            all[at] = themes[theme][row];
            at += 1;
            row += 1;
        }
        theme += 1;
    }
    all
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
    /// Taken, kept and shown, and changes nothing: what it is about goes by itself here, or is not
    /// there yet. Who sets one is told so. A test compares with what the sources read.
    pub const NO_EFFECT: Flags = Flags(1 << 7);

    #[expect(clippy::indexing_slicing, reason = "runs when the table is compiled")]
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

impl<C> Directive<C> {
    /// All its names, the first one first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        [Some(self.name), self.alias, self.later_name].into_iter().flatten()
    }

    /// The one of its names that the text is, in any case, as the table spells it.
    pub fn spelling(&self, text: &[u8]) -> Option<&'static str> {
        self.names().find(|name| name.as_bytes().eq_ignore_ascii_case(text))
    }

    /// Whether `CONFIG GET` shows this name of it to a pattern, rather than only to itself.
    pub fn shows_to_patterns(&self, name: &str) -> bool {
        !self.flags.contains(Flags::HIDDEN) && self.later_name != Some(name)
    }

    /// Whether a line may give several arguments.
    pub fn takes_several(&self) -> bool {
        self.cell.takes_several()
    }

    /// The value as `CONFIG GET` prints it.
    pub fn text(&self, config: &C) -> Vec<u8> {
        self.cell.text(config)
    }

    /// Whether both have the same value of it.
    pub fn same(&self, one: &C, other: &C) -> bool {
        self.cell.same(one, other)
    }

    /// Sets the field. On an error it keeps its value.
    pub fn set(&self, config: &mut C, arguments: &[&[u8]], source: Source) -> Result<(), Reason> {
        let refused = self.flags.contains(Flags::DEFAULT_ONLY);
        self.cell.set(config, arguments, source, refused)
    }

    /// The lines for `CONFIG REWRITE`.
    pub(super) fn lines(&self, config: &C, default: &C) -> Vec<Line> {
        self.cell.lines(config, default)
    }
}

/// A field of `C`, whatever its type.
pub(super) trait Cell<C>: Sync {
    fn takes_several(&self) -> bool;
    fn text(&self, config: &C) -> Vec<u8>;
    fn same(&self, one: &C, other: &C) -> bool;
    fn lines(&self, config: &C, default: &C) -> Vec<Line>;
    fn set(
        &self,
        config: &mut C,
        arguments: &[&[u8]],
        source: Source,
        default_only: bool,
    ) -> Result<(), Reason>;
}

/// Where a value of one type lives, and the row's rule for it.
pub(super) struct Field<C, T: Value> {
    pub get: fn(&C) -> &T,
    pub get_mut: fn(&mut C) -> &mut T,
    pub default: fn() -> T,
    pub rule: T::Rule,
}

impl<C, T: Value> Cell<C> for Field<C, T> {
    fn takes_several(&self) -> bool {
        T::SEVERAL_ARGUMENTS
    }

    fn text(&self, config: &C) -> Vec<u8> {
        (self.get)(config).text(&self.rule)
    }

    fn same(&self, one: &C, other: &C) -> bool {
        (self.get)(one) == (self.get)(other)
    }

    fn lines(&self, config: &C, default: &C) -> Vec<Line> {
        (self.get)(config).lines((self.get)(default), &self.rule)
    }

    fn set(
        &self,
        config: &mut C,
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

impl<C, T: Value> Field<C, T> {
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
