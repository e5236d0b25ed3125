//! `shutdown-on-sigterm` and `shutdown-on-sigint`: what a signal does.

use super::choice::not_one_of;
use super::{Reason, Source, Value};

/// The modifiers of SHUTDOWN that a signal implies. None of them: as SHUTDOWN without arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ShutdownFlags {
    pub save: bool,
    pub nosave: bool,
    pub now: bool,
    pub force: bool,
}

const NAMES: [&str; 5] = ["default", "save", "nosave", "now", "force"];

impl ShutdownFlags {
    /// In the order of [`NAMES`] after `default`.
    fn switches(&self) -> [bool; 4] {
        [self.save, self.nosave, self.now, self.force]
    }
}

impl Value for ShutdownFlags {
    type Rule = ();
    const SEVERAL_ARGUMENTS: bool = true;

    fn parse(&self, arguments: &[&[u8]], _: &(), _: Source) -> Result<Self, Reason> {
        let mut flags = ShutdownFlags::default();
        let complaint = || not_one_of(NAMES.into_iter());
        if arguments.is_empty() {
            return Err(complaint());
        }
        for word in arguments {
            match word.to_ascii_lowercase().as_slice() {
                b"default" => {}
                b"save" => flags.save = true,
                b"nosave" => flags.nosave = true,
                b"now" => flags.now = true,
                b"force" => flags.force = true,
                _ => return Err(complaint()),
            }
        }
        if flags.save && flags.nosave {
            return Err("shutdown options SAVE and NOSAVE can't be used simultaneously".into());
        }
        Ok(flags)
    }

    fn text(&self, _: &()) -> Vec<u8> {
        let named = NAMES[1..].iter().zip(self.switches());
        let words: Vec<_> = named.filter(|(_, on)| *on).map(|(name, _)| *name).collect();
        if words.is_empty() { b"default".to_vec() } else { words.join(" ").into_bytes() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(words: &[&str]) -> Result<String, Reason> {
        let words: Vec<_> = words.iter().map(|word| word.as_bytes()).collect();
        let flags = ShutdownFlags::default().parse(&words, &(), Source::ConfigSet)?;
        Ok(String::from_utf8(flags.text(&())).unwrap())
    }

    #[test]
    fn modifiers_add_up_and_are_printed_in_one_order() {
        assert_eq!(canonical(&["nosave", "force", "now"]).unwrap(), "nosave now force");
        assert_eq!(canonical(&["default"]).unwrap(), "default");
        assert_eq!(
            canonical(&[]).unwrap_err(),
            "argument(s) must be one of the following: default, save, nosave, now, force"
        );
        assert!(canonical(&["save", "nosave"]).unwrap_err().contains("simultaneously"));
    }
}
