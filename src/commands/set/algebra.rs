//! What the commands have in common that make one set of several.

use std::ops::Range;

use crate::commands::call::Call;
use crate::commands::destination;
use crate::commands::elements::ReplyElements;
use crate::commands::error::CommandError;
use crate::store::value::Value;
use crate::store::value::set::Set;

/// The sets at the keys that these arguments name, shared; `None` where there is none.
///
/// # Errors
/// WRONGTYPE of the first key that is something else.
pub fn read_all(call: &mut Call<'_>, keys: Range<usize>) -> Result<Vec<Option<Set>>, CommandError> {
    keys.map(|i| Ok(call.keys.read::<Set>(call.args.get(i))?.cloned())).collect()
}

/// Answers with the members of a set that was made for that.
pub fn answer(call: &mut Call<'_>, set: Set) {
    call.reply.set(set.len());
    set.iter().for_each(|member| call.reply.element(member));
    if set.is_slow_to_drop() {
        call.keys.garbage.drop_later(set, 0);
    }
}

/// Puts a set in the place of the first key, or deletes that if the set is empty; answers how many
/// members there are.
pub fn store(call: &mut Call<'_>, set: Set, event: &'static str) {
    call.reply.int(set.len() as i64);
    let destination = call.args.get(1);
    destination::store(call, destination, set, event);
}
