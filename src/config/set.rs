//! `CONFIG SET`: several settings at once, all or none.

use super::directive::Flags;
use super::table::{self, Config, Directive};
use super::value::{Reason, Source};

/// Who sets, and when: some settings are not open to everyone or at any time.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// The client's connection comes from this machine.
    pub is_local_client: bool,
    /// The data set is loading.
    pub is_loading: bool,
}

/// A new configuration that is checked, but not yet in force.
///
/// Whoever asked for it does what the changes need elsewhere (a new port, another working
/// directory), and then puts `config` in the place of the old one, or drops it and answers with
/// [`SetError::refused`].
#[derive(Clone, Debug)]
pub struct Prepared {
    pub config: Config,
    /// The directives with a new value, in the order in which they were given.
    pub changed: Vec<&'static Directive>,
}

/// Why nothing was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetError {
    Unknown { name: Vec<u8> },
    Loading,
    Failed { name: Vec<u8>, reason: Reason },
}

impl SetError {
    /// A setting is fine in itself, but the server cannot follow it.
    pub fn refused(name: &str, reason: impl Into<Reason>) -> SetError {
        SetError::Failed { name: name.into(), reason: reason.into() }
    }

    /// The error for the client, without the leading `-`.
    pub fn reply(&self) -> Vec<u8> {
        match self {
            SetError::Unknown { name } => {
                let text = b"ERR Unknown option or number of arguments for CONFIG SET - '";
                [text, name.as_slice(), b"'"].concat()
            }
            SetError::Loading => b"LOADING Redis is loading the dataset in memory".to_vec(),
            SetError::Failed { name, reason } => {
                let text = b"ERR CONFIG SET failed (possibly related to argument '";
                [text, name.as_slice(), b"') - ", reason.as_bytes()].concat()
            }
        }
    }
}

/// Whether a value of this directive must not show in logs, MONITOR and SLOWLOG.
pub fn is_sensitive(name: &[u8]) -> bool {
    table::find(name).is_some_and(|directive| directive.flags.contains(Flags::SENSITIVE))
}

/// Checks pairs of name and value, and makes the configuration that they ask for.
pub fn prepare(
    config: &Config,
    pairs: &[(&[u8], &[u8])],
    circumstances: Circumstances,
) -> Result<Prepared, SetError> {
    let directives = admit(config, pairs, circumstances)?;
    let mut new = config.clone();
    for (directive, (name, value)) in directives.iter().zip(pairs) {
        let arguments = if directive.takes_several() { split(value) } else { vec![*value] };
        let set = directive.set(&mut new, &arguments, Source::ConfigSet);
        set.map_err(|reason| {
            SetError::refused(directive.spelling(name).unwrap_or(directive.name), reason)
        })?;
    }
    let mut changed: Vec<&'static Directive> = Vec::new();
    for directive in directives {
        let is_changed = directive.flags.contains(Flags::VOLATILE) || !directive.same(config, &new);
        if is_changed && !changed.iter().any(|other| other.name == directive.name) {
            changed.push(directive);
        }
    }
    Ok(Prepared { config: new, changed })
}

/// Finds all directives, or says why the first that is wrong may not be set now.
fn admit(
    config: &Config,
    pairs: &[(&[u8], &[u8])],
    circumstances: Circumstances,
) -> Result<Vec<&'static Directive>, SetError> {
    let mut directives = Vec::with_capacity(pairs.len());
    let mut spellings = Vec::with_capacity(pairs.len());
    for &(name, _) in pairs {
        let fail = |reason: &'static str| {
            Err(SetError::Failed { name: name.to_vec(), reason: reason.into() })
        };
        let Some(directive) = table::find(name) else {
            return Err(SetError::Unknown { name: name.to_vec() });
        };
        let is_trusted =
            config.security.enable_protected_configs.allows(circumstances.is_local_client);
        if directive.flags.contains(Flags::IMMUTABLE) {
            return fail("can't set immutable config");
        }
        if directive.flags.contains(Flags::PROTECTED) && !is_trusted {
            return fail("can't set protected config");
        }
        if directive.flags.contains(Flags::DENY_LOADING) && circumstances.is_loading {
            return Err(SetError::Loading);
        }
        // As in Redis, a name and its alias in one command are not a duplicate: the later wins.
        let spelling = directive.spelling(name);
        if spellings.contains(&spelling) {
            return fail("duplicate parameter");
        }
        spellings.push(spelling);
        directives.push(directive);
    }
    Ok(directives)
}

/// Splits a value at each space; the empty value has no parts.
fn split(value: &[u8]) -> Vec<&[u8]> {
    if value.is_empty() { Vec::new() } else { value.split(|&byte| byte == b' ').collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::value::choice::Protected;

    const NORMAL: Circumstances = Circumstances { is_local_client: true, is_loading: false };

    fn set_in(
        config: &Config,
        pairs: &[(&str, &str)],
        circumstances: Circumstances,
    ) -> Result<Prepared, String> {
        let pairs: Vec<_> =
            pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        let prepared = prepare(config, &pairs, circumstances);
        prepared.map_err(|error| String::from_utf8(error.reply()).unwrap())
    }

    fn set(pairs: &[(&str, &str)]) -> Result<Prepared, String> {
        set_in(&Config::default(), pairs, NORMAL)
    }

    fn names(prepared: &Prepared) -> Vec<&'static str> {
        prepared.changed.iter().map(|directive| directive.name).collect()
    }

    #[test]
    fn several_settings_change_at_once_and_are_named() {
        let prepared =
            set(&[("Slave-Priority", "1"), ("repl-backlog-size", "10000002"), ("hz", "10")])
                .unwrap();
        assert_eq!(prepared.config.replication.replica_priority, 1);
        assert_eq!(prepared.config.replication.repl_backlog_size, 10_000_002);
        assert_eq!(names(&prepared), ["replica-priority", "repl-backlog-size"]);
    }

    #[test]
    fn values_with_spaces_are_several_arguments_and_save_is_replaced() {
        let prepared = set(&[("save", "3000 5"), ("shutdown-on-sigterm", "nosave now")]).unwrap();
        assert_eq!(prepared.config.persistence.save.len(), 1);
        assert!(prepared.config.process.shutdown_on_sigterm.now);
        assert!(set(&[("save", "")]).unwrap().config.persistence.save.is_empty());
        assert!(set(&[("bind", "")]).unwrap().config.network.bind.is_empty());
        assert!(set(&[("save", "900  1")]).unwrap_err().ends_with(" - Invalid save parameters"));
    }

    #[test]
    fn one_bad_value_fails_the_whole_and_is_named() {
        let pairs = [("hz", "20"), ("maxmemory-clients", "200%"), ("timeout", "invalid")];
        assert_eq!(
            set(&pairs).unwrap_err(),
            "ERR CONFIG SET failed (possibly related to argument 'maxmemory-clients') - \
             percentage argument must be less or equal to 100"
        );
        assert_eq!(
            set(&[("Slave-Priority", "1x")]).unwrap_err(),
            "ERR CONFIG SET failed (possibly related to argument 'slave-priority') - \
             argument couldn't be parsed into an integer"
        );
    }

    #[test]
    fn what_may_not_be_set_is_found_before_any_value() {
        for (pairs, message) in [
            (
                &[("hz", "x"), ("Nosuch", "1")][..],
                "ERR Unknown option or number of arguments for CONFIG SET - 'Nosuch'",
            ),
            (
                &[("daemonize", "yes"), ("nosuch", "1")],
                "ERR CONFIG SET failed (possibly related to argument 'daemonize') - \
                 can't set immutable config",
            ),
            (
                &[("port", "1"), ("PORT", "2")],
                "ERR CONFIG SET failed (possibly related to argument 'PORT') - duplicate parameter",
            ),
            (
                &[("dir", "/tmp")],
                "ERR CONFIG SET failed (possibly related to argument 'dir') - \
                 can't set protected config",
            ),
        ] {
            assert_eq!(set(pairs).unwrap_err(), message);
        }
    }

    #[test]
    fn a_name_and_its_alias_are_not_a_duplicate() {
        let prepared = set(&[("slave-priority", "1"), ("replica-priority", "2")]).unwrap();
        assert_eq!(prepared.config.replication.replica_priority, 2);
        assert_eq!(names(&prepared), ["replica-priority"]);
    }

    #[test]
    fn protected_settings_ask_where_the_client_is() {
        let config =
            Config::with(|config| config.security.enable_protected_configs = Protected::Local);
        let far = Circumstances { is_local_client: false, ..NORMAL };
        assert!(set_in(&config, &[("dbfilename", "a")], NORMAL).is_ok());
        assert!(set_in(&config, &[("dbfilename", "a")], far).is_err());
    }

    #[test]
    fn some_settings_are_refused_while_loading() {
        let config =
            Config::with(|config| config.security.enable_protected_configs = Protected::Yes);
        let loading = Circumstances { is_loading: true, ..NORMAL };
        let error = set_in(&config, &[("dir", "/tmp")], loading).unwrap_err();
        assert_eq!(error, "LOADING Redis is loading the dataset in memory");
        assert!(set_in(&config, &[("loglevel", "debug")], loading).is_ok());
    }

    #[test]
    fn what_the_server_does_not_do_yet_is_refused() {
        assert_eq!(
            set(&[("tls-port", "6380")]).unwrap_err(),
            "ERR CONFIG SET failed (possibly related to argument 'tls-port') - \
             this server does not support it yet, only '0'"
        );
        assert!(set(&[("tls-port", "0"), ("appendonly", "no")]).unwrap().changed.is_empty());
    }

    #[test]
    fn passwords_are_sensitive_under_any_spelling() {
        assert!(is_sensitive(b"RequirePass") && is_sensitive(b"masterauth"));
        assert!(!is_sensitive(b"port") && !is_sensitive(b"nosuch"));
    }
}
