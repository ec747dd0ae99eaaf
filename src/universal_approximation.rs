//! Universal approximation: which functions can a network come close to, and at what price?
//!
//! | in the book | here |
//! |---|---|
//! | activation $\sigma$ | [`logistic`], [`relu`], or any `fn(f64) -> f64` |
//! | network $f(\mathbf x; \Theta) = \sum_j \alpha_j\, \sigma(\mathbf w_j^\top \mathbf x + b_j)$ | [`Shallow`] |
//! | width $N$ | [`Shallow::width`] |
//! | weights $\mathbf W$, `N × d`; biases $\mathbf b$; output weights $\boldsymbol\alpha$ | [`Shallow::weights`], [`Shallow::biases`], [`Shallow::output`] |
//! | values of the hidden units, $\sigma(\mathbf W\mathbf x + \mathbf b)$ | [`Shallow::hidden`] |
//! | staircase of $N$ steps of sharpness $\kappa$ | [`Shallow::staircase`] |
//! | broken line through $(x_j, F(x_j))$ | [`Shallow::broken_line`] |
//! | ridge function $g(\mathbf v^\top \mathbf x)$ | [`Shallow::along`] |
//! | uniform error $\sup \lvert F - f \rvert$ on a grid | [`sup_error`] |
//! | sawtooth $T^{\circ L}$ | [`sawtooth`] |
//!
//! Sources: G. Cybenko, *Math. Control Signals Systems* 2 (1989); K. Hornik, *Neural Networks* 4 (1991);
//! M. Telgarsky, *COLT* (2016). Chapter: `chapters/1-descent/universal-approximation.md`.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, array, concatenate};

use crate::{Error, check, introduction::logistic};

/// Rows of which the hidden units are held at once: few enough to stay in the cache at any usual width.
const ROWS: usize = 64;

/// The rectifier $\max(0, z)$.
///
/// ```
/// use downhill::universal_approximation::relu;
/// assert_eq!((relu(-2.0), relu(3.0)), (0.0, 3.0));
/// ```
pub fn relu(z: f64) -> f64 {
    // Not `z.max(0.0)`, which would turn NaN into 0.
    if z < 0.0 { 0.0 } else { z }
}

/// A network with one hidden layer and one linear output, $f(\mathbf x) = \sum_j \alpha_j\, \sigma(\mathbf w_j^\top \mathbf x + b_j)$.
///
/// Cybenko's finite sum (1989): there is no bias at the output. A unit with zero weights makes one where it is needed.
///
/// ```
/// use downhill::universal_approximation::{Shallow, relu};
/// use ndarray::array;
/// let absolute = Shallow::new(relu, array![[1.0], [-1.0]], array![0.0, 0.0], array![1.0, 1.0])?;
/// assert_eq!(absolute.curve(&array![-3.0, 0.0, 2.0]), array![3.0, 0.0, 2.0]);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Shallow {
    activation: fn(f64) -> f64,
    weights: Array2<f64>,
    biases: Array1<f64>,
    output: Array1<f64>,
}

impl Shallow {
    /// A network of `N` units on `d` inputs: `weights`, `N × d`, `biases`, `N`, and `output`, the $\alpha_j$, `N`.
    ///
    /// ```
    /// use downhill::{introduction::logistic, universal_approximation::Shallow};
    /// use ndarray::array;
    /// let f = Shallow::new(logistic, array![[1.0, -1.0]], array![0.0], array![2.0])?;
    /// assert_eq!(f.evaluate(&array![[3.0, 3.0]]), array![1.0]);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Empty`] without units or inputs, [`Error::Shape`] when the lengths differ, [`Error::Domain`] when an
    /// entry is not finite.
    pub fn new(
        activation: fn(f64) -> f64,
        weights: Array2<f64>,
        biases: Array1<f64>,
        output: Array1<f64>,
    ) -> Result<Self, Error> {
        check::non_empty("weights", &weights)?;
        check::length("biases", weights.nrows(), biases.len(), "entries, one a row of weights")?;
        check::length("output", weights.nrows(), output.len(), "entries, one a row of weights")?;
        check::finite("weights", &weights)?;
        check::finite("biases", &biases)?;
        check::finite("output", &output)?;
        Ok(Self { activation, weights, biases, output })
    }

    /// A staircase of logistic steps that follows `target` on the interval `lo..hi`, `steps + 1` units.
    ///
    /// The interval is cut into `steps` cells of width $h$. At the middle of each the staircase rises by what
    /// `target` gains over the cell, and half a cell before `lo` from 0 to the first value. The weight of every unit is
    /// `sharpness` / $h$: a step takes about 4 / `sharpness` of a cell.
    ///
    /// ```
    /// use downhill::universal_approximation::Shallow;
    /// use ndarray::array;
    /// let stairs = Shallow::staircase(|x| x * x, (0.0, 1.0), 4, 100.0)?;
    /// assert_eq!(stairs.width(), 5);
    /// assert!((stairs.curve(&array![0.5])[0] - 0.25).abs() < 1e-12);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] when the interval is empty or not finite, there is no step, or `sharpness` is not above 0 and
    /// finite; [`Error::Domain`] when `target` is not finite at the end of a cell.
    // ANCHOR: staircase
    pub fn staircase(
        target: impl Fn(f64) -> f64,
        (lo, hi): (f64, f64),
        steps: usize,
        sharpness: f64,
    ) -> Result<Self, Error> {
        check::parameter("lo", lo, "finite", lo.is_finite())?;
        check::parameter("hi", hi, "finite and above lo", hi.is_finite() && hi > lo)?;
        check::parameter("steps", steps as f64, "at least 1", steps > 0)?;
        check::parameter(
            "sharpness",
            sharpness,
            "above 0 and finite",
            sharpness > 0.0 && sharpness.is_finite(),
        )?;
        let cell = (hi - lo) / steps as f64;
        let steep = sharpness / cell;
        let ends = Array1::from_shape_fn(steps + 1, |j| target(lo + j as f64 * cell));
        check::finite("target", &ends)?;
        let rises =
            Array1::from_shape_fn(
                steps + 1,
                |j| if j == 0 { ends[0] } else { ends[j] - ends[j - 1] },
            );
        let biases = Array1::from_shape_fn(steps + 1, |j| -steep * (lo + (j as f64 - 0.5) * cell));
        Self::new(logistic, Array2::from_elem((steps + 1, 1), steep), biases, rises)
    }
    // ANCHOR_END: staircase

    /// The broken line through `(knots[j], values[j])`, by rectifiers, one for each knot: level before the first
    /// knot, and beyond the last knot straight on.
    ///
    /// ```
    /// use downhill::universal_approximation::Shallow;
    /// use ndarray::array;
    /// let line = Shallow::broken_line(&array![0.0, 1.0, 3.0], &array![5.0, 7.0, 3.0])?;
    /// assert_eq!(line.curve(&array![0.0, 0.5, 1.0, 2.0, 3.0]), array![5.0, 6.0, 7.0, 5.0, 3.0]);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Empty`] without knots, [`Error::Shape`] when the lengths differ, [`Error::Domain`] when an entry is not
    /// finite, the knots do not increase, or a slope overflows.
    // ANCHOR: broken_line
    pub fn broken_line(knots: &ArrayRef1<f64>, values: &ArrayRef1<f64>) -> Result<Self, Error> {
        check::non_empty("knots", knots)?;
        check::length("values", knots.len(), values.len(), "entries, one a knot")?;
        check::finite("knots", knots)?;
        check::finite("values", values)?;
        let n = knots.len();
        // One unit of weight 0 and bias 1 is the constant; the others have their kinks at all
        // knots but the last.
        let (mut weights, mut biases, mut output) =
            (Array2::ones((n, 1)), Array1::ones(n), Array1::zeros(n));
        (weights[[0, 0]], output[0]) = (0.0, values[0]);
        let mut slope = 0.0;
        for j in 1..n {
            if knots[j] <= knots[j - 1] {
                let (index, value) = (j.to_string(), knots[j]);
                return Err(Error::Domain {
                    what: "knots",
                    index,
                    value,
                    must: "above the knot before",
                });
            }
            let next = (values[j] - values[j - 1]) / (knots[j] - knots[j - 1]);
            (biases[j], output[j]) = (-knots[j - 1], next - slope);
            slope = next;
        }
        Self::new(relu, weights, biases, output)
    }
    // ANCHOR_END: broken_line

    /// The number $N$ of hidden units.
    pub fn width(&self) -> usize {
        self.output.len()
    }

    /// The weights $\mathbf W$, `N × d`: row `j` is $\mathbf w_j$.
    pub fn weights(&self) -> &Array2<f64> {
        &self.weights
    }

    /// The biases $\mathbf b$, `N`.
    pub fn biases(&self) -> &Array1<f64> {
        &self.biases
    }

    /// The output weights $\boldsymbol\alpha$, `N`.
    pub fn output(&self) -> &Array1<f64> {
        &self.output
    }

    /// The values of the hidden units at the `n` rows of `x`: `n × N`, entry `i, j` is $\sigma(\mathbf w_j^\top \mathbf x_i + b_j)$.
    ///
    /// They are the features of a linear model, whose coefficients are the output weights.
    ///
    /// # Panics
    /// When `x` has not `d` columns.
    // ANCHOR: hidden
    pub fn hidden(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        let mut units = x.dot(&self.weights.t());
        units += &self.biases;
        units.mapv_inplace(self.activation);
        units
    }
    // ANCHOR_END: hidden

    /// The values of the network at the `n` rows of `x`.
    ///
    /// # Panics
    /// When `x` has not `d` columns.
    // ANCHOR: evaluate
    pub fn evaluate(&self, x: &ArrayRef2<f64>) -> Array1<f64> {
        let mut values = Array1::zeros(x.nrows());
        // In blocks: the units of all rows at once would leave the cache.
        for (rows, mut part) in
            x.axis_chunks_iter(Axis(0), ROWS).zip(values.axis_chunks_iter_mut(Axis(0), ROWS))
        {
            part.assign(&self.hidden(&rows).dot(&self.output));
        }
        values
    }
    // ANCHOR_END: evaluate

    /// The values of a network of one input at the points `x` of the line.
    ///
    /// # Panics
    /// When the network has more than one input.
    pub fn curve(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        self.evaluate(&x.view().insert_axis(Axis(1)))
    }

    /// The ridge function $f(\mathbf v^\top \mathbf x)$ of a network $f$ of one input: a network of `direction.len()`
    /// inputs with the same biases and output weights. It varies along `direction` only.
    ///
    /// ```
    /// use downhill::universal_approximation::Shallow;
    /// use ndarray::array;
    /// let ridge = Shallow::broken_line(&array![0.0, 1.0], &array![0.0, 1.0])?.along(&array![1.0, 2.0])?;
    /// assert_eq!(ridge.evaluate(&array![[1.0, 1.0], [3.0, 0.0]]), array![3.0, 3.0]);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Shallow::new`], for the weights that result; [`Error::Shape`] when the network has more than one input.
    // ANCHOR: along
    pub fn along(&self, direction: &ArrayRef1<f64>) -> Result<Self, Error> {
        check::length("network", 1, self.weights.ncols(), "input")?;
        let weights = self.weights.dot(&direction.view().insert_axis(Axis(0)));
        Self::new(self.activation, weights, self.biases.clone(), self.output.clone())
    }
    // ANCHOR_END: along

    /// The sum of two networks of one activation, which is that of `self`: the units of both, side by side. That `other` has it too is for the caller to
    /// see to.
    ///
    /// ```
    /// use downhill::universal_approximation::Shallow;
    /// use ndarray::array;
    /// let up = Shallow::broken_line(&array![0.0, 1.0], &array![0.0, 1.0])?;
    /// assert_eq!(up.plus(&up)?.curve(&array![0.25]), array![0.5]);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when they differ in the number of inputs.
    // ANCHOR: plus
    pub fn plus(&self, other: &Self) -> Result<Self, Error> {
        check::length("other", self.weights.ncols(), other.weights.ncols(), "inputs")?;
        Ok(Self {
            activation: self.activation,
            weights: concatenate![Axis(0), self.weights, other.weights],
            biases: concatenate![Axis(0), self.biases, other.biases],
            output: concatenate![Axis(0), self.output, other.output],
        })
    }
    // ANCHOR_END: plus
}

/// The largest error $\max_i \lvert y_i - \tilde y_i \rvert$ over the points at which both were evaluated, in the unit of `y`.
/// NaN where an entry is NaN.
///
/// ```
/// use ndarray::array;
/// assert_eq!(downhill::universal_approximation::sup_error(&array![1.0, 2.0], &array![1.5, 4.0]), 2.0);
/// ```
///
/// # Panics
/// When `y` and `prediction` differ in length or are empty.
// ANCHOR: sup_error
pub fn sup_error(y: &ArrayRef1<f64>, prediction: &ArrayRef1<f64>) -> f64 {
    assert!(!y.is_empty(), "the largest of no errors");
    assert_eq!(y.len(), prediction.len(), "y and prediction differ in length");
    // Not `f64::max`, which would pass over NaN.
    let larger = |a: f64, b: f64| if a.is_nan() || a >= b { a } else { b };
    y.iter().zip(prediction).map(|(y, prediction)| (y - prediction).abs()).fold(0.0, larger)
}
// ANCHOR_END: sup_error

/// Telgarsky's sawtooth $T^{\circ L}(x)$ on $[0, 1]$: the tent $T(x) = 2\max(0, x) - 4\max(0, x - \tfrac12)$ composed
/// `depth` times, so that $2^{L-1}$ teeth come of a network of $L$ hidden layers of two units.
///
/// ```
/// use ndarray::array;
/// let teeth = downhill::universal_approximation::sawtooth(&array![0.0, 0.25, 0.5, 0.75, 1.0], 2);
/// assert_eq!(teeth, array![0.0, 1.0, 0.0, 1.0, 0.0]);
/// ```
// ANCHOR: sawtooth
pub fn sawtooth(x: &ArrayRef1<f64>, depth: usize) -> Array1<f64> {
    let tent = Shallow {
        activation: relu,
        weights: array![[1.0], [1.0]],
        biases: array![0.0, -0.5],
        output: array![2.0, -4.0],
    };
    (0..depth).fold(x.to_owned(), |x, _| tent.curve(&x))
}
// ANCHOR_END: sawtooth
