//! Entropy and divergence, when there are only samples.

use std::f64::consts::PI;

use ndarray::{ArrayRef1, ArrayRef2, ArrayView1};
use rayon::prelude::*;

use super::Categorical;
use crate::{Error, check};

/// The entropy of the distribution from which `counts`, `k`, were drawn, in nats: that of the frequencies, and $(\hat k - 1)/2n$ for its bias,
/// $\hat k$ the number of outcomes that were seen among $n$ draws.
///
/// Source: G. Miller, in *Information Theory in Psychology* (Free Press, 1955), 95.
///
/// ```
/// use downhill::divergences::miller_madow;
/// use ndarray::array;
/// assert!((miller_madow(&array![5.0, 5.0, 0.0])? - (2f64.ln() + 0.05)).abs() < 1e-15);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// [`Error::Empty`] without counts, [`Error::Domain`] at one that is not a whole number, or when all are zero.
pub fn miller_madow(counts: &ArrayRef1<f64>) -> Result<f64, Error> {
    let whole = |c: f64| c >= 0.0 && c.fract() == 0.0;
    check::every("counts", counts, "a whole number, not negative", whole)?;
    // ANCHOR: miller_madow
    let seen = counts.iter().filter(|&&c| c > 0.0).count() as f64;
    Ok(Categorical::new(counts)?.entropy() + (seen - 1.0) / (2.0 * counts.sum()))
    // ANCHOR_END: miller_madow
}

/// The differential entropy, in nats, of the density from which `samples`, `n × d`, were drawn, by the distance $\rho_i$ from each to its
/// `k`-th nearest neighbour: $\psi(n) - \psi(k) + \log c_d + \frac dn \sum_i \log \rho_i$, with $c_d$ the volume of the unit ball. It takes $O(n^2 d)$.
///
/// Source: L. F. Kozachenko, N. N. Leonenko, *Problems of Information Transmission* 23 (1987) 95.
///
/// ```
/// use downhill::divergences::nearest_neighbour_entropy;
/// use ndarray::Array2;
/// use rand::RngExt;
/// let mut rng = downhill::rng(1);
/// let square = Array2::from_shape_simple_fn((1000, 2), || rng.random::<f64>());
/// // The uniform density on a square of area 1 has the entropy log 1.
/// assert!(nearest_neighbour_entropy(&square, 3)?.abs() < 0.1);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// [`Error::Empty`] without samples, [`Error::Parameter`] when `k` is 0 or not below `n`, [`Error::Domain`] at a sample that is not finite, or that
/// has `k` others at its very place: then there is no density.
pub fn nearest_neighbour_entropy(samples: &ArrayRef2<f64>, k: usize) -> Result<f64, Error> {
    check_samples("samples", samples, k, samples.nrows().saturating_sub(1))?;
    let (n, d) = (samples.nrows(), samples.ncols() as f64);
    let radii = mean_log_radius("samples", samples, samples, true, k)?;
    let log_ball = 0.5 * d * PI.ln() - libm::lgamma(0.5 * d + 1.0);
    // ψ(n) − ψ(k): the digamma function of a whole number is a harmonic sum.
    let digammas: f64 = (k..n).map(|i| (i as f64).recip()).sum();
    Ok(digammas + log_ball + d * radii)
}

/// $D_{\mathrm{KL}}(p \Vert q)$, in nats, of the densities from which `from_p`, `n × d`, and `from_q`, `m × d`, were drawn, by the distances $\rho_i$ and $\nu_i$
/// from each sample of $p$ to its `k`-th nearest neighbour among the others of $p$ and among those of $q$:
/// $\frac dn \sum_i \log(\nu_i / \rho_i) + \log \frac m{n - 1}$. It takes $O(n (n + m) d)$, and can be negative.
///
/// Source: Q. Wang, S. R. Kulkarni, S. Verdú, *IEEE Transactions on Information Theory* 55 (2009) 2392.
///
/// ```
/// use downhill::divergences::nearest_neighbour_kl;
/// use ndarray::Array2;
/// use rand::RngExt;
/// let mut rng = downhill::rng(1);
/// let unit = Array2::from_shape_simple_fn((2000, 1), || rng.random::<f64>());
/// let double = Array2::from_shape_simple_fn((2000, 1), || 2.0 * rng.random::<f64>());
/// assert!((nearest_neighbour_kl(&unit, &double, 5)? - 2f64.ln()).abs() < 0.1);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// Those of [`nearest_neighbour_entropy`], for both; [`Error::Shape`] when the samples have not the same dimension; [`Error::Parameter`] when `k`
/// exceeds `m`.
pub fn nearest_neighbour_kl(
    from_p: &ArrayRef2<f64>,
    from_q: &ArrayRef2<f64>,
    k: usize,
) -> Result<f64, Error> {
    check_samples("from_p", from_p, k, from_p.nrows().saturating_sub(1))?;
    check_samples("from_q", from_q, k, from_q.nrows())?;
    check::length("columns of from_q", from_p.ncols(), from_q.ncols(), "columns, as from_p has")?;
    let (n, m, d) = (from_p.nrows() as f64, from_q.nrows() as f64, from_p.ncols() as f64);
    // ANCHOR: nearest_neighbour_kl
    let rho = mean_log_radius("from_p", from_p, from_p, true, k)?;
    let nu = mean_log_radius("from_p", from_p, from_q, false, k)?;
    Ok(d * (nu - rho) + (m / (n - 1.0)).ln())
    // ANCHOR_END: nearest_neighbour_kl
}

fn check_samples(
    what: &'static str,
    samples: &ArrayRef2<f64>,
    k: usize,
    others: usize,
) -> Result<(), Error> {
    check::non_empty(what, samples)?;
    check::finite(what, samples)?;
    let must = "at least 1 and at most the number of possible neighbours";
    check::parameter("k", k as f64, must, (1..=others).contains(&k))
}

/// The mean of the logarithm of the distance from each row of `centres` to its `k`-th nearest among the rows of `others`, of which the row of
/// the same number is left out when the two are `same`.
fn mean_log_radius(
    what: &'static str,
    centres: &ArrayRef2<f64>,
    others: &ArrayRef2<f64>,
    same: bool,
    k: usize,
) -> Result<f64, Error> {
    let n = centres.nrows();
    let squares: Vec<f64> = (0..n)
        .into_par_iter()
        .map_init(Vec::new, |nearest, i| {
            let candidates =
                others.rows().into_iter().enumerate().filter(|&(j, _)| !same || i != j);
            kth_smallest(
                candidates.map(|(_, row)| square_distance(&centres.row(i), &row)),
                k,
                nearest,
            )
        })
        .collect();
    if let Some(i) = squares.iter().position(|&square| square == 0.0 || square == f64::INFINITY) {
        let must =
            "at a place of its own, as samples of a density are, and within reach of the others";
        return Err(Error::Domain { what, index: format!("{i}, 0"), value: centres[[i, 0]], must });
    }
    Ok(0.5 * squares.iter().map(|square| square.ln()).sum::<f64>() / n as f64)
}

fn square_distance(a: &ArrayView1<f64>, b: &ArrayView1<f64>) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

/// The `k`-th smallest of `values`; `nearest` is room for the `k` smallest so far, in order.
fn kth_smallest(values: impl Iterator<Item = f64>, k: usize, nearest: &mut Vec<f64>) -> f64 {
    nearest.clear();
    nearest.resize(k, f64::INFINITY);
    for value in values {
        if value < nearest[k - 1] {
            let place = nearest.partition_point(|&v| v <= value);
            nearest[place..].rotate_right(1);
            nearest[place] = value;
        }
    }
    nearest[k - 1]
}
