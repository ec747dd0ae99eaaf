//! Sums over all states of a ring, by powers of a matrix.

use ndarray::Array2;

use super::check_beta;
use crate::{
    Error, check,
    energy::{Energy, Ising, binary_states},
};

/// The Gibbs distribution of a ring of $n$ sites with $q$ states each and the energy $\sum_i e(s_i, s_{i+1})$, by its transfer matrix
/// $T_{ab} = e^{-\beta e(a, b)}$: $Z = \operatorname{tr} T^n$ is a sum over $q^n$ states at the price of $\log n$ products of matrices.
///
/// A site may itself be a column of spins: that makes a torus of the ring. See [`Ring::ising`].
/// Source: H. A. Kramers, G. H. Wannier, Physical Review 60 (1941) 252.
///
/// ```
/// use downhill::gibbs_boltzmann::Ring;
/// use ndarray::array;
/// // Four sites in a ring, no two neighbours alike would be best: two such states of energy 0.
/// let ring = Ring::new(array![[1.0, 0.0], [0.0, 1.0]], 4, 20.0)?;
/// assert!((ring.log_partition() - 2f64.ln()).abs() < 1e-15);
/// assert!(ring.mean_energy() < 1e-12);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ring {
    pair_energies: Array2<f64>,
    /// $e^{-\beta (e - e_{\min})}$: entries up to 1.
    transfer: Array2<f64>,
    lowest: f64,
    sites: usize,
    beta: f64,
}

/// A matrix of entries up to 1 and the logarithm of the factor that was taken out.
struct Scaled {
    matrix: Array2<f64>,
    log_factor: f64,
}

impl Scaled {
    fn times(&self, other: &Self) -> Self {
        let product = self.matrix.dot(&other.matrix);
        let largest = product.fold(0.0, |a: f64, &b| a.max(b));
        Self {
            matrix: product / largest,
            log_factor: self.log_factor + other.log_factor + largest.ln(),
        }
    }
}

impl Ring {
    /// The ring of `sites` sites with `pair_energies` $e(a, b)$, `q × q`, between a site in state $a$ and the next in state $b$.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Shape`] or [`Error::Domain`] for a matrix that is empty, not square or not finite; [`Error::Parameter`] without sites,
    /// or when `beta` is negative, not finite, or so large that the rarest pair is $e^{350}$ times as rare as the commonest: its weights
    /// would vanish in the sums.
    pub fn new(pair_energies: Array2<f64>, sites: usize, beta: f64) -> Result<Self, Error> {
        check::non_empty("pair_energies", &pair_energies)?;
        let states = pair_energies.nrows();
        check::length(
            "columns of pair_energies",
            states,
            pair_energies.ncols(),
            "columns, one a row",
        )?;
        check::finite("pair_energies", &pair_energies)?;
        check::parameter("sites", sites as f64, "at least 1", sites >= 1)?;
        check_beta(beta)?;
        let lowest = pair_energies.fold(f64::INFINITY, |a, &b| a.min(b));
        let highest = pair_energies.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        let must = "at most 350 over the range of the pair energies";
        check::parameter("beta", beta, must, beta * (highest - lowest) <= 350.0)?;
        // ANCHOR: transfer
        let transfer = pair_energies.map(|e| (-beta * (e - lowest)).exp());
        // ANCHOR_END: transfer
        Ok(Self { pair_energies, transfer, lowest, sites, beta })
    }

    /// The [`Ising`] model of `width × length` spins, joined at the edges: a ring of `length` columns. `width` 1 is the chain. The states of
    /// a column are in the order of [`binary_states`].
    ///
    /// ```
    /// use downhill::{energy::{Ising, binary_states}, gibbs_boltzmann::{Boltzmann, Ring}};
    /// let torus = Ring::ising(3, 4, 1.0, 0.2, 0.4)?;
    /// let all = Boltzmann::new(&Ising::new(3, 4, 1.0, 0.2)?, binary_states(12, -1.0, 1.0)?, 0.4)?;
    /// assert!((torus.log_partition() - all.log_partition()).abs() < 1e-12);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] when `width` is not between 1 and 10, `length` below 2, `coupling` or `field` not finite, or for `beta` as in [`Ring::new`].
    pub fn ising(
        width: usize,
        length: usize,
        coupling: f64,
        field: f64,
        beta: f64,
    ) -> Result<Self, Error> {
        check::parameter("width", width as f64, "between 1 and 10", (1..=10).contains(&width))?;
        check::parameter("length", length as f64, "at least 2", length >= 2)?;
        let column = Ising::new(1, width, coupling, field)?;
        let states = binary_states(width, -1.0, 1.0)?;
        // ANCHOR: columns
        let pair_energies = Array2::from_shape_fn((states.nrows(), states.nrows()), |(a, b)| {
            let (a, b) = (states.row(a), states.row(b));
            0.5 * (column.energy(&a) + column.energy(&b)) - coupling * a.dot(&b)
        });
        // ANCHOR_END: columns
        Self::new(pair_energies, length, beta)
    }

    /// $T^k$, by squaring.
    fn power(&self, k: usize) -> Scaled {
        // ANCHOR: power
        let mut power = Scaled { matrix: Array2::eye(self.transfer.nrows()), log_factor: 0.0 };
        let mut square =
            Scaled { matrix: self.transfer.clone(), log_factor: -self.beta * self.lowest };
        let mut left = k;
        while left > 0 {
            if left % 2 == 1 {
                power = power.times(&square);
            }
            left /= 2;
            if left > 0 {
                square = square.times(&square);
            }
        }
        // ANCHOR_END: power
        power
    }

    /// $\log Z = \log \operatorname{tr} T^n$.
    pub fn log_partition(&self) -> f64 {
        let power = self.power(self.sites);
        power.matrix.diag().sum().ln() + power.log_factor
    }

    /// $p(s_0 = a, s_r = b) = (T^r)_{ab} (T^{n-r})_{ba} / \operatorname{tr} T^n$ for two sites $r$ = `distance` apart, `q × q`.
    ///
    /// ```
    /// use downhill::gibbs_boltzmann::Ring;
    /// let chain = Ring::ising(1, 100, 1.0, 0.0, 0.8)?;
    /// let p = chain.pair_probabilities(3);
    /// let correlation = p[[0, 0]] + p[[1, 1]] - p[[0, 1]] - p[[1, 0]];
    /// assert!((correlation - 0.8f64.tanh().powi(3)).abs() < 1e-12);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// When `distance` exceeds the number of sites.
    // ANCHOR: pair_probabilities
    pub fn pair_probabilities(&self, distance: usize) -> Array2<f64> {
        assert!(distance <= self.sites, "a distance of {distance} on {} sites", self.sites);
        let weights = self.power(distance).matrix * self.power(self.sites - distance).matrix.t();
        &weights / weights.sum()
    }
    // ANCHOR_END: pair_probabilities

    /// $\langle E \rangle = n \sum_{ab} p(s_0 = a, s_1 = b)\, e(a, b)$.
    ///
    /// ```
    /// use downhill::gibbs_boltzmann::Ring;
    /// // A long chain: each bond is tanh β below zero.
    /// let chain = Ring::ising(1, 1000, 1.0, 0.0, 0.8)?;
    /// assert!((chain.mean_energy() + 1000.0 * 0.8f64.tanh()).abs() < 1e-9);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn mean_energy(&self) -> f64 {
        self.sites as f64 * (self.pair_probabilities(1) * &self.pair_energies).sum()
    }
}
