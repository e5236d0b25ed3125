//! `XLEN key`: the number of entries.

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::stream::Stream;

pub const XLEN: Command = Command::new("xlen", 2, xlen)
    .flags(&[Flag::ReadOnly, Flag::Fast])
    .categories(&[Category::Stream])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly])])
    .docs(Group::Stream, "5.0.0", "Returns the number of entries of a stream.")
    .arguments(&[Arg::KEY]);

fn xlen(call: &mut Call<'_>) -> Outcome {
    let stream = call.keys.read::<Stream>(call.args.get(1))?;
    call.reply.int(stream.map_or(0, |stream| stream.log().len() as i64));
    Ok(())
}
