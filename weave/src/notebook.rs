//! Notebooks: made from a chapter and the outputs of its run, and the place where the page finds those outputs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};

use crate::{
    Problem, appendix,
    book::{Book, Entry, page_path},
    chapter::{Directive, Kind},
    ledger::Statement,
    output::Output,
    raster::Figure,
    tests::Test,
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

/// Where a notebook finds the library.
#[derive(Clone, Debug, PartialEq)]
pub enum Library {
    /// In the repository around it, as the committed notebooks do.
    Here,
    /// In a repository elsewhere, at a commit if one is named, as a notebook that was downloaded must.
    At {
        /// The repository, as cargo takes it.
        git: String,
        /// The commit.
        rev: Option<String>,
    },
}

/// The notebook of a chapter, as the bytes of its file. `outputs` has one entry a cell.
///
/// # Errors
/// When the text cannot be filled in, with the places where it cannot, or a figure cannot be drawn.
pub fn write(book: &Book, entry: &Entry, outputs: &[Vec<Output>]) -> Result<String> {
    let chapter = &entry.chapter;
    let mut cells = Vec::new();
    let id = |k: usize| format!("{}-{k}", chapter.name);
    cells.push(json!({
        "cell_type": "code", "execution_count": 1, "id": id(0), "metadata": {}, "outputs": [],
        "source": lines(&dependencies(book, &Library::Here)?),
    }));
    let mut problems = Vec::new();
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
            let outputs = outputs.get(run).into_iter().flatten();
            let shown = outputs.map(output_json).collect::<Result<Vec<Value>>>();
            let shown =
                shown.with_context(|| format!("{}:{}", chapter.path.display(), piece.line))?;
            run += 1;
            cells.push(json!({
                "cell_type": "code", "execution_count": run + 1, "id": id(cells.len()), "metadata": {},
                "outputs": shown, "source": lines(cell.code.trim_end()),
            }));
        } else {
            match words(book, entry, &piece.kind, &chapter.text[piece.range.clone()]) {
                Ok(words) => markdown.push_str(&words),
                Err(message) => problems.push(Problem::new(&chapter.path, piece.line, message)),
            }
        }
    }
    if !problems.is_empty() {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        bail!("{}", problems.join("\n"));
    }
    markdown.push_str(&chapter.text[at..]);
    push_markdown(&mut cells, &mut markdown, &chapter.name);

    bytes(&json!({
        "cells": cells,
        "metadata": {
            "kernelspec": { "display_name": "Rust", "language": "rust", "name": "rust" },
            "language_info": { "file_extension": ".rs", "mimetype": "text/rust", "name": "Rust" },
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }))
}

/// A chapter's committed notebook with another first cell, one that finds the library at `library`.
///
/// # Errors
/// When there is no notebook, or none that can be read.
pub fn elsewhere(book: &Book, name: &str, library: &Library) -> Result<String> {
    let path = book.root.join(Notebook::path(name));
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let mut notebook: Value =
        serde_json::from_str(&text).with_context(|| format!("parsing {}", path.display()))?;
    let first = notebook.pointer_mut("/cells/0/source").context("a notebook without cells")?;
    *first = lines(&dependencies(book, library)?);
    bytes(&notebook)
}

/// The bytes of a notebook's file.
fn bytes(notebook: &Value) -> Result<String> {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    serde::Serialize::serialize(notebook, &mut serializer)?;
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

/// A figure is shown as SVG where the notebook is trusted, as PNG elsewhere, and in words where there are no pictures.
fn output_json(output: &Output) -> Result<Value> {
    Ok(match output {
        Output::Text(text) => {
            json!({ "name": "stdout", "output_type": "stream", "text": lines(text) })
        }
        Output::Svg(svg) => {
            let figure = Figure::parse(svg)?;
            let png = BASE64_STANDARD.encode(figure.png()?);
            json!({
                "data": {
                    "image/png": png, "image/svg+xml": lines(svg), "text/plain": [figure.description],
                },
                "metadata": {}, "output_type": "display_data",
            })
        }
    })
}

/// The first cell: what the chapters' programs may use, from the manifest of those programs, in the versions of the
/// lock file, which the kernel does not read.
fn dependencies(book: &Book, library: &Library) -> Result<String> {
    let table = |path: &str| -> Result<toml::Table> {
        let text =
            fs::read_to_string(book.root.join(path)).with_context(|| format!("reading {path}"))?;
        toml::from_str(&text).with_context(|| format!("parsing {path}"))
    };
    let (workspace, chapters) = (table("Cargo.toml")?, table("tests/chapters/Cargo.toml")?);
    let lock = table("Cargo.lock")?;
    let wanted = chapters.get("dependencies").and_then(toml::Value::as_table);
    let shared = workspace.get("workspace").and_then(|w| w.get("dependencies")?.as_table());
    let mut code = match library {
        Library::Here => format!(
            "// Outside the book's repository, write this for {{ path = \"..\" }}:\n// {{ git = \"{}\" }}\n",
            book.repository
        ),
        Library::At { .. } => "// The kernel fetches and builds the library: some minutes, once. \
             It needs git, OpenBLAS and pkg-config\n\
             // (on Debian and Ubuntu: apt install git libopenblas-dev pkg-config).\n"
            .to_owned(),
    };
    for (name, dependency) in wanted.into_iter().flatten() {
        let dependency = if name == "downhill" {
            let source = match library {
                Library::Here => vec![("path", "..")],
                Library::At { git, rev } => {
                    let rev = rev.as_deref().map(|rev| ("rev", rev));
                    std::iter::once(("git", git.as_str())).chain(rev).collect()
                }
            };
            let source = source.into_iter().map(|(key, value)| (key.to_owned(), value.into()));
            toml::Value::Table(source.collect())
        } else {
            let shared = shared.and_then(|shared| shared.get(name));
            let dependency = match dependency.get("workspace") {
                Some(_) => shared
                    .with_context(|| format!("`{name}` is not a dependency of the workspace"))?,
                None => dependency,
            };
            locked(&lock, name, dependency)?
        };
        code.push_str(&format!(":dep {name} = {dependency}\n"));
    }
    Ok(code + ":opt 2\n:cache 500")
}

/// A dependency with exactly the version that the lock file has for it.
fn locked(lock: &toml::Table, name: &str, dependency: &toml::Value) -> Result<toml::Value> {
    let mut dependency = match dependency {
        toml::Value::Table(table) => table.clone(),
        version => toml::Table::from_iter([("version".to_owned(), version.clone())]),
    };
    let wanted = dependency.get("version").and_then(toml::Value::as_str).unwrap_or_default();
    // Versions agree up to their first number that is not zero.
    let kind = |version: &str| {
        let zeros = version.split('.').take_while(|number| *number == "0").count();
        version.split('.').take(zeros + 1).map(str::to_owned).collect::<Vec<_>>()
    };
    let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let version = packages
        .filter(|package| package.get("name").and_then(toml::Value::as_str) == Some(name))
        .filter_map(|package| package.get("version")?.as_str())
        .find(|version| kind(version) == kind(wanted))
        .with_context(|| format!("Cargo.lock has no `{name}` {wanted}"))?;
    dependency.insert("version".to_owned(), format!("={version}").into());
    Ok(toml::Value::Table(dependency))
}

/// What a piece that is not a cell says in a notebook, where MathJax renders the mathematics; refused is what the
/// page refuses.
fn words(book: &Book, entry: &Entry, kind: &Kind, text: &str) -> Result<String, String> {
    Ok(match kind {
        Kind::Display { tex, label } => {
            let tex = expand(book, tex);
            match label {
                Some(id) => {
                    format!("$$\n{tex}\n\\tag{{{}}}\n$$\n\n{}", number(book, id)?, check(book, id)?)
                }
                None => format!("$$\n{tex}\n$$"),
            }
        }
        Kind::Math(tex) => format!("${}$", expand(book, tex)),
        Kind::Directive(Directive::Eqref(id)) => format!("({})", number(book, id)?),
        Kind::Directive(Directive::Check(id)) => check(book, id)?,
        Kind::Directive(Directive::Remark(id)) => {
            statement(book, id)?;
            String::new()
        }
        Kind::Directive(Directive::Erratum(id)) => {
            let test = book.erratum_test(id).ok_or_else(|| {
                format!("no test `erratum_{}` shows the printed form to fail", id.replace('-', "_"))
            })?;
            let statement = statement(book, id)?;
            let source = book.ledger.source(&statement.source);
            let title = source.map(|source| source.title.as_str()).unwrap_or_default();
            format!(
                "> *{title}*, “{}”, prints {}. Right is {}. {} {}",
                statement.section,
                statement.printed.trim_end_matches('.'),
                statement.corrected.trim_end_matches('.'),
                statement.why,
                tick(book, test)
            )
        }
        Kind::Directive(Directive::Value(name)) => crate::page::value(entry, name)?,
        Kind::Directive(Directive::Cite(key)) => {
            let work = book.bibliography.get(key);
            let work = work.ok_or_else(|| format!("`{key}` is not in book/references.bib"))?;
            work.citation.clone()
        }
        Kind::Directive(Directive::Include { file, anchor }) => {
            let code = crate::page::included(book, entry, file, anchor)?;
            format!("`{}`:\n\n```rust\n{}\n```", code.file, code.text.trim_end())
        }
        Kind::Directive(Directive::Bench(name)) => {
            appendix::speed_of(book, name)?;
            format!("*(A table in the book: `{}`.)*", page_path(&entry.chapter))
        }
        Kind::Directive(Directive::Appendix(name)) => {
            appendix::appendix(book, entry, name)?;
            format!("*(A table in the book: `{}`.)*", page_path(&entry.chapter))
        }
        Kind::Heading(_) | Kind::Link(_) | Kind::Cell(_) => text.to_owned(),
    })
}

fn number<'a>(book: &'a Book, id: &str) -> Result<&'a str, String> {
    let number = book.place(id).and_then(|place| place.number.as_deref());
    number.ok_or_else(|| format!("no equation is labelled `{id}`"))
}

fn statement<'a>(book: &'a Book, id: &str) -> Result<&'a Statement, String> {
    book.ledger.get(id).ok_or_else(|| format!("the ledger has no statement `{id}`"))
}

/// The link to the test of a statement.
fn check(book: &Book, id: &str) -> Result<String, String> {
    let test = book.test(id).ok_or_else(|| {
        format!("`{id}` has no test: write the function `{}`", id.replace('-', "_"))
    })?;
    Ok(tick(book, test))
}

fn tick(book: &Book, test: &Test) -> String {
    let url = book.source_url(&test.file, Some(test.line));
    format!("[✓]({url} \"checked by {}\")", test.name)
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
