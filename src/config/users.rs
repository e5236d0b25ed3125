//! The `user` line: only the default user exists so far, with every right but perhaps to some
//! channels. `requirepass` says its password.

use sha2::{Digest, Sha256};

use super::channels::Channels;
use super::table::Config;
use super::value::Reason;

/// The default user's line as `CONFIG REWRITE` writes it.
pub fn default_user_line(config: &Config) -> Vec<u8> {
    let password = match &config.security.requirepass {
        Some(password) => format!("#{}", hash(password.reveal())),
        None => "nopass".to_owned(),
    };
    let channels = config.default_user_channels.rules();
    [b"user default on ", password.as_bytes(), b" ~* ", &channels, b" +@all"].concat()
}

/// What a `user` line makes of a user that begins with no right.
struct User {
    is_on: bool,
    needs_no_password: bool,
    /// SHA-256, hexadecimal.
    passwords: Vec<String>,
    has_all_keys: bool,
    has_all_commands: bool,
    channels: Channels,
}

impl User {
    fn new(config: &Config) -> User {
        User {
            is_on: false,
            needs_no_password: false,
            passwords: Vec::new(),
            has_all_keys: false,
            has_all_commands: false,
            channels: Channels::of_new_users(config.security.acl_pubsub_default),
        }
    }

    fn follow(&mut self, rule: &[u8], config: &Config) -> Result<(), Reason> {
        match rule.to_ascii_lowercase().as_slice() {
            b"on" => self.is_on = true,
            b"off" => self.is_on = false,
            b"nopass" | b"resetpass" => {
                self.needs_no_password = rule.eq_ignore_ascii_case(b"nopass");
                self.passwords.clear();
            }
            b"~*" | b"allkeys" => self.has_all_keys = true,
            b"resetkeys" => self.has_all_keys = false,
            b"+@all" | b"allcommands" => self.has_all_commands = true,
            b"-@all" | b"nocommands" => self.has_all_commands = false,
            b"allchannels" => self.channels = Channels::All,
            b"resetchannels" => self.channels = Channels::Matching(Vec::new()),
            b"reset" => *self = User::new(config),
            // Payloads are always checked, and there are no selectors.
            b"sanitize-payload" | b"skip-sanitize-payload" | b"clearselectors" => {}
            _ => match rule {
                [b'&', pattern @ ..] => self.channels.add(pattern)?,
                [b'>', password @ ..] => self.add_password(hash(password)),
                [b'#', digest @ ..] => {
                    self.add_password(String::from_utf8_lossy(digest).to_ascii_lowercase());
                }
                _ => return Err(UNSUPPORTED.into()),
            },
        }
        Ok(())
    }

    fn add_password(&mut self, digest: String) {
        self.needs_no_password = false;
        if !self.passwords.contains(&digest) {
            self.passwords.push(digest);
        }
    }

    /// Whether the user is what this server makes of the rest of the configuration.
    fn is_supported(&self, config: &Config) -> bool {
        let has_password = match &config.security.requirepass {
            Some(password) => self.passwords == [hash(password.reveal())],
            None => self.needs_no_password,
        };
        self.is_on && has_password && self.has_all_keys && self.has_all_commands
    }
}

const UNSUPPORTED: &str = "this server does not support it yet: the default user is on and has \
                           every right but to channels, and the password of requirepass or none";

/// What a `user` line, given without `user`, says of the default user's channels. All else in it
/// has to be what the rest of the configuration says.
pub fn read_line(words: &[Vec<u8>], config: &Config) -> Result<Channels, Reason> {
    let Some((name, rules)) = words.split_first() else {
        return Err("Bad directive or wrong number of arguments".into());
    };
    if name != b"default" {
        return Err("this server does not support users yet but 'default'".into());
    }
    let mut user = User::new(config);
    for rule in rules {
        user.follow(rule, config)?;
    }
    if user.is_supported(config) { Ok(user.channels) } else { Err(UNSUPPORTED.into()) }
}

/// The complaint about a second line for one user.
pub fn defined_twice(name: &[u8]) -> Reason {
    format!(
        "Error in user declaration '{}': Duplicate user found. A user can only be defined once in config files",
        String::from_utf8_lossy(name)
    )
    .into()
}

/// SHA-256 as 64 hexadecimal digits.
fn hash(password: &[u8]) -> String {
    Sha256::digest(password).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::value::choice::AclPubsubDefault;
    use crate::config::value::text::{Secret, Text};

    fn with_password(password: &str) -> Config {
        let requirepass = Some(Secret::from_bytes(password.as_bytes()).unwrap());
        Config::with(|config| config.security.requirepass = requirepass)
    }

    fn read(line: &[u8], config: &Config) -> Result<Channels, Reason> {
        let words: Vec<_> = line.split(|&byte| byte == b' ').map(<[u8]>::to_vec).collect();
        read_line(&words[1..], config)
    }

    fn matching(patterns: &[&str]) -> Channels {
        Channels::Matching(patterns.iter().map(|pattern| pattern.as_bytes().to_vec()).collect())
    }

    #[test]
    fn the_default_users_line_is_read_back() {
        for channels in [Channels::All, matching(&[]), matching(&["a*", "b"])] {
            for mut config in [Config::default(), with_password("foo")] {
                config.default_user_channels = channels.clone();
                assert_eq!(read(&default_user_line(&config), &config), Ok(channels.clone()));
            }
        }
        let line = default_user_line(&with_password("foo"));
        assert!(line.starts_with(b"user default on #2c26b46b68ffc68ff99b453c1d304134"));
    }

    #[test]
    fn what_would_be_ignored_is_refused() {
        let open = Config::default();
        let closed = with_password("foo");
        for (line, config) in [
            ("user alice on", &open),
            ("user default on >secret", &open),
            ("user default on nopass", &closed),
            ("user default on >bar", &closed),
            ("user default off", &open),
            ("user default on nopass -@all", &open),
            ("user default on nopass ~* &* +@all -debug", &open),
            ("user default on nopass ~* &* +@all -@all", &open),
            ("user default on ~* &* +@all", &open),
            ("user default nopass ~* &* +@all", &open),
            ("user default on nopass &* +@all", &open),
            ("user default on nopass ~* &*", &open),
            ("user default on nopass ~x &* +@all", &open),
            ("user default on >foo >bar ~* &* +@all", &closed),
        ] {
            assert!(read(line.as_bytes(), config).is_err(), "{line}");
        }
    }

    #[test]
    fn a_user_line_gives_the_channels_that_it_names_and_else_those_of_new_users() {
        let usual = Config::default();
        let open = Config::with(|config| {
            config.security.acl_pubsub_default = AclPubsubDefault::AllChannels
        });
        for (rules, config, channels) in [
            ("~* +@all", &usual, matching(&[])),
            ("~* +@all", &open, Channels::All),
            ("~* &* +@all", &usual, Channels::All),
            ("~* ALLCHANNELS allcommands sanitize-payload", &usual, Channels::All),
            ("~* &* +@all resetchannels", &open, matching(&[])),
            ("~* &* +@all resetchannels &a &b* &a", &usual, matching(&["a", "b*"])),
            ("~* &a &* +@all", &usual, Channels::All),
            ("off &* reset on nopass ~* +@all", &usual, matching(&[])),
        ] {
            let line = format!("user default on nopass {rules}");
            assert_eq!(read(line.as_bytes(), config), Ok(channels), "{line}");
        }
        let error = read(b"user default on nopass ~* &* &x +@all", &usual).unwrap_err();
        assert!(error.starts_with("Error in user declaration '&x': Adding a pattern after the *"));
    }
}
