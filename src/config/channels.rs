//! Where a user may publish and subscribe.

use super::value::Reason;
use super::value::choice::AclPubsubDefault;
use crate::base::glob;

/// The channels that a user may publish to and subscribe to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channels {
    All,
    /// Those that one of the patterns matches.
    Matching(Vec<Vec<u8>>),
}

impl Channels {
    pub fn allow_channel(&self, channel: &[u8]) -> bool {
        match self {
            Channels::All => true,
            Channels::Matching(allowed) => {
                allowed.iter().any(|pattern| glob::matches(pattern, channel, false))
            }
        }
    }

    /// A pattern of channels has to be one of those allowed, to the letter.
    pub fn allow_pattern(&self, pattern: &[u8]) -> bool {
        match self {
            Channels::All => true,
            Channels::Matching(allowed) => allowed.iter().any(|other| other == pattern),
        }
    }

    pub(super) fn of_new_users(setting: AclPubsubDefault) -> Channels {
        match setting {
            AclPubsubDefault::AllChannels => Channels::All,
            AclPubsubDefault::ResetChannels => Channels::Matching(Vec::new()),
        }
    }

    pub(super) fn add(&mut self, pattern: &[u8]) -> Result<(), Reason> {
        match self {
            _ if pattern == b"*" => *self = Channels::All,
            Channels::All => return Err(pattern_after_all(pattern)),
            Channels::Matching(allowed) if !allowed.iter().any(|other| other == pattern) => {
                allowed.push(pattern.to_vec());
            }
            Channels::Matching(_) => {}
        }
        Ok(())
    }

    /// As rules of a `user` line.
    pub(super) fn rules(&self) -> Vec<u8> {
        match self {
            Channels::All => b"&*".to_vec(),
            Channels::Matching(allowed) => {
                let mut rules = b"resetchannels".to_vec();
                for pattern in allowed {
                    rules.extend(b" &");
                    rules.extend(pattern);
                }
                rules
            }
        }
    }
}

fn pattern_after_all(pattern: &[u8]) -> Reason {
    format!(
        "Error in user declaration '&{}': Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels",
        String::from_utf8_lossy(pattern)
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_matched_and_patterns_compared() {
        let channels = Channels::Matching(vec![b"news.*".to_vec(), b"x".to_vec()]);
        for (name, as_channel, as_pattern) in [
            ("news.a", true, false),
            ("news.*", true, true),
            ("x", true, true),
            ("y", false, false),
            ("*", false, false),
        ] {
            assert_eq!(channels.allow_channel(name.as_bytes()), as_channel, "{name}");
            assert_eq!(channels.allow_pattern(name.as_bytes()), as_pattern, "{name}");
        }
        assert!(Channels::All.allow_channel(b"any") && Channels::All.allow_pattern(b"*"));
    }
}
