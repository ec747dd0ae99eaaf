//! Tables of what is seen and what is not.

use ndarray::{Array1, Array2, ArrayRef2, Axis};

use crate::{
    Error, check,
    energy::{Energy, Learnable},
    free_energy::log_sum_exp,
};

/// The distribution $p(x, h) = f(x, h) / Z$ over finitely many configurations of what is seen, $x$, and of what is hidden, $h$: a row of the
/// table for each $x$, a column for each $h$.
///
/// ```
/// use downhill::energy_and_inference::Joint;
/// use ndarray::array;
/// let p = Joint::new(&array![[1.0, 2.0], [0.0, 5.0]])?;
/// assert!((p.log_partition() - 8f64.ln()).abs() < 1e-15);
/// assert!((p.visible()[0] - 3.0 / 8.0).abs() < 1e-15);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Joint {
    log_f: Array2<f64>,
    log_partition: f64,
}

impl Joint {
    /// The distribution in proportion to the table `f`.
    ///
    /// # Errors
    /// [`Error::Empty`] without entries; [`Error::Domain`] when one is negative or not finite, or all are 0.
    pub fn new(f: &ArrayRef2<f64>) -> Result<Self, Error> {
        check::every("f", f, "finite and not negative", |f| f >= 0.0 && f.is_finite())?;
        Self::from_logarithms(f.ln())
    }

    /// The Gibbs distribution of `energy` at $\beta = 1$, $f = e^{-E(x, h)}$, over the rows of `visible` and of `hidden`: the
    /// state of the energy is a row of the first followed by a row of the second.
    ///
    /// # Errors
    /// [`Error::Empty`] when a list is empty; [`Error::Domain`] when an energy is NaN or $-\infty$, or all are $+\infty$.
    pub fn of_energy(
        energy: &impl Energy,
        visible: &ArrayRef2<f64>,
        hidden: &ArrayRef2<f64>,
    ) -> Result<Self, Error> {
        let log_f: Vec<f64> = states(visible, hidden).map(|state| -energy.energy(&state)).collect();
        // There are as many states as entries.
        let log_f = Array2::from_shape_fn((visible.nrows(), hidden.nrows()), |(i, j)| {
            log_f[i * hidden.nrows() + j]
        });
        check::every("minus energy", &log_f, "a number below +∞", |l| l < f64::INFINITY)?;
        Self::from_logarithms(log_f)
    }

    fn from_logarithms(log_f: Array2<f64>) -> Result<Self, Error> {
        check::non_empty("f", &log_f)?;
        let log_partition = log_sum_exp(&log_f.flatten());
        if log_partition == f64::NEG_INFINITY {
            let must = "positive for one configuration at least";
            return Err(Error::Domain { what: "f", index: "0, 0".into(), value: 0.0, must });
        }
        Ok(Self { log_f, log_partition })
    }

    /// $\log Z = \log \sum_x \sum_h f(x, h)$.
    pub fn log_partition(&self) -> f64 {
        self.log_partition
    }

    /// $p(x, h)$, a row for each $x$.
    pub fn probabilities(&self) -> Array2<f64> {
        (&self.log_f - self.log_partition).exp()
    }

    /// $\log f(x) = \log \sum_h f(x, h)$ for each $x$.
    // ANCHOR: log_weight
    pub fn log_weights(&self) -> Array1<f64> {
        self.log_f.map_axis(Axis(1), |row| log_sum_exp(&row))
    }
    // ANCHOR_END: log_weight

    /// $p(x) = f(x) / Z$ for each $x$.
    pub fn visible(&self) -> Array1<f64> {
        (self.log_weights() - self.log_partition).exp()
    }

    /// $p(h) = \sum_x f(x, h) / Z$ for each $h$.
    pub fn hidden(&self) -> Array1<f64> {
        self.log_f.map_axis(Axis(0), |column| (log_sum_exp(&column) - self.log_partition).exp())
    }

    /// $\log p(\mathcal D) = \sum_{i=1}^n \log f(x^{(i)}) - n \log Z$ of independent samples, each given as the row of its configuration.
    ///
    /// # Panics
    /// When a sample is not a row of the table.
    // ANCHOR: log_likelihood
    pub fn log_likelihood(&self, data: &[usize]) -> f64 {
        let log_f = self.log_weights();
        data.iter().map(|&x| log_f[x]).sum::<f64>() - data.len() as f64 * self.log_partition
    }
    // ANCHOR_END: log_likelihood
}

/// Every row of `visible` followed by every row of `hidden`.
fn states(visible: &ArrayRef2<f64>, hidden: &ArrayRef2<f64>) -> impl Iterator<Item = Array1<f64>> {
    visible.rows().into_iter().flat_map(move |x| {
        hidden.rows().into_iter().map(move |h| x.iter().chain(h).copied().collect())
    })
}

/// $\nabla_\theta \log p(\mathcal D)$ of the Gibbs distribution of `energy` at $\beta = 1$ over the rows of `visible` and of `hidden`, by enumeration: the mean of $-\partial E / \partial \theta$ with
/// the data seen, less the mean with nothing seen, for each of the $n$ samples. A sample is given as the row of its configuration.
///
/// ```
/// use downhill::{energy::binary_states, energy_and_inference::{Bipartite, log_likelihood_gradient}};
/// use ndarray::{array, s};
/// let pair = Bipartite::new(array![0.0], array![0.0], &array![[0.0]])?;
/// let unit = binary_states(1, 0.0, 1.0)?;
/// // Three samples of four are 1, the model says one half.
/// let slope = log_likelihood_gradient(&pair, &unit, &unit, &[1, 1, 0, 1])?;
/// assert_eq!(slope[0], 3.0 - 4.0 * 0.5);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// [`Error::Empty`] without data or states, [`Error::Domain`] when a sample is impossible, $f(x) = 0$, and those of [`Joint::of_energy`].
///
/// # Panics
/// When a sample is not a row of `visible`.
pub fn log_likelihood_gradient(
    energy: &impl Learnable,
    visible: &ArrayRef2<f64>,
    hidden: &ArrayRef2<f64>,
    data: &[usize],
) -> Result<Array1<f64>, Error> {
    if data.is_empty() {
        return Err(Error::Empty { what: "data" });
    }
    let p = Joint::of_energy(energy, visible, hidden)?;
    let mut counts = Array1::<f64>::zeros(visible.nrows());
    for &x in data {
        counts[x] += 1.0;
    }
    let log_f_x = p.log_weights();
    if let Some(&x) = data.iter().find(|&&x| log_f_x[x] == f64::NEG_INFINITY) {
        let must = "positive where there are data";
        return Err(Error::Domain { what: "f", index: x.to_string(), value: 0.0, must });
    }
    let mut gradient = Array1::zeros(energy.parameters().len());
    // ANCHOR: phases
    for (state, ((x, _), &log_f)) in states(visible, hidden).zip(p.log_f.indexed_iter()) {
        // p(h | x) from logarithms: p(x) itself may be too small for a number.
        let seen = if counts[x] > 0.0 { counts[x] * (log_f - log_f_x[x]).exp() } else { 0.0 };
        let dreamt = data.len() as f64 * (log_f - p.log_partition).exp();
        // A state that cannot be has no slope to ask for.
        if seen != dreamt {
            energy.add_parameter_gradient(&state, dreamt - seen, &mut gradient);
        }
    }
    // ANCHOR_END: phases
    Ok(gradient)
}
