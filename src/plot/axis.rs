//! An axis: which values it shows, where they lie, and which of them are written beside it.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

/// Beyond this, a number is as good as infinite: the arithmetic of axes would overflow.
const LARGEST: f64 = 1e300;

/// One axis. Its coordinate is the value, or the value's decimal logarithm.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    log: bool,
    /// The coordinates of the ends.
    pub(super) range: (f64, f64),
    /// The coordinates that are marked, and what is written there.
    pub(super) ticks: Vec<(f64, String)>,
}

/// The coordinate of `value`, if it has one.
pub(super) fn coordinate(value: f64, log: bool) -> Option<f64> {
    let drawable = value.abs() < LARGEST && (!log || value > 0.0);
    drawable.then(|| if log { value.log10() } else { value })
}

impl Axis {
    /// An axis with about `count` ticks that shows `values`, or exactly `range` if that is a range.
    pub(super) fn new(
        values: impl Iterator<Item = f64>,
        log: bool,
        range: Option<(f64, f64)>,
        pad: (f64, f64),
        count: f64,
    ) -> Self {
        let wanted = range
            .and_then(|(lo, hi)| Some((coordinate(lo, log)?, coordinate(hi, log)?)))
            .filter(|&(lo, hi)| hi - lo > resolution(lo, hi));
        let range = wanted.unwrap_or_else(|| {
            let (lo, hi) =
                extent(values.filter_map(|value| coordinate(value, log))).unwrap_or((0.0, 1.0));
            if hi - lo > resolution(lo, hi) {
                let span = hi - lo;
                return (lo - pad.0 * span, hi + pad.1 * span);
            }
            let half = if log { 0.5 } else { (0.1 * lo.abs().max(hi.abs())).max(1e-6) };
            let half = if lo == 0.0 && hi == 0.0 { 1.0 } else { half };
            (lo - half, hi + half)
        });
        let ticks = if log { log_ticks(range, count) } else { linear_ticks(range, count) };
        Self { log, range, ticks }
    }

    /// The coordinate of `value`, if it has one, inside the axis or not.
    pub(super) fn coordinate(&self, value: f64) -> Option<f64> {
        coordinate(value, self.log)
    }

    /// Whether a coordinate lies on the axis.
    pub(super) fn shows(&self, coordinate: f64) -> bool {
        (self.range.0..=self.range.1).contains(&coordinate)
    }
}

/// What plotters asks of an axis.
impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, coordinate: &f64, (start, end): (i32, i32)) -> i32 {
        let fraction = (coordinate - self.range.0) / (self.range.1 - self.range.0);
        // A point far outside a chosen range is some pixel too, and the sum below must not overflow.
        start + (fraction * f64::from(end - start)).clamp(-1e8, 1e8).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.iter().map(|tick| tick.0).collect()
    }

    fn range(&self) -> Range<f64> {
        self.range.0..self.range.1
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, coordinate: &f64) -> String {
        self.ticks
            .iter()
            .find(|tick| tick.0 == *coordinate)
            .map_or(String::new(), |tick| tick.1.clone())
    }
}

/// The smallest and the largest.
pub(super) fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range, v| match range {
        None => Some((v, v)),
        Some((lo, hi)) => Some((v.min(lo), v.max(hi))),
    })
}

/// The least difference that can be told on an axis from `lo` to `hi`.
fn resolution(lo: f64, hi: f64) -> f64 {
    1e-9 * lo.abs().max(hi.abs()) + f64::MIN_POSITIVE
}

/// Multiples of 1, 2 or 5 times a power of ten.
pub(super) fn linear_ticks((lo, hi): (f64, f64), count: f64) -> Vec<(f64, String)> {
    let rough = (hi - lo) / count;
    let mut exponent = rough.log10().floor() as i32;
    let mut step = 1.0;
    let leading = rough / power(exponent);
    for (limit, candidate) in [(1.5, 2.0), (3.5, 5.0), (7.5, 10.0)] {
        if leading > limit {
            step = candidate;
        }
    }
    if step == 10.0 {
        (step, exponent) = (1.0, exponent + 1);
    }
    let step = step * power(exponent);
    let slack = 1e-9;
    let (first, last) = ((lo / step - slack).ceil(), (hi / step + slack).floor());
    let largest = lo.abs().max(hi.abs());
    (0..=(last - first).clamp(0.0, 50.0) as i32)
        .map(|i| (first + f64::from(i)) * step)
        .filter(|value| (lo..=hi).contains(value))
        .map(|value| (value, number(value, exponent, largest)))
        .collect()
}

/// Powers of ten, or when there are too few of them 1, 2 and 5 times these, or plain steps.
fn log_ticks((lo, hi): (f64, f64), count: f64) -> Vec<(f64, String)> {
    let (first, last) = (lo.ceil() as i32, hi.floor() as i32);
    if last - first >= 2 || (last - first == 1 && hi - lo > 1.7) {
        let stride = ((f64::from(last - first) / count).ceil() as i32).max(1);
        return (first..=last)
            .filter(|e| e % stride == 0)
            .map(|e| (f64::from(e), format!("10{}", superscript(e))))
            .collect();
    }
    let ticks: Vec<(f64, String)> = (lo.floor() as i32..=last)
        .flat_map(|e| [1.0, 2.0, 5.0].map(|m| (m * power(e), e)))
        .filter(|&(value, _)| (lo..=hi).contains(&value.log10()))
        .map(|(value, e)| (value.log10(), number(value, e, value)))
        .collect();
    if ticks.len() >= 3 {
        return ticks;
    }
    linear_ticks((power_of(lo), power_of(hi)), count)
        .into_iter()
        .map(|(value, t)| (value.log10(), t))
        .collect()
}

fn power(exponent: i32) -> f64 {
    10.0_f64.powi(exponent)
}

fn power_of(coordinate: f64) -> f64 {
    10.0_f64.powf(coordinate)
}

/// `value` to the decimal place `exponent`, on an axis whose numbers reach `largest`.
fn number(value: f64, exponent: i32, largest: f64) -> String {
    let places = |e: i32| (-e).max(0) as usize;
    let text = if value.abs() < 0.5 * power(exponent) {
        "0".to_owned()
    } else if (1e-4..1e6).contains(&largest) && exponent >= -8 {
        format!("{value:.*}", places(exponent))
    } else {
        let order = largest.log10().floor() as i32;
        format!("{:.*}×10{}", places(exponent - order), value / power(order), superscript(order))
    };
    text.replace('-', "−")
}

fn superscript(exponent: i32) -> String {
    let digit = |c| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        c => char::from_u32('⁰' as u32 + c.to_digit(10).unwrap_or(0)).unwrap_or(c),
    };
    exponent.to_string().chars().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: Vec<(f64, String)>) -> String {
        ticks.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_tidy() {
        assert_eq!(labels(linear_ticks((0.0, 0.5), 5.0)), "0 0.1 0.2 0.3 0.4 0.5");
        assert_eq!(labels(linear_ticks((-1.0, 1.0), 4.0)), "−1.0 −0.5 0 0.5 1.0");
        assert_eq!(labels(linear_ticks((0.0, 4e6), 4.0)), "0 1×10⁶ 2×10⁶ 3×10⁶ 4×10⁶");
        assert_eq!(labels(linear_ticks((0.0, 3e-7), 3.0)), "0 1×10⁻⁷ 2×10⁻⁷ 3×10⁻⁷");
        assert_eq!(labels(log_ticks((-3.0, 2.0), 6.0)), "10⁻³ 10⁻² 10⁻¹ 10⁰ 10¹ 10²");
        assert_eq!(labels(log_ticks((-12.0, 0.0), 4.0)), "10⁻¹² 10⁻⁹ 10⁻⁶ 10⁻³ 10⁰");
        assert_eq!(labels(log_ticks((0.0, 1.0), 5.0)), "1 2 5 10");
        assert_eq!(
            labels(log_ticks((2.0_f64.log10(), 4.0_f64.log10()), 4.0)),
            "2.0 2.5 3.0 3.5 4.0"
        );
    }
}
