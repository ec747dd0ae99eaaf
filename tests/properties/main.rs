//! Bad input in tables, laws on random input.
mod backprop;
mod data;
mod energy;
mod free_energy;
mod hopfield;
mod introduction;
mod ols;
mod optimizers;
mod perceptron;
mod plot;
mod ridge_lasso;
mod sampling;
mod training_ebms;
mod two_layer;
mod universal_approximation;
