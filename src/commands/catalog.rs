//! What is told of all commands of this server, by name.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use hashbrown::HashTable;

use super::facts::Facts;
use super::short_name::{ShortName, ShortNames};
use crate::info::CommandNames;
use crate::resp::request::Args;

/// Longest command name that is looked up; longer ones are unknown.
const NAME_BYTES_MAX: usize = 64;

/// A command or a subcommand.
pub struct Entry {
    pub facts: &'static Facts,
    /// `config|get` of a subcommand, else the name (as renamed by `rename-command`).
    pub full_name: &'static str,
    /// Index of the container of a subcommand.
    pub parent: Option<usize>,
    /// Indexes of the subcommands.
    pub children: Range<usize>,
}

impl CommandNames for Catalog {
    fn full_name(&self, row: usize) -> &str {
        self.entry(row).full_name
    }
}

/// Built once at start.
#[derive(Default)]
pub struct Catalog {
    entries: Vec<Entry>,
    /// Names and the indexes of their rows.
    by_name: HashTable<(Vec<u8>, usize)>,
    /// Those of them that are short, as nearly all in use are.
    by_short_name: ShortNames,
}

/// A name that is kept for the rest of the process, once however many catalogs have it.
fn interned(name: String) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(&name[..]) {
        return known;
    }
    let kept: &'static str = String::leak(name);
    names.insert(kept);
    kept
}

/// The same for a name in any case. Nobody but the operator chooses what is in the table.
fn hash_of(name: &[u8]) -> u64 {
    let mix = |hash: u64, &byte: &u8| {
        (hash.rotate_left(5) ^ u64::from(byte | 0x20)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    };
    let hash = name.iter().fold(name.len() as u64, mix);
    hash ^ (hash >> 32)
}

impl Catalog {
    /// Adds a command and its subcommands; where they are among the entries.
    pub fn add(
        &mut self,
        facts: &'static Facts,
        subcommands: impl ExactSizeIterator<Item = &'static Facts>,
    ) -> Range<usize> {
        let index = self.entries.len();
        let (name, next) = (facts.name, index + 1);
        let children = next..next + subcommands.len();
        self.entries.push(Entry { facts, full_name: name, parent: None, children });
        debug_assert!(self.find(name.as_bytes()).is_none(), "two rows are named {name}");
        self.insert(name.as_bytes(), index);
        for facts in subcommands {
            let full_name = interned(format!("{name}|{}", facts.name));
            let (parent, children) = (Some(index), next..next);
            self.entries.push(Entry { facts, full_name, parent, children });
        }
        index..self.entries.len()
    }

    /// Gives a command another name, or takes it away when that is empty.
    ///
    /// # Errors
    /// A name that is not there, or one that is taken; the text is for the log.
    pub fn rename(&mut self, from: &[u8], to: &[u8]) -> Result<(), String> {
        let found =
            self.by_name.find_entry(hash_of(from), |(name, _)| name.eq_ignore_ascii_case(from));
        let Ok(entry) = found else {
            return Err("No such command in rename-command".to_owned());
        };
        let ((_, row), _) = entry.remove();
        if let Some(name) = ShortName::of(from) {
            self.by_short_name.remove(name);
        }
        if to.is_empty() {
            return Ok(());
        }
        if self.find(to).is_some() {
            return Err("Target command name already exists".to_owned());
        }
        self.insert(to, row);
        Ok(())
    }

    fn insert(&mut self, name: &[u8], row: usize) {
        let entry = (name.to_ascii_lowercase(), row);
        self.by_name.insert_unique(hash_of(name), entry, |(name, _)| hash_of(name));
        if let Some(name) = ShortName::of(name) {
            self.by_short_name.insert(name, row);
        }
    }

    #[expect(clippy::indexing_slicing, reason = "indexes come from here and stay")]
    pub fn entry(&self, index: usize) -> &Entry {
        &self.entries[index]
    }

    /// Number of rows, subcommands included: the length of a table that goes beside.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The index of a command by its name in any case.
    #[inline]
    pub fn find(&self, name: &[u8]) -> Option<usize> {
        match ShortName::of(name) {
            Some(name) => self.by_short_name.find(name),
            None => self.find_long(name),
        }
    }

    fn find_long(&self, name: &[u8]) -> Option<usize> {
        if name.len() > NAME_BYTES_MAX {
            return None;
        }
        let is_it = |(known, _): &(Vec<u8>, usize)| known.eq_ignore_ascii_case(name);
        self.by_name.find(hash_of(name), is_it).map(|&(_, row)| row)
    }

    /// The index of `config|get` and the like, or of a plain command.
    pub fn find_full(&self, name: &[u8]) -> Option<usize> {
        let mut parts = name.splitn(2, |&byte| byte == b'|');
        let row = self.find(parts.next()?)?;
        parts.next().map_or(Some(row), |word| self.find_child(row, word))
    }

    /// The index of a subcommand by its own name in any case.
    pub fn find_child(&self, parent: usize, name: &[u8]) -> Option<usize> {
        let mut children = self.entry(parent).children.clone();
        children.find(|&i| self.entry(i).facts.name.as_bytes().eq_ignore_ascii_case(name))
    }

    /// Top-level commands: (name, index), in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], usize)> {
        self.by_name.iter().map(|(name, index)| (name.as_slice(), *index))
    }

    /// The row that these words name, however many follow: a command, or a subcommand when the
    /// command has some and a second word is there.
    pub fn lookup(&self, args: Args<'_>) -> Option<usize> {
        let index = self.find(args.get(0))?;
        if self.entry(index).children.is_empty() || args.len() < 2 {
            return Some(index);
        }
        self.find_child(index, args.get(1))
    }
}
