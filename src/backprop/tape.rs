//! Reverse-mode automatic differentiation: write every operation down, then read the list backwards.

use std::{
    cell::RefCell,
    iter::Sum,
    ops::{Add, Div, Mul, Neg, Sub},
};

use super::activation::step;
use crate::universal_approximation::relu;

/// A record of operations on numbers. Each entry knows the entries that it was made from, and how it changes with them.
///
/// ```
/// use downhill::backprop::Tape;
/// let tape = Tape::new();
/// let (x, y) = (tape.var(2.0), tape.var(3.0));
/// let f = x * y + x.exp();
/// let gradient = f.gradient();
/// assert_eq!(gradient.wrt(x), 3.0 + 2.0_f64.exp());
/// assert_eq!(gradient.wrt(y), 2.0);
/// ```
#[derive(Debug, Default)]
pub struct Tape {
    nodes: RefCell<Vec<Node>>,
}

/// An entry of the tape: up to two parents, each with the derivative of this entry by it. An input has two derivatives of 0.
// ANCHOR: node
#[derive(Clone, Copy, Debug)]
struct Node {
    parents: [usize; 2],
    derivatives: [f64; 2],
}
// ANCHOR_END: node

/// A number that was written on a tape. For an example see [`Tape`].
#[derive(Clone, Copy, Debug)]
pub struct Var<'t> {
    tape: &'t Tape,
    index: usize,
    value: f64,
}

/// The derivatives of one number by every entry of its tape. For an example see [`Tape`].
#[derive(Clone, Debug)]
pub struct Gradient<'t> {
    tape: &'t Tape,
    adjoints: Vec<f64>,
}

impl Tape {
    /// An empty tape.
    pub fn new() -> Self {
        Self::default()
    }

    /// A new input.
    pub fn var(&self, value: f64) -> Var<'_> {
        let index = self.nodes.borrow().len();
        self.push(value, [index; 2], [0.0; 2])
    }

    /// The number of entries: the inputs and the operations so far.
    ///
    /// ```
    /// let tape = downhill::backprop::Tape::new();
    /// let x = tape.var(1.0);
    /// let _ = x * x;
    /// assert_eq!(tape.entries(), 2);
    /// ```
    pub fn entries(&self) -> usize {
        self.nodes.borrow().len()
    }

    fn push(&self, value: f64, parents: [usize; 2], derivatives: [f64; 2]) -> Var<'_> {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { parents, derivatives });
        Var { tape: self, index: nodes.len() - 1, value }
    }
}

impl<'t> Var<'t> {
    /// The number itself.
    pub fn value(self) -> f64 {
        self.value
    }

    /// Writes down an operation on one number, given its result and its derivative there.
    ///
    /// ```
    /// let tape = downhill::backprop::Tape::new();
    /// let x = tape.var(0.5);
    /// let y = x.unary(x.value().sin(), x.value().cos());
    /// assert_eq!(y.gradient().wrt(x), 0.5_f64.cos());
    /// ```
    pub fn unary(self, value: f64, derivative: f64) -> Self {
        self.tape.push(value, [self.index; 2], [derivative, 0.0])
    }

    fn binary(self, other: Self, value: f64, derivatives: [f64; 2]) -> Self {
        assert!(std::ptr::eq(self.tape, other.tape), "the two numbers are on different tapes");
        self.tape.push(value, [self.index, other.index], derivatives)
    }

    /// $e^x$.
    pub fn exp(self) -> Self {
        let value = self.value.exp();
        self.unary(value, value)
    }

    /// $\ln x$.
    pub fn ln(self) -> Self {
        self.unary(self.value.ln(), 1.0 / self.value)
    }

    /// $\tanh x$.
    pub fn tanh(self) -> Self {
        let value = self.value.tanh();
        self.unary(value, 1.0 - value * value)
    }

    /// $x^n$.
    pub fn powi(self, n: i32) -> Self {
        // At n = 0 the product would be 0 · ∞ where x is 0.
        let derivative = if n == 0 { 0.0 } else { f64::from(n) * self.value.powi(n - 1) };
        self.unary(self.value.powi(n), derivative)
    }

    /// The larger of $x$ and 0, with derivative 0 at 0.
    pub fn relu(self) -> Self {
        self.unary(relu(self.value), step(self.value, 0.0))
    }

    /// The derivatives of this number by every entry of its tape.
    // ANCHOR: gradient
    pub fn gradient(self) -> Gradient<'t> {
        let nodes = self.tape.nodes.borrow();
        let mut adjoints = vec![0.0; nodes.len()];
        adjoints[self.index] = 1.0;
        for (index, node) in nodes.iter().enumerate().take(self.index + 1).rev() {
            for (parent, derivative) in node.parents.into_iter().zip(node.derivatives) {
                // A factor of 0 adds nothing, even where the other is infinite: 0 · ∞ would be NaN.
                if derivative != 0.0 && adjoints[index] != 0.0 {
                    adjoints[parent] += derivative * adjoints[index];
                }
            }
        }
        Gradient { tape: self.tape, adjoints }
    }
    // ANCHOR_END: gradient
}

impl Gradient<'_> {
    /// The derivative by `x`; 0 for what was written after the number that was differentiated.
    ///
    /// # Panics
    /// When `x` is on another tape, or was written after the gradient was taken.
    pub fn wrt(&self, x: Var) -> f64 {
        assert!(std::ptr::eq(self.tape, x.tape), "the two numbers are on different tapes");
        self.adjoints[x.index]
    }
}

// ANCHOR: operators
impl<'t> Add for Var<'t> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.binary(other, self.value + other.value, [1.0, 1.0])
    }
}

impl<'t> Mul for Var<'t> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        self.binary(other, self.value * other.value, [other.value, self.value])
    }
}
// ANCHOR_END: operators

impl<'t> Sub for Var<'t> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.binary(other, self.value - other.value, [1.0, -1.0])
    }
}

impl<'t> Div for Var<'t> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        self.binary(other, value, [1.0 / other.value, -value / other.value])
    }
}

impl<'t> Neg for Var<'t> {
    type Output = Self;
    fn neg(self) -> Self {
        self.unary(-self.value, -1.0)
    }
}

impl<'t> Add<f64> for Var<'t> {
    type Output = Self;
    fn add(self, other: f64) -> Self {
        self.unary(self.value + other, 1.0)
    }
}

impl<'t> Mul<f64> for Var<'t> {
    type Output = Self;
    fn mul(self, other: f64) -> Self {
        self.unary(self.value * other, other)
    }
}

impl<'t> Sub<f64> for Var<'t> {
    type Output = Self;
    fn sub(self, other: f64) -> Self {
        self + -other
    }
}

/// # Panics
/// For no numbers at all: an empty sum has no tape to stand on.
impl<'t> Sum for Var<'t> {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.reduce(|sum, number| sum + number).expect("a sum of at least one number")
    }
}
