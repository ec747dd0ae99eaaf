//! Notebooks: made from a chapter and the outputs of its run, and the place where the page finds those outputs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::{
    book::{Book, Entry, page_path},
    chapter::{Directive, Kind},
    output::Output,
};

/// The outputs in a notebook, beside the code that made them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notebook {
    /// The chapter's cells in order.
    pub cells: Vec<Executed>,
}

/// A cell that has been run.
#[derive(Clone, Debug, PartialEq)]
pub struct Executed {
    /// Its code.
    pub code: String,
    /// What it showed; `None` when it has not been run.
    pub outputs: Option<Vec<Output>>,
}

impl Notebook {
    /// The file of a chapter's notebook, from the book's root.
    pub fn path(name: &str) -> PathBuf {
        PathBuf::from(format!("notebooks/{name}.ipynb"))
    }

    /// Reads the notebook of a chapter; `None` when there is no such file.
    pub fn load(root: &Path, name: &str) -> Result<Option<Self>> {
        let path = root.join(Self::path(name));
        if !path.exists() {
            return Ok(None);
        }
        Self::read(&path).map(Some)
    }

    /// Reads a notebook's code cells, but for the first, which only names the dependencies.
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let json: Value =
            serde_json::from_str(&text).with_context(|| format!("parsing {}", path.display()))?;
        let cells = json["cells"].as_array().context("a notebook without `cells`")?;
        let code = cells.iter().filter(|cell| cell["cell_type"] == "code").skip(1);
        Ok(Self { cells: code.map(executed).collect() })
    }
}

fn executed(cell: &Value) -> Executed {
    let outputs = cell["outputs"].as_array().map(Vec::as_slice).unwrap_or_default();
    let has_run = !cell["execution_count"].is_null();
    Executed {
        code: joined(&cell["source"]),
        outputs: has_run.then(|| merged(outputs.iter().filter_map(output))),
    }
}

fn output(json: &Value) -> Option<Output> {
    match json["output_type"].as_str()? {
        "stream" if json["name"] == "stdout" => Some(Output::Text(joined(&json["text"]))),
        "display_data" | "execute_result" => {
            let svg = joined(&json["data"]["image/svg+xml"]);
            (!svg.is_empty()).then(|| Output::Svg(svg.trim().to_owned()))
        }
        _ => None,
    }
}

/// A kernel may send a cell's text in several pieces; here they are one.
fn merged(outputs: impl Iterator<Item = Output>) -> Vec<Output> {
    let mut merged: Vec<Output> = Vec::new();
    for output in outputs {
        match (merged.last_mut(), output) {
            (Some(Output::Text(text)), Output::Text(more)) => text.push_str(&more),
            (_, output) => merged.push(output),
        }
    }
    merged
}

/// A notebook's text is a string or a list of lines.
fn joined(text: &Value) -> String {
    match text {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

fn lines(text: &str) -> Value {
    json!(text.split_inclusive('\n').collect::<Vec<_>>())
}

/// The notebook of a chapter, as the bytes of its file. `outputs` has one entry a cell.
pub fn write(book: &Book, entry: &Entry, outputs: &[Vec<Output>]) -> Result<String> {
    let chapter = &entry.chapter;
    let mut cells = Vec::new();
    let id = |k: usize| format!("{}-{k}", chapter.name);
    cells.push(json!({
        "cell_type": "code", "execution_count": 1, "id": id(0), "metadata": {}, "outputs": [],
        "source": lines(&dependencies(&book.root)?),
    }));
    let mut markdown = String::new();
    let mut at = 0;
    let mut run = 0;
    for piece in &chapter.pieces {
        // What stands in a heading or a link is a piece of its own.
        if piece.range.start < at || matches!(piece.kind, Kind::Heading(_) | Kind::Link(_)) {
            continue;
        }
        markdown.push_str(&chapter.text[at..piece.range.start]);
        at = piece.range.end;
        if let Kind::Cell(cell) = &piece.kind {
            push_markdown(&mut cells, &mut markdown, &chapter.name);
            let shown: Vec<Value> =
                outputs.get(run).into_iter().flatten().map(output_json).collect();
            run += 1;
            cells.push(json!({
                "cell_type": "code", "execution_count": run + 1, "id": id(cells.len()), "metadata": {},
                "outputs": shown, "source": lines(cell.code.trim_end()),
            }));
        } else {
            markdown.push_str(&words(book, entry, &piece.kind, &chapter.text[piece.range.clone()]));
        }
    }
    markdown.push_str(&chapter.text[at..]);
    push_markdown(&mut cells, &mut markdown, &chapter.name);

    let notebook = json!({
        "cells": cells,
        "metadata": {
            "kernelspec": { "display_name": "Rust", "language": "rust", "name": "rust" },
            "language_info": { "file_extension": ".rs", "mimetype": "text/rust", "name": "Rust" },
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    });
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    serde::Serialize::serialize(&notebook, &mut serializer)?;
    bytes.push(b'\n');
    Ok(String::from_utf8(bytes)?)
}

fn push_markdown(cells: &mut Vec<Value>, markdown: &mut String, name: &str) {
    // A solution that a page hides spans several cells of a notebook, where nothing can hide it.
    let text = markdown
        .replace("<details>", "")
        .replace("</details>", "")
        .replace("<summary>", "**")
        .replace("</summary>", ".**");
    if !text.trim().is_empty() {
        let id = format!("{name}-{}", cells.len());
        cells
            .push(json!({ "cell_type": "markdown", "id": id, "metadata": {}, "source": lines(text.trim()) }));
    }
    markdown.clear();
}

fn output_json(output: &Output) -> Value {
    match output {
        Output::Text(text) => {
            json!({ "name": "stdout", "output_type": "stream", "text": lines(text) })
        }
        Output::Svg(svg) => json!({
            "data": { "image/svg+xml": lines(svg), "text/plain": ["a figure"] },
            "metadata": {}, "output_type": "display_data",
        }),
    }
}

/// The first cell: what the chapters' programs may use, from the manifest of those programs.
fn dependencies(root: &Path) -> Result<String> {
    let table = |path: &str| -> Result<toml::Table> {
        let text =
            fs::read_to_string(root.join(path)).with_context(|| format!("reading {path}"))?;
        toml::from_str(&text).with_context(|| format!("parsing {path}"))
    };
    let workspace = table("Cargo.toml")?;
    let chapters = table("tests/chapters/Cargo.toml")?;
    let wanted = chapters.get("dependencies").and_then(toml::Value::as_table);
    let shared = workspace.get("workspace").and_then(|w| w.get("dependencies")?.as_table());
    let mut code = String::new();
    for (name, dependency) in wanted.into_iter().flatten() {
        let dependency = if name == "downhill" {
            toml::Value::Table(toml::Table::from_iter([("path".to_owned(), "..".into())]))
        } else if dependency.get("workspace").is_some() {
            let shared = shared.and_then(|shared| shared.get(name));
            shared
                .with_context(|| format!("`{name}` is not a dependency of the workspace"))?
                .clone()
        } else {
            dependency.clone()
        };
        code.push_str(&format!(":dep {name} = {dependency}\n"));
    }
    Ok(code + ":opt 2\n:cache 500")
}

/// What a piece that is not a cell says in a notebook, where MathJax renders the mathematics.
fn words(book: &Book, entry: &Entry, kind: &Kind, text: &str) -> String {
    let number = |id: &str| {
        book.place_of_carrier(id).and_then(|place| place.number.clone()).unwrap_or_default()
    };
    match kind {
        Kind::Display { tex, label } => {
            let tag =
                label.as_deref().map(|id| format!("\n\\tag{{{}}}", number(id))).unwrap_or_default();
            format!("$$\n{}{tag}\n$$", expand(book, tex))
        }
        Kind::Math(tex) => format!("${}$", expand(book, tex)),
        Kind::Directive(Directive::Eqref(id)) => format!("({})", number(id)),
        Kind::Directive(Directive::Check(id)) => match book.test(id) {
            Some(test) => format!("(checked by `{}` in `{}`)", test.name, test.file),
            None => String::new(),
        },
        Kind::Directive(Directive::Remark(_)) => String::new(),
        Kind::Directive(Directive::Erratum(id)) => match book.ledger.get(id) {
            Some(statement) => {
                let title = book
                    .ledger
                    .source(&statement.source)
                    .map(|s| s.title.as_str())
                    .unwrap_or_default();
                format!(
                    "> *{title}*, “{}”, prints {}. Right is {}. {}",
                    statement.section, statement.printed, statement.corrected, statement.why
                )
            }
            None => String::new(),
        },
        Kind::Directive(Directive::Value(name)) => {
            crate::page::value(entry, name).unwrap_or_default()
        }
        Kind::Directive(Directive::Cite(key)) => {
            book.bibliography.get(key).map(|work| work.citation.clone()).unwrap_or_default()
        }
        Kind::Directive(Directive::Include { file, anchor }) => {
            match crate::page::included(book, entry, file, anchor) {
                Ok(code) => format!("`{}`:\n\n```rust\n{}\n```", code.file, code.text.trim_end()),
                Err(_) => String::new(),
            }
        }
        Kind::Directive(Directive::Bench(_) | Directive::Appendix(_)) => {
            format!("*(A table in the book: `{}`.)*", page_path(&entry.chapter))
        }
        Kind::Heading(_) | Kind::Link(_) | Kind::Cell(_) => text.to_owned(),
    }
}

/// Writes out the book's macros, which a notebook does not know.
fn expand(book: &Book, tex: &str) -> String {
    let mut expanded = String::new();
    let mut rest = tex;
    while let Some(at) = rest.find('\\') {
        expanded.push_str(&rest[..at]);
        let name_end = rest[at + 1..]
            .find(|c: char| !c.is_ascii_alphabetic())
            .map_or(rest.len(), |n| at + 1 + n);
        let name = &rest[at..name_end];
        match book.macros.get(name) {
            Some(expansion) => expanded.push_str(expansion),
            None => expanded.push_str(name),
        }
        if name.len() == 1 {
            // A backslash before a sign: `\\`, `\,`, `\{`.
            let sign = rest[name_end..].chars().next();
            expanded.extend(sign);
            rest = &rest[name_end + sign.map_or(0, char::len_utf8)..];
        } else {
            rest = &rest[name_end..];
        }
    }
    expanded + rest
}
