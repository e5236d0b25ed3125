//! `CONFIG GET`.

use super::table::{Config, DIRECTIVES};
use crate::base::glob;

/// The settings that any of the patterns names, each once: name or alias, and value.
///
/// A pattern without `*`, `?` and `[` is a name, found in any case and given back as it was
/// asked; only so are hidden settings shown.
pub fn get(config: &Config, patterns: &[&[u8]]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for &pattern in patterns {
        let is_name = !pattern.iter().any(|byte| b"*?[".contains(byte));
        for directive in DIRECTIVES {
            for name in directive.names() {
                let matches = if is_name {
                    name.as_bytes().eq_ignore_ascii_case(pattern)
                } else {
                    directive.shows_to_patterns(name)
                        && glob::matches(pattern, name.as_bytes(), true)
                };
                let is_new =
                    || !found.iter().any(|row| row.0.eq_ignore_ascii_case(name.as_bytes()));
                if matches && is_new() {
                    let name = if is_name { pattern } else { name.as_bytes() };
                    found.push((name.to_vec(), directive.text(config)));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(patterns: &[&str]) -> Vec<String> {
        let patterns: Vec<_> = patterns.iter().map(|pattern| pattern.as_bytes()).collect();
        let rows = get(&Config::default(), &patterns);
        rows.into_iter().map(|(name, _)| String::from_utf8(name).unwrap()).collect()
    }

    #[test]
    fn a_pattern_shows_names_and_aliases() {
        assert_eq!(names(&["*of"]), ["replicaof", "slaveof"]);
        assert_eq!(names(&["REPL-PING-*"]), ["repl-ping-replica-period", "repl-ping-slave-period"]);
        assert_eq!(names(&["nosuch", "nosuch*"]), Vec::<String>::new());
    }

    #[test]
    fn a_name_comes_back_as_it_was_asked_and_nothing_comes_twice() {
        assert_eq!(
            names(&["maxMemory", "maxmemory", "maxmemory*"]),
            [
                "maxMemory",
                "maxmemory-policy",
                "maxmemory-samples",
                "maxmemory-eviction-tenacity",
                "maxmemory-clients"
            ]
        );
    }

    #[test]
    fn hidden_settings_show_under_their_exact_name_only() {
        assert!(!names(&["*"]).contains(&"key-load-delay".to_owned()));
        assert_eq!(names(&["key-load-delay"]), ["key-load-delay"]);
    }
}
