use ndarray::Array1;

/// What the constructors, `fit` methods and loaders of this crate refuse, and why.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// An array without entries, where at least one is needed.
    #[error("{what} is empty")]
    Empty {
        /// The argument, or what was computed from it.
        what: &'static str,
    },
    /// Two arrays that must agree in a dimension do not.
    #[error("{what}: expected {expected}, got {got}")]
    Shape {
        /// The argument, or what was computed from it.
        what: &'static str,
        /// The size that would fit.
        expected: String,
        /// The size that came.
        got: String,
    },
    /// An entry lies outside the set on which the model is defined: NaN, infinite, or not ±1, say.
    #[error("{what}[{index}] is {value}, but must be {must}")]
    Domain {
        /// The argument, or what was computed from it.
        what: &'static str,
        /// Where in it, as `row, column`.
        index: String,
        /// The entry.
        value: f64,
        /// What it should have been.
        must: &'static str,
    },
    /// A single number, a step size or a penalty say, lies outside its range.
    #[error("{what} is {value}, but must be {must}")]
    Parameter {
        /// The argument, or what was computed from it.
        what: &'static str,
        /// Its value.
        value: f64,
        /// What it should have been.
        must: &'static str,
    },
    /// A matrix that must be inverted cannot be, to working precision.
    #[error("{what} has rank {rank}, less than {needed}: {advice}")]
    RankDeficient {
        /// The matrix.
        what: &'static str,
        /// Its numerical rank.
        rank: usize,
        /// The rank that the method needs.
        needed: usize,
        /// What to do instead.
        advice: &'static str,
    },
    /// An iteration spent its budget before it met its stopping rule.
    #[error(
        "{what} did not converge in {iterations} iterations: {measure} is {value:e}, above {tolerance:e}"
    )]
    NotConverged {
        /// The method.
        what: &'static str,
        /// How many iterations it took.
        iterations: usize,
        /// The quantity that the stopping rule watches.
        measure: &'static str,
        /// Its last value.
        value: f64,
        /// The value that it had to reach.
        tolerance: f64,
        /// What it had reached, so that no work is lost: the best parameters met, after those of the problems solved before when
        /// there were several, as along a path. Empty where the caller has it anyway, in the value that was to be fitted.
        reached: Vec<Array1<f64>>,
    },
    /// LAPACK gave up on a matrix.
    #[error("LAPACK: {reason}")]
    Lapack {
        /// Its own message.
        reason: String,
    },
    /// Training left the range of numbers.
    #[error("{what} diverged at step {step}: the loss is {loss}")]
    Diverged {
        /// The method.
        what: &'static str,
        /// The first step at which the loss or a slope of it was not finite.
        step: usize,
        /// The loss there.
        loss: f64,
    },
    /// A text or a file is not of the form that its loader reads.
    #[error("{what}, line {line}: {reason}")]
    Format {
        /// The text or file.
        what: &'static str,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A file cannot be read or written, or does not hold what it should.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}
