//! All that must hold of the book before anyone reads it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use katex::Opts;

use crate::{
    Problem,
    book::{Book, Entry},
    chapter::{Chapter, Directive, Kind},
    ledger::Verdict,
    notebook::Notebook,
    output::Output,
    page, run,
};

/// Everything wrong with the book, by file and line.
pub fn check(book: &Book) -> Vec<Problem> {
    let mut problems = book.problems.clone();
    for entry in &book.chapters {
        notebook(entry, &mut problems);
        if let Err(found) = page::page(book, entry) {
            problems.extend(found);
        }
        links(book, entry, &mut problems);
        widths(book, entry, &mut problems);
    }
    unlisted(book, &mut problems);
    uncited(book, &mut problems);
    tests_without_statement(book, &mut problems);
    ledger(book, &mut problems);
    anchors(book, &mut problems);
    mathematics(book, &mut problems);
    problems.sort();
    problems.dedup();
    problems
}

/// A chapter with cells has a notebook with the same cells, all run.
fn notebook(entry: &Entry, problems: &mut Vec<Problem>) {
    let chapter = &entry.chapter;
    if chapter.cells().next().is_none() {
        return;
    }
    let path = Notebook::path(&chapter.name);
    match &entry.notebook {
        None => problems.push(Problem::new(path, 0, "missing: run `cargo run -p weave -- run`")),
        Some(notebook) if !run::same_code(entry, notebook) => {
            let message = format!(
                "stale: its cells are not those of {}; run `cargo run -p weave -- run`",
                chapter.path.display()
            );
            problems.push(Problem::new(path, 0, message));
        }
        Some(notebook) => {
            for (piece, cell) in cells_with_lines(chapter).zip(&notebook.cells) {
                let figures =
                    cell.outputs.iter().flatten().filter(|output| matches!(output, Output::Svg(_)));
                if figures.count() > 1 {
                    let message =
                        "two figures in one cell: a kernel shows only the last; split the cell";
                    problems.push(Problem::new(&chapter.path, piece, message));
                }
            }
        }
    }
}

/// What the page shows of a line of code beside its sidebar, in characters.
const WIDTH: usize = 100;

/// No line of a cell, or of code shown by anchor, is wider than the page shows.
fn widths(book: &Book, entry: &Entry, problems: &mut Vec<Problem>) {
    let mut measure = |file: &Path, number: usize, line: &str| {
        let width = line.chars().count();
        if width > WIDTH {
            let message = format!("a line of {width} characters: code has at most {WIDTH} a line");
            problems.push(Problem::new(file, number, message));
        }
    };
    let chapter = &entry.chapter;
    for cell in chapter.cells() {
        for (number, line) in (cell.first_line..).zip(cell.code.lines()) {
            measure(&chapter.path, number, line);
        }
    }
    for (directive, _) in chapter.directives() {
        // An anchor that is not there is refused where the page is written.
        if let Directive::Include { file, anchor } = directive
            && let Ok(code) = page::included(book, entry, file, anchor)
        {
            for (number, line) in code.lines.iter().zip(code.text.lines()) {
                measure(Path::new(&code.file), *number, line);
            }
        }
    }
}

/// The line of each cell.
fn cells_with_lines(chapter: &Chapter) -> impl Iterator<Item = usize> {
    chapter
        .pieces
        .iter()
        .filter(|piece| matches!(piece.kind, Kind::Cell(_)))
        .map(|piece| piece.line)
}

/// Every Markdown file under `chapters` is named in `SUMMARY.md`.
fn unlisted(book: &Book, problems: &mut Vec<Problem>) {
    let listed: BTreeSet<&Path> =
        book.chapters.iter().map(|entry| entry.chapter.path.as_path()).collect();
    for path in files(&book.root, "chapters", "md") {
        if path != Path::new("chapters/SUMMARY.md") && !listed.contains(path.as_path()) {
            problems.push(Problem::new(path, 0, "not named in chapters/SUMMARY.md"));
        }
    }
}

/// Every work in the bibliography is cited.
fn uncited(book: &Book, problems: &mut Vec<Problem>) {
    let cited: BTreeSet<&str> =
        book.chapters
            .iter()
            .flat_map(|entry| entry.chapter.directives())
            .filter_map(|(directive, _)| {
                if let Directive::Cite(key) = directive { Some(key.as_str()) } else { None }
            })
            .collect();
    for (key, _) in book.bibliography.iter().filter(|(key, _)| !cited.contains(key)) {
        problems.push(Problem::new("book/references.bib", 0, format!("no chapter cites `{key}`")));
    }
}

/// Every test belongs to a statement that a chapter carries.
fn tests_without_statement(book: &Book, problems: &mut Vec<Problem>) {
    let mut wanted: BTreeSet<(String, String)> = BTreeSet::new();
    for (id, place) in book.placed() {
        let chapter = &book.chapters[place.chapter].chapter;
        let name = id.replace('-', "_");
        wanted.insert((chapter.module(), format!("erratum_{name}")));
        if place.remark {
            continue;
        }
        wanted.insert((chapter.module(), name));
    }
    for statement in &book.ledger.statements {
        if let Some(place) = book.place_of_carrier(&statement.id) {
            let module = book.chapters[place.chapter].chapter.module();
            wanted.insert((module, format!("erratum_{}", statement.id.replace('-', "_"))));
        }
    }
    for (module, test) in book.tests.iter() {
        if !wanted.contains(&(module.to_owned(), test.name.clone())) {
            let message = format!(
                "the test `{}` belongs to no label or check of the chapter `{}`",
                test.name,
                module.replace('_', "-")
            );
            problems.push(Problem::new(&test.file, test.line, message));
        }
        if test.doc.is_empty() {
            let message = format!(
                "the test `{}` says not what it compares: give it a doc comment",
                test.name
            );
            problems.push(Problem::new(&test.file, test.line, message));
        }
    }
}

/// Every statement has a home; a chapter that is there carries all of its own, and shows what is wrong to be wrong.
fn ledger(book: &Book, problems: &mut Vec<Problem>) {
    let ledger = &book.ledger;
    let names = book.names();
    for statement in &ledger.statements {
        let mut problem = |message: String| {
            problems.push(Problem::new(
                &statement.file,
                0,
                format!("`{}`: {message}", statement.id),
            ));
        };
        if let Some(source) = ledger.source(&statement.source)
            && !source.sections.contains(&statement.section)
        {
            problem(format!("“{}” is no section of {}", statement.section, source.title));
        }
        if statement.verdict != Verdict::Correct
            && statement.verdict != Verdict::Empty
            && statement.corrected.is_empty()
        {
            problem("what is not correct as printed needs its corrected form".to_owned());
        }
        match (&statement.chapter, &statement.merged_into) {
            (Some(_), None) => {}
            (None, Some(target)) => match ledger.get(target) {
                None => problem(format!("merged into `{target}`, which does not exist")),
                Some(other) if other.merged_into.is_some() => {
                    problem(format!("merged into `{target}`, which is merged itself"))
                }
                Some(_) => {}
            },
            _ => problem("either a chapter or the statement that it is merged into".to_owned()),
        }
        let Some(home) = ledger.home(statement).filter(|home| names.contains(home)) else {
            continue;
        };
        match book.place_of_carrier(&statement.id) {
            None => problem(format!(
                "the chapter `{home}` does not carry it: label an equation, or write {{{{check {}}}}}",
                statement.id
            )),
            Some(place) => {
                let carrier = &book.chapters[place.chapter].chapter;
                if carrier.name != home {
                    problem(format!(
                        "its home is `{home}`, but {} carries it",
                        carrier.path.display()
                    ));
                }
                if place.remark && !statement.remark && statement.merged_into.is_none() {
                    problem(
                        "the text carries it as a remark, but the ledger does not call it one"
                            .to_owned(),
                    );
                }
                if statement.verdict == Verdict::Wrong
                    && !statement.remark
                    && book.erratum_test(&statement.id).is_none()
                {
                    problem(format!(
                        "no test `erratum_{}` shows the printed form to fail",
                        statement.id.replace('-', "_")
                    ));
                }
            }
        }
    }
}

/// Every anchor of the library is shown by a chapter.
fn anchors(book: &Book, problems: &mut Vec<Problem>) {
    let mut used: BTreeSet<(String, String)> = BTreeSet::new();
    for entry in &book.chapters {
        for (directive, _) in entry.chapter.directives() {
            if let Directive::Include { file, anchor } = directive
                && let Ok(code) = page::included(book, entry, file, anchor)
            {
                used.insert((code.file, anchor.clone()));
            }
        }
    }
    for path in files(&book.root, "src", "rs") {
        let Ok(text) = fs::read_to_string(book.root.join(&path)) else { continue };
        let shown = path.to_string_lossy().replace('\\', "/");
        for (number, line) in text.lines().enumerate() {
            if let Some(anchor) = line.trim().strip_prefix("// ANCHOR: ")
                && !used.contains(&(shown.clone(), anchor.to_owned()))
            {
                problems.push(Problem::new(
                    &path,
                    number + 1,
                    format!("no chapter shows the anchor `{anchor}`"),
                ));
            }
        }
    }
}

/// Links and images inside the book lead somewhere.
fn links(book: &Book, entry: &Entry, problems: &mut Vec<Problem>) {
    let chapter = &entry.chapter;
    let folder = chapter.path.parent().unwrap_or(Path::new(""));
    for piece in &chapter.pieces {
        let Kind::Link(target) = &piece.kind else { continue };
        if target.contains("://") || target.starts_with("mailto:") {
            continue;
        }
        let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
        let mut problem =
            |message: String| problems.push(Problem::new(&chapter.path, piece.line, message));
        let file = if path.is_empty() { chapter.path.clone() } else { normal(&folder.join(path)) };
        let page = file.with_extension("md");
        let other = book.chapters.iter().find(|entry| entry.chapter.path == page);
        if other.is_none() && !book.root.join(&file).exists() {
            problem(format!("the link to `{target}` leads nowhere"));
        } else if let Some(other) = other.filter(|_| !anchor.is_empty())
            && !anchors_of(book, other).contains(anchor)
        {
            problem(format!("{} has no anchor `#{anchor}`", other.chapter.path.display()));
        }
    }
}

/// The anchors of a page: its headings', its statements', its errata's.
fn anchors_of(book: &Book, entry: &Entry) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for piece in &entry.chapter.pieces {
        match &piece.kind {
            Kind::Heading(words) => {
                let kept = words.to_lowercase().replace(' ', "-");
                anchors.insert(
                    kept.chars()
                        .filter(|c| c.is_alphanumeric() || *c == '-' || *c == '_')
                        .collect(),
                );
            }
            Kind::Directive(Directive::Erratum(id)) => {
                anchors.insert(format!("erratum-{id}"));
            }
            _ => {}
        }
    }
    let own = book
        .placed()
        .filter(|(_, place)| book.chapters[place.chapter].chapter.path == entry.chapter.path);
    anchors.extend(own.map(|(_, place)| place.anchor.clone()));
    anchors
}

/// KaTeX renders every formula of the text and of the ledger.
fn mathematics(book: &Book, problems: &mut Vec<Problem>) {
    let mut katex = Katex::new(&book.macros);
    for entry in &book.chapters {
        for piece in &entry.chapter.pieces {
            let (tex, display) = match &piece.kind {
                Kind::Display { tex, .. } => (tex, true),
                Kind::Math(tex) => (tex, false),
                _ => continue,
            };
            if let Some(message) = katex.error(tex, display) {
                problems.push(Problem::new(&entry.chapter.path, piece.line, message));
            }
        }
    }
    for statement in &book.ledger.statements {
        for text in [&statement.printed, &statement.corrected, &statement.why, &statement.section] {
            let parts: Vec<&str> = text.split('$').collect();
            if parts.len().is_multiple_of(2) {
                problems.push(Problem::new(
                    &statement.file,
                    0,
                    format!("`{}`: a lone `$`", statement.id),
                ));
                continue;
            }
            for tex in parts.iter().skip(1).step_by(2) {
                if let Some(message) = katex.error(tex, false) {
                    problems.push(Problem::new(
                        &statement.file,
                        0,
                        format!("`{}`: {message}", statement.id),
                    ));
                }
            }
        }
    }
    for symbol in &book.ledger.symbols {
        if let Some(message) = katex.error(&symbol.tex, false) {
            problems.push(Problem::new("book/notation.toml", 0, message));
        }
    }
}

/// KaTeX, and what it said of the formulas seen so far.
struct Katex {
    options: [Opts; 2],
    seen: BTreeMap<(String, bool), Option<String>>,
}

impl Katex {
    fn new(macros: &BTreeMap<String, String>) -> Self {
        let options = [false, true].map(|display| {
            let mut options = Opts::default();
            options.set_display_mode(display);
            options.set_throw_on_error(true);
            for (name, expansion) in macros {
                options.add_macro(name.clone(), expansion.clone());
            }
            options
        });
        Self { options, seen: BTreeMap::new() }
    }

    fn error(&mut self, tex: &str, display: bool) -> Option<String> {
        let key = (tex.to_owned(), display);
        let options = &self.options[usize::from(display)];
        let said = self
            .seen
            .entry(key)
            .or_insert_with(|| katex::render_with_opts(tex, options).err().map(|e| e.to_string()));
        said.as_ref().map(|error| {
            let first = error.lines().next().unwrap_or_default();
            format!("KaTeX cannot render `{}`: {first}", page::one_line(tex))
        })
    }
}

/// The files with an extension under a folder, sorted, from the root.
fn files(root: &Path, folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(root.join(&folder)) else { continue };
        for entry in entries.flatten() {
            let path = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A path without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}
