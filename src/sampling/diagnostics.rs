//! What a chain is worth.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

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

/// The halves of every chain, $2m \times \lfloor n/2 \rfloor$.
fn halves(chains: &ArrayRef2<f64>) -> Result<Array2<f64>, Error> {
    check::non_empty("chains", chains)?;
    check::finite("chains", chains)?;
    let half = chains.ncols() / 2;
    check::parameter("steps of a chain", chains.ncols() as f64, "at least 8", chains.ncols() >= 8)?;
    let first = chains.slice(s![.., ..half]);
    let second = chains.slice(s![.., chains.ncols() - half..]);
    // Two slices of one width always fit together.
    let both = concatenate![Axis(0), first, second];
    if both.iter().all(|&x| x == both[[0, 0]]) {
        let must = "different from another: a constant says nothing";
        return Err(Error::Domain {
            what: "chains",
            index: "0, 0".into(),
            value: chains[[0, 0]],
            must,
        });
    }
    Ok(both)
}

/// The rows less their means, and the means.
fn centre(halves: &ArrayRef2<f64>) -> (Array2<f64>, Array1<f64>) {
    // A row that stands still is told from its first value: a sum would round.
    let first = halves.column(0).insert_axis(Axis(1));
    let apart = halves.to_owned() - first;
    let means = apart.sum_axis(Axis(1)) / halves.ncols() as f64;
    (apart - means.view().insert_axis(Axis(1)), means + halves.column(0))
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

/// Split-$\hat R = \sqrt{\widehat{\mathrm{var}}^+ / W}$ of several chains, one to a row, `m × n`: near 1 when the means of the chains, and of the halves of each, agree. It is infinite when
/// each half stands still, and not all at one place.
///
/// It looks at means alone. A chain that stands still where the others have their mean, or strays farther than they do, it does not see: [`rank_r_hat`] does.
///
/// Source: A. Gelman, D. B. Rubin, Statistical Science 7 (1992) 457; A. Vehtari et al., Bayesian Analysis 16 (2021) 667, equations 1 to 4.
///
/// # Errors
/// [`Error::Empty`] without chains, [`Error::Parameter`] below eight steps, [`Error::Domain`] when a value is not finite or all are equal.
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
    Ok(r_hat(&shifted(&halves(chains)?, chains[[0, 0]])))
}

fn r_hat(halves: &ArrayRef2<f64>) -> f64 {
    let (centred, means) = centre(halves);
    let (within, total) = variances(&centred, &means);
    (total / within).sqrt()
}

/// The $\hat R$ that its authors recommend, of several chains, one to a row, `m × n`: the larger of two split-$\hat R$, one of the values' ranks, as [`split_r_hat`] of numbers that are
/// normal whatever the tails, the other of the ranks of their distances from the median, which sees chains that differ in spread. A chain that stands still is
/// seen even where the others have their mean. Below 1.01 it should be.
///
/// Source: A. Vehtari, A. Gelman, D. Simpson, B. Carpenter, P.-C. Bürkner, Bayesian Analysis 16 (2021) 667, equation 14 and section 4.2.
///
/// # Errors
/// Those of [`split_r_hat`].
///
/// ```
/// use downhill::sampling::{rank_r_hat, split_r_hat};
/// use ndarray::Array2;
/// use rand::RngExt;
/// use rand_distr::StandardNormal;
/// let mut rng = downhill::rng(1);
/// let mut chains = Array2::from_shape_simple_fn((4, 1000), || rng.sample(StandardNormal));
/// assert!(rank_r_hat(&chains)? < 1.01);
/// // One chain that never moved from the middle.
/// chains.row_mut(3).fill(0.0);
/// assert!(split_r_hat(&chains)? < 1.01);
/// assert!(rank_r_hat(&chains)? > 1.4);
/// # Ok::<(), downhill::Error>(())
/// ```
pub fn rank_r_hat(chains: &ArrayRef2<f64>) -> Result<f64, Error> {
    let halves = halves(chains)?;
    let mut sorted: Vec<f64> = halves.iter().copied().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    // As many halves are left as were first: the number of values is even.
    let middle = sorted.len() / 2;
    let median = 0.5 * sorted[middle - 1] + 0.5 * sorted[middle];
    let bulk = r_hat(&normal_scores(&halves));
    let tails = r_hat(&normal_scores(&halves.mapv(|x| (0.5 * x - 0.5 * median).abs())));
    // Where all are equally far from the median there are no tails: `max` passes over NaN.
    Ok(bulk.max(tails))
}

/// The quantiles $\Phi^{-1}\bigl((r - \frac38) / (S + \frac14)\bigr)$ of the standard normal distribution at the ranks $r$ of $S$ values; equal values share the mean of their ranks.
fn normal_scores(values: &ArrayRef2<f64>) -> Array2<f64> {
    let mut order: Vec<((usize, usize), f64)> =
        values.indexed_iter().map(|(at, &x)| (at, x)).collect();
    order.sort_unstable_by(|a, b| a.1.total_cmp(&b.1));
    let (mut scores, mut below) = (Array2::zeros(values.dim()), 0);
    for equals in order.chunk_by(|a, b| a.1 == b.1) {
        let rank = below as f64 + 0.5 * (equals.len() + 1) as f64;
        let score = normal_quantile((rank - 0.375) / (order.len() as f64 + 0.25));
        equals.iter().for_each(|&(at, _)| scores[at] = score);
        below += equals.len();
    }
    scores
}

/// $\Phi^{-1}(p)$ for $0 < p < 1$, by Newton's method on $\log \Phi$, which is concave: from a place below the answer it climbs to it.
fn normal_quantile(p: f64) -> f64 {
    if p > 0.5 {
        return -normal_quantile(1.0 - p);
    }
    // Φ(z) ≤ ½ e^(-z²/2) for z ≤ 0.
    let mut z = -(-2.0 * (2.0 * p).ln()).max(0.0).sqrt();
    for _ in 0..50 {
        let below = 0.5 * libm::erfc(-z * FRAC_1_SQRT_2);
        let step = (p / below).ln() * below * TAU.sqrt() * (0.5 * z * z).exp();
        z += step;
        if step.abs() <= 1e-15 * z.abs() {
            break;
        }
    }
    z
}

/// The number of independent draws that the chains, one to a row, `m × n`, are worth for the mean: $m n / \tau$ with the autocorrelation time of all halves
/// together, $\rho_k = 1 - (W - \bar\gamma_k) / \widehat{\mathrm{var}}^+$, where $\bar\gamma_k$ is their mean autocovariance. Chains that disagree are worth little.
///
/// It holds for chains of which [`rank_r_hat`] says that they agree: one that stands still at the mean of the others passes for a good one.
///
/// Source: A. Vehtari et al., Bayesian Analysis 16 (2021) 667, equations 10 and 11, without the ranks.
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
    Ok(size(&shifted(&halves(chains)?, chains[[0, 0]])))
}

/// The same for the values' ranks, as in [`rank_r_hat`]: the *bulk* effective size, which exists although variances do not, for tails as heavy as they like.
///
/// Source: A. Vehtari et al., Bayesian Analysis 16 (2021) 667, section 4.3.
///
/// # Errors
/// Those of [`split_r_hat`].
///
/// ```
/// use downhill::sampling::bulk_effective_size;
/// use ndarray::Array2;
/// use rand::RngExt;
/// let mut rng = downhill::rng(1);
/// // Cauchy's distribution has no variance.
/// let angle = || std::f64::consts::PI * (rng.random::<f64>() - 0.5);
/// let chains = Array2::from_shape_simple_fn((4, 1000), angle).mapv(f64::tan);
/// assert!((bulk_effective_size(&chains)? / 4000.0 - 1.0).abs() < 0.1);
/// # Ok::<(), downhill::Error>(())
/// ```
pub fn bulk_effective_size(chains: &ArrayRef2<f64>) -> Result<f64, Error> {
    Ok(size(&normal_scores(&halves(chains)?)))
}

fn size(halves: &ArrayRef2<f64>) -> f64 {
    let (centred, means) = centre(halves);
    let (within, total) = variances(&centred, &means);
    let (halves, n) = (centred.nrows() as f64, centred.ncols());
    let time = geyer_sum(n, |lag| {
        let sum: f64 = centred.rows().into_iter().map(|half| autocovariance(&half, lag)).sum();
        1.0 - (within - sum / (halves * (n as f64 - 1.0))) / total
    });
    let count = halves * n as f64;
    // Values that alternate are worth more than independent ones, but an estimate of how much more is not to be trusted far.
    count / time.max(1.0 / count.log10())
}
