//! `DEBUG HTSTATS dbid`, `HTSTATS-KEY key`, `CLIENT-EVICTION` and `STRUCTSIZE`

use crate::clients::Session;
use crate::commands::call::Call;
use crate::commands::error::{CommandError, Outcome};
use crate::store::entry::Entry;

use super::object::entry;

/// Keys are in a tree and not in a hash table: what Redis tells of its table is told of that.
pub fn database(call: &mut Call<'_>) -> Outcome {
    let index = call.integer(2)?;
    let database = usize::try_from(index).ok().and_then(|index| call.keys.dataset.get(index));
    let database = database.ok_or(CommandError::DatabaseOutOfRange)?;
    let part = |title: &str, elements: usize, bytes: usize| {
        format!("[{title} HT]\n number of elements: {elements}\n bytes: {bytes}\n")
    };
    let text = part("Dictionary", database.len(), database.node_bytes())
        + &part("Expires", database.expires_len(), 0);
    call.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

pub fn value(call: &mut Call<'_>) -> Outcome {
    entry(call)?;
    Err(CommandError::NotHashTable)
}

pub fn client_eviction(_: &mut Call<'_>) -> Outcome {
    Err(CommandError::NoClientEviction)
}

pub fn struct_sizes(call: &mut Call<'_>) -> Outcome {
    let (entry, session) = (size_of::<Entry>(), size_of::<Session>());
    let text = format!("bits:{} entry:{entry} session:{session} ", usize::BITS);
    call.reply.bulk(text.as_bytes());
    Ok(())
}
