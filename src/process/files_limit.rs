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
    let (reached, refusal) = raise(limit, hard, wanted);
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

/// Sets the limit to `wanted`, or to the most below that the system allows. Returns what was
/// reached, and why it is not more.
fn raise(limit: u64, hard: u64, wanted: u64) -> (u64, Option<Errno>) {
    let mut refusal = None;
    let mut tried = wanted;
    while tried > limit {
        // A hard limit above what is wanted stays.
        match setrlimit(Resource::RLIMIT_NOFILE, tried, hard.max(tried)) {
            Ok(()) => return (tried, refusal),
            Err(error) => refusal = Some(error),
        }
        tried = tried.saturating_sub(STEP);
    }
    (limit, refusal)
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
}
