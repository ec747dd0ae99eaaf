//! A code that may be any vector, but pays for its length.

use ndarray::{Array2, ArrayRef1, ArrayRef2};
use ndarray_linalg::InverseC;

use super::check_samples;
use crate::{Error, check, energy::Energy};

/// The energy left when the best code is chosen, $F(y) = \min_z \lVert y - zD \rVert^2 + \lambda \lVert z \rVert^2 = \lambda\, y\, (D^\top D + \lambda I)^{-1} y^\top$, with
/// the rows of $D$ as atoms.
///
/// ```
/// use downhill::{energy::Energy, training_ebms::SoftCode};
/// use ndarray::array;
/// let code = SoftCode::new(&array![[1.0, 0.0]], 1.0)?;
/// // Along the atom half of the energy is left, across it all.
/// assert!((code.energy(&array![1.0, 0.0]) - 0.5).abs() < 1e-15);
/// assert!((code.energy(&array![0.0, 1.0]) - 1.0).abs() < 1e-15);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SoftCode {
    form: Array2<f64>,
}

impl SoftCode {
    /// The code over the atoms `dictionary`, `K × p`, with the penalty $\lambda$ = `lambda`.
    ///
    /// # Errors
    /// [`Error::Empty`] or [`Error::Domain`] for a bad dictionary, [`Error::Parameter`] when `lambda` is not positive and finite,
    /// [`Error::Lapack`] when it is too small to be seen beside the dictionary.
    pub fn new(dictionary: &ArrayRef2<f64>, lambda: f64) -> Result<Self, Error> {
        check_samples("dictionary", dictionary)?;
        check::parameter(
            "lambda",
            lambda,
            "positive and finite",
            lambda > 0.0 && lambda.is_finite(),
        )?;
        let mut form = dictionary.t().dot(dictionary);
        form.diag_mut().mapv_inplace(|d| d + lambda);
        let inverse = form.invc().map_err(|error| Error::Lapack { reason: error.to_string() })?;
        Ok(Self { form: lambda * inverse })
    }
}

impl Energy for SoftCode {
    fn energy(&self, y: &ArrayRef1<f64>) -> f64 {
        assert_eq!(
            y.len(),
            self.form.nrows(),
            "a sample of {} entries in {}",
            y.len(),
            self.form.nrows()
        );
        (0..y.len()).fold(0.0, |sum, i| sum + y[i] * self.form.row(i).dot(y))
    }
}
