//! Streams: what a data set and a load have of them.

use super::collections::element;
use super::data::Random;

/// Commands that make the `i`-th stream, of so many entries.
pub fn fill(random: &mut Random, i: usize, count: usize) -> Vec<Vec<Vec<u8>>> {
    let key = format!("x:{i}").into_bytes();
    let mut commands = Vec::new();
    for entry in 0..count {
        let id = format!("{}-{}", 1 + entry / 3, entry % 3 + 1).into_bytes();
        let mut command = vec![b"xadd".to_vec(), key.clone(), id];
        // Most have the same fields.
        let fields = if random.below(5) == 0 { 1 + random.below(4) } else { 2 };
        for field in 0..fields {
            command.extend([format!("field {field}").into_bytes(), element(random)]);
        }
        commands.push(command);
    }
    for word in ["1-1", "2-2", "4-1"] {
        commands.push(vec![b"xdel".to_vec(), key.clone(), word.into()]);
    }
    commands
}

/// A write on a stream of few.
pub fn write(random: &mut Random, key: u64, n: u64, _for_six: bool) -> String {
    match random.below(8) {
        0..5 => format!("xadd x:{key} * field {n} other value-{n}"),
        5 => format!("xadd x:{key} maxlen ~ 300 * field {n}"),
        6 => format!("xdel x:{key} {} {}-1", 1 + n % 40, 1 + n % 40),
        _ => format!("xtrim x:{key} maxlen {}", 100 + n % 200),
    }
}
