//! How long the calls of one command take: counts by duration, about one percent apart.
//!
//! ```text
//! duration in ns   0 .. 255    256 .. 511    512 .. 1023    1024 .. 2047    ...  2^30
//! bucket width         1            2             4              8
//! ```
//! Up to 255 every nanosecond has its bucket; after that each doubling has 128 of them. These are
//! the buckets of Redis's histograms, so the same durations give the same figures.

/// What takes longer counts as this: a second.
const MAX_NANOS: u64 = 1_000_000_000;
/// Each doubling is divided into 2 to the power of this many buckets.
const HALF_BITS: u32 = 7;
const HALF: usize = 1 << HALF_BITS;
/// The first border that LATENCY HISTOGRAM shows, and the factor from one to the next.
const FIRST_BORDER_NANOS: u64 = 1024;
const BORDER_FACTOR: u64 = 2;
/// The end of the buckets, where the last border is.
const LAST_BORDER_NANOS: u64 = (1 << 30) - 1;

/// Takes no memory before the first call, and the same from then on, as in Redis: what a server uses
/// does not seem to grow with each call that is slower than those before it.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    /// Counts one call; gives the bytes that it takes more since then.
    #[inline]
    pub fn record(&mut self, took_nanos: u64) -> usize {
        let bucket = bucket_of(took_nanos.clamp(1, MAX_NANOS));
        self.total += 1;
        match self.counts.get_mut(bucket) {
            Some(count) => {
                *count += 1;
                0
            }
            None => self.allocate_and_count(bucket),
        }
    }

    #[cold]
    fn allocate_and_count(&mut self, bucket: usize) -> usize {
        self.counts = vec![0; bucket_of(MAX_NANOS) + 1];
        self.counts[bucket] = 1;
        self.counts.capacity() * size_of::<u64>()
    }

    /// The number of calls.
    pub fn total(&self) -> u64 {
        self.total
    }

    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The duration in nanoseconds that `percentile` (0 to 100) of the calls did not exceed: the
    /// longest of its bucket; of percentile 0 the shortest.
    pub fn percentile_nanos(&self, percentile: f64) -> u64 {
        let wanted = (percentile / 100.0 * self.total as f64 + 0.5) as u64;
        let bucket = self.bucket_of_call(wanted.max(1));
        if percentile == 0.0 { shortest_of(bucket) } else { longest_of(bucket) }
    }

    /// The bucket of the call that is the `rank`-th, counted from 1, by duration.
    fn bucket_of_call(&self, rank: u64) -> usize {
        let mut seen = 0;
        let found = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        found.unwrap_or(0)
    }

    /// (microseconds, calls that took no longer), at each border where the second grows.
    pub fn cumulative(&self) -> Vec<(u64, u64)> {
        let mut lines = Vec::new();
        let (mut border, mut bucket, mut seen) = (FIRST_BORDER_NANOS, 0, 0);
        while seen < self.total {
            let last = bucket_of(border);
            let before = seen;
            let passed = self.counts.iter().take(last + 1).skip(bucket);
            seen += passed.sum::<u64>();
            if seen > before {
                lines.push((longest_of(last).min(LAST_BORDER_NANOS) / 1000, seen));
            }
            bucket = last + 1;
            border *= BORDER_FACTOR;
        }
        lines
    }
}

/// The bucket of a duration.
fn bucket_of(nanos: u64) -> usize {
    let doublings = width_bits(nanos);
    doublings as usize * HALF + (nanos >> doublings) as usize
}

/// The binary logarithm of a bucket's width.
fn width_bits(nanos: u64) -> u32 {
    (u64::BITS - nanos.leading_zeros()).saturating_sub(HALF_BITS + 1)
}

/// The shortest duration of a bucket.
fn shortest_of(bucket: usize) -> u64 {
    let doublings = (bucket / HALF).saturating_sub(1);
    ((bucket - doublings * HALF) as u64) << doublings
}

/// The longest duration of a bucket.
fn longest_of(bucket: usize) -> u64 {
    shortest_of(bucket + 1) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_micros(durations: &[u64]) -> Histogram {
        let mut histogram = Histogram::default();
        durations.iter().for_each(|&micros| {
            histogram.record(micros * 1000);
        });
        histogram
    }

    #[test]
    fn buckets_cover_every_duration_without_gaps() {
        for bucket in 0..=bucket_of(MAX_NANOS) {
            let (shortest, longest) = (shortest_of(bucket), longest_of(bucket));
            assert_eq!((bucket_of(shortest), bucket_of(longest)), (bucket, bucket));
            assert!(longest - shortest <= shortest / HALF as u64, "{shortest}..{longest}");
        }
    }

    /// The figures of redis-server 7.0.15 for the same durations.
    #[test]
    fn percentiles_are_the_longest_duration_of_their_bucket() {
        let histogram = of_micros(&[1, 1, 1, 50_000]);
        assert_eq!(histogram.percentile_nanos(50.0), 1003);
        assert_eq!(histogram.percentile_nanos(100.0), 50_069_503);
        assert_eq!(histogram.percentile_nanos(0.0), 1000);
    }

    #[test]
    fn borders_show_how_many_calls_were_no_slower() {
        let histogram = of_micros(&[1, 1, 2, 3, 20, 5_000_000]);
        assert_eq!(histogram.cumulative(), [(1, 2), (2, 3), (4, 4), (33, 5), (1_073_741, 6)]);
        assert!(Histogram::default().cumulative().is_empty());
    }

    #[test]
    fn a_histogram_without_calls_takes_no_memory() {
        assert_eq!(Histogram::default().counts.capacity(), 0);
        let bytes = |histogram: Histogram| histogram.counts.capacity() * size_of::<u64>();
        assert_eq!(bytes(of_micros(&[9_000_000])), bytes(of_micros(&[1])));
        assert!(bytes(of_micros(&[1])) < 25_000);
    }
}
