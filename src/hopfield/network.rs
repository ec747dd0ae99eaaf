//! The network: energy, field, the two ways to update, and three rules to choose the weights.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, Zip};
use rand::{Rng, seq::SliceRandom};

use super::{orthonormal_basis, require_bipolar, require_patterns};
use crate::{Error, check, energy::Energy};

/// A network of `n` units with values ±1, every pair of them joined by a symmetric weight.
///
/// ```
/// use downhill::{energy::Energy, hopfield::Hopfield};
/// use ndarray::array;
/// let pattern = array![[1.0, -1.0, 1.0, 1.0]];
/// let net = Hopfield::hebbian(&pattern)?;
/// let damaged = array![1.0, 1.0, 1.0, 1.0];
/// let recall = net.recall(&damaged, &mut downhill::rng(1))?;
/// assert_eq!(recall.state, pattern.row(0));
/// assert!(net.energy(&recall.state) < net.energy(&damaged));
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Hopfield {
    weights: Array2<f64>,
    thresholds: Array1<f64>,
    /// The largest error that rounding can leave in a field. A field below it counts as zero, so that
    /// a tie is a tie in whatever order its terms were added.
    rounding: f64,
}

/// Where a network settled, and how it got there.
#[derive(Clone, Debug, PartialEq)]
pub struct Recall {
    /// The last state: `n` entries of ±1.
    pub state: Array1<f64>,
    /// The energy of the cue, then the energy after each flip; it never rises.
    pub energies: Vec<f64>,
}

/// Where synchronous updates end.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// A state that maps to itself.
    FixedPoint(Array1<f64>),
    /// Two states that map to each other.
    TwoCycle(Array1<f64>, Array1<f64>),
}

impl Hopfield {
    /// A network with the given weights, `n × n`, and thresholds, `n`.
    ///
    /// ```
    /// use downhill::hopfield::Hopfield;
    /// use ndarray::array;
    /// let friends = Hopfield::new(array![[0.0, 1.0], [1.0, 0.0]], array![0.0, 0.0])?;
    /// assert!(friends.is_fixed_point(&array![1.0, 1.0]));
    /// assert!(!friends.is_fixed_point(&array![1.0, -1.0]));
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Empty`] without units, [`Error::Shape`] when `weights` is not square or `thresholds` not as
    /// long, [`Error::Domain`] at an entry that is not finite, breaks the symmetry, or stands on the
    /// diagonal and is not zero.
    pub fn new(weights: Array2<f64>, thresholds: Array1<f64>) -> Result<Self, Error> {
        check::non_empty("weights", &weights)?;
        check::length(
            "columns of weights",
            weights.nrows(),
            weights.ncols(),
            "columns, one a row",
        )?;
        check::length("thresholds", weights.nrows(), thresholds.len(), "entries, one a unit")?;
        check::finite("weights", &weights)?;
        check::finite("thresholds", &thresholds)?;
        for ((i, j), &value) in weights.indexed_iter() {
            let must = match i == j {
                true if value != 0.0 => "0, since no unit is joined to itself",
                false if value != weights[[j, i]] => {
                    "equal to its mirror image: weights are symmetric"
                }
                _ => continue,
            };
            return Err(Error::Domain { what: "weights", index: format!("{i}, {j}"), value, must });
        }
        Ok(Self::unchecked(weights, thresholds))
    }

    fn unchecked(weights: Array2<f64>, thresholds: Array1<f64>) -> Self {
        let mut net = Self { weights, thresholds, rounding: 0.0 };
        net.bound_rounding();
        net
    }

    /// A sum of n terms errs by less than n ε times the sum of their magnitudes.
    fn bound_rounding(&mut self) {
        let magnitudes = Zip::from(self.weights.rows())
            .and(&self.thresholds)
            .map_collect(|row, theta| theta.abs() + row.iter().map(|w| w.abs()).sum::<f64>());
        self.rounding =
            self.units() as f64 * f64::EPSILON * magnitudes.fold(0.0, |a, &b| f64::max(a, b));
    }

    /// A network that remembers nothing yet: `units` of them, weights and thresholds zero.
    ///
    /// ```
    /// use downhill::hopfield::Hopfield;
    /// assert_eq!(Hopfield::zeros(3)?.units(), 3);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] when `units` is 0.
    pub fn zeros(units: usize) -> Result<Self, Error> {
        check::parameter("units", units as f64, "at least 1", units >= 1)?;
        Self::new(Array2::zeros((units, units)), Array1::zeros(units))
    }

    /// Stores `patterns`, `P × n`, by Hebb's rule, $W = \frac1n \sum_\mu \xi^\mu {\xi^\mu}^\top$ with the
    /// diagonal set to zero: units that fire together wire together. Source: Hopfield (1982).
    ///
    /// ```
    /// use downhill::hopfield::Hopfield;
    /// use ndarray::array;
    /// let net = Hopfield::hebbian(&array![[1.0, -1.0], [1.0, -1.0]])?;
    /// assert_eq!(net.weights(), &array![[0.0, -1.0], [-1.0, 0.0]]);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Empty`] without patterns or units, [`Error::Domain`] at the first entry that is not ±1.
    pub fn hebbian(patterns: &ArrayRef2<f64>) -> Result<Self, Error> {
        require_patterns(patterns)?;
        let n = patterns.ncols();
        // ANCHOR: hebbian
        let mut weights = patterns.t().dot(patterns) / n as f64;
        weights.diag_mut().fill(0.0);
        // ANCHOR_END: hebbian
        Ok(Self::unchecked(weights, Array1::zeros(n)))
    }

    /// Adds one pattern, `n`, by Hebb's rule, from the old weights and the pattern alone. Thresholds stay.
    ///
    /// ```
    /// use downhill::hopfield::Hopfield;
    /// use ndarray::array;
    /// let mut net = Hopfield::zeros(2)?;
    /// net.store(&array![1.0, -1.0])?;
    /// assert_eq!(net, Hopfield::hebbian(&array![[1.0, -1.0]])?);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when `pattern` has not `n` entries, [`Error::Domain`] when one is not ±1.
    pub fn store(&mut self, pattern: &ArrayRef1<f64>) -> Result<(), Error> {
        self.require_state("pattern", pattern)?;
        self.add_outer(pattern, 1.0 / self.units() as f64);
        self.bound_rounding();
        Ok(())
    }

    /// $W \leftarrow W + c\,(x x^\top - I)$, which leaves the diagonal zero.
    fn add_outer(&mut self, x: &ArrayRef1<f64>, c: f64) {
        // ANCHOR: store
        for (mut row, &x_i) in self.weights.rows_mut().into_iter().zip(x) {
            row.scaled_add(c * x_i, x);
        }
        self.weights.diag_mut().fill(0.0);
        // ANCHOR_END: store
    }

    /// Stores `patterns`, `P × n`, by the projection rule: $W$ projects onto the space that the patterns
    /// span, with the diagonal set to zero. Patterns may be correlated, even repeated; each is a fixed
    /// point as long as no single unit can be written as a combination of them (so $P < n$ at least).
    /// Source: L. Personnaz, I. Guyon, G. Dreyfus, J. Physique Lett. 46 (1985) 359.
    ///
    /// ```
    /// use downhill::hopfield::Hopfield;
    /// use ndarray::array;
    /// let alike = array![[1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, -1.0]];
    /// assert!(Hopfield::projection(&alike)?.is_fixed_point(&alike.row(0)));
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Hopfield::hebbian`].
    pub fn projection(patterns: &ArrayRef2<f64>) -> Result<Self, Error> {
        require_patterns(patterns)?;
        // ANCHOR: projection
        let basis = orthonormal_basis(patterns);
        let mut weights = basis.t().dot(&basis);
        weights.diag_mut().fill(0.0);
        // ANCHOR_END: projection
        // A product rounds its two triangles apart, and leaves dust where a projection, with entries up to 1, has zeros.
        let weights =
            (&weights + &weights.t()).mapv_into(|w| if w.abs() < 1e-12 { 0.0 } else { 0.5 * w });
        Ok(Self::unchecked(weights, Array1::zeros(patterns.ncols())))
    }

    /// The field $h = W s - \theta$ that each unit feels, `n`.
    ///
    /// ```
    /// use downhill::hopfield::Hopfield;
    /// use ndarray::array;
    /// let net = Hopfield::new(array![[0.0, 2.0], [2.0, 0.0]], array![0.5, 0.0])?;
    /// assert_eq!(net.field(&array![1.0, -1.0]), array![-2.5, 2.0]);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// When `state` has not `n` entries.
    // ANCHOR: field
    pub fn field(&self, state: &ArrayRef1<f64>) -> Array1<f64> {
        self.weights.dot(state) - &self.thresholds
    }
    // ANCHOR_END: field

    /// The change of the energy when `unit` flips: $2 s_i h_i$.
    ///
    /// ```
    /// use downhill::hopfield::Hopfield;
    /// use ndarray::array;
    /// let net = Hopfield::hebbian(&array![[1.0, 1.0]])?;
    /// assert_eq!(net.flip_cost(&array![1.0, 1.0], 0), 1.0);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// When `state` has not `n` entries or `unit` is not one of them.
    pub fn flip_cost(&self, state: &ArrayRef1<f64>, unit: usize) -> f64 {
        2.0 * state[unit] * (self.weights.row(unit).dot(state) - self.thresholds[unit])
    }

    /// The value that a unit takes in `field`: +1 on a tie.
    // ANCHOR: preferred
    fn preferred_value(&self, field: f64) -> f64 {
        if field >= -self.rounding { 1.0 } else { -1.0 }
    }
    // ANCHOR_END: preferred

    /// Whether every unit already has the value that it would take.
    ///
    /// ```
    /// use downhill::hopfield::Hopfield;
    /// use ndarray::array;
    /// let net = Hopfield::hebbian(&array![[1.0, -1.0, -1.0]])?;
    /// assert!(net.is_fixed_point(&array![1.0, -1.0, -1.0]));
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// When `state` has not `n` entries.
    pub fn is_fixed_point(&self, state: &ArrayRef1<f64>) -> bool {
        self.field(state).iter().zip(state).all(|(&h, &s)| self.preferred_value(h) == s)
    }

    /// The fraction of `patterns`, `P × n`, that are fixed points.
    ///
    /// ```
    /// use downhill::hopfield::Hopfield;
    /// use ndarray::array;
    /// let patterns = array![[1.0, -1.0, -1.0, 1.0], [1.0, 1.0, 1.0, 1.0]];
    /// assert_eq!(Hopfield::hebbian(&patterns)?.fraction_stable(&patterns), 1.0);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// When `patterns` has no row, or not `n` columns.
    pub fn fraction_stable(&self, patterns: &ArrayRef2<f64>) -> f64 {
        assert!(patterns.nrows() > 0, "the fraction of no patterns");
        let stable =
            patterns.rows().into_iter().filter(|pattern| self.is_fixed_point(pattern)).count();
        stable as f64 / patterns.nrows() as f64
    }

    /// Lets the network settle from `cue`, one unit at a time, in sweeps of random order.
    ///
    /// It always stops: a flip lowers the energy or, on a tie, keeps it and turns a −1 into a +1.
    ///
    /// ```
    /// use downhill::hopfield::Hopfield;
    /// use ndarray::array;
    /// let net = Hopfield::hebbian(&array![[1.0, -1.0, 1.0, -1.0, 1.0]])?;
    /// let recall = net.recall(&array![1.0, -1.0, 1.0, -1.0, -1.0], &mut downhill::rng(0))?;
    /// assert_eq!(recall.state, array![1.0, -1.0, 1.0, -1.0, 1.0]);
    /// assert_eq!(recall.energies.len() - 1, 1); // one flip
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when `cue` has not `n` entries, [`Error::Domain`] when one is not ±1.
    pub fn recall(&self, cue: &ArrayRef1<f64>, rng: &mut impl Rng) -> Result<Recall, Error> {
        self.require_state("cue", cue)?;
        Ok(self.descend(cue, usize::MAX, |order| order.shuffle(rng)))
    }

    /// Lets the network settle from `cue`, one unit at a time, in sweeps from the first unit to the last.
    ///
    /// ```
    /// use downhill::hopfield::Hopfield;
    /// use ndarray::array;
    /// let net = Hopfield::new(array![[0.0, -1.0], [-1.0, 0.0]], array![0.0, 0.0])?;
    /// // Both units would turn; the first to move decides.
    /// assert_eq!(net.recall_in_order(&array![1.0, 1.0])?.state, array![-1.0, 1.0]);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Hopfield::recall`].
    pub fn recall_in_order(&self, cue: &ArrayRef1<f64>) -> Result<Recall, Error> {
        self.require_state("cue", cue)?;
        Ok(self.descend(cue, usize::MAX, |_| ()))
    }

    /// At most `sweeps` sweeps from `cue`, each in the order that `arrange` leaves behind.
    pub(super) fn descend(
        &self,
        cue: &ArrayRef1<f64>,
        sweeps: usize,
        mut arrange: impl FnMut(&mut [usize]),
    ) -> Recall {
        let mut state = cue.to_owned();
        let mut field = self.field(&state);
        let mut energy = 0.5 * (self.thresholds.dot(&state) - state.dot(&field));
        let mut energies = Vec::with_capacity(self.units());
        energies.push(energy);
        let mut order: Vec<usize> = (0..self.units()).collect();
        for _ in 0..sweeps {
            arrange(&mut order);
            let mut settled = true;
            // ANCHOR: sweep
            for &i in &order {
                let preferred = self.preferred_value(field[i]);
                if preferred == state[i] {
                    continue;
                }
                energy -= 2.0 * preferred * field[i];
                field.scaled_add(2.0 * preferred, &self.weights.row(i));
                state[i] = preferred;
                energies.push(energy);
                settled = false;
            }
            // ANCHOR_END: sweep
            if settled {
                break;
            }
        }
        Recall { state, energies }
    }

    /// One synchronous update: every unit answers the same frozen `state`.
    ///
    /// ```
    /// use downhill::hopfield::Hopfield;
    /// use ndarray::array;
    /// let net = Hopfield::new(array![[0.0, 1.0], [1.0, 0.0]], array![0.0, 0.0])?;
    /// assert_eq!(net.synchronous_step(&array![1.0, -1.0]), array![-1.0, 1.0]);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// When `state` has not `n` entries.
    // ANCHOR: synchronous
    pub fn synchronous_step(&self, state: &ArrayRef1<f64>) -> Array1<f64> {
        self.field(state).mapv_into(|h| self.preferred_value(h))
    }
    // ANCHOR_END: synchronous

    /// Repeats synchronous updates from `cue` until a state, or a pair of states, returns. One of the two
    /// always happens, since the pair energy $-s_t^\top W s_{t+1} + \theta^\top (s_t + s_{t+1})$ never
    /// rises. Source: E. Goles, F. Fogelman, D. Pellegrin, Discrete Appl. Math. 12 (1985) 261.
    ///
    /// ```
    /// use downhill::hopfield::{Hopfield, Limit};
    /// use ndarray::array;
    /// let net = Hopfield::new(array![[0.0, 1.0], [1.0, 0.0]], array![0.0, 0.0])?;
    /// let (a, b) = (array![1.0, -1.0], array![-1.0, 1.0]);
    /// assert_eq!(net.recall_synchronously(&a)?, Limit::TwoCycle(a, b));
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Hopfield::recall`].
    pub fn recall_synchronously(&self, cue: &ArrayRef1<f64>) -> Result<Limit, Error> {
        self.require_state("cue", cue)?;
        let mut before = cue.to_owned();
        let mut now = self.synchronous_step(&before);
        loop {
            if now == before {
                return Ok(Limit::FixedPoint(now));
            }
            let next = self.synchronous_step(&now);
            if next == before {
                return Ok(Limit::TwoCycle(before, now));
            }
            (before, now) = (now, next);
        }
    }

    /// Every state that no single flip takes lower, one to a row, found by looking at all $2^n$.
    ///
    /// ```
    /// use downhill::hopfield::Hopfield;
    /// use ndarray::array;
    /// let net = Hopfield::hebbian(&array![[1.0, -1.0, 1.0]])?;
    /// assert_eq!(net.local_minima()?, array![[-1.0, 1.0, -1.0], [1.0, -1.0, 1.0]]);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] with more than 20 units: a million states are enough.
    pub fn local_minima(&self) -> Result<Array2<f64>, Error> {
        let n = self.units();
        check::parameter("the number of units", n as f64, "at most 20", n <= 20)?;
        let mut minima = Array2::zeros((0, n));
        for bits in 0..1_u32 << n {
            let state = Array1::from_shape_fn(n, |i| if bits >> i & 1 == 1 { 1.0 } else { -1.0 });
            let field = self.field(&state);
            if field.iter().zip(&state).all(|(h, s)| h * s >= -self.rounding) {
                minima.push(Axis(0), state.view()).expect("a row of n entries");
            }
        }
        Ok(minima)
    }

    /// The number of units, `n`.
    ///
    /// ```
    /// # use downhill::hopfield::Hopfield;
    /// assert_eq!(Hopfield::zeros(7)?.units(), 7);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn units(&self) -> usize {
        self.thresholds.len()
    }

    /// The weights $W$, `n × n`, symmetric, with a zero diagonal.
    ///
    /// ```
    /// # use downhill::hopfield::Hopfield;
    /// assert_eq!(Hopfield::zeros(2)?.weights().sum(), 0.0);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn weights(&self) -> &Array2<f64> {
        &self.weights
    }

    /// The thresholds $\theta$, `n`.
    ///
    /// ```
    /// # use downhill::hopfield::Hopfield;
    /// assert_eq!(Hopfield::zeros(2)?.thresholds().len(), 2);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn thresholds(&self) -> &Array1<f64> {
        &self.thresholds
    }

    /// $W \leftarrow W + \eta\,G$ for a symmetric $G$ without diagonal.
    pub(super) fn move_weights(&mut self, rate: f64, direction: &ArrayRef2<f64>) {
        self.weights.scaled_add(rate, direction);
        self.bound_rounding();
    }

    fn require_state(&self, what: &'static str, state: &ArrayRef1<f64>) -> Result<(), Error> {
        check::length(what, self.units(), state.len(), "entries, one a unit")?;
        require_bipolar(what, state)
    }
}

impl Energy for Hopfield {
    // ANCHOR: energy
    /// $E(s) = -\tfrac12 s^\top W s + \theta^\top s$.
    fn energy(&self, state: &ArrayRef1<f64>) -> f64 {
        -0.5 * state.dot(&self.weights.dot(state)) + self.thresholds.dot(state)
    }
    // ANCHOR_END: energy
}
