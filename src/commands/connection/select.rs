//! `SELECT index`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};

pub const SELECT: Command = Command::new("select", 2, select)
    .flags(&[Flag::Loading, Flag::Stale, Flag::Fast])
    .categories(&[Category::Connection])
    .docs(Group::Connection, "1.0.0", "Change the selected database for the current connection")
    .arguments(&[Arg::integer("index")]);

fn select(call: &mut Call<'_>) -> Outcome {
    let index = i32::try_from(call.integer(1)?).map_err(|_| CommandError::NotInt32)?;
    let databases = call.keys.dataset.database_count();
    let Some(db) = usize::try_from(index).ok().filter(|&db| db < databases) else {
        if call.origin.is_obeyed() {
            call.server.replication.has_lost_stream = true;
        }
        return Err(CommandError::DbOutOfRange);
    };
    call.session().db = db;
    call.reply.ok();
    Ok(())
}
