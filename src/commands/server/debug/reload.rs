//! `DEBUG RELOAD [NOSAVE] [NOFLUSH] [MERGE]` and `DEBUG LOADAOF`

use crate::commands::call::Call;
use crate::commands::effect::Action;
use crate::commands::error::{CommandError, Outcome};

/// Answered by the keyspace, when all is loaded.
pub fn reload(call: &mut Call<'_>) -> Outcome {
    let (mut save, mut flush) = (true, true);
    for option in call.args.iter().skip(2) {
        match option.to_ascii_lowercase().as_slice() {
            b"nosave" => save = false,
            b"noflush" => flush = false,
            // What is loaded always replaces what is there.
            b"merge" => {}
            _ => {
                return Err(CommandError::text(
                    "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.",
                ));
            }
        }
    }
    call.act(Action::Reload { save, flush });
    Ok(())
}

pub fn load_log(_: &mut Call<'_>) -> Outcome {
    Err(CommandError::text("ERR There is no append only file: it is not supported yet"))
}
