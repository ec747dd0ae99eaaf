//! Bad input in tables, laws on random input.
mod backprop;
mod data;
mod hopfield;
mod ols;
mod optimizers;
mod plot;
mod ridge_lasso;
