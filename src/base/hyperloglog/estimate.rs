//! From registers to an estimate.

use super::layout::{INDEX_BITS, MAX_COUNT, REGISTERS};

/// `1 / (2 ln 2)`.
const ALPHA: f64 = 0.721_347_520_444_481_703_680;

/// How many registers hold each number: six bits hold 0 to 63.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram(pub [u32; 64]);

impl Histogram {
    pub const EMPTY: Histogram = Histogram([0; 64]);

    /// Of registers that are a byte each, of which six bits count.
    pub fn of(registers: &[u8]) -> Histogram {
        // Several, so that equal neighbours do not wait for one another.
        let mut parts = [[0u32; 64]; 4];
        let (groups, rest) = registers.as_chunks::<4>();
        for group in groups {
            for (part, register) in parts.iter_mut().zip(group) {
                part[usize::from(register & 63)] += 1;
            }
        }
        rest.iter().for_each(|register| parts[0][usize::from(register & 63)] += 1);
        Histogram(std::array::from_fn(|i| parts.iter().map(|part| part[i]).sum()))
    }

    /// How many different elements made such registers, as far as one can tell.
    pub fn cardinality(&self) -> u64 {
        let all = REGISTERS as f64;
        let share = |count: u32| f64::from(count) / all;
        // Registers at the top count as what is above it, those at 0 as what is below.
        let full = self.0[usize::from(MAX_COUNT)];
        let mut sum = all * tau(share(REGISTERS as u32 - full));
        for count in self.0[1..=64 - INDEX_BITS as usize].iter().rev() {
            sum += f64::from(*count);
            sum *= 0.5;
        }
        sum += all * sigma(share(self.0[0]));
        (ALPHA * all * all / sum).round() as u64
    }
}

/// `x + x^2 + 2 x^4 + 4 x^8 + ...`
fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut factor, mut sum) = (1.0, x);
    loop {
        x *= x;
        let before = sum;
        sum += x * factor;
        factor += factor;
        if sum == before {
            return sum;
        }
    }
}

/// `(1 - x - (1 - x^(1/2))^2 / 2 - (1 - x^(1/4))^2 / 4 - ...) / 3`
fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut factor, mut sum) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = sum;
        factor *= 0.5;
        sum -= (1.0 - x) * (1.0 - x) * factor;
        if sum == before {
            return sum / 3.0;
        }
    }
}
