//! Two valleys and a pass between them.

use ndarray::ArrayRef1;

use super::{Differentiable, Energy};
use crate::{Error, check};

/// The double well $E(x) = h\,(x_0^2 - 1)^2 + t\,x_0 + \frac12 \sum_{i \ge 1} x_i^2$: valleys near $x_0 = \pm 1$, a pass of height
/// $h$ between them, a tilt $t$ that makes the left one the deeper, and a round bowl in every further dimension.
///
/// ```
/// use downhill::energy::{DoubleWell, Energy};
/// use ndarray::array;
/// let well = DoubleWell::new(3.0, 0.0)?;
/// assert_eq!(well.energy(&array![0.0]) - well.energy(&array![-1.0]), 3.0);
/// assert_eq!(well.energy(&array![1.0, 2.0]), 2.0);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DoubleWell {
    height: f64,
    tilt: f64,
}

impl DoubleWell {
    /// The well of barrier `height` $h > 0$ and `tilt` $t$.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the height is not positive and finite or the tilt not finite.
    pub fn new(height: f64, tilt: f64) -> Result<Self, Error> {
        check::parameter(
            "height",
            height,
            "positive and finite",
            height > 0.0 && height.is_finite(),
        )?;
        check::parameter("tilt", tilt, "finite", tilt.is_finite())?;
        Ok(Self { height, tilt })
    }

    /// The well where a part of it leaves the range of numbers. The fourth power is stronger than the tilt.
    #[cold]
    fn far_out(&self, x: f64) -> f64 {
        let excess = x * x - 1.0;
        let well = self.height * excess * excess;
        if well == f64::INFINITY { well } else { well + self.tilt * x }
    }
}

impl Energy for DoubleWell {
    #[inline]
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        let mut well = self.height * (x[0] * x[0] - 1.0).powi(2) + self.tilt * x[0];
        if !well.is_finite() {
            well = self.far_out(x[0]);
        }
        (1..x.len()).fold(well, |sum, i| sum + 0.5 * x[i] * x[i])
    }
}

impl Differentiable for DoubleWell {
    #[inline]
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        assert_eq!(
            gradient.len(),
            x.len(),
            "a gradient of {} entries of {}",
            gradient.len(),
            x.len()
        );
        gradient.assign(x);
        gradient[0] = 4.0 * (self.height * x[0] * (x[0] * x[0] - 1.0)) + self.tilt;
    }
}
