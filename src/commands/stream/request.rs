//! What XREAD and XREADGROUP are asked for.

use std::ops::Range;

use crate::base::number::parse_i64;
use crate::base::time::UnixMillis;
use crate::commands::args;
use crate::commands::error::CommandError;
use crate::resp::request::Args;

/// `[GROUP group consumer] [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...] id
/// [id ...]`
pub struct Request<'a> {
    pub group: Option<(&'a [u8], &'a [u8])>,
    /// Entries of each stream at most.
    pub most: usize,
    /// It waits for entries, and until when; `None`: for ever.
    pub waits: Option<Option<UnixMillis>>,
    /// What is delivered needs no acknowledgement.
    pub is_noack: bool,
    /// The arguments that name the streams; as many IDs stand behind them.
    pub keys: Range<usize>,
}

impl<'a> Request<'a> {
    /// # Errors
    /// It is none.
    pub fn parse(
        args: Args<'a>,
        now: UnixMillis,
        is_of_group: bool,
    ) -> Result<Request<'a>, CommandError> {
        let mut request =
            Request { group: None, most: usize::MAX, waits: None, is_noack: false, keys: 0..0 };
        let mut i = 1;
        while i < args.len() && request.keys.is_empty() {
            let is = |name: &[u8]| args.get(i).eq_ignore_ascii_case(name);
            let more = args.len() - i - 1;
            if is(b"block") && more > 0 {
                request.waits = Some(deadline(args.get(i + 1), now)?);
                i += 1;
            } else if is(b"count") && more > 0 {
                let count =
                    usize::try_from(args::integer(args, i + 1)?.max(0)).unwrap_or(usize::MAX);
                request.most = if count == 0 { usize::MAX } else { count };
                i += 1;
            } else if is(b"streams") && more > 0 {
                if !more.is_multiple_of(2) {
                    return Err(CommandError::UnbalancedStreams);
                }
                request.keys = i + 1..i + 1 + more / 2;
            } else if is(b"group") && more > 1 {
                if !is_of_group {
                    return Err(CommandError::GroupInXread);
                }
                request.group = Some((args.get(i + 1), args.get(i + 2)));
                i += 2;
            } else if is(b"noack") {
                if !is_of_group {
                    return Err(CommandError::NoackInXread);
                }
                request.is_noack = true;
            } else {
                return Err(CommandError::Syntax);
            }
            i += 1;
        }
        match () {
            () if request.keys.is_empty() => Err(CommandError::Syntax),
            () if is_of_group && request.group.is_none() => Err(CommandError::MissingGroup),
            () => Ok(request),
        }
    }

    /// The argument with the ID for the stream that an argument names.
    pub fn id_at(&self, key_at: usize) -> usize {
        key_at + self.keys.len()
    }
}

/// `BLOCK`: so many milliseconds from now; `None` for 0, which is for ever.
fn deadline(text: &[u8], now: UnixMillis) -> Result<Option<UnixMillis>, CommandError> {
    match parse_i64(text).ok_or(CommandError::TimeoutNotInteger)? {
        ..0 => Err(CommandError::TimeoutNegative),
        0 => Ok(None),
        millis => now.checked_add(millis).map(Some).ok_or(CommandError::TimeoutOutOfRange),
    }
}
