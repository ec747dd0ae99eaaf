//! Bad input in tables, laws on random input.
mod data;
mod hopfield;
mod ols;
mod plot;
mod ridge_lasso;
