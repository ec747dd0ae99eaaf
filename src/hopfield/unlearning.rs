//! Contrastive learning: press the memories down, lift the valleys beside them that nobody asked for.
//!
//! Source of the idea: J. J. Hopfield, D. I. Feinstein, R. G. Palmer, Nature 304 (1983) 158.

use ndarray::{Array2, ArrayRef2};
use rand::{Rng, seq::SliceRandom};

use super::{Hopfield, require_patterns};
use crate::{Error, check, data, energy::Energy};

/// How to unlearn.
///
/// ```
/// use downhill::hopfield::Unlearning;
/// let slow = Unlearning { rate: 1e-3, ..Unlearning::default() };
/// assert_eq!(slow.sweeps, 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unlearning {
    /// The step size $\eta$, times $n$: at 1 a step adds as much as Hebb's rule does.
    pub rate: f64,
    /// How many units of each pattern are flipped before it rolls.
    pub flips: usize,
    /// How many sweeps it rolls.
    pub sweeps: usize,
    /// How many steps to take.
    pub steps: usize,
}

impl Default for Unlearning {
    fn default() -> Self {
        Self { rate: 0.1, flips: 5, sweeps: 1, steps: 50 }
    }
}

impl Hopfield {
    /// The contrast $\sum_{y \in P} E(y) - \sum_{y'} E(y')$ between `patterns` and `negatives`, a state to a row.
    ///
    /// ```
    /// use downhill::hopfield::Hopfield;
    /// use ndarray::array;
    /// let net = Hopfield::hebbian(&array![[1.0, 1.0]])?;
    /// assert_eq!(net.contrast(&array![[1.0, 1.0]], &array![[1.0, -1.0]]), -1.0);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// When a state has not `n` entries.
    pub fn contrast(&self, patterns: &ArrayRef2<f64>, negatives: &ArrayRef2<f64>) -> f64 {
        let total = |states: &ArrayRef2<f64>| {
            states.rows().into_iter().map(|s| self.energy(&s)).sum::<f64>()
        };
        total(patterns) - total(negatives)
    }

    /// One step down the contrast: $W \leftarrow W + \eta(\sum_{y \in P} y y^\top - \sum_{y'} y' y'^\top)$, with the diagonal kept at zero.
    ///
    /// ```
    /// use downhill::hopfield::Hopfield;
    /// use ndarray::array;
    /// let mut net = Hopfield::zeros(2)?;
    /// net.contrastive_step(&array![[1.0, 1.0]], &array![[1.0, -1.0]], 0.25)?;
    /// assert_eq!(net.weights(), &array![[0.0, 0.5], [0.5, 0.0]]);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when a state has not `n` entries, [`Error::Domain`] when an entry is not ±1,
    /// [`Error::Parameter`] when `rate` is not finite. Either set may be empty.
    pub fn contrastive_step(
        &mut self,
        patterns: &ArrayRef2<f64>,
        negatives: &ArrayRef2<f64>,
        rate: f64,
    ) -> Result<(), Error> {
        for (what, states) in [("patterns", patterns), ("negatives", negatives)] {
            check::length(what, self.units(), states.ncols(), "columns, one a unit")?;
            super::require_bipolar(what, states)?;
        }
        check::parameter("rate", rate, "finite", rate.is_finite())?;
        // ANCHOR: contrastive
        let mut direction = patterns.t().dot(patterns) - negatives.t().dot(negatives);
        direction.diag_mut().fill(0.0);
        self.move_weights(rate, &direction);
        // ANCHOR_END: contrastive
        Ok(())
    }

    /// Where `patterns`, `P × n`, roll to within `sweeps` sweeps after `flips` random units of each were
    /// flipped: the valleys close to the memories, which mislead most. One state to a row.
    ///
    /// ```
    /// use downhill::hopfield::Hopfield;
    /// use ndarray::array;
    /// let pattern = array![[1.0, -1.0, 1.0, 1.0, -1.0]];
    /// let net = Hopfield::hebbian(&pattern)?;
    /// assert_eq!(net.valleys_beside(&pattern, 1, 1, &mut downhill::rng(0))?, pattern);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Empty`] without patterns, [`Error::Shape`] when they have not `n` columns,
    /// [`Error::Domain`] when an entry is not ±1, [`Error::Parameter`] when `flips` exceeds `n`.
    pub fn valleys_beside(
        &self,
        patterns: &ArrayRef2<f64>,
        flips: usize,
        sweeps: usize,
        rng: &mut impl Rng,
    ) -> Result<Array2<f64>, Error> {
        require_patterns(patterns)?;
        check::length("patterns", self.units(), patterns.ncols(), "columns, one a unit")?;
        check::parameter(
            "flips",
            flips as f64,
            "at most the number of units",
            flips <= self.units(),
        )?;
        let mut valleys = Array2::zeros(patterns.raw_dim());
        // ANCHOR: valleys
        for (pattern, mut valley) in patterns.rows().into_iter().zip(valleys.rows_mut()) {
            let cue = data::flip(&pattern, flips, rng);
            valley.assign(&self.descend(&cue, sweeps, |order| order.shuffle(rng)).state);
        }
        // ANCHOR_END: valleys
        Ok(valleys)
    }

    /// Learns `patterns`, `P × n`, and unlearns the valleys beside them, step by step; `after_step` sees
    /// each step's number, from 1, and the network.
    ///
    /// ```
    /// use downhill::{data, hopfield::{Hopfield, Unlearning}};
    /// let patterns = data::random_patterns(10, 50, &mut downhill::rng(0)); // load 0.2
    /// let mut net = Hopfield::hebbian(&patterns)?;
    /// assert!(net.fraction_stable(&patterns) < 0.5);
    /// net.unlearn(&patterns, &Unlearning::default(), &mut downhill::rng(1), |_, _| ())?;
    /// assert_eq!(net.fraction_stable(&patterns), 1.0);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Hopfield::valleys_beside`], and [`Error::Parameter`] when `rate` is not positive and finite.
    pub fn unlearn(
        &mut self,
        patterns: &ArrayRef2<f64>,
        how: &Unlearning,
        rng: &mut impl Rng,
        mut after_step: impl FnMut(usize, &Self),
    ) -> Result<(), Error> {
        check::rate(how.rate)?;
        let rate = how.rate / self.units() as f64;
        for step in 1..=how.steps {
            // ANCHOR: unlearn
            let valleys = self.valleys_beside(patterns, how.flips, how.sweeps, rng)?;
            self.contrastive_step(patterns, &valleys, rate)?;
            // ANCHOR_END: unlearn
            after_step(step, self);
        }
        Ok(())
    }
}
