//! Runs chapters natively and writes their notebooks.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};

use crate::{
    book::{Book, Entry},
    notebook::{Notebook, write},
    output::{Output, split},
};

/// What happened to one notebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// The chapter was run and its notebook written.
    Ran,
    /// The cells are as they were; only the text was written anew.
    Rewritten,
    /// Nothing changed.
    Unchanged,
}

/// Brings the notebook of `entry` up to date: runs the chapter when a cell changed, when an output is missing, or when
/// `force` asks for it.
pub fn refresh(book: &Book, entry: &Entry, force: bool) -> Result<Done> {
    let fresh = entry.notebook.as_ref().filter(|notebook| !force && same_code(entry, notebook));
    let outputs = fresh
        .and_then(|n| n.cells.iter().map(|cell| cell.outputs.clone()).collect::<Option<Vec<_>>>());
    let ran = outputs.is_none();
    let outputs = match outputs {
        Some(outputs) => outputs,
        None => outputs_of_run(&book.root, entry)?,
    };
    let mut shown = Entry {
        chapter: entry.chapter.clone(),
        number: entry.number,
        part: entry.part.clone(),
        notebook: entry.notebook.clone(),
    };
    // The text quotes numbers from this run, not from the one before it.
    shown.notebook = Some(Notebook {
        cells: entry
            .chapter
            .cells()
            .zip(&outputs)
            .map(|(cell, outputs)| crate::notebook::Executed {
                code: cell.code.trim_end().to_owned(),
                outputs: Some(outputs.clone()),
            })
            .collect(),
    });
    let text = write(book, &shown, &outputs)?;
    let path = book.root.join(Notebook::path(&entry.chapter.name));
    if fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return Ok(if ran { Done::Ran } else { Done::Unchanged });
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    Ok(if ran { Done::Ran } else { Done::Rewritten })
}

/// Whether the notebook's code is the chapter's.
pub fn same_code(entry: &Entry, notebook: &Notebook) -> bool {
    let cells: Vec<&str> = entry.chapter.cells().map(|cell| cell.code.trim_end()).collect();
    cells.len() == notebook.cells.len()
        && cells.iter().zip(&notebook.cells).all(|(code, cell)| *code == cell.code)
}

/// Builds and runs a chapter's program, and cuts what it printed into its cells' outputs.
fn outputs_of_run(root: &Path, entry: &Entry) -> Result<Vec<Vec<Output>>> {
    let name = &entry.chapter.name;
    let run = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["run", "--quiet", "-p", "chapters", "--", name])
        .current_dir(root)
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("starting cargo")?;
    if !run.status.success() {
        bail!("{} did not run to its end", entry.chapter.path.display());
    }
    let stdout = String::from_utf8(run.stdout)
        .with_context(|| format!("{name} printed what is not UTF-8"))?;
    Ok(split(&stdout, entry.chapter.cells().count()))
}
