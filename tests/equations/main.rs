//! One test a statement: the test of the statement labelled `x-y` in a chapter is `x_y` in its module.
mod backprop;
mod divergences;
mod free_energy;
mod hopfield;
mod introduction;
mod ols;
mod optimizers;
mod perceptron;
mod ridge_lasso;
mod two_layer;
mod universal_approximation;
