//! Bad input in tables, laws on random input.
mod data;
mod hopfield;
mod introduction;
mod ols;
mod plot;
mod ridge_lasso;
