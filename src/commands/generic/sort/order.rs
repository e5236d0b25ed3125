//! Sorting: by numbers or by bytes, of the elements or of what is looked up for them.

use std::cmp::Ordering;
use std::ops::Range;

use super::options::Options;
use super::pattern::Pattern;
use crate::base::number::parse_f64_as_c_in_range;
use crate::commands::error::CommandError;
use crate::commands::keys::Keys;
use crate::store::packed::Element;
use crate::store::value::ValueRef;

/// The elements that stand in `range` when all are sorted. Of equal ones the bytes decide, so that
/// replicas come to the same order; what has one (`is_ordered`) is left in it by texts that are looked
/// up and equal, as in Redis.
///
/// # Errors
/// Something that is to be a number is none.
pub(super) fn sorted<'e>(
    keys: &mut Keys<'_>,
    elements: Vec<Element<'e>>,
    options: &Options<'_>,
    is_ordered: bool,
    range: Range<usize>,
) -> Result<Vec<Element<'e>>, CommandError> {
    let by = options.by.as_ref();
    let descending = |ascending: Ordering| match options.is_descending {
        true => ascending.reverse(),
        false => ascending,
    };
    match (options.is_alpha, by) {
        (true, None) => Ok(pick(elements, range, |a, b| descending(by_text(*a, *b)))),
        (true, Some(by)) => {
            let look_up = |(place, element)| (by.text(keys, element), place, element);
            let weighed: Vec<_> = elements.into_iter().enumerate().map(look_up).collect();
            let picked = pick(weighed, range, |(a, place, one), (b, other_place, other)| {
                let among_equals = || match is_ordered {
                    true => place.cmp(other_place),
                    false => descending(by_text(*one, *other)),
                };
                descending(a.cmp(b)).then_with(among_equals)
            });
            Ok(picked.into_iter().map(|(.., element)| element).collect())
        }
        (false, by) => {
            let weighed = weigh(keys, elements, by)?;
            let picked = pick(weighed, range, |(a, one), (b, other)| {
                descending(a.total_cmp(b).then_with(|| by_text(*one, *other)))
            });
            Ok(picked.into_iter().map(|(_, element)| element).collect())
        }
    }
}

/// The elements with their numbers: 0 where nothing is found.
fn weigh<'e>(
    keys: &mut Keys<'_>,
    elements: Vec<Element<'e>>,
    by: Option<&Pattern<'_>>,
) -> Result<Vec<(f64, Element<'e>)>, CommandError> {
    let mut weighed = Vec::with_capacity(elements.len());
    let mut all_are_numbers = true;
    for element in elements {
        let score = match by {
            None => score_of(element),
            Some(by) => match by.value(keys, element) {
                None => Some(0.0),
                Some(ValueRef::Int(number)) => Some(number as f64),
                Some(_) => score_of(Element::Str(&by.text(keys, element).unwrap_or_default())),
            },
        };
        all_are_numbers &= score.is_some();
        // No two zeros: they are equal, and the bytes decide.
        weighed.push((score.unwrap_or_default() + 0.0, element));
    }
    if all_are_numbers { Ok(weighed) } else { Err(CommandError::NotSortable) }
}

fn score_of(element: Element<'_>) -> Option<f64> {
    match element {
        Element::Int(number) => Some(number as f64),
        Element::Str(text) => parse_f64_as_c_in_range(text),
    }
}

fn by_text(one: Element<'_>, other: Element<'_>) -> Ordering {
    one.cmp_text(other.text(&mut itoa::Buffer::new()))
}

/// What stands in `range` when all is sorted; the rest is not.
fn pick<T>(
    mut items: Vec<T>,
    range: Range<usize>,
    compare: impl Fn(&T, &T) -> Ordering + Copy,
) -> Vec<T> {
    if range.end < items.len() {
        items.select_nth_unstable_by(range.end, compare);
        items.truncate(range.end);
    }
    if range.start > 0 && range.start < items.len() {
        items.select_nth_unstable_by(range.start, compare);
    }
    items.drain(..range.start);
    items.sort_unstable_by(compare);
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Random;

    #[test]
    fn a_part_is_that_of_the_whole_in_order() {
        for seed in [1, 2, Random::from_entropy().next_u64()] {
            println!("seed {seed:#x}");
            let mut rng = Random::from_seed(seed);
            for _ in 0..200 {
                let items: Vec<u64> = (0..rng.below(40)).map(|_| rng.below(20)).collect();
                let start = rng.below(items.len() as u64 + 1) as usize;
                let end = start + rng.below((items.len() - start) as u64 + 1) as usize;
                let mut all = items.clone();
                all.sort_unstable();
                assert_eq!(pick(items, start..end, u64::cmp), all[start..end]);
            }
        }
    }

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        let read = |text: &str| score_of(Element::Str(text.as_bytes()));
        for (text, number) in
            [("", 0.0), (" \t\x0b5", 5.0), ("1\0x", 1.0), ("-inf", f64::NEG_INFINITY)]
        {
            assert_eq!(read(text), Some(number), "{text:?}");
        }
        assert_eq!([" ", "5 ", "x", "nan", "1e999"].map(read), [None; 5]);
    }
}
