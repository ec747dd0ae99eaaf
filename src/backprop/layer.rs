//! What a network is made of: maps that know how to pass a gradient back.

use ndarray::{
    ArrayRef1, ArrayRef2, ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis,
    linalg::general_mat_mul,
};

/// A differentiable map of rows, with parameters that live in a stretch of one flat vector.
///
/// A row of `input` is a sample and gives a row of `output`. Going back, a layer is told how the cost changes with its
/// output and says how it changes with its parameters and its input: a product with the transposed Jacobian, which is
/// never formed.
///
/// [`Dense`] and [`Activation`](super::Activation) are layers; two of them in turn make the layer $l$ of the book.
///
/// ```
/// use downhill::backprop::{Dense, Layer};
/// use ndarray::{Array1, Array2, array};
///
/// let layer = Dense { inputs: 2, outputs: 1 };
/// let theta = array![3.0, 4.0, 0.5]; // weights, then the bias
/// let x = array![[1.0, 2.0]];
/// let mut z = Array2::zeros((1, 1));
/// layer.forward(&theta, &x, &mut z);
/// assert_eq!(z, array![[11.5]]);
///
/// let (mut gradient, mut back) = (Array1::zeros(3), Array2::zeros((1, 2)));
/// layer.backward(&theta, &x, &z, &array![[2.0]], &mut gradient, Some(&mut back));
/// assert_eq!(gradient, array![2.0, 4.0, 2.0]); // δ aᵀ, then δ
/// assert_eq!(back, array![[6.0, 8.0]]); // Wᵀ δ
/// ```
// ANCHOR: layer
pub trait Layer {
    /// The number of entries of the flat parameter vector that belong to this layer.
    fn parameters(&self) -> usize;

    /// Computes `output` from `input`.
    ///
    /// # Panics
    /// When a shape does not fit.
    fn forward(&self, theta: &ArrayRef1<f64>, input: &ArrayRef2<f64>, output: &mut ArrayRef2<f64>);

    /// Writes the derivatives of the cost by the parameters and, where asked, by the input.
    /// `input` and `output` are those of the forward pass; `output_gradient` holds the
    /// derivatives by the output.
    ///
    /// # Panics
    /// When a shape does not fit.
    fn backward(
        &self,
        theta: &ArrayRef1<f64>,
        input: &ArrayRef2<f64>,
        output: &ArrayRef2<f64>,
        output_gradient: &ArrayRef2<f64>,
        theta_gradient: &mut ArrayRef1<f64>,
        input_gradient: Option<&mut ArrayRef2<f64>>,
    );
}
// ANCHOR_END: layer

/// The affine part of a layer, $\mathbf z = \mathbf W \mathbf a + \mathbf b$: every unit hears every input.
///
/// Its parameters are $\mathbf W$, `outputs × inputs`, row by row, and then $\mathbf b$, `outputs`. The weight
/// $w_{jk}$ leads *to* unit $j$ *from* unit $k$. For an example see [`Layer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dense {
    /// The number of units that it hears.
    pub inputs: usize,
    /// The number of units that it feeds.
    pub outputs: usize,
}

impl Dense {
    /// The weights, `outputs × inputs`, and the biases, `outputs`, in this layer's stretch of the parameters.
    ///
    /// # Panics
    /// When `theta` has not one entry for each parameter.
    pub fn split<'a>(
        &self,
        theta: ArrayView1<'a, f64>,
    ) -> (ArrayView2<'a, f64>, ArrayView1<'a, f64>) {
        assert_eq!(theta.len(), self.parameters(), "one entry for each parameter");
        let (weights, biases) = theta.split_at(Axis(0), self.outputs * self.inputs);
        // A stretch of a vector with the right length always has the shape of the matrix.
        (
            weights.into_shape_with_order((self.outputs, self.inputs)).expect("the length fits"),
            biases,
        )
    }

    fn split_mut<'a>(
        &self,
        theta: ArrayViewMut1<'a, f64>,
    ) -> (ArrayViewMut2<'a, f64>, ArrayViewMut1<'a, f64>) {
        assert_eq!(theta.len(), self.parameters(), "one entry for each parameter");
        let (weights, biases) = theta.split_at(Axis(0), self.outputs * self.inputs);
        // As above.
        (
            weights.into_shape_with_order((self.outputs, self.inputs)).expect("the length fits"),
            biases,
        )
    }
}

impl Layer for Dense {
    fn parameters(&self) -> usize {
        (self.inputs + 1) * self.outputs
    }

    // ANCHOR: dense_forward
    fn forward(&self, theta: &ArrayRef1<f64>, input: &ArrayRef2<f64>, output: &mut ArrayRef2<f64>) {
        let (weights, biases) = self.split(theta.view());
        output.assign(&biases);
        general_mat_mul(1.0, input, &weights.t(), 1.0, output);
    }
    // ANCHOR_END: dense_forward

    // ANCHOR: dense_backward
    fn backward(
        &self,
        theta: &ArrayRef1<f64>,
        input: &ArrayRef2<f64>,
        _output: &ArrayRef2<f64>,
        delta: &ArrayRef2<f64>,
        theta_gradient: &mut ArrayRef1<f64>,
        input_gradient: Option<&mut ArrayRef2<f64>>,
    ) {
        let (mut weights_gradient, mut biases_gradient) = self.split_mut(theta_gradient.view_mut());
        general_mat_mul(1.0, &delta.t(), input, 0.0, &mut weights_gradient);
        biases_gradient.fill(0.0);
        for sample in delta.rows() {
            biases_gradient += &sample;
        }
        if let Some(input_gradient) = input_gradient {
            let (weights, _) = self.split(theta.view());
            general_mat_mul(1.0, delta, &weights, 0.0, input_gradient);
        }
    }
    // ANCHOR_END: dense_backward
}
