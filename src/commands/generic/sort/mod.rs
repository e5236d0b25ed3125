//! `SORT key [BY pattern] [LIMIT offset count] [GET pattern ...] [ASC|DESC] [ALPHA] [STORE key]`,
//! `SORT_RO`, which is the same without STORE.
//!
//! What is sorted is held meanwhile (it shares everything with the key), so that neither looking keys
//! up nor storing the result is in its way.

mod options;
mod order;
mod pattern;
#[cfg(test)]
mod tests;

use std::ops::Range;

use self::options::Options;
use self::order::sorted;
use self::pattern::Pattern;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::destination;
use crate::commands::docs::{Arg, Group};
use crate::commands::elements::ReplyElements;
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{Begin, Find, KeyFlag, KeySpec};
use crate::state::limits;
use crate::store::entry::Entry;
use crate::store::packed::Element;
use crate::store::value::list::{List, Side};
use crate::store::value::set::Set;
use crate::store::value::zset::SortedSet;

const SORTED_KEY: KeySpec = KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access]);

/// Nobody can tell by the arguments which keys the patterns name.
const PATTERN_KEYS: KeySpec = KeySpec {
    begin: Begin::Unknown,
    find: Find::Unknown,
    notes: "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort",
    found_by: Some(|_| None),
    ..SORTED_KEY
};

const STORED_KEY: KeySpec = KeySpec {
    flags: &[KeyFlag::Overwrite, KeyFlag::Update],
    notes: "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array",
    found_by: Some(options::destination_at),
    ..PATTERN_KEYS
};

/// Those of SORT_RO, and the last one.
const ARGUMENTS: [Arg; 7] = [
    Arg::KEY,
    Arg { key_spec: 1, ..Arg::pattern("pattern") }.token("BY").optional(),
    Arg::block("offset_count", &[Arg::integer("offset"), Arg::integer("count")])
        .token("LIMIT")
        .optional(),
    Arg { key_spec: 1, ..Arg::pattern("pattern") }.token("GET").multiple_token().optional(),
    Arg::one_of("order", &[Arg::word("asc", "ASC"), Arg::word("desc", "DESC")]).optional(),
    Arg::word("sorting", "ALPHA").optional(),
    Arg::key("destination", 2).token("STORE").optional(),
];

pub const SORT: Command = Command::new("sort", -2, |call| sort(call, true))
    .flags(&[Flag::Write, Flag::DenyOom, Flag::MovableKeys])
    .categories(CATEGORIES)
    .keys(&[SORTED_KEY, PATTERN_KEYS, STORED_KEY])
    .docs(
        Group::Generic,
        "1.0.0",
        "Sorts a list, a set or a sorted set, and returns or stores the result.",
    )
    .complexity(COMPLEXITY)
    .arguments(&ARGUMENTS);

pub const SORT_RO: Command = Command::new("sort_ro", -2, |call| sort(call, false))
    .flags(&[Flag::ReadOnly, Flag::MovableKeys])
    .categories(CATEGORIES)
    .keys(&[SORTED_KEY, PATTERN_KEYS])
    .docs(Group::Generic, "7.0.0", "Sorts a list, a set or a sorted set, and returns the result.")
    .complexity(COMPLEXITY)
    .arguments(ARGUMENTS.split_at(6).0);

const CATEGORIES: &[Category] =
    &[Category::Set, Category::SortedSet, Category::List, Category::Dangerous];

const COMPLEXITY: &str = "O(N+M*log(M)) where N is the number of elements and M of those returned; O(N) when nothing is sorted, and O(M) then of a list or sorted set";

fn sort(call: &mut Call<'_>, may_store: bool) -> Outcome {
    let mut options = Options::parse(call.args, may_store)?;
    let source = Source::of(call.keys.read_entry(call.args.get(1)))?;
    if matches!(source, Source::Set(_)) && !options.is_sorted && options.destination.is_some() {
        // The order in which a set stands is its own, and replicas may have another.
        options = Options { is_sorted: true, is_alpha: true, by: None, ..options };
    }
    let range = options.range_of(source.len());
    let elements = if options.is_sorted {
        let is_ordered = !matches!(source, Source::Set(_));
        sorted(&mut call.keys, source.all(), &options, is_ordered, range)?
    } else {
        source.range(range, options.is_descending)
    };
    match options.destination {
        None => answer(call, &elements, &options.get),
        Some(destination) => store(call, &elements, &options.get, destination),
    }
    Ok(())
}

/// What is sorted.
enum Source {
    Nothing,
    List(List),
    Set(Set),
    SortedSet(SortedSet),
}

impl Source {
    /// # Errors
    /// WRONGTYPE.
    fn of(entry: Option<&Entry>) -> Result<Source, CommandError> {
        let Some(entry) = entry else { return Ok(Source::Nothing) };
        let list = || entry.object::<List>().cloned().map(Source::List);
        let set = || entry.object::<Set>().cloned().map(Source::Set);
        let sorted_set = || entry.object::<SortedSet>().cloned().map(Source::SortedSet);
        list().or_else(set).or_else(sorted_set).ok_or(CommandError::WrongType)
    }

    fn len(&self) -> usize {
        match self {
            Source::Nothing => 0,
            Source::List(list) => list.len(),
            Source::Set(set) => set.len(),
            Source::SortedSet(set) => set.len(),
        }
    }

    fn all(&self) -> Vec<Element<'_>> {
        self.range(0..self.len(), false)
    }

    /// The elements from one place to another, as they stand; counted from the end, the last one
    /// first, when `is_backward`. A set has no order, and knows no end.
    fn range(&self, range: Range<usize>, is_backward: bool) -> Vec<Element<'_>> {
        let len = self.len();
        let places = match is_backward {
            true => len - range.end..len - range.start,
            false => range.clone(),
        };
        match self {
            Source::Nothing => Vec::new(),
            Source::List(list) => {
                let mut elements: Vec<_> = list.range(places).collect();
                if is_backward {
                    elements.reverse();
                }
                elements
            }
            Source::Set(set) => set.iter().skip(range.start).take(range.len()).collect(),
            Source::SortedSet(set) => {
                set.range(places, is_backward).map(|(member, _)| member).collect()
            }
        }
    }
}

fn answer(call: &mut Call<'_>, elements: &[Element<'_>], get: &[Pattern<'_>]) {
    call.reply.array(elements.len() * get.len().max(1));
    for &element in elements {
        if get.is_empty() {
            call.reply.element(element);
        }
        for pattern in get {
            match pattern {
                Pattern::Element => call.reply.element(element),
                _ => call.reply.string(pattern.value(&mut call.keys, element)),
            }
        }
    }
}

/// Puts the result in the place of a key, which goes if there is none.
fn store(call: &mut Call<'_>, elements: &[Element<'_>], get: &[Pattern<'_>], key: &[u8]) {
    let limit = limits(&call.server.config).list;
    let mut list = List::default();
    let mut push = |text: &[u8]| {
        list.make_room((1, text.len()), limit);
        list.push(Side::Right, text);
    };
    for &element in elements {
        if get.is_empty() {
            push(element.text(&mut itoa::Buffer::new()));
        }
        for pattern in get {
            // What is not there is stored as an empty string.
            push(&pattern.text(&mut call.keys, element).unwrap_or_default());
        }
    }
    let count = list.len() as u64;
    call.reply.int(count as i64);
    destination::store(call, key, list, "sortstore");
    // Each element is a change.
    call.keys.effects.dirty += count.saturating_sub(1);
}
