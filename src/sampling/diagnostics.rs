//! What a chain is worth.

use ndarray::{
    Array, Array1, Array2, ArrayRef, ArrayRef1, ArrayRef2, Axis, Dimension, concatenate, s,
};

use crate::{Error, check};

/// $\rho_k$ for $k = 0, \dots$, `lags`: the correlation of a sequence with itself $k$ steps later,
/// $\rho_k = \sum_t (x_t - \bar x)(x_{t + k} - \bar x) / \sum_t (x_t - \bar x)^2$.
///
/// # Errors
/// [`Error::Empty`] without values, [`Error::Domain`] when one is not finite or all are equal, [`Error::Parameter`] when `lags` is not
/// below their number.
///
/// ```
/// use downhill::sampling::autocorrelation;
/// use ndarray::array;
/// assert_eq!(autocorrelation(&array![1.0, -1.0, 1.0, -1.0], 2)?, array![1.0, -0.75, 0.5]);
/// # Ok::<(), downhill::Error>(())
/// ```
pub fn autocorrelation(x: &ArrayRef1<f64>, lags: usize) -> Result<Array1<f64>, Error> {
    let centred = centred(x)?;
    check::parameter("lags", lags as f64, "below the number of values", lags < x.len())?;
    let variance = centred.dot(&centred);
    Ok((0..=lags).map(|lag| autocovariance(&centred, lag) / variance).collect())
}

/// The values less their mean.
fn centred(x: &ArrayRef1<f64>) -> Result<Array1<f64>, Error> {
    check::non_empty("x", x)?;
    check::finite("x", x)?;
    let shifted = shifted(x, x[0]);
    if shifted.iter().all(|&x| x == 0.0) {
        let must = "different from another: a constant has no correlations";
        return Err(Error::Domain { what: "x", index: "0".into(), value: x[0], must });
    }
    let mean = shifted.sum() / x.len() as f64;
    Ok(shifted - mean)
}

/// The values less `origin`, one of them, so that equal values are told however large they are; and in units of a power of two, so that no square
/// leaves the range of numbers. Nothing that is computed here has a unit.
fn shifted<D: Dimension>(x: &ArrayRef<f64, D>, origin: f64) -> Array<f64, D> {
    // Halves, for a difference can be twice the largest number.
    let mut halves = x.map(|x| 0.5 * x - 0.5 * origin);
    let largest = halves.fold(f64::MIN_POSITIVE, |largest, x| largest.max(x.abs()));
    // With the bits of its exponent alone a number is a power of two.
    halves /= f64::from_bits(largest.to_bits() & f64::INFINITY.to_bits());
    halves
}

/// $\sum_t c_t c_{t + k}$.
fn autocovariance(centred: &ArrayRef1<f64>, lag: usize) -> f64 {
    centred.slice(s![lag..]).dot(&centred.slice(s![..centred.len() - lag]))
}

/// The sum $1 + 2 \sum_{k \ge 1} \rho_k$ of estimated correlations, by Geyer's rule: the sums of neighbours, $\rho_{2j} + \rho_{2j + 1}$, of a reversible chain are
/// positive and fall; so the sum ends where a pair is negative, and no pair counts more than the one before.
// ANCHOR: geyer
fn geyer_sum(length: usize, rho: impl Fn(usize) -> f64) -> f64 {
    let (mut sum, mut least) = (0.0, f64::INFINITY);
    for pair in (0..length / 2).map(|j| rho(2 * j) + rho(2 * j + 1)) {
        if pair <= 0.0 {
            break;
        }
        least = pair.min(least);
        sum += least;
    }
    2.0 * sum - 1.0
}
// ANCHOR_END: geyer

/// The integrated autocorrelation time $\tau = 1 + 2 \sum_{k \ge 1} \rho_k$: so many successive states are worth one independent draw. The sum is cut by Geyer's rule.
///
/// Source: C. J. Geyer, Statistical Science 7 (1992) 473.
///
/// # Errors
/// [`Error::Empty`] without values, [`Error::Parameter`] below four of them, [`Error::Domain`] when one is not finite or all are equal.
///
/// ```
/// use downhill::sampling::autocorrelation_time;
/// use ndarray::Array1;
/// use rand::RngExt;
/// let mut rng = downhill::rng(1);
/// let independent = Array1::from_shape_simple_fn(10_000, || rng.random::<f64>());
/// assert!((autocorrelation_time(&independent)? - 1.0).abs() < 0.1);
/// # Ok::<(), downhill::Error>(())
/// ```
pub fn autocorrelation_time(x: &ArrayRef1<f64>) -> Result<f64, Error> {
    let centred = centred(x)?;
    check::parameter("the number of values", x.len() as f64, "at least 4", x.len() >= 4)?;
    let variance = centred.dot(&centred);
    // Rounding, or values that alternate, could leave nothing.
    Ok(geyer_sum(x.len(), |lag| autocovariance(&centred, lag) / variance).max(1.0 / x.len() as f64))
}

/// The halves of every chain, $2m \times \lfloor n/2 \rfloor$, less their means, and those means.
fn halves(chains: &ArrayRef2<f64>) -> Result<(Array2<f64>, Array1<f64>), Error> {
    check::non_empty("chains", chains)?;
    check::finite("chains", chains)?;
    let half = chains.ncols() / 2;
    check::parameter("steps of a chain", chains.ncols() as f64, "at least 8", chains.ncols() >= 8)?;
    let first = chains.slice(s![.., ..half]);
    let second = chains.slice(s![.., chains.ncols() - half..]);
    // Two slices of one width always fit together.
    let both = shifted(&concatenate![Axis(0), first, second], chains[[0, 0]]);
    let means = both.sum_axis(Axis(1)) / half as f64;
    let centred = &both - &means.view().insert_axis(Axis(1));
    if centred.iter().all(|&c| c == 0.0) {
        let must = "different from another of its half: a constant says nothing";
        return Err(Error::Domain {
            what: "chains",
            index: "0, 0".into(),
            value: chains[[0, 0]],
            must,
        });
    }
    Ok((centred, means))
}

/// $W$, the mean variance within the halves, and $\widehat{\mathrm{var}}^+ = \frac{n-1}n W + \frac Bn$, with the variance $B/n$ of their means.
// ANCHOR: variances
fn variances(centred: &ArrayRef2<f64>, means: &ArrayRef1<f64>) -> (f64, f64) {
    let (halves, n) = (centred.nrows() as f64, centred.ncols() as f64);
    let within = centred.iter().map(|c| c * c).sum::<f64>() / (halves * (n - 1.0));
    let between = means.var(1.0);
    (within, (n - 1.0) / n * within + between)
}
// ANCHOR_END: variances

/// Split-$\hat R = \sqrt{\widehat{\mathrm{var}}^+ / W}$ of several chains, one to a row, `m × n`: near 1 when the chains, and the halves of each, agree. It is infinite when
/// each half stands still at a place of its own.
///
/// Source: A. Gelman, D. B. Rubin, Statistical Science 7 (1992) 457; A. Vehtari et al., Bayesian Analysis 16 (2021) 667.
///
/// # Errors
/// [`Error::Empty`] without chains, [`Error::Parameter`] below eight steps, [`Error::Domain`] when a value is not finite or no half has two different values.
///
/// ```
/// use downhill::sampling::split_r_hat;
/// use ndarray::Array2;
/// use rand::RngExt;
/// let mut rng = downhill::rng(1);
/// let mut chains = Array2::from_shape_simple_fn((4, 1000), || rng.random::<f64>());
/// assert!(split_r_hat(&chains)? < 1.01);
/// // One chain that has not found the others.
/// chains.row_mut(3).map_inplace(|x| *x += 1.0);
/// assert!(split_r_hat(&chains)? > 1.5);
/// # Ok::<(), downhill::Error>(())
/// ```
pub fn split_r_hat(chains: &ArrayRef2<f64>) -> Result<f64, Error> {
    let (centred, means) = halves(chains)?;
    let (within, total) = variances(&centred, &means);
    Ok((total / within).sqrt())
}

/// The number of independent draws that the chains, one to a row, `m × n`, are worth for the mean: $m n / \tau$ with the autocorrelation time of all halves
/// together, $\rho_k = 1 - (W - \bar\gamma_k) / \widehat{\mathrm{var}}^+$, where $\bar\gamma_k$ is their mean autocovariance. Chains that disagree are worth little.
///
/// Source: A. Vehtari et al., Bayesian Analysis 16 (2021) 667, without the ranks.
///
/// # Errors
/// Those of [`split_r_hat`].
///
/// ```
/// use downhill::sampling::effective_size;
/// use ndarray::Array2;
/// use rand::RngExt;
/// let mut rng = downhill::rng(1);
/// let chains = Array2::from_shape_simple_fn((4, 1000), || rng.random::<f64>());
/// assert!((effective_size(&chains)? / 4000.0 - 1.0).abs() < 0.1);
/// # Ok::<(), downhill::Error>(())
/// ```
pub fn effective_size(chains: &ArrayRef2<f64>) -> Result<f64, Error> {
    let (centred, means) = halves(chains)?;
    let (within, total) = variances(&centred, &means);
    let (halves, n) = (centred.nrows() as f64, centred.ncols());
    let time = geyer_sum(n, |lag| {
        let sum: f64 = centred.rows().into_iter().map(|half| autocovariance(&half, lag)).sum();
        1.0 - (within - sum / (halves * (n as f64 - 1.0))) / total
    });
    let count = halves * n as f64;
    // Values that alternate are worth more than independent ones, but an estimate of how much more is not to be trusted far.
    Ok(count / time.max(1.0 / count.log10()))
}
