//! Energies that are linear in their parameters.

use ndarray::{Array1, Array2, ArrayRef1};

use super::Scored;
use crate::{
    Error, check,
    energy::{Differentiable, Energy, Learnable, wide_dot, wide_form},
};

/// An energy for each of finitely many states, every one a parameter: $E(x) = \theta_x$. A state is one number, its place in the table.
///
/// ```
/// use downhill::{energy::Energy, training_ebms::Table};
/// use ndarray::array;
/// let table = Table::new(array![0.5, -1.0])?;
/// assert_eq!(table.energy(&array![1.0]), -1.0);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    theta: Array1<f64>,
}

impl Table {
    /// The table of the energies `theta`, one a state.
    ///
    /// # Errors
    /// [`Error::Empty`] without states, [`Error::Domain`] at an energy that is not finite.
    pub fn new(theta: Array1<f64>) -> Result<Self, Error> {
        check::non_empty("theta", &theta)?;
        check::finite("theta", &theta)?;
        Ok(Self { theta })
    }

    /// The states as a list, one to a row, `n × 1`: 0, 1, ….
    pub fn states(&self) -> Array2<f64> {
        Array2::from_shape_fn((self.theta.len(), 1), |(state, _)| state as f64)
    }

    fn place(&self, x: &ArrayRef1<f64>) -> usize {
        let place = x[0] as usize;
        assert!(
            x.len() == 1 && place as f64 == x[0] && place < self.theta.len(),
            "no state {x} in the table"
        );
        place
    }
}

impl Energy for Table {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        self.theta[self.place(x)]
    }
}

impl Learnable for Table {
    fn parameters(&self) -> &ArrayRef1<f64> {
        &self.theta
    }

    fn parameters_mut(&mut self) -> &mut ArrayRef1<f64> {
        &mut self.theta
    }

    fn add_parameter_gradient(
        &self,
        x: &ArrayRef1<f64>,
        weight: f64,
        gradient: &mut ArrayRef1<f64>,
    ) {
        assert_eq!(gradient.len(), self.theta.len(), "one entry a state");
        gradient[self.place(x)] += weight;
    }
}

/// Where the pair $i < j$ stands among the pairs of `n` units, in the order 01, 02, …, 12, ….
fn pair(n: usize, i: usize, j: usize) -> usize {
    i * (2 * n - i - 1) / 2 + j - i - 1
}

/// The fully visible Boltzmann machine: spins ±1, every pair joined, $E(s) = -\sum_{i<j} w_{ij} s_i s_j - \sum_i b_i s_i$.
/// $\theta$ lists the biases, then the weights, pair by pair: 01, 02, …, 12, ….
///
/// Source: D. H. Ackley, G. E. Hinton, T. J. Sejnowski, Cognitive Science 9 (1985) 147.
///
/// ```
/// use downhill::{energy::Energy, training_ebms::Pairwise};
/// use ndarray::array;
/// let machine = Pairwise::new(array![[0.0, 2.0], [2.0, 0.0]], array![0.5, 0.0])?;
/// assert_eq!(machine.energy(&array![1.0, 1.0]), -2.5);
/// assert_eq!(machine.energy(&array![-1.0, 1.0]), 2.5);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Pairwise {
    units: usize,
    theta: Array1<f64>,
}

impl Pairwise {
    /// The machine of symmetric `weights` without a diagonal, `n × n`, and of `biases`, `n`.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Shape`], or [`Error::Domain`] at a number that is not finite, a weight that differs from its mirror image, or a
    /// unit joined to itself.
    pub fn new(weights: Array2<f64>, biases: Array1<f64>) -> Result<Self, Error> {
        check::non_empty("biases", &biases)?;
        let n = biases.len();
        check::length("rows of weights", n, weights.nrows(), "rows, one a unit")?;
        check::length("columns of weights", n, weights.ncols(), "columns, one a unit")?;
        check::finite("weights", &weights)?;
        check::finite("biases", &biases)?;
        for ((i, j), &value) in weights.indexed_iter() {
            let refusal =
                |must| Error::Domain { what: "weights", index: format!("{i}, {j}"), value, must };
            if i == j && value != 0.0 {
                return Err(refusal("0 on the diagonal"));
            }
            if value != weights[[j, i]] {
                return Err(refusal("equal to its mirror image"));
            }
        }
        let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
        let theta = biases.iter().copied().chain(pairs.map(|at| weights[at])).collect();
        Ok(Self { units: n, theta })
    }

    /// The machine of `units` spins that do not see each other.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `units` is 0.
    pub fn zeros(units: usize) -> Result<Self, Error> {
        check::parameter("units", units as f64, "at least 1", units >= 1)?;
        Ok(Self { units, theta: Array1::zeros(units * (units + 1) / 2) })
    }

    /// The weight $w_{ij}$ between two units.
    ///
    /// ```
    /// use downhill::{energy::Learnable, training_ebms::Pairwise};
    /// use ndarray::{array, s};
    /// let mut machine = Pairwise::zeros(3)?;
    /// machine.parameters_mut().slice_mut(s![3..]).assign(&array![0.1, 0.2, 0.3]);
    /// assert_eq!((machine.weight(0, 1), machine.weight(0, 2), machine.weight(2, 1)), (0.1, 0.2, 0.3));
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// When `i` is `j` or one of them is not a unit.
    pub fn weight(&self, i: usize, j: usize) -> f64 {
        assert!(i != j && i.max(j) < self.units, "no pair {i}, {j} among {} units", self.units);
        self.theta[self.units + pair(self.units, i.min(j), i.max(j))]
    }
}

impl Energy for Pairwise {
    fn energy(&self, s: &ArrayRef1<f64>) -> f64 {
        assert_eq!(s.len(), self.units, "a state of {} spins on {}", s.len(), self.units);
        let mut energy = 0.0;
        let mut from = self.units;
        for i in 0..self.units {
            let mut field = self.theta[i];
            for j in i + 1..self.units {
                field += self.theta[from] * s[j];
                from += 1;
            }
            energy -= field * s[i];
        }
        energy
    }
}

impl Learnable for Pairwise {
    fn parameters(&self) -> &ArrayRef1<f64> {
        &self.theta
    }

    fn parameters_mut(&mut self) -> &mut ArrayRef1<f64> {
        &mut self.theta
    }

    fn add_parameter_gradient(
        &self,
        s: &ArrayRef1<f64>,
        weight: f64,
        gradient: &mut ArrayRef1<f64>,
    ) {
        assert_eq!(s.len(), self.units, "a state of {} spins on {}", s.len(), self.units);
        assert_eq!(gradient.len(), self.theta.len(), "one entry a parameter");
        let mut at = self.units;
        for i in 0..self.units {
            gradient[i] -= weight * s[i];
            for j in i + 1..self.units {
                gradient[at] -= weight * s[i] * s[j];
                at += 1;
            }
        }
    }
}

/// The bowl whose shape is to be found: $E(x) = \frac12 x^\top \Lambda x - b^\top x$. $\theta$ lists $b$, then $\Lambda$ row by row.
///
/// Its Gibbs distribution is the Gaussian of precision $\Lambda$ and mean $\Lambda^{-1} b$, as long as $\Lambda$ is positive definite, which
/// training does not watch over. Gradients keep $\Lambda$ symmetric when it is at the start.
///
/// ```
/// use downhill::{energy::{Differentiable, Energy}, training_ebms::Bowl};
/// use ndarray::array;
/// let bowl = Bowl::new(array![[2.0]], array![1.0])?;
/// assert_eq!(bowl.energy(&array![3.0]), 6.0);
/// assert_eq!(bowl.gradient(&array![3.0]), array![5.0]);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Bowl {
    dimensions: usize,
    theta: Array1<f64>,
}

impl Bowl {
    /// The bowl of the symmetric `precision` $\Lambda$, `n × n`, and the `pull` $b$, `n`.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Shape`], or [`Error::Domain`] at a number that is not finite or not its mirror image.
    pub fn new(precision: Array2<f64>, pull: Array1<f64>) -> Result<Self, Error> {
        check::non_empty("pull", &pull)?;
        let n = pull.len();
        check::length("rows of precision", n, precision.nrows(), "rows, one a dimension")?;
        check::length("columns of precision", n, precision.ncols(), "columns, one a dimension")?;
        check::finite("precision", &precision)?;
        check::finite("pull", &pull)?;
        if let Some(((i, j), &value)) =
            precision.indexed_iter().find(|&((i, j), &v)| v != precision[[j, i]])
        {
            let (index, must) = (format!("{i}, {j}"), "equal to its mirror image");
            return Err(Error::Domain { what: "precision", index, value, must });
        }
        Ok(Self { dimensions: n, theta: pull.iter().chain(&precision).copied().collect() })
    }

    /// $b$.
    pub fn pull(&self) -> Array1<f64> {
        self.theta.iter().take(self.dimensions).copied().collect()
    }

    /// $\Lambda$.
    pub fn precision(&self) -> Array2<f64> {
        let n = self.dimensions;
        Array2::from_shape_fn((n, n), |(i, j)| self.theta[n + n * i + j])
    }

    fn require(&self, x: &ArrayRef1<f64>) {
        assert_eq!(
            x.len(),
            self.dimensions,
            "a point of {} entries in {}",
            x.len(),
            self.dimensions
        );
    }

    /// $(\Lambda x)_i$.
    /// The energy where a part of it leaves the range of numbers.
    #[cold]
    fn far_out(&self, x: &ArrayRef1<f64>) -> f64 {
        let n = self.dimensions;
        wide_form(n, |i, j| self.theta[n + n * i + j], |i| self.theta[i], |i| x[i])
    }

    fn row(&self, i: usize, x: &ArrayRef1<f64>) -> f64 {
        let from = self.dimensions * (i + 1);
        (0..self.dimensions).fold(0.0, |sum, j| sum + self.theta[from + j] * x[j])
    }
}

impl Energy for Bowl {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        self.require(x);
        let energy =
            (0..x.len()).fold(0.0, |sum, i| sum + x[i] * (0.5 * self.row(i, x) - self.theta[i]));
        if energy.is_nan() { self.far_out(x) } else { energy }
    }
}

impl Differentiable for Bowl {
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        self.require(x);
        assert_eq!(
            gradient.len(),
            x.len(),
            "a gradient of {} entries of {}",
            gradient.len(),
            x.len()
        );
        for (i, slope) in gradient.iter_mut().enumerate() {
            *slope = self.row(i, x) - self.theta[i];
            if !slope.is_finite() {
                let row = (0..x.len()).map(|j| self.theta[self.dimensions * (i + 1) + j]);
                *slope = wide_dot(row, x.iter().copied()) - self.theta[i];
            }
        }
    }
}

impl Learnable for Bowl {
    fn parameters(&self) -> &ArrayRef1<f64> {
        &self.theta
    }

    fn parameters_mut(&mut self) -> &mut ArrayRef1<f64> {
        &mut self.theta
    }

    fn add_parameter_gradient(
        &self,
        x: &ArrayRef1<f64>,
        weight: f64,
        gradient: &mut ArrayRef1<f64>,
    ) {
        self.require(x);
        assert_eq!(gradient.len(), self.theta.len(), "one entry a parameter");
        let n = self.dimensions;
        for i in 0..n {
            gradient[i] -= weight * x[i];
            for j in 0..n {
                gradient[n + n * i + j] += weight * 0.5 * x[i] * x[j];
            }
        }
    }
}

impl Scored for Bowl {
    fn add_slope_gradient(
        &self,
        x: &ArrayRef1<f64>,
        u: &ArrayRef1<f64>,
        weight: f64,
        gradient: &mut ArrayRef1<f64>,
    ) {
        self.require(x);
        self.require(u);
        assert_eq!(gradient.len(), self.theta.len(), "one entry a parameter");
        let n = self.dimensions;
        for i in 0..n {
            gradient[i] -= weight * u[i];
            for j in 0..n {
                // Half each, so that the gradient is symmetric as the matrix is.
                gradient[n + n * i + j] += weight * 0.5 * (u[i] * x[j] + u[j] * x[i]);
            }
        }
    }

    fn curvature(&self, x: &ArrayRef1<f64>, u: &ArrayRef1<f64>) -> f64 {
        self.require(x);
        self.require(u);
        (0..u.len()).fold(0.0, |sum, i| sum + u[i] * self.row(i, u))
    }

    fn add_curvature_gradient(
        &self,
        x: &ArrayRef1<f64>,
        u: &ArrayRef1<f64>,
        weight: f64,
        gradient: &mut ArrayRef1<f64>,
    ) {
        self.require(x);
        self.require(u);
        assert_eq!(gradient.len(), self.theta.len(), "one entry a parameter");
        let n = self.dimensions;
        for i in 0..n {
            for j in 0..n {
                gradient[n + n * i + j] += weight * u[i] * u[j];
            }
        }
    }
}
