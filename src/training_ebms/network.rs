//! A small network whose output is an energy.

use ndarray::{Array1, Array2, ArrayRef1, ArrayView1, s};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::Scored;
use crate::{
    Error,
    backprop::softplus,
    check,
    energy::{Differentiable, Energy, Learnable},
    introduction::logistic,
};

/// A network with one hidden layer for an energy: $E(x) = \frac\kappa2 \lVert x \rVert^2 - a^\top x - \sum_j v_j \log(1 + e^{b_j + w_j^\top x})$.
///
/// $\theta$ lists $a$, $b$, $v$ and the rows $w_j$, `n + h + h + hn` numbers. $\kappa$ is not learned: with $\kappa > 0$ the parabola outgrows the
/// hidden units, so $Z$ is finite whatever they do. With $\kappa = 0$, $v = 1$ and $x \in \{0, 1\}^n$ it is the free energy of a restricted Boltzmann machine.
///
/// ```
/// use downhill::{energy::Energy, training_ebms::NetworkEnergy};
/// use ndarray::array;
/// let one = NetworkEnergy::from_parts(1.0, array![0.5], array![0.0], array![-1.0], array![[1.0]])?;
/// assert!((one.energy(&array![0.0]) - 2f64.ln()).abs() < 1e-15);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkEnergy {
    units: usize,
    hidden: usize,
    confinement: f64,
    theta: Array1<f64>,
}

impl NetworkEnergy {
    /// A network on `units` $n$ with `hidden` $h$ units and the `confinement` $\kappa$: $w$ and $b$ standard normal, $v$ normal with variance $1/h$, $a = 0$.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there are no units, visible or hidden, or `confinement` is negative or not finite.
    pub fn new(
        units: usize,
        hidden: usize,
        confinement: f64,
        rng: &mut impl Rng,
    ) -> Result<Self, Error> {
        check::parameter("units", units as f64, "at least 1", units >= 1)?;
        check::parameter("hidden", hidden as f64, "at least 1", hidden >= 1)?;
        let mut normal = |count: usize| {
            Array1::from_shape_simple_fn(count, || rng.sample::<f64, _>(StandardNormal))
        };
        let biases = normal(hidden);
        let output = normal(hidden) / (hidden as f64).sqrt();
        let weights = Array2::from_shape_simple_fn((hidden, units), || rng.sample(StandardNormal));
        Self::from_parts(confinement, Array1::zeros(units), biases, output, weights)
    }

    /// The network with the confinement $\kappa$, the `pull` $a$, `n`, the hidden `biases` $b$, `h`, the `output` weights $v$, `h`, and the `weights` $w$, `h × n`.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Shape`] or [`Error::Domain`] for arrays that are empty, do not fit or are not finite, [`Error::Parameter`]
    /// when `confinement` is negative or not finite.
    pub fn from_parts(
        confinement: f64,
        pull: Array1<f64>,
        biases: Array1<f64>,
        output: Array1<f64>,
        weights: Array2<f64>,
    ) -> Result<Self, Error> {
        let fine = confinement >= 0.0 && confinement.is_finite();
        check::parameter("confinement", confinement, "finite and not negative", fine)?;
        check::non_empty("pull", &pull)?;
        check::non_empty("biases", &biases)?;
        let (units, hidden) = (pull.len(), biases.len());
        check::length("output", hidden, output.len(), "entries, one a hidden unit")?;
        check::length("rows of weights", hidden, weights.nrows(), "rows, one a hidden unit")?;
        check::length("columns of weights", units, weights.ncols(), "columns, one a visible unit")?;
        let theta: Array1<f64> =
            pull.iter().chain(&biases).chain(&output).chain(&weights).copied().collect();
        check::finite("parameters", &theta)?;
        Ok(Self { units, hidden, confinement, theta })
    }

    /// The number of visible units $n$.
    pub fn units(&self) -> usize {
        self.units
    }

    /// The number of hidden units $h$.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    fn output(&self, j: usize) -> f64 {
        self.theta[self.units + self.hidden + j]
    }

    /// Where $w_j$ begins in $\theta$.
    fn row_start(&self, j: usize) -> usize {
        self.units + 2 * self.hidden + j * self.units
    }

    fn row(&self, j: usize) -> ArrayView1<'_, f64> {
        let from = self.row_start(j);
        self.theta.slice(s![from..from + self.units])
    }

    /// $z_j = b_j + w_j^\top x$.
    fn input(&self, j: usize, x: &ArrayRef1<f64>) -> f64 {
        self.theta[self.units + j] + self.row(j).dot(x)
    }

    /// The energy where a part of it leaves the range of numbers: the bowl, where there is one, outgrows what is linear.
    #[cold]
    fn far_out(&self, x: &ArrayRef1<f64>) -> f64 {
        if self.confinement > 0.0 && !x.iter().any(|x| x.is_nan()) {
            return f64::INFINITY;
        }
        let pull = -self.theta.slice(s![..self.units]).dot(x);
        (0..self.hidden).fold(pull, |sum, j| sum - self.output(j) * softplus(self.input(j, x)))
    }

    fn require(&self, x: &ArrayRef1<f64>) {
        assert_eq!(x.len(), self.units, "a state of {} entries on {} units", x.len(), self.units);
    }
}

impl Energy for NetworkEnergy {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        self.require(x);
        // ANCHOR: energy
        let pull = self.theta.slice(s![..self.units]);
        let bowl = 0.5 * self.confinement * x.dot(x) - pull.dot(x);
        let energy =
            (0..self.hidden).fold(bowl, |sum, j| sum - self.output(j) * softplus(self.input(j, x)));
        // ANCHOR_END: energy
        if energy.is_nan() { self.far_out(x) } else { energy }
    }
}

impl Differentiable for NetworkEnergy {
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        self.require(x);
        assert_eq!(
            gradient.len(),
            x.len(),
            "a gradient of {} entries of {}",
            gradient.len(),
            x.len()
        );
        // ANCHOR: slope
        gradient.assign(x);
        *gradient *= self.confinement;
        gradient.scaled_add(-1.0, &self.theta.slice(s![..self.units]));
        for j in 0..self.hidden {
            gradient.scaled_add(-self.output(j) * logistic(self.input(j, x)), &self.row(j));
        }
        // ANCHOR_END: slope
    }
}

impl Learnable for NetworkEnergy {
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
        let (n, h) = (self.units, self.hidden);
        // ANCHOR: backward
        gradient.slice_mut(s![..n]).scaled_add(-weight, x);
        for j in 0..h {
            let z = self.input(j, x);
            let delta = -weight * self.output(j) * logistic(z);
            gradient[n + j] += delta;
            gradient[n + h + j] -= weight * softplus(z);
            let row = self.row_start(j);
            gradient.slice_mut(s![row..row + n]).scaled_add(delta, x);
        }
        // ANCHOR_END: backward
    }
}

impl Scored for NetworkEnergy {
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
        let (n, h) = (self.units, self.hidden);
        gradient.slice_mut(s![..n]).scaled_add(-weight, u);
        for j in 0..h {
            let (on, along) = (logistic(self.input(j, x)), self.row(j).dot(u));
            let bend = -weight * self.output(j) * on * (1.0 - on) * along;
            gradient[n + j] += bend;
            gradient[n + h + j] -= weight * on * along;
            let from = self.row_start(j);
            let mut row = gradient.slice_mut(s![from..from + n]);
            row.scaled_add(bend, x);
            row.scaled_add(-weight * self.output(j) * on, u);
        }
    }

    fn curvature(&self, x: &ArrayRef1<f64>, u: &ArrayRef1<f64>) -> f64 {
        self.require(x);
        self.require(u);
        (0..self.hidden).fold(self.confinement * u.dot(u), |sum, j| {
            let on = logistic(self.input(j, x));
            sum - self.output(j) * on * (1.0 - on) * self.row(j).dot(u).powi(2)
        })
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
        let (n, h) = (self.units, self.hidden);
        for j in 0..h {
            let (on, along) = (logistic(self.input(j, x)), self.row(j).dot(u));
            // The first two derivatives of the logistic function.
            let (bend, twist) = (on * (1.0 - on), on * (1.0 - on) * (1.0 - 2.0 * on));
            let scale = -weight * self.output(j);
            gradient[n + j] += scale * twist * along * along;
            gradient[n + h + j] -= weight * bend * along * along;
            let from = self.row_start(j);
            let mut row = gradient.slice_mut(s![from..from + n]);
            row.scaled_add(scale * twist * along * along, x);
            row.scaled_add(2.0 * scale * bend * along, u);
        }
    }
}
