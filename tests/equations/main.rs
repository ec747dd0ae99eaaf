//! One test a statement: the test of the statement labelled `x-y` in a chapter is `x_y` in its module.
mod backprop;
mod combining_densities;
mod directed_vs_energy;
mod energy_and_inference;
mod free_energy;
mod hopfield;
mod introduction;
mod ols;
mod optimizers;
mod perceptron;
mod ridge_lasso;
mod sampling;
mod training_ebms;
mod two_layer;
mod universal_approximation;
