//! Sizes as the allocator rounds them.

/// The bytes that jemalloc takes for an allocation of `bytes`: multiples of 16 up to 128, then
/// four classes for every doubling.
///
/// Blocks are allocated at exactly this size, so that a change that stays in the class can be made
/// in place and the layout to free is known from the contents.
pub(crate) const fn size_class(bytes: usize) -> usize {
    if bytes <= 128 {
        return if bytes == 0 { 16 } else { (bytes + 15) & !15 };
    }
    let step_bits = (bytes - 1).ilog2() - 2;
    let mask = (1usize << step_bits) - 1;
    (bytes + mask) & !mask
}

#[cfg(test)]
mod tests {
    use super::size_class;

    #[test]
    fn size_classes_are_those_of_jemalloc() {
        let classes = [
            16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768,
            896, 1024, 1280, 1536, 1792, 2048, 2560, 3072, 3584, 4096,
        ];
        let mut expected = classes.iter().copied().peekable();
        for bytes in 1..=4096 {
            while *expected.peek().unwrap() < bytes {
                expected.next();
            }
            assert_eq!(size_class(bytes), *expected.peek().unwrap(), "of {bytes} bytes");
        }
    }
}
