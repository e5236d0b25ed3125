//! `PFSELFTEST`: whether this build counts as it should.

use super::dense;
use super::hash::Observation;
use super::layout::REGISTERS;
use super::sketch::{Draft, View, raise_dense};
use crate::base::random::Random;

/// How many elements are added; some milliseconds.
const ELEMENTS: u64 = 100_000;
/// The standard error of an estimate.
const STANDARD_ERROR: f64 = 0.0081;
/// How many standard errors an estimate may be off. It is the same elements each time, so that it
/// is a matter of the build and not of chance.
const ERRORS_MAX: f64 = 3.0;

/// Writes and reads registers, adds elements to a sparse one and to a dense one, and compares the
/// estimates with each other and with the truth.
///
/// # Errors
/// What went wrong.
pub fn self_test() -> Result<(), String> {
    check_registers()?;
    check_estimates()
}

fn check_registers() -> Result<(), String> {
    let mut random = Random::from_seed(1);
    let mut bytes = [0; dense::BYTES];
    let registers: Vec<u8> = (0..REGISTERS).map(|_| random.below(64) as u8).collect();
    for (index, &count) in registers.iter().enumerate() {
        dense::raise(&mut bytes, Observation { index, count });
    }
    for (index, &expected) in registers.iter().enumerate() {
        let found = dense::get(&bytes, index);
        if found != expected {
            return Err(format!("register {index} is {found} and not {expected}"));
        }
    }
    Ok(())
}

fn check_estimates() -> Result<(), String> {
    let corrupt = |_| "a sparse representation is corrupt".to_owned();
    let mut dense = Draft::empty(usize::MAX);
    dense.make_dense().map_err(corrupt)?;
    let (mut dense, mut sparse) = (dense.into_bytes(), Draft::empty(usize::MAX));
    let mut next_check = 1;
    for added in 1..=ELEMENTS {
        let seen = Observation::of(&added.to_le_bytes());
        raise_dense(&mut dense, seen);
        // It is slow when there are many runs, and Redis gives it up long before.
        let is_sparse_too = added <= ELEMENTS / 100;
        if is_sparse_too {
            sparse.raise(seen).map_err(corrupt)?;
        }
        if added != next_check {
            continue;
        }
        next_check *= 10;
        let estimate = cardinality(&dense)?;
        if is_sparse_too && cardinality(&sparse.bytes)? != estimate {
            return Err(format!("of {added} elements, sparse and dense estimates differ"));
        }
        let error = (estimate as f64 - added as f64).abs();
        if error > (ERRORS_MAX * STANDARD_ERROR * added as f64).max(1.0) {
            return Err(format!("the estimate of {added} elements is {estimate}"));
        }
    }
    Ok(())
}

fn cardinality(bytes: &[u8]) -> Result<u64, String> {
    let view = View::of(bytes).ok_or("it is no HyperLogLog")?;
    view.cardinality().map_err(|_| "a sparse representation is corrupt".to_owned())
}
