//! `MAXLEN | MINID [= | ~] threshold [LIMIT count]`, as XADD and XTRIM take it.

use super::id::{self, NewId};
use super::reply::IdText;
use crate::commands::args;
use crate::commands::call::Call;
use crate::commands::docs::Arg;
use crate::commands::error::CommandError;
use crate::state::limits;
use crate::store::value::stream::{Log, StreamId, Trim, Trimmed, Until};

pub const ARGUMENTS: &[Arg] = &[
    Arg::one_of(
        "strategy",
        &[Arg::word("maxlen", "MAXLEN"), Arg::word("minid", "MINID").since("6.2.0")],
    ),
    Arg::one_of("operator", &[Arg::word("equal", "="), Arg::word("approximately", "~")]).optional(),
    Arg::string("threshold"),
    Arg::integer("count").token("LIMIT").since("6.2.0").optional(),
];

/// Blocks that are trimmed at once when no limit is given.
const DEFAULT_LIMIT_BLOCKS: u64 = 100;
/// Entries that are, when a block has no limit of them.
const DEFAULT_LIMIT: u64 = 10_000;
const DEFAULT_LIMIT_MAX: u64 = 1_000_000;

/// What XADD and XTRIM are told before the ID.
#[derive(Default)]
pub struct Options {
    pub trimming: Option<Trimming>,
    /// The key must be there.
    pub no_mkstream: bool,
    /// The ID of a new entry, and which argument it is.
    pub id: Option<(NewId, usize)>,
}

pub struct Trimming {
    pub trim: Trim,
    /// The argument that says until when.
    pub threshold_at: usize,
}

/// Reads options from the third argument on: up to an ID, for XADD.
pub fn parse(call: &Call<'_>, is_xadd: bool) -> Result<Options, CommandError> {
    let mut options = Options::default();
    let mut limit = None;
    let mut i = 2;
    while i < call.argc() {
        let word = call.arg(i);
        let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
        let has_more = i + 1 < call.argc();
        if is_xadd && word == b"*" {
            options.id = Some((NewId::Auto, i));
            break;
        } else if has_more && (is(b"maxlen") || is(b"minid")) {
            if options.trimming.is_some() {
                return Err(CommandError::TrimTwice);
            }
            let trimming = parse_threshold(call, i, is(b"maxlen"))?;
            i = trimming.threshold_at;
            options.trimming = Some(trimming);
        } else if has_more && is(b"limit") {
            i += 1;
            let count = u64::try_from(call.integer(i)?);
            limit = Some(count.map_err(|_| CommandError::TrimLimitNegative)?);
        } else if is_xadd && is(b"nomkstream") {
            options.no_mkstream = true;
        } else if is_xadd {
            options.id = Some((id::parse_new(word)?, i));
            break;
        } else {
            return Err(CommandError::Syntax);
        }
        i += 1;
    }
    set_limit(call, limit, is_xadd, &mut options)?;
    Ok(options)
}

fn parse_threshold(
    call: &Call<'_>,
    strategy_at: usize,
    is_length: bool,
) -> Result<Trimming, CommandError> {
    let operator = call.arg(strategy_at + 1);
    let has_operator = strategy_at + 2 < call.argc() && (operator == b"~" || operator == b"=");
    let threshold_at = strategy_at + 1 + usize::from(has_operator);
    let until = if is_length {
        let length = args::integer(call.args, threshold_at)?;
        Until::Length(u64::try_from(length).map_err(|_| CommandError::TrimLengthNegative)?)
    } else {
        Until::Id(id::parse(call.arg(threshold_at), 0)?)
    };
    let is_approximate = has_operator && operator == b"~";
    Ok(Trimming { trim: Trim { until, is_approximate, limit: None }, threshold_at })
}

/// What the master trimmed was told by what was left; there is no limit to it here.
fn set_limit(
    call: &Call<'_>,
    limit: Option<u64>,
    is_xadd: bool,
    options: &mut Options,
) -> Result<(), CommandError> {
    let trimming = options.trimming.as_mut();
    if trimming.is_none() && limit.is_some_and(|limit| limit > 0) {
        return Err(CommandError::TrimLimitAlone);
    }
    if trimming.is_none() && !is_xadd {
        return Err(CommandError::TrimWithoutStrategy);
    }
    if call.origin.is_obeyed() {
        return Ok(());
    }
    let is_approximate = trimming.as_ref().is_some_and(|trimming| trimming.trim.is_approximate);
    if limit.is_some() && !is_approximate {
        return Err(CommandError::TrimLimitExact);
    }
    if let Some(trimming) = trimming.filter(|_| is_approximate) {
        let by_default = || {
            let entries = limits(&call.server.config).stream.max_entries;
            let limit = entries.saturating_mul(DEFAULT_LIMIT_BLOCKS).min(DEFAULT_LIMIT_MAX);
            if limit == 0 { DEFAULT_LIMIT } else { limit }
        };
        trimming.trim.limit = Some(limit.unwrap_or_else(by_default)).filter(|&limit| limit > 0);
    }
    Ok(())
}

impl Trimming {
    /// What replicas are told of a trimming that was not exact: what is left.
    pub fn threshold_left(&self, log: &Log) -> Option<Vec<u8>> {
        let text = match self.trim.until {
            _ if !self.trim.is_approximate => return None,
            Until::Length(_) => itoa::Buffer::new().format(log.len()).as_bytes().to_vec(),
            Until::Id(_) => {
                let first = log.first_kept_id().unwrap_or(StreamId::MAX);
                IdText::of(first).as_bytes().to_vec()
            }
        };
        Some(text)
    }
}

/// Puts what is left in the place of what was asked for, and of `~` before it.
pub fn rewrite<'a>(args: &mut [&'a [u8]], trimming: &Trimming, left: &'a [u8]) {
    let threshold_at = trimming.threshold_at;
    if let Some([operator, threshold]) = args.get_mut(threshold_at - 1..=threshold_at) {
        (*operator, *threshold) = (b"=", left);
    }
}

/// Drops what was trimmed.
pub fn discard(call: &Call<'_>, trimmed: Trimmed) {
    if trimmed.is_slow_to_drop() {
        call.keys.garbage.drop_later(trimmed, 0);
    }
}
