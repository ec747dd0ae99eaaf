//! Bad input in tables, laws on random input.
mod data;
mod plot;
mod ridge_lasso;
