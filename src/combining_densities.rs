//! Combining densities: how do several models of the same thing become one?
//!
//! | in the book | here |
//! |---|---|
//! | distributions $p_1, \dots, p_K$ over finitely many states | `densities`, `K × states`, one to a row |
//! | mixture $\sum_k w_k p_k(x)$ | [`mixture`] |
//! | product $\prod_k p_k(x)^{\alpha_k} / Z$ | [`product`] |
//! | $\sum_k \alpha_k E_k(x)$, the energy of a product | [`Product`] |
//! | $-\log \sum_k \frac{w_k}{Z_k} e^{-E_k(x)}$, the energy of a mixture | [`SoftMin`] |
//! | an expert with one hidden unit, $1 + e^{b + w \cdot x}$ | [`Detector`] |
//!
//! Sources: G. E. Hinton, Neural Computation 14 (2002) 1771; T. Heskes, *Selecting weighting factors in logarithmic opinion
//! pools* (NIPS 10, 1998).
//! Chapter: `chapters/2-energy/combining-densities.md`.

use std::cell::RefCell;

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, array};
#[cfg(feature = "lapack")]
use ndarray_linalg::Solve;

#[cfg(feature = "lapack")]
use crate::energy::Gaussian;
use crate::{
    Error,
    backprop::softplus,
    check,
    energy::{Differentiable, Energy, binary_states},
    free_energy::log_sum_exp,
    introduction::logistic,
};

/// The weighted average $\sum_k w_k p_k$ of the rows of `densities`, `K × states`, with weights that are scaled to sum to 1.
///
/// ```
/// use downhill::combining_densities::mixture;
/// use ndarray::array;
/// assert_eq!(mixture(&array![[1.0, 0.0], [0.5, 0.5]], &array![3.0, 1.0])?, array![0.875, 0.125]);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// [`Error::Empty`], [`Error::Shape`] or [`Error::Domain`] for rows that are no distributions or weights that are not positive, finite and one
/// to a row, [`Error::Parameter`] when the sum of the weights is not finite.
pub fn mixture(densities: &ArrayRef2<f64>, weights: &ArrayRef1<f64>) -> Result<Array1<f64>, Error> {
    distributions(densities, "weights", weights)?;
    check::weights(weights)?;
    // ANCHOR: mixture
    Ok((weights / weights.sum()).dot(densities))
    // ANCHOR_END: mixture
}

/// The product $\prod_k p_k^{\alpha_k} / Z$ of the rows of `densities`, `K × states`, and $\log Z$.
///
/// ```
/// use downhill::combining_densities::product;
/// use ndarray::array;
/// let (p, log_partition) = product(&array![[0.75, 0.25], [0.75, 0.25]], &array![1.0, 1.0])?;
/// assert!((p[0] - 0.9).abs() < 1e-15);
/// assert!((log_partition - 0.625f64.ln()).abs() < 1e-15);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// [`Error::Empty`], [`Error::Shape`] or [`Error::Domain`] for rows that are no distributions or exponents that are not finite and one to a
/// row; [`Error::Domain`] when a state has the probability 0 under a negative exponent, or when no state is left that every expert allows.
pub fn product(
    densities: &ArrayRef2<f64>,
    exponents: &ArrayRef1<f64>,
) -> Result<(Array1<f64>, f64), Error> {
    distributions(densities, "exponents", exponents)?;
    check::finite("exponents", exponents)?;
    for (row, &exponent) in densities.rows().into_iter().zip(exponents) {
        if exponent < 0.0 {
            check::every("densities", &row, "positive under a negative exponent", |p| p > 0.0)?;
        }
    }
    // ANCHOR: product
    let power = |p: f64, exponent: f64| if exponent == 0.0 { 0.0 } else { exponent * p.ln() };
    let log_product = densities.map_axis(Axis(0), |column| {
        column.iter().zip(exponents).map(|(&p, &a)| power(p, a)).sum::<f64>()
    });
    let log_partition = log_sum_exp(&log_product);
    // ANCHOR_END: product
    if log_partition == f64::NEG_INFINITY {
        let must = "positive in some column throughout: the experts agree on no state";
        return Err(Error::Domain {
            what: "densities",
            index: "0, 0".into(),
            value: densities[[0, 0]],
            must,
        });
    }
    Ok((log_product.mapv(|l| (l - log_partition).exp()), log_partition))
}

/// The rows of `densities` are distributions, and there is an entry of `each` to a row.
fn distributions(
    densities: &ArrayRef2<f64>,
    what: &'static str,
    each: &ArrayRef1<f64>,
) -> Result<(), Error> {
    check::non_empty("densities", densities)?;
    check::length(what, densities.nrows(), each.len(), "entries, one a row of densities")?;
    check::every("densities", densities, "not negative and finite", |p| p >= 0.0 && p.is_finite())?;
    let must = "1: a row is a distribution";
    check::every("sums of densities", &densities.sum_axis(Axis(1)), must, |sum| {
        (sum - 1.0).abs() < 1e-9
    })
}

/// The energy of a product: $E(x) = \sum_k \alpha_k E_k(x)$. Its Gibbs distribution is $\prod_k p_k(x)^{\alpha_k}$, normalised.
///
/// An exponent of 1 says *and*, a negative one *and not*; 0 leaves an expert out. Experts of several kinds are combined as
/// `&dyn Differentiable`. The buffer for slopes makes a product belong to one thread: each chain needs a clone, as [`chains`](crate::sampling::chains) makes it.
///
/// ```
/// use downhill::{combining_densities::Product, energy::{Differentiable, DoubleWell, Energy, Gaussian}};
/// use ndarray::array;
/// let (well, bowl) = (DoubleWell::new(1.0, 0.0)?, Gaussian::new(array![1.0], array![[2.0]])?);
/// let both = Product::new(vec![&well as &dyn Differentiable, &bowl], array![1.0, 1.0])?;
/// let x = array![0.3];
/// assert_eq!(both.energy(&x), well.energy(&x) + bowl.energy(&x));
/// assert_eq!(both.gradient(&x), well.gradient(&x) + bowl.gradient(&x));
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Product<E> {
    experts: Vec<E>,
    exponents: Array1<f64>,
    slope: RefCell<Array1<f64>>,
}

impl<E: Energy> Product<E> {
    /// The product of `experts`, each raised to its entry of `exponents`.
    ///
    /// # Errors
    /// [`Error::Empty`] without experts, [`Error::Shape`] when there is not an exponent to each, [`Error::Domain`] at one that is not
    /// finite.
    pub fn new(experts: Vec<E>, exponents: Array1<f64>) -> Result<Self, Error> {
        check::non_empty("exponents", &exponents)?;
        check::length("exponents", experts.len(), exponents.len(), "entries, one an expert")?;
        check::finite("exponents", &exponents)?;
        Ok(Self { experts, exponents, slope: RefCell::new(Array1::zeros(0)) })
    }

    /// $E_1, \dots, E_K$.
    pub fn experts(&self) -> &[E] {
        &self.experts
    }

    fn terms(&self) -> impl Iterator<Item = (&E, f64)> {
        self.experts
            .iter()
            .zip(self.exponents.iter().copied())
            .filter(|&(_, exponent)| exponent != 0.0)
    }
}

impl<E: Energy> Energy for Product<E> {
    /// # Panics
    /// When an expert with a negative exponent calls the state impossible: its opposite would be of energy $-\infty$.
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        // ANCHOR: sum
        let term = |(expert, exponent): (&E, f64)| exponent * expert.energy(x);
        let energy: f64 = self.terms().map(term).sum();
        // ANCHOR_END: sum
        assert!(energy > f64::NEG_INFINITY, "the sum of the experts' energies is {energy}");
        energy
    }
}

impl<E: Differentiable> Differentiable for Product<E> {
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        assert_eq!(
            gradient.len(),
            x.len(),
            "a gradient of {} entries of {}",
            gradient.len(),
            x.len()
        );
        let mut slope = self.slope.borrow_mut();
        fit_to(&mut slope, x.len());
        gradient.fill(0.0);
        for (expert, exponent) in self.terms() {
            expert.gradient_into(x, &mut slope);
            gradient.scaled_add(exponent, &slope);
        }
    }
}

/// Makes the buffer `n` long; it is, after the first time.
fn fit_to(buffer: &mut Array1<f64>, n: usize) {
    if buffer.len() != n {
        *buffer = Array1::zeros(n);
    }
}

#[cfg(feature = "lapack")]
impl Product<Gaussian> {
    /// The single bowl that the product is: $\Lambda = \sum_k \alpha_k \Lambda_k$ and $\Lambda \mu = \sum_k \alpha_k \Lambda_k \mu_k$. Its energy differs
    /// from the sum by a constant.
    ///
    /// ```
    /// use downhill::{combining_densities::Product, energy::Gaussian};
    /// use ndarray::array;
    /// let at = |mean: f64| Gaussian::new(array![mean], array![[1.0]]);
    /// let one = Product::new(vec![at(-1.0)?, at(3.0)?], array![1.0, 1.0])?.gaussian()?;
    /// assert_eq!((one.mean()[0], one.precision()[[0, 0]]), (1.0, 2.0));
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when the experts have not the same number of dimensions, [`Error::Parameter`] when negative exponents leave no bowl.
    pub fn gaussian(&self) -> Result<Gaussian, Error> {
        let n = self.experts[0].mean().len();
        let (mut precision, mut shift) = (Array2::zeros((n, n)), Array1::zeros(n));
        for (expert, &exponent) in self.experts.iter().zip(&self.exponents) {
            check::length("mean of an expert", n, expert.mean().len(), "entries, as in the first")?;
            // ANCHOR: gaussian
            precision.scaled_add(exponent, expert.precision());
            shift.scaled_add(exponent, &expert.precision().dot(expert.mean()));
            // ANCHOR_END: gaussian
        }
        // First it must be a bowl at all.
        Gaussian::new(Array1::zeros(n), precision.clone())?;
        let mean =
            precision.solve_into(shift).map_err(|e| Error::Lapack { reason: e.to_string() })?;
        Gaussian::new(mean, precision)
    }
}

/// The energy of a mixture: $E(x) = -\log \sum_k \frac{w_k}{Z_k} e^{-E_k(x)}$, a soft minimum of the experts' energies. Its Gibbs distribution
/// is $\sum_k w_k p_k(x)$, and its partition function 1.
///
/// It needs what a product does not: the experts' partition functions.
///
/// ```
/// use downhill::{combining_densities::SoftMin, energy::{Energy, Gaussian}};
/// use ndarray::array;
/// let bell = |mean: f64, precision: f64| Gaussian::new(array![mean], array![[precision]]);
/// let (narrow, wide) = (bell(0.0, 100.0)?, bell(3.0, 1.0)?);
/// let log_partitions = array![narrow.log_partition(1.0), wide.log_partition(1.0)];
/// let either = SoftMin::new(vec![narrow, wide], &array![0.5, 0.5], &log_partitions)?;
/// let density = |x: f64| (-either.energy(&array![x])).exp();
/// assert!((density(0.0) / density(3.0) - 10.0).abs() < 0.2);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SoftMin<E> {
    experts: Vec<E>,
    /// $\log w_k - \log Z_k$.
    offsets: Array1<f64>,
    slope: RefCell<Array1<f64>>,
}

impl<E: Energy> SoftMin<E> {
    /// The mixture of `experts` with `weights`, scaled to sum to 1, where `log_partitions` are their $\log Z_k$.
    ///
    /// # Errors
    /// [`Error::Empty`] without experts, [`Error::Shape`] when there is not a weight and a $\log Z_k$ to each, [`Error::Domain`] at a weight that is
    /// not positive and finite or a $\log Z_k$ that is not finite, [`Error::Parameter`] when the sum of the weights is not finite.
    pub fn new(
        experts: Vec<E>,
        weights: &ArrayRef1<f64>,
        log_partitions: &ArrayRef1<f64>,
    ) -> Result<Self, Error> {
        check::non_empty("weights", weights)?;
        check::length("weights", experts.len(), weights.len(), "entries, one an expert")?;
        check::length(
            "log_partitions",
            experts.len(),
            log_partitions.len(),
            "entries, one an expert",
        )?;
        check::weights(weights)?;
        check::finite("log_partitions", log_partitions)?;
        let offsets = (weights / weights.sum()).ln() - log_partitions;
        Ok(Self { experts, offsets, slope: RefCell::new(Array1::zeros(0)) })
    }

    /// $\log w_k p_k(x)$ of each expert.
    fn exponents<'a>(&'a self, x: &'a ArrayRef1<f64>) -> impl Iterator<Item = f64> + 'a {
        self.experts.iter().zip(&self.offsets).map(|(expert, offset)| offset - expert.energy(x))
    }

    /// $p(k \mid x) = w_k p_k(x) / \sum_j w_j p_j(x)$, the share that each expert has in the state.
    ///
    /// # Panics
    /// When no expert allows the state.
    pub fn responsibilities(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        let energy = possible(self.energy(x));
        self.exponents(x).map(|exponent| (exponent + energy).exp()).collect()
    }
}

/// A finite energy, or a panic: at a state that cannot be there is neither a share nor a slope.
fn possible(energy: f64) -> f64 {
    assert!(energy.is_finite(), "the energy of the mixture is {energy} here");
    energy
}

impl<E: Energy> Energy for SoftMin<E> {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        // ANCHOR: soft_min
        // log Σ exp in one pass: `sum` counts in units of the largest term so far.
        let (mut largest, mut sum) = (f64::NEG_INFINITY, 0.0);
        for exponent in self.exponents(x) {
            if exponent > largest {
                sum = 1.0 + sum * (largest - exponent).exp();
                largest = exponent;
            } else if exponent != f64::NEG_INFINITY {
                sum += (exponent - largest).exp();
            }
        }
        -(largest + sum.ln())
        // ANCHOR_END: soft_min
    }
}

impl<E: Differentiable> Differentiable for SoftMin<E> {
    /// # Panics
    /// When no expert allows the state.
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        assert_eq!(
            gradient.len(),
            x.len(),
            "a gradient of {} entries of {}",
            gradient.len(),
            x.len()
        );
        let energy = possible(self.energy(x));
        let mut slope = self.slope.borrow_mut();
        fit_to(&mut slope, x.len());
        gradient.fill(0.0);
        // ANCHOR: soft_min_gradient
        for (expert, exponent) in self.experts.iter().zip(self.exponents(x)) {
            let responsibility = (exponent + energy).exp();
            if responsibility > 0.0 {
                expert.gradient_into(x, &mut slope);
                gradient.scaled_add(responsibility, &slope);
            }
        }
        // ANCHOR_END: soft_min_gradient
    }
}

/// An expert on bits with an opinion of its own, one hidden bit $z$: $p(x) \propto \sum_{z \in \{0, 1\}} e^{z (b + w \cdot x)} = 1 + e^{b + w \cdot x}$,
/// so that $E(x) = -\log(1 + e^{b + w \cdot x})$. With $z = 0$ every $x$ is as good as another; with $z = 1$ bit $i$ is on with probability $\sigma(w_i)$.
///
/// ```
/// use downhill::{combining_densities::Detector, energy::Energy};
/// use ndarray::array;
/// let seen = Detector::new(array![2.0, -2.0], 0.0)?;
/// assert!(seen.energy(&array![1.0, 0.0]) < seen.energy(&array![0.0, 1.0]));
/// assert_eq!(seen.posterior(&array![0.0, 0.0]), 0.5);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Detector {
    weights: Array1<f64>,
    bias: f64,
}

impl Detector {
    /// The expert with the given `weights` $w$ and `bias` $b$.
    ///
    /// # Errors
    /// [`Error::Empty`] without weights, [`Error::Domain`] or [`Error::Parameter`] at a number that is not finite.
    pub fn new(weights: Array1<f64>, bias: f64) -> Result<Self, Error> {
        check::non_empty("weights", &weights)?;
        check::finite("weights", &weights)?;
        check::parameter("bias", bias, "finite", bias.is_finite())?;
        Ok(Self { weights, bias })
    }

    /// $p(z = 1 \mid x) = \sigma(b + w \cdot x)$.
    ///
    /// # Panics
    /// When `x` has not as many entries as there are weights.
    pub fn posterior(&self, x: &ArrayRef1<f64>) -> f64 {
        logistic(self.bias + self.weights.dot(x))
    }

    /// $\log \sum_{x \in \{0, 1\}^n} (1 + e^{b + w \cdot x}) = \log \bigl( 2^n + e^b \prod_i (1 + e^{w_i}) \bigr)$.
    pub fn log_partition(&self) -> f64 {
        let off = self.weights.len() as f64 * std::f64::consts::LN_2;
        log_sum_exp(&array![off, self.bias + self.weights.mapv(softplus).sum()])
    }
}

impl Energy for Detector {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        -softplus(self.bias + self.weights.dot(x))
    }
}

/// The product of $h$ detectors, written out as the mixture that it is: one component for each setting of the $h$ hidden bits, in the order of
/// [`binary_states`]. The shares, $2^h$, sum to 1; the probabilities that bit $i$ is on, $2^h \times n$.
///
/// ```
/// use downhill::combining_densities::{Detector, tied_components};
/// use ndarray::array;
/// let (shares, on) = tied_components(&[Detector::new(array![0.0, 3f64.ln()], 0.0)?])?;
/// assert!((shares[1] - 2.0 / 3.0).abs() < 1e-15);
/// assert!((on[[1, 1]] - 0.75).abs() < 1e-15);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] with no experts or more than 20, [`Error::Shape`] when they do not look at equally many bits.
pub fn tied_components(experts: &[Detector]) -> Result<(Array1<f64>, Array2<f64>), Error> {
    let settings = binary_states(experts.len(), 0.0, 1.0)?;
    let n = experts[0].weights.len();
    let (mut weights, mut biases) =
        (Array2::zeros((experts.len(), n)), Array1::zeros(experts.len()));
    for (k, expert) in experts.iter().enumerate() {
        check::length("weights of an expert", n, expert.weights.len(), "entries, as in the first")?;
        weights.row_mut(k).assign(&expert.weights);
        biases[k] = expert.bias;
    }
    // ANCHOR: components
    let fields = settings.dot(&weights);
    let log_shares = settings.dot(&biases) + fields.mapv(softplus).sum_axis(Axis(1));
    let log_partition = log_sum_exp(&log_shares);
    Ok((log_shares.mapv(|l| (l - log_partition).exp()), fields.mapv(logistic)))
    // ANCHOR_END: components
}
