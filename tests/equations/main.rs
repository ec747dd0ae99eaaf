//! One test a statement: the test of the statement labelled `x-y` in a chapter is `x_y` in its module.
mod hopfield;
mod introduction;
mod ols;
mod ridge_lasso;
