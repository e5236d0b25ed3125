//! Where channels are among the arguments of a command that needs a right to them.

use crate::pubsub::Kind;
use crate::resp::request::Args;

/// The channels of a command: one, or all arguments.
#[derive(Clone, Copy, Debug)]
pub struct ChannelSpec {
    pub kind: Kind,
    most: usize,
}

impl ChannelSpec {
    /// The first argument.
    pub const fn first(kind: Kind) -> ChannelSpec {
        ChannelSpec { kind, most: 1 }
    }

    /// All arguments.
    pub const fn all(kind: Kind) -> ChannelSpec {
        ChannelSpec { kind, most: usize::MAX }
    }

    /// Those of one call.
    pub fn names<'a>(&self, args: Args<'a>) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        args.iter().skip(1).take(self.most)
    }
}
