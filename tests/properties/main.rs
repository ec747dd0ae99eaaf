//! Bad input in tables, laws on random input.
mod backprop;
mod data;
mod divergences;
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
mod two_layer;
mod universal_approximation;
