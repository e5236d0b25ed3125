//! What the listings of commands have in common.

use crate::commands::catalog::Catalog;
use crate::resp::reply::Reply;

/// Top-level commands in the order of their names.
pub fn by_name(catalog: &Catalog) -> Vec<usize> {
    let mut rows: Vec<_> = catalog.iter().collect();
    rows.sort_unstable();
    rows.into_iter().map(|(_, row)| row).collect()
}

/// A set of words as simple strings.
pub fn write_words<'a>(reply: &mut Reply<'_>, words: impl Iterator<Item = &'a str>) {
    let words: Vec<_> = words.collect();
    reply.set(words.len());
    for word in words {
        reply.simple(word);
    }
}
