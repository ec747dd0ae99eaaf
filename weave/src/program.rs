//! A chapter as a Rust program whose lines are the chapter's lines.
//!
//! Line 57 of the program is line 57 of the chapter, so that the compiler's messages and a panic's
//! location, which name `…/chapters/1-descent/ols.md:57`, are right as they stand.

use crate::chapter::{Chapter, Kind};

/// What a program prints before the output of cell `k`: a line that begins so and goes on with `k`.
pub const CELL_MARK: &str = "\u{1}cell ";

/// The program: a module with one function, `run`, that prints [`CELL_MARK`] and the cell's number before each cell.
pub fn source(chapter: &Chapter) -> String {
    let mut lines = vec![String::new(); chapter.text.lines().count().max(1) + 1];
    lines[0].push_str("pub fn run() -> Result<(), Box<dyn std::error::Error>> { ");
    let mut index = 0;
    for piece in &chapter.pieces {
        if let Kind::Cell(cell) = &piece.kind {
            lines[piece.line - 1].push_str(&format!("crate::begin_cell({index});"));
            for (offset, code) in cell.code.lines().enumerate() {
                lines[cell.first_line - 1 + offset].push_str(code);
            }
            index += 1;
        }
    }
    let last = lines.len() - 1;
    lines[last].push_str("Ok(()) }");
    lines.join("\n") + "\n"
}
