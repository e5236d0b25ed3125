//! `DEBUG RELOAD [NOSAVE] [NOFLUSH] [MERGE]` and `DEBUG LOADAOF`

use crate::commands::call::Call;
use crate::commands::effect::{Action, Block, ReloadRequest};
use crate::commands::error::{CommandError, Outcome};

/// Answered by the keyspace, when all is loaded.
pub fn reload(call: &mut Call<'_>) -> Outcome {
    let mut request = ReloadRequest { save: true, flush: true, merge: false };
    for option in call.args.iter().skip(2) {
        match option.to_ascii_lowercase().as_slice() {
            b"nosave" => request.save = false,
            b"noflush" => request.flush = false,
            b"merge" => request.merge = true,
            _ => {
                return Err(CommandError::UnknownReloadOption);
            }
        }
    }
    if !call.in_transaction {
        call.block(Block::Reload);
    } else {
        call.reply.ok();
    }
    call.act(Action::Reload(request));
    Ok(())
}

/// Answered by the keyspace, when all is loaded.
pub fn load_log(call: &mut Call<'_>) -> Outcome {
    if !call.in_transaction {
        call.block(Block::Reload);
    } else {
        call.reply.ok();
    }
    call.act(Action::LoadLog);
    Ok(())
}
