//! A town at night: houses of random width and height, some windows lit.

use crate::base::random::Random;

/// Widths of houses: from, and how many different ones.
const WIDTH_MIN: usize = 4;
const WIDTHS: u64 = 6;

/// The picture, `columns` characters wide and `rows` high.
pub fn draw(columns: usize, rows: usize, random: &mut Random) -> String {
    let mut lines = vec![vec![' '; columns]; rows];
    let mut left = 0;
    while left < columns {
        let right = (left + WIDTH_MIN + random.below(WIDTHS) as usize).min(columns);
        let height = 1 + random.below(rows as u64) as usize;
        for line in lines.iter_mut().skip(rows - height) {
            for (i, place) in line.iter_mut().take(right).skip(left).enumerate() {
                let is_window = i % 2 == 1 && random.below(3) == 0;
                *place = if is_window { '▒' } else { '█' };
            }
        }
        left = right + 1;
    }
    let mut text = String::new();
    for line in lines {
        text.extend(line);
        text.push('\n');
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_town_is_as_large_as_asked() {
        for (columns, rows) in [(1, 1), (80, 20), (5, 3)] {
            let text = draw(columns, rows, &mut Random::from_seed(1));
            let lines: Vec<_> = text.lines().collect();
            assert_eq!(lines.len(), rows + 1);
            assert!(lines[..rows].iter().all(|line| line.chars().count() == columns));
        }
    }
}
