//! The price of learning, in evaluations.

use std::{cell::Cell, rc::Rc};

use ndarray::ArrayRef1;

use super::Scored;
use crate::energy::{Differentiable, Energy, Learnable};

/// An energy that counts how often it is asked: for $E$, for $\nabla_x E$, or for $\partial E / \partial \theta$, each as one evaluation. A slope or a curvature
/// along a line, with its derivative by $\theta$, counts as one as well: all of them are a pass or two through the machine. Its
/// clones, in a kernel say, count together with it.
///
/// ```
/// use downhill::{energy::Energy, training_ebms::{Counted, Pairwise}};
/// use ndarray::array;
/// let machine = Counted::new(Pairwise::zeros(2)?);
/// machine.energy(&array![1.0, 1.0]);
/// assert_eq!(machine.evaluations(), 1);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Counted<E> {
    energy: E,
    evaluations: Rc<Cell<u64>>,
}

impl<E> Counted<E> {
    /// Counts from 0.
    pub fn new(energy: E) -> Self {
        Self { energy, evaluations: Rc::default() }
    }

    /// How many evaluations there were.
    pub fn evaluations(&self) -> u64 {
        self.evaluations.get()
    }

    /// The energy itself, which does not count.
    pub fn inner(&self) -> &E {
        &self.energy
    }

    fn asked(&self) -> &E {
        self.evaluations.set(self.evaluations.get() + 1);
        &self.energy
    }
}

impl<E: Energy> Energy for Counted<E> {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        self.asked().energy(x)
    }
}

impl<E: Differentiable> Differentiable for Counted<E> {
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        self.asked().gradient_into(x, gradient);
    }
}

impl<E: Learnable> Learnable for Counted<E> {
    fn parameters(&self) -> &ArrayRef1<f64> {
        self.energy.parameters()
    }

    fn parameters_mut(&mut self) -> &mut ArrayRef1<f64> {
        self.energy.parameters_mut()
    }

    fn add_parameter_gradient(
        &self,
        x: &ArrayRef1<f64>,
        weight: f64,
        gradient: &mut ArrayRef1<f64>,
    ) {
        self.asked().add_parameter_gradient(x, weight, gradient);
    }
}

impl<E: Scored> Scored for Counted<E> {
    fn add_slope_gradient(
        &self,
        x: &ArrayRef1<f64>,
        u: &ArrayRef1<f64>,
        weight: f64,
        gradient: &mut ArrayRef1<f64>,
    ) {
        self.asked().add_slope_gradient(x, u, weight, gradient);
    }

    fn curvature(&self, x: &ArrayRef1<f64>, u: &ArrayRef1<f64>) -> f64 {
        self.asked().curvature(x, u)
    }

    fn add_curvature_gradient(
        &self,
        x: &ArrayRef1<f64>,
        u: &ArrayRef1<f64>,
        weight: f64,
        gradient: &mut ArrayRef1<f64>,
    ) {
        self.asked().add_curvature_gradient(x, u, weight, gradient);
    }
}
