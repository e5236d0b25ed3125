//! `client-output-buffer-limit`: how many bytes of replies may wait for a client.

use super::number::{NumberRule, parse_memory};
use super::{Line, Reason, Source, Value, c_integer};

/// A client is closed when more than `hard_bytes` wait for it, or more than `soft_bytes` for
/// longer than `soft_seconds`. A limit of 0 does not limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferLimit {
    pub hard_bytes: u64,
    pub soft_bytes: u64,
    pub soft_seconds: u64,
}

/// A limit for each class of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferLimits {
    pub normal: BufferLimit,
    pub replica: BufferLimit,
    pub pubsub: BufferLimit,
}

impl BufferLimits {
    pub(crate) const DEFAULT: BufferLimits = BufferLimits {
        normal: BufferLimit { hard_bytes: 0, soft_bytes: 0, soft_seconds: 0 },
        replica: BufferLimit { hard_bytes: 256 << 20, soft_bytes: 64 << 20, soft_seconds: 60 },
        pubsub: BufferLimit { hard_bytes: 32 << 20, soft_bytes: 8 << 20, soft_seconds: 60 },
    };

    fn class_mut(&mut self, name: &[u8]) -> Option<&mut BufferLimit> {
        match name.to_ascii_lowercase().as_slice() {
            b"normal" => Some(&mut self.normal),
            b"slave" | b"replica" => Some(&mut self.replica),
            b"pubsub" => Some(&mut self.pubsub),
            _ => None,
        }
    }
}

impl BufferLimit {
    fn parse(hard: &[u8], soft: &[u8], seconds: &[u8]) -> Option<Self> {
        Some(BufferLimit {
            hard_bytes: parse_memory(hard)?,
            soft_bytes: parse_memory(soft)?,
            soft_seconds: c_integer(seconds, 10).and_then(|number| u64::try_from(number).ok())?,
        })
    }
}

impl Value for BufferLimits {
    type Rule = ();
    const SEVERAL_ARGUMENTS: bool = true;

    /// Groups of class, hard limit, soft limit and seconds. Classes not named stay as they are.
    fn parse(&self, arguments: &[&[u8]], _: &(), _: Source) -> Result<Self, Reason> {
        let (groups, rest) = arguments.as_chunks::<4>();
        if !rest.is_empty() {
            return Err("Wrong number of arguments in buffer limit configuration.".into());
        }
        let mut limits = *self;
        for [class, hard, soft, seconds] in groups {
            let class = limits
                .class_mut(class)
                .ok_or("Invalid client class specified in buffer limit configuration.")?;
            *class = BufferLimit::parse(hard, soft, seconds).ok_or(
                "Error in hard, soft or soft_seconds setting in buffer limit configuration.",
            )?;
        }
        Ok(limits)
    }

    fn text(&self, _: &()) -> Vec<u8> {
        let class = |name: &str, limit: &BufferLimit| {
            let BufferLimit { hard_bytes, soft_bytes, soft_seconds } = limit;
            format!("{name} {hard_bytes} {soft_bytes} {soft_seconds}")
        };
        [
            class("normal", &self.normal),
            class("slave", &self.replica),
            class("pubsub", &self.pubsub),
        ]
        .join(" ")
        .into_bytes()
    }

    fn lines(&self, default: &Self, _: &()) -> Vec<Line> {
        [
            line("normal", &self.normal, &default.normal),
            line("replica", &self.replica, &default.replica),
            line("pubsub", &self.pubsub, &default.pubsub),
        ]
        .into()
    }
}

fn line(class: &str, limit: &BufferLimit, default: &BufferLimit) -> Line {
    let memory = NumberRule::memory(0, i128::MAX);
    let mut arguments = format!("{class} ").into_bytes();
    for bytes in [limit.hard_bytes, limit.soft_bytes] {
        arguments.extend(memory.rewritten(bytes.into()));
        arguments.push(b' ');
    }
    arguments.extend(limit.soft_seconds.to_string().bytes());
    Line { arguments, forced: limit != default }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<BufferLimits, Reason> {
        let words: Vec<_> = text.split(' ').map(str::as_bytes).collect();
        BufferLimits::DEFAULT.parse(&words, &(), Source::ConfigSet)
    }

    #[test]
    fn classes_not_named_stay_as_they_are() {
        let limits = parse("slave 1mb 512kb 5").unwrap();
        assert_eq!(limits.normal, BufferLimits::DEFAULT.normal);
        assert_eq!(
            limits.text(&()),
            b"normal 0 0 0 slave 1048576 524288 5 pubsub 33554432 8388608 60"
        );
        let lines = limits.lines(&BufferLimits::DEFAULT, &());
        assert_eq!(lines[1], Line { arguments: b"replica 1mb 512kb 5".to_vec(), forced: true });
        assert_eq!(lines[2], Line { arguments: b"pubsub 32mb 8mb 60".to_vec(), forced: false });
    }

    #[test]
    fn each_mistake_has_its_message() {
        let message = |text| parse(text).unwrap_err();
        assert!(message("wrong number").starts_with("Wrong number of arguments"));
        assert!(message("invalid_class 1 1 1").starts_with("Invalid client class"));
        assert!(message("master 10mb 10mb 60").starts_with("Invalid client class"));
        assert!(message("normal invalid 1 1").starts_with("Error in hard, soft"));
        assert!(message("normal 1 invalid 1").starts_with("Error in hard, soft"));
        assert!(message("normal 1 1 invalid").starts_with("Error in hard, soft"));
        assert!(message("normal 1 1 -1").starts_with("Error in hard, soft"));
    }
}
