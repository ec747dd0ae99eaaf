//! Turns the chapters of Downhill into test programs, notebooks and pages.
//!
//! A chapter is a Markdown file whose fenced `rust` cells form one program. [`chapter`] parses it,
//! [`program`] writes the Rust program, and with the feature `book` the rest follows: [`notebook`] writes the
//! notebook with its outputs, [`page`] the page that mdBook renders, [`check`] finds what is stale, missing
//! or broken. Everything that weave refuses, it refuses with the file and the line.

pub mod chapter;
mod problem;
pub mod program;

#[cfg(feature = "book")]
pub mod appendix;
#[cfg(feature = "book")]
pub mod bibliography;
#[cfg(feature = "book")]
pub mod book;
#[cfg(feature = "book")]
pub mod check;
#[cfg(feature = "book")]
pub mod ledger;
#[cfg(feature = "book")]
pub mod notebook;
#[cfg(feature = "book")]
pub mod output;
#[cfg(feature = "book")]
pub mod page;
#[cfg(feature = "book")]
pub mod raster;
#[cfg(feature = "book")]
pub mod run;
#[cfg(feature = "book")]
pub mod search;
#[cfg(feature = "book")]
pub mod tests;

pub use problem::Problem;
