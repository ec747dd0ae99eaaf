//! Bad input in tables, laws on random input.
mod data;
mod hopfield;
mod plot;
