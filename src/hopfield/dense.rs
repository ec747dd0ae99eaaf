//! Dense associative memory: the same descent on a steeper landscape.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};
use rand::{Rng, seq::SliceRandom};

use super::{Recall, require_bipolar, require_patterns};
use crate::{Error, check, energy::Energy};

/// A memory whose energy counts the `degree`-th powers of the overlaps with its patterns,
/// $E(s) = -\frac{n}{k} \sum_\mu m_\mu^k$ with $m_\mu = \frac1n \xi^\mu \cdot s$.
/// Degree 2 is the Hopfield network with Hebb's weights, up to a constant.
/// Source: D. Krotov, J. J. Hopfield, Advances in Neural Information Processing Systems 29 (2016) 1172.
///
/// ```
/// use downhill::{data, hopfield::DenseMemory};
/// let mut rng = downhill::rng(2016);
/// let patterns = data::random_patterns(50, 50, &mut rng); // load 1
/// let memory = DenseMemory::new(patterns.clone(), 4)?;
/// let cue = data::flip(&patterns.row(0), 5, &mut rng);
/// assert_eq!(memory.recall(&cue, &mut rng)?.state, patterns.row(0));
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DenseMemory {
    patterns: Array2<f64>,
    degree: i32,
}

impl DenseMemory {
    /// A memory of `patterns`, `P × n`, with interaction $F(x) = x^k$, $k$ = `degree`.
    ///
    /// ```
    /// use downhill::hopfield::DenseMemory;
    /// assert!(DenseMemory::new(ndarray::array![[1.0, -1.0]], 3).is_ok());
    /// ```
    ///
    /// # Errors
    /// [`Error::Empty`] without patterns, [`Error::Domain`] at an entry that is not ±1,
    /// [`Error::Parameter`] when the degree is below 2 or above 64.
    pub fn new(patterns: Array2<f64>, degree: usize) -> Result<Self, Error> {
        require_patterns(&patterns)?;
        check::parameter("degree", degree as f64, "between 2 and 64", (2..=64).contains(&degree))?;
        Ok(Self { patterns, degree: degree as i32 })
    }

    /// The change of the energy when `unit` flips, from `sums` $\xi^\mu \cdot s$, and its rounding error.
    fn flip_cost(&self, state: &ArrayRef1<f64>, sums: &ArrayRef1<f64>, unit: usize) -> (f64, f64) {
        let n = state.len() as f64;
        let (mut cost, mut magnitude) = (0.0, 0.0);
        // ANCHOR: dense_flip
        for (xi, &sum) in self.patterns.column(unit).iter().zip(sums) {
            let now = (sum / n).powi(self.degree);
            let flipped = ((sum - 2.0 * xi * state[unit]) / n).powi(self.degree);
            cost += n / self.degree as f64 * (now - flipped);
            // ANCHOR_END: dense_flip
            magnitude += now.abs() + flipped.abs();
        }
        (cost, n * f64::EPSILON * magnitude * sums.len() as f64)
    }

    /// Lets the memory settle from `cue`, `n`, one unit at a time, in sweeps of random order: each unit takes
    /// the value of lower energy, +1 on a tie.
    ///
    /// ```
    /// use downhill::hopfield::DenseMemory;
    /// use ndarray::array;
    /// let memory = DenseMemory::new(array![[1.0, -1.0, 1.0, -1.0]], 3)?;
    /// let recall = memory.recall(&array![1.0, -1.0, 1.0, 1.0], &mut downhill::rng(0))?;
    /// assert_eq!(recall.state, array![1.0, -1.0, 1.0, -1.0]);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when `cue` has not `n` entries, [`Error::Domain`] when one is not ±1.
    pub fn recall(&self, cue: &ArrayRef1<f64>, rng: &mut impl Rng) -> Result<Recall, Error> {
        check::length("cue", self.patterns.ncols(), cue.len(), "entries, one a unit")?;
        require_bipolar("cue", cue)?;
        let mut state = cue.to_owned();
        let mut sums = self.patterns.dot(&state); // whole numbers, so updates of them do not round
        let mut energies = vec![self.energy(&state)];
        let mut order: Vec<usize> = (0..state.len()).collect();
        loop {
            order.shuffle(rng);
            let mut settled = true;
            for &i in &order {
                let (cost, rounding) = self.flip_cost(&state, &sums, i);
                let tie = cost.abs() <= rounding;
                if tie && state[i] == 1.0 || !tie && cost > 0.0 {
                    continue;
                }
                sums.scaled_add(-2.0 * state[i], &self.patterns.column(i));
                state[i] = -state[i];
                energies.push(energies[energies.len() - 1] + cost);
                settled = false;
            }
            if settled {
                return Ok(Recall { state, energies });
            }
        }
    }

    /// Whether every unit of `state`, `n`, already has the value that it would take.
    ///
    /// ```
    /// use downhill::hopfield::DenseMemory;
    /// use ndarray::array;
    /// let memory = DenseMemory::new(array![[1.0, -1.0, 1.0, -1.0]], 3)?;
    /// assert!(memory.is_fixed_point(&array![1.0, -1.0, 1.0, -1.0]));
    /// assert!(!memory.is_fixed_point(&array![1.0, -1.0, 1.0, 1.0]));
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// When `state` has not `n` entries.
    pub fn is_fixed_point(&self, state: &ArrayRef1<f64>) -> bool {
        let sums = self.patterns.dot(state);
        (0..state.len()).all(|i| {
            let (cost, rounding) = self.flip_cost(state, &sums, i);
            cost > rounding || cost >= -rounding && state[i] == 1.0
        })
    }

    /// About how many random patterns `units` hold when each is to be exactly stable:
    /// $n^{k-1} / (2\,(2k-3)!!\,\ln n)$ for degree $k$.
    ///
    /// ```
    /// use downhill::hopfield::{DenseMemory, capacity};
    /// assert_eq!(DenseMemory::most_exact(100.0, 2), capacity::most_exact(100.0));
    /// ```
    ///
    /// # Panics
    /// When `degree` is below 2.
    pub fn most_exact(units: f64, degree: usize) -> f64 {
        assert!(degree >= 2, "a degree of {degree}: it must be at least 2");
        // Factor by factor: the power may leave the range of numbers where the quotient does not.
        let quotient: f64 = (1..degree).map(|k| units / (2 * k - 1) as f64).product();
        quotient / (2.0 * units.ln())
    }

    /// The patterns, `P × n`.
    ///
    /// ```
    /// use downhill::hopfield::DenseMemory;
    /// assert_eq!(DenseMemory::new(ndarray::array![[1.0, -1.0]], 3)?.patterns().nrows(), 1);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn patterns(&self) -> &ArrayRef2<f64> {
        &self.patterns
    }
}

impl Energy for DenseMemory {
    /// $E(s) = -\frac{n}{k} \sum_\mu m_\mu^k$.
    // ANCHOR: dense_energy
    fn energy(&self, state: &ArrayRef1<f64>) -> f64 {
        let n = state.len() as f64;
        let overlaps: Array1<f64> = self.patterns.dot(state) / n;
        -n / self.degree as f64 * overlaps.mapv(|m| m.powi(self.degree)).sum()
    }
    // ANCHOR_END: dense_energy
}
