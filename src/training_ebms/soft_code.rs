//! A code that may be any vector, but pays for its length.

use ndarray::{Array2, ArrayRef1, ArrayRef2, Axis};
use ndarray_linalg::{JobSvd, SVDDC};

use super::check_samples;
use crate::{Error, check, energy::Energy, ols::rank_tolerance};

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
    /// A square root of the form: the orthonormal directions $v_i$ of $D = U S V^\top$, each times $\sqrt{\lambda / (s_i^2 + \lambda)}$.
    root: Array2<f64>,
}

impl SoftCode {
    /// The code over the atoms `dictionary`, `K × p`, with the penalty $\lambda$ = `lambda`.
    ///
    /// # Errors
    /// [`Error::Empty`] or [`Error::Domain`] for a bad dictionary, [`Error::Parameter`] when `lambda` is not positive and finite,
    /// [`Error::Lapack`] when LAPACK's iteration for the singular values does not converge.
    pub fn new(dictionary: &ArrayRef2<f64>, lambda: f64) -> Result<Self, Error> {
        check_samples("dictionary", dictionary)?;
        check::parameter(
            "lambda",
            lambda,
            "positive and finite",
            lambda > 0.0 && lambda.is_finite(),
        )?;
        let (atoms, pixels) = dictionary.dim();
        // All directions, those across the atoms too.
        let job = if atoms < pixels { JobSvd::All } else { JobSvd::Some };
        let (_, singular, directions) =
            dictionary.svddc(job).map_err(|error| Error::Lapack { reason: error.to_string() })?;
        let mut root = directions.unwrap_or_default();
        check::finite("directions of the dictionary", &root)?;
        // Across the atoms the whole energy is left; along them a share that no sum with λ has rounded.
        let negligible = singular[0] * rank_tolerance(atoms, pixels);
        for (mut direction, &s) in root.axis_iter_mut(Axis(0)).zip(&singular) {
            if s > negligible {
                direction /= (s / lambda.sqrt()).hypot(1.0);
            }
        }
        Ok(Self { root })
    }
}

impl Energy for SoftCode {
    fn energy(&self, y: &ArrayRef1<f64>) -> f64 {
        let p = self.root.ncols();
        assert_eq!(y.len(), p, "a sample of {} entries in {p}", y.len());
        self.root.rows().into_iter().fold(0.0, |sum, direction| sum + direction.dot(y).powi(2))
    }
}
