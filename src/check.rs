//! What constructors ask of their input, in one place, so that every refusal reads alike.

use ndarray::{ArrayRef, ArrayRef1, ArrayRef2, Dimension};

use crate::Error;

/// At least one entry.
pub(crate) fn non_empty<D: Dimension>(
    what: &'static str,
    values: &ArrayRef<f64, D>,
) -> Result<(), Error> {
    if values.is_empty() { Err(Error::Empty { what }) } else { Ok(()) }
}

/// Every entry satisfies `allowed`; `must` says in words what that is.
pub(crate) fn every<D: Dimension>(
    what: &'static str,
    values: &ArrayRef<f64, D>,
    must: &'static str,
    allowed: impl Fn(f64) -> bool,
) -> Result<(), Error> {
    // The walk without indices is three times as fast, and nearly always enough.
    if values.iter().all(|&v| allowed(v)) {
        return Ok(());
    }
    match values.indexed_iter().find(|&(_, &v)| !allowed(v)) {
        None => Ok(()),
        Some((index, &value)) => {
            let index = format!("{:?}", index).replace(['(', ')', '[', ']'], "");
            Err(Error::Domain { what, index, value, must })
        }
    }
}

/// Every entry is a number: neither NaN nor infinite.
pub(crate) fn finite<D: Dimension>(
    what: &'static str,
    values: &ArrayRef<f64, D>,
) -> Result<(), Error> {
    every(what, values, "finite", f64::is_finite)
}

/// Weights that can be scaled to sum to 1: each positive, and their sum a number.
pub(crate) fn weights(weights: &ArrayRef1<f64>) -> Result<(), Error> {
    every("weights", weights, "positive and finite", |w| w > 0.0 && w.is_finite())?;
    parameter("the sum of weights", weights.sum(), "finite", weights.sum().is_finite())
}

/// A learning rate.
pub(crate) fn rate(rate: f64) -> Result<(), Error> {
    parameter("rate", rate, "positive and finite", rate > 0.0 && rate.is_finite())
}

/// What a cost charges, zero or more.
pub(crate) fn penalty(what: &'static str, value: f64) -> Result<(), Error> {
    parameter(what, value, "finite and not negative", value >= 0.0 && value.is_finite())
}

/// A width whose square is a number, to divide by.
pub(crate) fn width(width: f64) -> Result<(), Error> {
    let must = "positive, with a square in the range of numbers";
    parameter("width", width, must, width > 0.0 && (width * width).is_normal())
}

/// `got` entries where `expected` are needed; `unit` names what is counted.
pub(crate) fn length(
    what: &'static str,
    expected: usize,
    got: usize,
    unit: &str,
) -> Result<(), Error> {
    if expected == got {
        return Ok(());
    }
    Err(Error::Shape { what, expected: format!("{expected} {unit}"), got: got.to_string() })
}

/// A scalar argument satisfies `allowed`; `must` says in words what that is.
pub(crate) fn parameter(
    what: &'static str,
    value: f64,
    must: &'static str,
    allowed: bool,
) -> Result<(), Error> {
    if allowed { Ok(()) } else { Err(Error::Parameter { what, value, must }) }
}

/// How many weights and biases layers of these `sizes` have, $\sum_l (M_{l-1} + 1) M_l$: no more than fit into an array.
pub(crate) fn parameters(sizes: &[usize]) -> Result<usize, Error> {
    let add =
        |sum: usize, pair: &[usize]| sum.checked_add(pair[0].checked_add(1)?.checked_mul(pair[1])?);
    let count = sizes.windows(2).try_fold(0, add);
    count.filter(|&count| count <= isize::MAX as usize / size_of::<f64>()).ok_or_else(|| {
        Error::Parameter {
            what: "the number of parameters",
            value: sizes.windows(2).map(|pair| (pair[0] as f64 + 1.0) * pair[1] as f64).sum(),
            must: "at most what an array can hold",
        }
    })
}

/// A design matrix `x`, `n × p`, and its `n` targets `y`: not empty, of one length, finite.
pub(crate) fn regression(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>) -> Result<(), Error> {
    non_empty("x", x)?;
    length("y", x.nrows(), y.len(), "entries, one a row of x")?;
    finite("x", x)?;
    finite("y", y)
}
