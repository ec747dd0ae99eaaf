//! Every chapter of the book as a program.
//!
//! The build script writes the programs from the Markdown, line for line: a message of the compiler or a panic at
//! `…/chapters/1-descent/ols.md:57` is about line 57 of that chapter.

/// A chapter's program.
pub type Run = fn() -> Result<(), Box<dyn std::error::Error>>;

include!(concat!(env!("OUT_DIR"), "/chapters.rs"));

/// Marks where the output of cell `index` begins.
pub fn begin_cell(index: usize) {
    println!("{CELL_MARK}{index}");
}
