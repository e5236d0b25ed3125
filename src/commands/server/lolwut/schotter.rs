//! After Georg Nees's "Schotter" of 1968: squares in order that lose it on their way down.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};

use crate::base::random::Random;

/// Dots of a Braille character across and down.
const DOTS_ACROSS: usize = 2;
const DOTS_DOWN: usize = 4;

/// A picture of dots.
struct Canvas {
    width: usize,
    height: usize,
    dots: Vec<bool>,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Canvas {
        Canvas { width, height, dots: vec![false; width * height] }
    }

    /// Sets a dot; what is outside of the picture is not seen.
    fn dot(&mut self, x: f64, y: f64) {
        let (x, y) = (x.round(), y.round());
        if x >= 0.0 && y >= 0.0 && x < self.width as f64 && y < self.height as f64 {
            let place = self.dots.get_mut(y as usize * self.width + x as usize);
            place.into_iter().for_each(|dot| *dot = true);
        }
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64)) {
        let (across, down) = (to.0 - from.0, to.1 - from.1);
        let steps = across.abs().max(down.abs()).ceil().max(1.0) as usize;
        for step in 0..=steps {
            let part = step as f64 / steps as f64;
            self.dot(from.0 + across * part, from.1 + down * part);
        }
    }

    /// A square around its middle, turned by an angle.
    fn square(&mut self, middle: (f64, f64), side: f64, angle: f64) {
        let radius = side / std::f64::consts::SQRT_2;
        let corner = |i: usize| {
            let direction = angle + FRAC_PI_4 + FRAC_PI_2 * i as f64;
            (middle.0 + direction.sin() * radius, middle.1 + direction.cos() * radius)
        };
        (0..4).for_each(|i| self.line(corner(i), corner(i + 1)));
    }

    fn has(&self, x: usize, y: usize) -> bool {
        x < self.width && self.dots.get(y * self.width + x) == Some(&true)
    }

    /// Two by four dots a character.
    fn to_braille(&self) -> String {
        let mut text = String::new();
        for y in (0..self.height).step_by(DOTS_DOWN) {
            for x in (0..self.width).step_by(DOTS_ACROSS) {
                text.push(self.character(x, y));
            }
            text.push('\n');
        }
        text
    }

    fn character(&self, x: usize, y: usize) -> char {
        const BLANK: u32 = 0x2800;
        /// (right, down) of each bit of a Braille character.
        const PLACES: [(usize, usize); 8] =
            [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
        let bits =
            PLACES.iter().enumerate().filter(|(_, place)| self.has(x + place.0, y + place.1));
        let code = bits.fold(BLANK, |code, (bit, _)| code | 1 << bit);
        char::from_u32(code).unwrap_or(' ')
    }
}

/// The picture, `columns` characters wide.
pub fn draw(columns: usize, across: usize, down: usize, random: &mut Random) -> String {
    let width = columns * DOTS_ACROSS;
    let margin = if width > 4 { 2.0 } else { 0.0 };
    let side = (width as f64 - 2.0 * margin) / across as f64;
    let height = (side * down as f64 + 2.0 * margin) as usize;
    let mut canvas = Canvas::new(width, height.max(1));
    for row in 0..down {
        // Disorder begins below the first rows and grows.
        let disorder = if row > 1 { row as f64 / down as f64 } else { 0.0 };
        for column in 0..across {
            let mut shake = || (random.unit_f64() - 0.5) * disorder;
            let x = margin + side * (column as f64 + 0.5 + shake() / 3.0);
            let y = margin + side * (row as f64 + 0.5 + shake() / 3.0);
            let angle = shake() * 2.0;
            canvas.square((x, y), side, angle);
        }
    }
    let picture = canvas.to_braille();
    format!("{picture}\nAfter Georg Nees, Schotter, 1968. ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rows_are_in_order() {
        let picture = draw(8, 2, 1, &mut Random::from_seed(1));
        let first = picture.lines().next().unwrap_or_default();
        assert_eq!(first.chars().count(), 8);
        assert!(first.contains('⠉') || first.contains('⣀') || first.contains('⠤'), "{picture}");
    }
}
