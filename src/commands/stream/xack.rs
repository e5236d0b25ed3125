//! `XACK key group id [id ...]`: entries are pending no more; gives how many were.

use super::id;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::stream::Stream;

pub const XACK: Command = Command::new("xack", -4, xack)
    .flags(&[Flag::Write, Flag::Fast])
    .categories(&[Category::Stream])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .docs(Group::Stream, "5.0.0", "Acknowledges entries, which are pending no more.")
    .complexity("O(log N) for each entry, where N is the number of entries pending in the group")
    .arguments(&[Arg::KEY, Arg::string("group"), Arg::string("id").multiple()]);

fn xack(call: &mut Call<'_>) -> Outcome {
    let (key, name) = (call.args.get(1), call.args.get(2));
    let mut open = call.keys.read_and_open::<Stream>(key)?;
    let Some(stream) = open.get_mut().filter(|stream| stream.group(name).is_some()) else {
        call.reply.int(0);
        return Ok(());
    };
    let ids = id::parse_all(call.args, 3)?;
    let acknowledged = stream.change_group(name, |_, group| {
        ids.into_iter().filter(|&id| group.acknowledge(id).is_some()).count()
    });
    let acknowledged = acknowledged.unwrap_or(0) as u64;
    if acknowledged > 0 {
        open.altered_by(acknowledged, None);
    }
    call.reply.int(acknowledged as i64);
    Ok(())
}
