//! Bad input in tables, laws on random input.
mod backprop;
mod combining_densities;
mod data;
mod directed_vs_energy;
mod energy;
mod free_energy;
mod gibbs_boltzmann;
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
