//! What the commands have in common that make one sorted set of several, which may be plain sets too:
//! each of their members has the score 1.

use super::reply::Shown;
use crate::base::number::parse_f64;
use crate::commands::args;
use crate::commands::call::Call;
use crate::commands::destination;
use crate::commands::error::CommandError;
use crate::commands::keys::Any;
use crate::store::packed::Element;
use crate::store::value::Value;
use crate::store::value::set::Set;
use crate::store::value::zset::SortedSet;

/// What a command reads.
#[derive(Clone, Default)]
pub enum Input {
    #[default]
    None,
    Set(Set),
    Sorted(SortedSet),
}

impl Input {
    pub fn len(&self) -> usize {
        match self {
            Input::None => 0,
            Input::Set(set) => set.len(),
            Input::Sorted(zset) => zset.len(),
        }
    }

    pub fn score(&self, member: Element<'_>) -> Option<f64> {
        match self {
            Input::None => None,
            Input::Set(set) => set.contains_element(member).then_some(1.0),
            Input::Sorted(zset) => zset.score(member.text(&mut itoa::Buffer::new())),
        }
    }

    /// All elements, until one is enough; `false` from `then` ends it.
    pub fn each(&self, mut then: impl FnMut(Element<'_>, f64) -> bool) {
        match self {
            Input::None => {}
            Input::Set(set) => {
                set.iter().all(|member| then(member, 1.0));
            }
            Input::Sorted(zset) => {
                zset.iter().all(|(member, score)| then(member, score));
            }
        }
    }
}

/// Of several scores of one member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    Sum,
    Min,
    Max,
}

impl Aggregate {
    fn parse(word: &[u8]) -> Result<Aggregate, CommandError> {
        let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
        match () {
            () if is(b"sum") => Ok(Aggregate::Sum),
            () if is(b"min") => Ok(Aggregate::Min),
            () if is(b"max") => Ok(Aggregate::Max),
            () => Err(CommandError::Syntax),
        }
    }

    /// Infinities that cancel out make 0, as in Redis.
    pub fn of(self, one: f64, other: f64) -> f64 {
        match self {
            Aggregate::Sum => number(one + other),
            Aggregate::Min if other < one => other,
            Aggregate::Max if other > one => other,
            Aggregate::Min | Aggregate::Max => one,
        }
    }
}

/// 0 for what is no number.
pub fn number(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// Which options a command takes.
#[derive(Clone, Copy)]
pub struct Allowed {
    pub weights: bool,
    pub scores: bool,
    pub limit: bool,
}

/// What a command is asked for.
pub struct Request {
    /// With the weight of each.
    pub inputs: Vec<(Input, f64)>,
    pub aggregate: Aggregate,
    pub shown: Shown,
    /// Without one, 0.
    pub limit: usize,
}

impl Request {
    /// Reads what the arguments from `count_at` on name. The command is named in an error.
    ///
    /// # Errors
    /// In the order of Redis, which looks at the keys before the options.
    pub fn read(
        call: &mut Call<'_>,
        count_at: usize,
        (name, allowed): (&'static str, Allowed),
    ) -> Result<Request, CommandError> {
        let first = count_at + 1;
        let count = match args::integer(call.args, count_at)? {
            ..=0 => return Err(CommandError::NoInputKey(name)),
            count => usize::try_from(count).unwrap_or(usize::MAX),
        };
        if count > call.argc() - first {
            return Err(CommandError::Syntax);
        }
        let keys = first..first + count;
        let inputs = keys.clone().map(|i| Ok((read(call, i)?, 1.0)));
        let inputs = inputs.collect::<Result<Vec<_>, CommandError>>()?;
        let shown = Shown::Members;
        let mut request = Request { inputs, aggregate: Aggregate::Sum, shown, limit: 0 };
        request.options(call, keys.end, allowed)?;
        Ok(request)
    }

    fn options(
        &mut self,
        call: &Call<'_>,
        first: usize,
        allowed: Allowed,
    ) -> Result<(), CommandError> {
        let mut at = first;
        while at < call.argc() {
            let left = call.argc() - at;
            let is = |name: &[u8]| call.arg(at).eq_ignore_ascii_case(name);
            if allowed.weights && left > self.inputs.len() && is(b"weights") {
                for (_, weight) in &mut self.inputs {
                    at += 1;
                    *weight = parse_f64(call.arg(at)).ok_or(CommandError::WeightNotFloat)?;
                }
            } else if allowed.weights && left >= 2 && is(b"aggregate") {
                at += 1;
                self.aggregate = Aggregate::parse(call.arg(at))?;
            } else if allowed.scores && is(b"withscores") {
                self.shown = Shown::Scored;
            } else if allowed.limit && left >= 2 && is(b"limit") {
                at += 1;
                self.limit = args::natural_or(call.args, at, CommandError::LimitNegative)?;
            } else {
                return Err(CommandError::Syntax);
            }
            at += 1;
        }
        Ok(())
    }

    /// The smallest one first.
    pub fn by_size(mut self) -> Request {
        self.inputs.sort_by_key(|(input, _)| input.len());
        self
    }
}

fn read(call: &mut Call<'_>, i: usize) -> Result<Input, CommandError> {
    let Some(entry) = call.keys.read::<Any>(call.args.get(i))? else { return Ok(Input::None) };
    if let Some(zset) = entry.object::<SortedSet>() {
        return Ok(Input::Sorted(zset.clone()));
    }
    entry.object::<Set>().cloned().map(Input::Set).ok_or(CommandError::WrongType)
}

/// Answers with a sorted set that was made for that.
pub fn answer(call: &mut Call<'_>, zset: SortedSet, shown: Shown) {
    shown.put_all(&mut call.reply, zset.len(), zset.iter());
    if zset.is_slow_to_drop() {
        call.keys.garbage.drop_later(zset, 0);
    }
}

/// Puts a sorted set in the place of the first key; answers how many members there are.
pub fn store(call: &mut Call<'_>, zset: SortedSet, event: &'static str) {
    call.reply.int(zset.len() as i64);
    let destination = call.args.get(1);
    destination::store(call, destination, zset, event);
}
