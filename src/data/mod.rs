//! Small real data, embedded, and the random patterns that the book's machines remember.
//!
//! | table | rows | what it holds |
//! |---|---|---|
//! | [`nuclides`] | 2485 | the measured binding energies of atomic nuclei |
//! | [`diabetes`] | 442 | ten measurements of a patient, and the progress of the disease a year later |
//! | [`digits`] | 1797 | handwritten digits, 8 × 8 pixels |
//! | [`letters`] | 7 | drawn letters, 10 × 10 pixels of ±1 |
//!
//! `data/README.md` gives for each the source, the licence and the script that made it. The types'
//! `parse` methods read a table of the same form from any text, and refuse one that is damaged.

mod random;
mod tables;

pub use random::{flip, random_patterns, split};
pub use tables::{Diabetes, Digits, Nuclides, diabetes, digits, letters, nuclides};
