//! RLIMIT_NOFILE: one descriptor for each client, and some for ourselves.

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Descriptors that are not clients: listeners, files, links.
const RESERVED: u64 = 32;
/// How much less is tried when the system refuses.
const STEP: u64 = 16;

/// Raises the limit for so many clients. Returns how many clients there is room for.
///
/// # Errors
/// There is room for none; the text is for the log.
pub fn raise_files_limit(max_clients: u32) -> Result<u32, String> {
    let wanted = u64::from(max_clients) + RESERVED;
    let (limit, hard) = match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok(limits) => limits,
        Err(error) => {
            log::warn!(
                "Unable to obtain the current NOFILE limit ({}), assuming 1024 and setting the max clients configuration accordingly.",
                error.desc()
            );
            return Ok(1024 - RESERVED as u32);
        }
    };
    if limit >= wanted {
        return Ok(max_clients);
    }
    // A hard limit above what is wanted stays.
    let set = |files: u64| setrlimit(Resource::RLIMIT_NOFILE, files, hard.max(files));
    let (reached, refusal) = raise(limit, wanted, set);
    let Some(error) = refusal else {
        log::info!(
            "Increased maximum number of open files to {wanted} (it was originally set to {limit})."
        );
        return Ok(max_clients);
    };
    if reached <= RESERVED {
        return Err(format!(
            "Your current 'ulimit -n' of {limit} is not enough for the server to start. Please increase your open file limit to at least {wanted}. Exiting."
        ));
    }
    let room = (reached - RESERVED) as u32;
    log::warn!(
        "You requested maxclients of {max_clients} requiring at least {wanted} max file descriptors."
    );
    log::warn!(
        "Server can't set maximum open files to {wanted} because of OS error: {}.",
        error.desc()
    );
    log::warn!(
        "Current maximum open files is {reached}. maxclients has been reduced to {room} to compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'."
    );
    Ok(room)
}

/// Sets the limit to `wanted`, or to the most below that the system allows, whole steps less.
/// Returns what was reached, and why it is not more.
///
/// What the system allows, it allows with less too: halving finds the place in a few calls, where
/// going down step by step from four billion takes minutes.
fn raise(
    limit: u64,
    wanted: u64,
    mut set: impl FnMut(u64) -> Result<(), Errno>,
) -> (u64, Option<Errno>) {
    let Err(refusal) = set(wanted) else { return (wanted, None) };
    let mut reached = limit;
    // In steps below `wanted`: so few are refused, so many are not.
    let (mut refused, mut allowed) = (0, (wanted - limit).div_ceil(STEP));
    while allowed - refused > 1 {
        let steps = refused + (allowed - refused) / 2;
        let files = wanted - steps * STEP;
        if set(files).is_ok() {
            (allowed, reached) = (steps, files);
        } else {
            refused = steps;
        }
    }
    (reached, Some(refusal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_is_high_enough_is_left_alone() {
        let before = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert_eq!(raise_files_limit(1), Ok(1));
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).unwrap(), before);
    }

    /// Raises the limit on a system that allows `most`; what was reached, what was set last and
    /// how often the system was asked.
    fn raised(limit: u64, wanted: u64, most: u64) -> (u64, u64, usize) {
        let (mut current, mut calls) = (limit, 0);
        let (reached, refusal) = raise(limit, wanted, |files| {
            calls += 1;
            if files > most {
                return Err(Errno::EPERM);
            }
            current = files;
            Ok(())
        });
        assert_eq!(refusal.is_some(), reached < wanted);
        (reached, current, calls)
    }

    #[test]
    fn the_most_that_is_allowed_is_found_in_few_calls() {
        assert_eq!(raised(1024, 10_032, 20_000), (10_032, 10_032, 1));
        let billions = u64::from(u32::MAX) + RESERVED;
        for (limit, wanted, most) in
            [(1024, 10_032, 4096), (1024, 1040, 1024), (1, billions, 20_000), (5, billions, 5)]
        {
            let (reached, current, calls) = raised(limit, wanted, most);
            assert!(reached <= most && reached >= limit && calls < 40, "{reached} in {calls}");
            assert!(reached + STEP > most || reached == limit, "{reached} of {most}");
            assert_eq!(current, reached);
        }
    }
}
