//! Units that are seen and units that are not.

use ndarray::{Array1, ArrayRef1, ArrayRef2};

use crate::{
    Error, check,
    energy::{Energy, Learnable},
};

/// Units of two kinds, $M$ visible ones $x$ and $N$ hidden ones $h$, each of one kind joined to each of the other:
/// $E(x, h) = -a \cdot x - b \cdot h - x^\top W h$. The state is $x$ followed by $h$; the parameters are $a$, $b$ and the rows of $W$.
///
/// Source: P. Smolensky, in *Parallel Distributed Processing* 1 (MIT Press, 1986) 194.
///
/// ```
/// use downhill::{energy::Energy, energy_and_inference::Bipartite};
/// use ndarray::array;
/// let pair = Bipartite::new(array![1.0], array![-2.0], &array![[4.0]])?;
/// assert_eq!(pair.energy(&array![1.0, 1.0]), -3.0);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Bipartite {
    parameters: Array1<f64>,
    visible: usize,
}

impl Bipartite {
    /// The energy with the biases `a`, `M`, of the visible units and `b`, `N`, of the hidden ones, and the `weights`, `M × N`.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Shape`] or [`Error::Domain`] when a kind has no units, the sizes do not agree or an entry is not finite.
    pub fn new(a: Array1<f64>, b: Array1<f64>, weights: &ArrayRef2<f64>) -> Result<Self, Error> {
        check::non_empty("a", &a)?;
        check::non_empty("b", &b)?;
        check::length("rows of weights", a.len(), weights.nrows(), "rows, one a visible unit")?;
        check::length(
            "columns of weights",
            b.len(),
            weights.ncols(),
            "columns, one a hidden unit",
        )?;
        let visible = a.len();
        let parameters: Array1<f64> =
            a.into_iter().chain(b).chain(weights.iter().copied()).collect();
        check::finite("parameters", &parameters)?;
        Ok(Self { parameters, visible })
    }

    /// The derivatives of $-E$ by the parameters, in their order: $x_i$, $h_j$ and $x_i h_j$.
    fn features<'a>(&self, state: &'a ArrayRef1<f64>) -> impl Iterator<Item = f64> + use<'a> {
        let (m, n) = (self.visible, state.len() - self.visible);
        assert_eq!(
            m + n + m * n,
            self.parameters.len(),
            "a state of {} units does not fit the parameters",
            state.len()
        );
        let pairs = (0..m).flat_map(move |i| (0..n).map(move |j| state[i] * state[m + j]));
        state.iter().copied().chain(pairs)
    }
}

impl Energy for Bipartite {
    fn energy(&self, state: &ArrayRef1<f64>) -> f64 {
        -self.features(state).zip(&self.parameters).map(|(f, p)| f * p).sum::<f64>()
    }
}

impl Learnable for Bipartite {
    fn parameters(&self) -> &ArrayRef1<f64> {
        &self.parameters
    }

    fn parameters_mut(&mut self) -> &mut ArrayRef1<f64> {
        &mut self.parameters
    }

    fn add_parameter_gradient(
        &self,
        state: &ArrayRef1<f64>,
        weight: f64,
        gradient: &mut ArrayRef1<f64>,
    ) {
        assert_eq!(gradient.len(), self.parameters.len(), "one entry a parameter");
        for (g, f) in gradient.iter_mut().zip(self.features(state)) {
            *g -= weight * f;
        }
    }
}
