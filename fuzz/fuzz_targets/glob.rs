//! Patterns of KEYS, SCAN, PSUBSCRIBE and CONFIG GET.
#![no_main]

use libfuzzer_sys::fuzz_target;
use understudy::base::glob::matches;

fuzz_target!(|data: &[u8]| {
    let Some((split, rest)) = data.split_first() else { return };
    let (pattern, text) = rest.split_at(usize::from(*split).min(rest.len()));
    let exact = matches(pattern, text, false);
    let any_case = matches(pattern, text, true);
    // An open class takes in what is put behind it, and folds its ranges in ways of its own.
    let is_plain = !pattern.contains(&b'[') && !pattern.ends_with(b"\\");
    let escaped: Vec<u8> = text.iter().flat_map(|byte| [b'\\', *byte]).collect();
    assert!(matches(&escaped, text, false), "an escaped text matches itself");
    if exact && is_plain {
        assert!(any_case, "what matches, matches in any case");
        let stars = [b"*", pattern, b"*"].concat();
        // An empty text is matched by the empty pattern only.
        assert!(text.is_empty() || matches(&stars, text, false), "stars match nothing too");
    }
});
