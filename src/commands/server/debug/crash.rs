//! `DEBUG PANIC`, `ASSERT`, `OOM`, `SEGFAULT`, `RESTART` and `CRASH-AND-RECOVER`: ends of the process.

use std::time::Duration;

use crate::commands::call::Call;
use crate::commands::effect::{Action, Crash};
use crate::commands::error::{CommandError, Outcome};

pub fn panic(call: &mut Call<'_>) -> Outcome {
    let unix_seconds = call.now() / 1000;
    call.act(Action::Crash(Crash::Panic { unix_seconds }));
    Ok(())
}

pub fn segfault(call: &mut Call<'_>) -> Outcome {
    call.act(Action::Crash(Crash::Segfault));
    Ok(())
}

/// Saves nothing.
pub fn recover(call: &mut Call<'_>) -> Outcome {
    let delay = delay(call)?;
    call.act(Action::Crash(Crash::Restart { save: false, delay }));
    Ok(())
}

/// Answered only when it fails.
pub fn restart(call: &mut Call<'_>) -> Outcome {
    let delay = delay(call)?;
    call.act(Action::Crash(Crash::Restart { save: true, delay }));
    Ok(())
}

fn delay(call: &Call<'_>) -> Result<Duration, CommandError> {
    let millis = if call.argc() > 2 { call.integer(2)? } else { 0 };
    Ok(Duration::from_millis(millis.max(0) as u64))
}
