//! Directives that are taken and change nothing: which of them somebody has set.

use super::{Config, DIRECTIVES, Flags};

/// The names of those that are set to something else than their default.
pub fn ineffective(config: &Config) -> impl Iterator<Item = &'static str> {
    let default = Config::default();
    DIRECTIVES
        .iter()
        .filter(move |row| row.flags.contains(Flags::NO_EFFECT) && !row.same(config, &default))
        .map(|row| row.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_set_to_something_else_is_named() {
        let mut config = Config::default();
        assert_eq!(ineffective(&config).count(), 0);
        config.network.io_threads = 4;
        config.network.maxclients = 5;
        assert_eq!(ineffective(&config).collect::<Vec<_>>(), ["io-threads"]);
    }
}
