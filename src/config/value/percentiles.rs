//! `latency-tracking-info-percentiles`: which percentiles `INFO latencystats` shows.

use super::{Line, Reason, Source, Value};
use crate::base::number::parse_f64;

impl Value for Vec<f64> {
    type Rule = ();
    const SEVERAL_ARGUMENTS: bool = true;

    fn parse(&self, arguments: &[&[u8]], _: &(), _: Source) -> Result<Self, Reason> {
        if *arguments == [b""] {
            return Ok(Vec::new());
        }
        let percentile = |text: &&[u8]| {
            let value =
                parse_f64(text).ok_or("Invalid latency-tracking-info-percentiles parameters")?;
            if !(0.0..=100.0).contains(&value) {
                return Err("latency-tracking-info-percentiles parameters should sit between \
                            [0.0,100.0]"
                    .into());
            }
            Ok(value)
        };
        arguments.iter().map(percentile).collect()
    }

    fn text(&self, _: &()) -> Vec<u8> {
        let texts: Vec<_> = self.iter().map(|value| trimmed(*value)).collect();
        texts.join(" ").into_bytes()
    }

    /// Always written, an empty list too, so that the default does not come back.
    fn lines(&self, _: &Self, rule: &()) -> Vec<Line> {
        let arguments = if self.is_empty() { b"\"\"".to_vec() } else { self.text(rule) };
        vec![Line { arguments, forced: true }]
    }
}

/// A percentile as it is printed: six decimals, without zeros at the end.
pub fn trimmed(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(words: &[&str]) -> Result<String, Reason> {
        let words: Vec<_> = words.iter().map(|word| word.as_bytes()).collect();
        let values = Vec::<f64>::new().parse(&words, &(), Source::ConfigSet)?;
        Ok(String::from_utf8(values.text(&())).unwrap())
    }

    #[test]
    fn percentiles_are_numbers_from_0_to_100() {
        assert_eq!(canonical(&["50", "99.90", "0", "100"]).unwrap(), "50 99.9 0 100");
        assert_eq!(canonical(&[""]).unwrap(), "");
        assert!(canonical(&["100.1"]).unwrap_err().contains("should sit between [0.0,100.0]"));
        assert!(canonical(&["a"]).unwrap_err().starts_with("Invalid latency-tracking"));
    }
}
