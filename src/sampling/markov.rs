//! Markov chains on finitely many states, by linear algebra.

use std::collections::VecDeque;

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};

use crate::{Error, check};

/// $\frac12 \sum_x |p(x) - q(x)|$, the most by which the probability of any event can differ.
///
/// ```
/// use downhill::sampling::total_variation;
/// use ndarray::array;
/// assert_eq!(total_variation(&array![0.5, 0.5, 0.0], &array![0.5, 0.25, 0.25]), 0.25);
/// ```
///
/// # Panics
/// When the lengths differ.
pub fn total_variation(p: &ArrayRef1<f64>, q: &ArrayRef1<f64>) -> f64 {
    assert_eq!(p.len(), q.len(), "distributions over {} and {} states", p.len(), q.len());
    0.5 * p.iter().zip(q).map(|(p, q)| (p - q).abs()).sum::<f64>()
}

/// A Markov chain on $n$ states, given by its transition matrix: $P_{ij}$ is the probability of going from $i$ to $j$.
///
/// ```
/// use downhill::sampling::MarkovChain;
/// use ndarray::array;
/// // Rain follows rain with 1/2, sun follows sun with 3/4.
/// let weather = MarkovChain::new(array![[0.5, 0.5], [0.25, 0.75]])?;
/// let long_run = weather.stationary()?;
/// assert!((long_run[0] - 1.0 / 3.0).abs() < 1e-15);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MarkovChain {
    transition: Array2<f64>,
}

impl MarkovChain {
    /// The chain with the matrix `transition`, `n × n`.
    ///
    /// # Errors
    /// [`Error::Empty`] or [`Error::Shape`] when it is empty or not square, [`Error::Domain`] when an entry is negative or not
    /// finite, or a row does not sum to 1 up to $10^{-9}$.
    pub fn new(transition: Array2<f64>) -> Result<Self, Error> {
        check::non_empty("transition", &transition)?;
        check::length(
            "columns of transition",
            transition.nrows(),
            transition.ncols(),
            "columns, one a row",
        )?;
        check::every("transition", &transition, "finite and not negative", |p| {
            p >= 0.0 && p.is_finite()
        })?;
        let sums = transition.sum_axis(ndarray::Axis(1));
        check::every("row sums of transition", &sums, "1", |sum| (sum - 1.0).abs() < 1e-9)?;
        Ok(Self { transition })
    }

    /// The Metropolis–Hastings chain for the distribution in proportion to `target`, `n` positive entries, with the proposal matrix
    /// `proposal`, `n × n`: $P_{ij} = q_{ij} \min(1, \pi_j q_{ji} / \pi_i q_{ij})$ for $i \ne j$.
    ///
    /// # Errors
    /// Those of [`MarkovChain::new`] for `proposal`, [`Error::Shape`] or [`Error::Domain`] for a target of another length or with
    /// an entry that is not positive and finite.
    ///
    /// ```
    /// use downhill::sampling::MarkovChain;
    /// use ndarray::array;
    /// let always_swap = array![[0.0, 1.0], [1.0, 0.0]];
    /// let chain = MarkovChain::metropolis_hastings(&always_swap, &array![1.0, 4.0])?;
    /// assert_eq!(chain.transition(), array![[0.0, 1.0], [0.25, 0.75]]);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn metropolis_hastings(
        proposal: &ArrayRef2<f64>,
        target: &ArrayRef1<f64>,
    ) -> Result<Self, Error> {
        let Self { transition: mut p } = Self::new(proposal.to_owned())?;
        check::length("target", p.nrows(), target.len(), "entries, one a state")?;
        check::every("target", target, "positive and finite", |p| p > 0.0 && p.is_finite())?;
        // ANCHOR: finite_hastings
        for ((i, j), p) in p.indexed_iter_mut() {
            let (forth, back) = (proposal[[i, j]], proposal[[j, i]]);
            if i != j && forth > 0.0 {
                *p = forth * f64::min(1.0, target[j] * back / (target[i] * forth));
            }
        }
        for i in 0..p.nrows() {
            // What is refused stays.
            p[[i, i]] = 0.0;
            p[[i, i]] = 1.0 - p.row(i).sum();
        }
        // ANCHOR_END: finite_hastings
        p.mapv_inplace(|p| p.max(0.0));
        Ok(Self { transition: p })
    }

    /// $P$.
    pub fn transition(&self) -> &Array2<f64> {
        &self.transition
    }

    /// The distribution after one step from the distribution `p`: $p P$.
    ///
    /// # Panics
    /// When `p` has not an entry a state.
    pub fn after(&self, p: &ArrayRef1<f64>) -> Array1<f64> {
        p.dot(&self.transition)
    }

    /// How many steps each state is from `start`, where it can be reached.
    fn distances(&self, start: usize, forward: bool) -> Vec<Option<usize>> {
        let n = self.transition.nrows();
        let mut distances = vec![None; n];
        distances[start] = Some(0);
        let mut queue = VecDeque::from([(start, 0)]);
        while let Some((i, distance)) = queue.pop_front() {
            for (j, reached) in distances.iter_mut().enumerate() {
                let p = if forward { self.transition[[i, j]] } else { self.transition[[j, i]] };
                if p > 0.0 && reached.is_none() {
                    *reached = Some(distance + 1);
                    queue.push_back((j, distance + 1));
                }
            }
        }
        distances
    }

    /// Whether every state can be reached from every other: for all $i$, $j$ there is an $n > 0$ with $(P^n)_{ij} > 0$.
    // ANCHOR: irreducible
    pub fn is_irreducible(&self) -> bool {
        [true, false].iter().all(|&forward| self.distances(0, forward).iter().all(Option::is_some))
    }
    // ANCHOR_END: irreducible

    /// The refusal of a chain that is not irreducible.
    fn reducible(&self) -> Error {
        let (forth, back) = (self.distances(0, true), self.distances(0, false));
        let joined = forth
            .iter()
            .zip(&back)
            .filter(|(forth, back)| forth.is_some() && back.is_some())
            .count();
        let must = "that of all states: the chain must be irreducible";
        Error::Parameter {
            what: "the number of states that state 0 can reach and come back from",
            value: joined as f64,
            must,
        }
    }

    /// The greatest common divisor of the lengths of all ways from state `i` back to itself; `None` when there is none. A chain is aperiodic when
    /// it is 1 for every state, and all states of an irreducible chain have the same.
    ///
    /// ```
    /// use downhill::sampling::MarkovChain;
    /// use ndarray::array;
    /// let two_step = MarkovChain::new(array![[0.0, 1.0], [1.0, 0.0]])?;
    /// assert_eq!(two_step.period(0), Some(2));
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// When there is no state `i`.
    pub fn period(&self, i: usize) -> Option<usize> {
        let (forth, back) = (self.distances(i, true), self.distances(i, false));
        let mut period = 0;
        for ((j, k), &p) in self.transition.indexed_iter() {
            // A way out to j, over the edge j → k, compared with the shortest way to k; only where there is a way back.
            if let (true, Some(to_j), Some(to_k), Some(_)) = (p > 0.0, forth[j], forth[k], back[k])
            {
                period = gcd(period, (to_j + 1).abs_diff(to_k));
            }
        }
        (period > 0).then_some(period)
    }

    /// The stationary distribution, $\pi = \pi P$, by eliminating one state after the other. No step subtracts, so that even tiny
    /// probabilities come out right to the last digits.
    ///
    /// Source: W. K. Grassmann, M. I. Taksar, D. P. Heyman, Operations Research 33 (1985) 1107.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the chain is not irreducible: then there may be many.
    // ANCHOR: stationary
    pub fn stationary(&self) -> Result<Array1<f64>, Error> {
        let n = self.transition.nrows();
        if !self.is_irreducible() {
            return Err(self.reducible());
        }
        let mut p = self.transition.clone();
        for k in (1..n).rev() {
            // Watch the chain only while it is below state k: a visit to k and beyond becomes one
            // longer step.
            let leave: f64 = (0..k).map(|j| p[[k, j]]).sum();
            for i in 0..k {
                p[[i, k]] /= leave;
                for j in 0..k {
                    p[[i, j]] += p[[i, k]] * p[[k, j]];
                }
            }
        }
        let mut stationary = Array1::zeros(n);
        stationary[0] = 1.0;
        for k in 1..n {
            stationary[k] = (0..k).map(|i| stationary[i] * p[[i, k]]).sum();
        }
        Ok(&stationary / stationary.sum())
    }
    // ANCHOR_END: stationary

    /// $\max_{ij} |\pi_i P_{ij} - \pi_j P_{ji}|$ for the distribution `pi`: zero when detailed balance holds.
    ///
    /// # Panics
    /// When `pi` has not an entry a state.
    pub fn imbalance(&self, pi: &ArrayRef1<f64>) -> f64 {
        let p = &self.transition;
        p.indexed_iter().fold(0.0_f64, |most, ((i, j), p_ij)| {
            most.max((pi[i] * p_ij - pi[j] * p[[j, i]]).abs())
        })
    }

    /// $\max_i \lVert P^t(i, \cdot) - \pi \rVert_{\text{TV}}$ for $t = 0, 1, \dots$, `steps`: how far the chain can still be from `pi`.
    ///
    /// # Panics
    /// When `pi` has not an entry a state.
    pub fn distances_to(&self, pi: &ArrayRef1<f64>, steps: usize) -> Array1<f64> {
        let mut power = Array2::eye(self.transition.nrows());
        let mut furthest = Array1::zeros(steps + 1);
        for (t, furthest) in furthest.iter_mut().enumerate() {
            if t > 0 {
                power = power.dot(&self.transition);
            }
            *furthest = power
                .rows()
                .into_iter()
                .fold(0.0_f64, |most, row| most.max(total_variation(&row, pi)));
        }
        furthest
    }

    /// $\gamma = 1 - |\lambda|_2$, where $|\lambda|_2$ is the second largest modulus of an eigenvalue of $P$: 0 when the chain is
    /// periodic or not irreducible. One state has the gap 1.
    ///
    /// # Errors
    /// [`Error::Lapack`] when the eigenvalues are not found.
    #[cfg(feature = "lapack")]
    pub fn spectral_gap(&self) -> Result<f64, Error> {
        use ndarray_linalg::EigVals;
        let values =
            self.transition.eigvals().map_err(|e| Error::Lapack { reason: e.to_string() })?;
        let mut moduli: Vec<f64> = values.iter().map(|value| value.norm()).collect();
        moduli.sort_by(|a, b| b.total_cmp(a));
        Ok(moduli.get(1).map_or(1.0, |second| (1.0 - second).max(0.0)))
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
