//! Replies with doubles in them, which Redis 7.2 writes in fewer digits than 7.0.

use crate::commands::Command;
use crate::support::Value;

/// Whether a command answers with scores.
pub fn tells_doubles(command: &Command) -> bool {
    let name = command[0].to_ascii_lowercase();
    name.starts_with(b"z") || name.starts_with(b"bz")
}

/// Whether two replies are the same but for how doubles are written.
pub fn same_doubles(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|(ours, theirs)| same_doubles(ours, theirs))
        }
        (Value::Bulk(ours), Value::Bulk(theirs)) => ours == theirs || same_number(ours, theirs),
        _ => ours == theirs,
    }
}

/// Theirs has all 17 digits, or an exponent where ours has none yet.
fn same_number(ours: &[u8], theirs: &[u8]) -> bool {
    let number = |text: &[u8]| {
        let text = std::str::from_utf8(text).ok()?;
        text.parse::<f64>().ok().map(f64::to_bits)
    };
    let is_long = theirs.len() >= 15 || theirs.contains(&b'e');
    is_long && number(ours).is_some() && number(ours) == number(theirs)
}
