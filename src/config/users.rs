//! `user` lines: only the default user exists so far, with every right. `requirepass` says its
//! password.

use sha2::{Digest, Sha256};

use super::table::Config;
use super::value::Reason;

/// What the default user may be told that changes nothing.
const IMPLIED: [&str; 9] = [
    "on",
    "~*",
    "allkeys",
    "&*",
    "allchannels",
    "+@all",
    "allcommands",
    "sanitize-payload",
    "resetchannels",
];

/// The default user's line as `CONFIG REWRITE` writes it.
pub fn default_user_line(config: &Config) -> Vec<u8> {
    let password = match &config.requirepass {
        Some(password) => format!("#{}", hash(password.reveal())),
        None => "nopass".to_owned(),
    };
    format!("user default on {password} ~* &* +@all").into_bytes()
}

/// Checks a `user` line against what the whole configuration says. `words` is the line without
/// `user`.
pub fn check(words: &[Vec<u8>], config: &Config) -> Result<(), Reason> {
    let Some((name, rules)) = words.split_first() else {
        return Err("Bad directive or wrong number of arguments".into());
    };
    if name != b"default" {
        return Err("this server does not support users yet but 'default'".into());
    }
    for rule in rules {
        if !IMPLIED.iter().any(|implied| implied.as_bytes().eq_ignore_ascii_case(rule)) {
            check_password(rule, config)?;
        }
    }
    Ok(())
}

/// Lets a rule pass that sets the password which `requirepass` sets anyway.
fn check_password(rule: &[u8], config: &Config) -> Result<(), Reason> {
    let password = config.requirepass.as_ref().map(|password| password.reveal());
    let agrees = match (rule, password) {
        ([b'#', digest @ ..], Some(password)) => {
            digest.eq_ignore_ascii_case(hash(password).as_bytes())
        }
        ([b'>', text @ ..], Some(password)) => text == password,
        (_, None) => rule.eq_ignore_ascii_case(b"nopass"),
        _ => false,
    };
    if agrees {
        return Ok(());
    }
    Err("this server does not support it yet: the default user has every right, and the \
         password of requirepass or none"
        .into())
}

/// SHA-256 as 64 hexadecimal digits.
fn hash(password: &[u8]) -> String {
    Sha256::digest(password).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::value::text::{Secret, Text};

    fn with_password(password: &str) -> Config {
        let requirepass = Some(Secret::from_bytes(password.as_bytes()).unwrap());
        Config { requirepass, ..Config::default() }
    }

    fn check_line(line: &[u8], config: &Config) -> Result<(), Reason> {
        let words: Vec<_> = line.split(|&byte| byte == b' ').map(<[u8]>::to_vec).collect();
        check(&words[1..], config)
    }

    #[test]
    fn the_default_users_line_is_read_back() {
        for config in [Config::default(), with_password("foo")] {
            check_line(&default_user_line(&config), &config).unwrap();
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
        ] {
            assert!(check_line(line.as_bytes(), config).is_err(), "{line}");
        }
    }
}
