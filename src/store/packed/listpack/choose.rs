//! Finding elements, and choosing some by chance.

use std::iter;

use super::iter::{Entries, Position};
use super::needle::Needle;
use super::pack::Listpack;
use crate::base::random::{Choice, Random};

impl Listpack {
    /// The first element that has a text, among every `stride`th: the first, then `stride` behind
    /// it, and so on. Fields of a hash and members of a sorted set are every second.
    pub fn find(&self, text: &[u8], stride: usize) -> Option<Position> {
        find_in(self.entries(), &Needle::new(text), stride)
    }

    /// As [`Listpack::find`], from a position on.
    pub fn find_from(
        &self,
        position: Position,
        needle: &Needle<'_>,
        stride: usize,
    ) -> Option<Position> {
        find_in(self.entries_from(position), needle, stride)
    }

    /// Where elements stand that are sought.
    pub fn matches<'a>(&'a self, needle: &'a Needle<'_>) -> impl Iterator<Item = Position> + 'a {
        let mut entries = self.entries();
        iter::from_fn(move || {
            let position = find_in(entries.clone(), needle, 1)?;
            entries = self.entries_from(position);
            entries.skip_entries(1);
            Some(position)
        })
    }

    /// Where each group of `stride` elements begins: a group by chance is an index by chance of
    /// this, for whoever chooses many times and may choose one again.
    pub fn groups(&self, stride: usize) -> Vec<Position> {
        let mut entries = self.entries();
        let mut groups = Vec::with_capacity(self.len() / stride.max(1));
        while let Some(position) = entries.position() {
            groups.push(position);
            entries.skip_entries(stride.max(1));
        }
        groups
    }

    /// A group of `stride` elements by chance, each as likely as any other.
    pub fn random(&self, stride: usize, random: &mut Random) -> Option<Position> {
        let groups = self.len() / stride.max(1);
        if groups == 0 {
            return None;
        }
        self.seek(random.below(groups as u64) as usize * stride)
    }

    /// `count` different groups of `stride` elements by chance, or all; in the order of the pack.
    pub fn sample<'a>(&'a self, count: usize, stride: usize, random: &'a mut Random) -> Sample<'a> {
        let stride = stride.max(1);
        let groups = self.len() / stride;
        let choice = random.choose(count as u64, groups as u64);
        Sample { entries: self.entries(), stride, choice, group: 0 }
    }
}

fn find_in(mut entries: Entries<'_>, needle: &Needle<'_>, stride: usize) -> Option<Position> {
    while let Some(position) = entries.position() {
        if needle.begins(entries.bytes()) {
            return Some(position);
        }
        entries.skip_entries(stride.max(1));
    }
    None
}

/// Groups chosen by chance, by the position of the first element of each.
pub struct Sample<'a> {
    entries: Entries<'a>,
    stride: usize,
    /// Of the indices of groups.
    choice: Choice<'a>,
    /// The index of the group where `entries` begins.
    group: u64,
}

impl Iterator for Sample<'_> {
    type Item = Position;

    fn next(&mut self) -> Option<Position> {
        let chosen = self.choice.next()?;
        // A pack has far fewer groups than a `usize` can say.
        self.entries.skip_entries((chosen - self.group) as usize * self.stride);
        self.group = chosen;
        self.entries.position()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.choice.size_hint()
    }
}
