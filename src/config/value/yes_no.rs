//! Switches: `yes` or `no`.

use super::{Reason, Source, Value};

impl Value for bool {
    type Rule = ();

    fn parse(&self, arguments: &[&[u8]], _: &(), _: Source) -> Result<Self, Reason> {
        match arguments {
            [word] if word.eq_ignore_ascii_case(b"yes") => Ok(true),
            [word] if word.eq_ignore_ascii_case(b"no") => Ok(false),
            _ => Err("argument must be 'yes' or 'no'".into()),
        }
    }

    fn text(&self, _: &()) -> Vec<u8> {
        if *self { b"yes".to_vec() } else { b"no".to_vec() }
    }
}
