//! Bad input in tables, laws on random input.
mod data;
mod hopfield;
mod ols;
mod optimizers;
mod plot;
mod ridge_lasso;
