//! One test a chapter: its program runs to the end, and shows what its notebook, and so its page, shows.

use std::{path::Path, process::Command};

use weave::{notebook::Notebook, output};

include!(concat!(env!("OUT_DIR"), "/tests.rs"));

fn verify(name: &str) {
    let run = Command::new(env!("CARGO_BIN_EXE_chapters"))
        .arg(name)
        .output()
        .expect("the program starts");
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "the chapter `{name}` failed:\n{errors}");

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let advice = "run `cargo run -p weave -- run --all`, read what changed, and commit it";
    let notebook = Notebook::load(&root, name).expect("the notebook can be read");
    let notebook = notebook.unwrap_or_else(|| panic!("no notebook for `{name}`: {advice}"));
    let stdout = String::from_utf8(run.stdout).expect("a chapter prints UTF-8");
    let shown = output::split(&stdout, notebook.cells.len());
    for (index, (cell, got)) in notebook.cells.iter().zip(&shown).enumerate() {
        let expected = cell
            .outputs
            .as_deref()
            .unwrap_or_else(|| panic!("cell {} of `{name}` has no output: {advice}", index + 1));
        if let Some(difference) = output::difference(expected, got) {
            panic!(
                "cell {} of `{name}` now shows something else: {difference}\n{}\n{advice}",
                index + 1,
                cell.code
            );
        }
    }
}
