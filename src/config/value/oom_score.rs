//! `oom-score-adj-values`: how readily the kernel kills a master, a replica and a saving process.

use super::{Reason, Source, Value, c_integer};

impl Value for [i32; 3] {
    type Rule = ();
    const SEVERAL_ARGUMENTS: bool = true;

    fn parse(&self, arguments: &[&[u8]], _: &(), _: Source) -> Result<Self, Reason> {
        let arguments: &[&[u8]; 3] =
            arguments.try_into().map_err(|_| "wrong number of arguments")?;
        let mut values = [0; 3];
        for (value, text) in values.iter_mut().zip(arguments) {
            *value = c_integer(text, 10)
                .and_then(|number| i32::try_from(number).ok())
                .filter(|number| (-2000..=2000).contains(number))
                .ok_or("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")?;
        }
        Ok(values)
    }

    fn text(&self, _: &()) -> Vec<u8> {
        let [master, replica, child] = self;
        format!("{master} {replica} {child}").into_bytes()
    }
}
