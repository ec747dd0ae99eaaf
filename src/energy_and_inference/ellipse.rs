//! A curve of right answers.

use ndarray::ArrayRef1;

use crate::{
    Error, check,
    energy::{Differentiable, Energy},
};

/// The squared distance of a point $y$ of the plane from the place with the angle $z$ on an ellipse, $E(y, z) = \frac12 \lVert y - (a \cos z, b \sin z)\rVert^2$. The state is
/// $(y_1, y_2, z)$.
///
/// ```
/// use downhill::{energy::Energy, energy_and_inference::Ellipse};
/// use ndarray::array;
/// assert_eq!(Ellipse::new(2.0, 1.0)?.energy(&array![2.0, 3.0, 0.0]), 4.5);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ellipse {
    a: f64,
    b: f64,
}

impl Ellipse {
    /// The ellipse of semi-axes `a` along $y_1$ and `b` along $y_2$.
    ///
    /// # Errors
    /// [`Error::Parameter`] when one is not positive and finite.
    pub fn new(a: f64, b: f64) -> Result<Self, Error> {
        check::parameter("a", a, "positive and finite", a > 0.0 && a.is_finite())?;
        check::parameter("b", b, "positive and finite", b > 0.0 && b.is_finite())?;
        Ok(Self { a, b })
    }

    /// $y - g(z)$.
    fn miss(&self, state: &ArrayRef1<f64>) -> [f64; 2] {
        assert_eq!(
            state.len(),
            3,
            "a state of {} entries, not of two coordinates and an angle",
            state.len()
        );
        [state[0] - self.a * state[2].cos(), state[1] - self.b * state[2].sin()]
    }
}

// ANCHOR: ellipse
impl Energy for Ellipse {
    fn energy(&self, state: &ArrayRef1<f64>) -> f64 {
        let [u, v] = self.miss(state);
        0.5 * (u * u + v * v)
    }
}

impl Differentiable for Ellipse {
    fn gradient_into(&self, state: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        let [u, v] = self.miss(state);
        assert_eq!(gradient.len(), 3, "a slope for each coordinate and the angle");
        gradient[0] = u;
        gradient[1] = v;
        gradient[2] = self.a * u * state[2].sin() - self.b * v * state[2].cos();
    }
}
// ANCHOR_END: ellipse
