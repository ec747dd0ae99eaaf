//! A chapter as the Markdown that mdBook renders: numbers, badges, outputs, notes and listings in place.

use std::{collections::BTreeSet, fs, ops::Range, path::Component, path::PathBuf};

use regex::Regex;

use crate::{
    Problem, appendix,
    book::{Book, Entry},
    chapter::{Directive, Kind},
    ledger::Statement,
    output::Output,
    tests::Test,
};

/// Code of the library that a chapter shows.
pub struct Included {
    /// The file, from the book's root.
    pub file: String,
    /// The line of the first line of code.
    pub line: usize,
    /// The code between the anchors, without its common indentation.
    pub text: String,
    /// The line in the file of each line of the code.
    pub lines: Vec<usize>,
}

/// The page of a chapter.
///
/// # Errors
/// What could not be filled in: an unknown id, a missing output, a broken anchor.
pub fn page(book: &Book, entry: &Entry) -> Result<String, Vec<Problem>> {
    let mut writer = Writer {
        book,
        entry,
        out: String::new(),
        popovers: BTreeSet::new(),
        cell: 0,
        problems: Vec::new(),
    };
    writer.write();
    if writer.problems.is_empty() { Ok(writer.out) } else { Err(writer.problems) }
}

struct Writer<'a> {
    book: &'a Book,
    entry: &'a Entry,
    out: String,
    /// The tests whose badges the page shows, as (test's name, id).
    popovers: BTreeSet<(String, String)>,
    cell: usize,
    problems: Vec<Problem>,
}

/// The bytes of TeX from which on a formula within a line may be wider than a telephone.
const LONG: usize = 45;

impl Writer<'_> {
    fn write(&mut self) {
        let chapter = &self.entry.chapter;
        let mut at = 0;
        for piece in &chapter.pieces {
            // A formula inside a link's text lies inside that link's range.
            if piece.range.start < at {
                continue;
            }
            if let Kind::Math(_) = piece.kind {
                at = self.tied(at, piece.range.clone());
                continue;
            }
            if matches!(piece.kind, Kind::Heading(_) | Kind::Link(_)) {
                continue;
            }
            self.out.push_str(&chapter.text[at..piece.range.start]);
            at = piece.range.end;
            if let Err(message) = self.piece(&piece.kind, &chapter.text[piece.range.clone()]) {
                self.problems.push(Problem::new(&chapter.path, piece.line, message));
            }
        }
        self.out.push_str(&chapter.text[at..]);
        self.links();
        self.write_popovers();
    }

    /// Writes what stands from `at` to the end of the formula in `range`, and ties the formula to what touches it: a browser would
    /// start a line with the comma that follows. A long formula must be free to break and is left alone. Returns the end of what was written.
    fn tied(&mut self, at: usize, range: Range<usize>) -> usize {
        let text = &self.entry.chapter.text;
        let start = text[at..range.start].trim_end_matches(['(', '"']).len() + at;
        let touching = |c: char| c.is_ascii_alphanumeric() || ",.;:?!)'\"-–".contains(c);
        let end = text.len() - text[range.end..].trim_start_matches(touching).len();
        if range.len() > LONG || (start == range.start && end == range.end) {
            self.out.push_str(&text[at..end]);
        } else {
            self.out.push_str(&format!(
                "{}<span class=\"tied\">{}</span>",
                &text[at..start],
                &text[start..end]
            ));
        }
        end
    }

    fn piece(&mut self, kind: &Kind, text: &str) -> Result<(), String> {
        match kind {
            Kind::Cell(_) => self.cell(text),
            Kind::Display { tex, label } => self.display(tex, label.as_deref()),
            Kind::Directive(directive) => self.directive(directive),
            Kind::Math(_) | Kind::Heading(_) | Kind::Link(_) => Ok(()),
        }
    }

    fn cell(&mut self, fenced: &str) -> Result<(), String> {
        let executed =
            self.entry.notebook.as_ref().and_then(|notebook| notebook.cells.get(self.cell));
        self.cell += 1;
        let outputs = executed.and_then(|cell| cell.outputs.as_ref());
        let outputs =
            outputs.ok_or("this cell has no output yet: run `cargo run -p weave -- run`")?;
        self.out.push_str(&format!("<div class=\"cell\">\n\n{}\n\n", fenced.trim_end()));
        if !outputs.is_empty() {
            let shown: String = outputs.iter().map(output).collect();
            self.out.push_str(&format!("<div class=\"output\">{shown}</div>\n\n"));
        }
        self.out.push_str("</div>");
        Ok(())
    }

    fn display(&mut self, tex: &str, label: Option<&str>) -> Result<(), String> {
        let Some(id) = label else {
            self.out.push_str(&format!("$$\n{tex}\n$$"));
            return Ok(());
        };
        let number = self.book.place(id).and_then(|place| place.number.clone()).unwrap_or_default();
        let badge = self.badge(id)?;
        self.out.push_str(&format!(
            "<div class=\"equation\" id=\"eq-{id}\">\n\n$$\n{tex}\n\\tag{{{number}}}\n$$\n\n<span class=\"eq-tools\">{badge}</span>\n</div>"
        ));
        Ok(())
    }

    fn badge(&mut self, id: &str) -> Result<String, String> {
        let test = self.book.test(id).ok_or_else(|| {
            format!(
                "`{id}` has no test: write the function `{}` in tests/equations/{}.rs",
                id.replace('-', "_"),
                self.entry.chapter.module()
            )
        })?;
        self.popovers.insert((test.name.clone(), id.to_owned()));
        Ok(format!(
            "<button class=\"badge\" popovertarget=\"check-{id}\" aria-label=\"Checked by the test {}\">✓</button>",
            test.name
        ))
    }

    fn directive(&mut self, directive: &Directive) -> Result<(), String> {
        let shown = match directive {
            Directive::Eqref(id) => self.reference(id)?,
            Directive::Check(id) => {
                format!("<span class=\"claim\" id=\"claim-{id}\">{}</span>", self.badge(id)?)
            }
            Directive::Remark(id) => {
                self.statement(id)?;
                format!("<span id=\"remark-{id}\"></span>")
            }
            Directive::Erratum(id) => self.erratum(id)?,
            Directive::Value(name) => {
                let value = value(self.entry, name)?.replace('-', "\u{2212}");
                format!("<span class=\"value\">{value}</span>")
            }
            Directive::Cite(key) => {
                let work = self.book.bibliography.get(key);
                let work = work.ok_or_else(|| format!("`{key}` is not in book/references.bib"))?;
                let root = self.book.path_to_root(&self.entry.chapter);
                format!(
                    "<a class=\"cite\" href=\"{root}appendix/bibliography.html#ref-{key}\">{}</a>",
                    work.citation
                )
            }
            Directive::Include { file, anchor } => self.listing(file, anchor)?,
            Directive::Bench(name) => appendix::speed_of(self.book, name)?,
            Directive::Appendix(name) => appendix::appendix(self.book, self.entry, name)?,
        };
        self.out.push_str(&shown);
        Ok(())
    }

    /// A linked number; hovering or focusing it shows the equation.
    fn reference(&self, id: &str) -> Result<String, String> {
        let place = self.book.place(id).filter(|place| place.number.is_some());
        let place = place.ok_or_else(|| format!("no equation is labelled `{id}`"))?;
        let target = &self.book.chapters[place.chapter].chapter;
        let number = place.number.as_deref().unwrap_or_default();
        let url = self.book.url(&self.entry.chapter, target);
        let tex = target.pieces.iter().find_map(|piece| match &piece.kind {
            Kind::Display { tex, label: Some(label) } if label == id => Some(one_line(tex)),
            _ => None,
        });
        let tex = tex.unwrap_or_default();
        Ok(format!(
            "<a class=\"eqref\" href=\"{url}#eq-{id}\">({number})<span class=\"peek\" aria-hidden=\"true\">$\\displaystyle {tex}$</span></a>"
        ))
    }

    fn statement(&self, id: &str) -> Result<&Statement, String> {
        self.book.ledger.get(id).ok_or_else(|| format!("the ledger has no statement `{id}`"))
    }

    fn erratum(&mut self, id: &str) -> Result<String, String> {
        let test = self.book.erratum_test(id);
        let test = test.ok_or_else(|| {
            format!("no test `erratum_{}` shows the printed form to fail", id.replace('-', "_"))
        })?;
        let key = format!("erratum-{id}");
        self.popovers.insert((test.name.clone(), key.clone()));
        let name = test.name.clone();
        let statement = self.statement(id)?;
        let title = self
            .book
            .ledger
            .source(&statement.source)
            .map(|source| source.title.as_str())
            .unwrap_or_default();
        let (section, printed, corrected, why) = (
            &statement.section,
            sentence(&statement.printed),
            sentence(&statement.corrected),
            &statement.why,
        );
        Ok(format!(
            "<aside class=\"erratum\" role=\"note\" id=\"erratum-{id}\">\n\n*{title}*, “{section}”, prints {printed}\n\nRight is {corrected} {why} \
             <button class=\"badge erratum-badge\" popovertarget=\"check-{key}\" aria-label=\"Shown by the test {name}\">✓</button>\n\n</aside>"
        ))
    }

    fn listing(&self, file: &str, anchor: &str) -> Result<String, String> {
        let code = included(self.book, self.entry, file, anchor)?;
        let url = self.book.source_url(&code.file, Some(code.line));
        Ok(format!(
            "<figure class=\"listing\"><figcaption><a href=\"{url}\">{}</a></figcaption>\n\n```rust\n{}\n```\n\n</figure>",
            code.file,
            code.text.trim_end()
        ))
    }

    /// Notebook, module, documentation, tests and edit, under the title of a chapter that has a program.
    fn links(&mut self) {
        let chapter = &self.entry.chapter;
        if chapter.cells().next().is_none() {
            return;
        }
        let (name, module) = (&chapter.name, chapter.module());
        let root = self.book.path_to_root(chapter);
        let source = ["src/{}.rs", "src/{}/mod.rs"].map(|path| path.replace("{}", &module));
        let source = source.iter().find(|path| self.book.root.join(path).exists());
        let mut links =
            vec![("Notebook", self.book.source_url(&format!("notebooks/{name}.ipynb"), None))];
        // One that runs anywhere.
        links.push(("Download", format!("{root}notebooks/{name}.ipynb")));
        if let Some(path) = source {
            links.push(("Module", self.book.source_url(path, None)));
            links.push(("Docs", format!("{root}api/downhill/{module}/index.html")));
        }
        links.push(("Tests", self.book.source_url(&format!("tests/equations/{module}.rs"), None)));
        let edit = format!("{}/edit/main/{}", self.book.repository, chapter.path.display());
        links.push(("Edit", edit));
        let anchors: Vec<String> = links
            .iter()
            .map(|(label, url)| {
                let save = if *label == "Download" { " download" } else { "" };
                format!("<a href=\"{url}\"{save}>{label}</a>")
            })
            .collect();
        let nav = format!(
            "\n\n<nav class=\"chapter-links\" aria-label=\"This chapter elsewhere\">{}</nav>\n",
            anchors.join(" ")
        );
        let end_of_title = self.out.find('\n').unwrap_or(self.out.len());
        self.out.insert_str(end_of_title, &nav);
    }

    fn write_popovers(&mut self) {
        let popovers = std::mem::take(&mut self.popovers);
        for (_, id) in popovers {
            let test = match id.strip_prefix("erratum-") {
                Some(erratum) => self.book.erratum_test(erratum).or_else(|| self.book.test(&id)),
                None => self.book.test(&id),
            };
            if let Some(test) = test {
                let popover = self.popover(&id, test);
                self.out.push_str(&popover);
            }
        }
    }

    fn popover(&self, id: &str, test: &Test) -> String {
        let url = self.book.source_url(&test.file, Some(test.line));
        let (name, doc) = (&test.name, inline_markdown(&test.doc));
        format!(
            "\n\n<div class=\"check-popover\" popover id=\"check-{id}\"><p class=\"check-title\">{name}</p><p>{doc}</p>\n\n```rust\n{}\n```\n\n\
             <p class=\"check-source\"><a href=\"{url}\">{}:{}</a></p></div>\n",
            test.code, test.file, test.line
        )
    }
}

fn output(output: &Output) -> String {
    match output {
        Output::Text(text) => {
            // On one line, so that no blank line ends the HTML block; without a bare dollar, which would begin mathematics.
            let text = escape(text.trim_end()).replace('$', "&#36;").replace('\n', "&#10;");
            format!("<pre class=\"stdout\">{text}</pre>")
        }
        Output::Svg(svg) => {
            let svg = svg
                .replace('$', "&#36;")
                .split('\n')
                .map(str::trim_end)
                .filter(|line| !line.is_empty())
                .collect::<Vec<_>>()
                .join("\n");
            format!("<figure class=\"plot\">{svg}</figure>")
        }
    }
}

/// Escapes the signs that HTML reserves.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A formula on one line.
pub fn one_line(tex: &str) -> String {
    tex.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A doc comment's words as HTML: code between backticks, formulas between dollars left alone.
fn inline_markdown(text: &str) -> String {
    let mut html = String::new();
    for (k, part) in text.split('`').enumerate() {
        if k % 2 == 1 {
            html.push_str(&format!("<code>{}</code>", escape(part).replace('$', "&#36;")));
        } else {
            html.push_str(&escape_around_math(part));
        }
    }
    html
}

/// Escapes HTML's signs in words, and leaves what stands between dollars to the mathematics' renderer.
pub fn escape_around_math(text: &str) -> String {
    let parts: Vec<&str> = text.split('$').collect();
    if parts.len().is_multiple_of(2) {
        return escape(text).replace('$', "&#36;");
    }
    let shown = parts.iter().enumerate().map(|(k, part)| match k % 2 {
        0 => escape(part),
        _ => format!("${}$", one_line(part)),
    });
    shown.collect()
}

/// A phrase of the ledger, closed by a full stop.
fn sentence(text: &str) -> String {
    let text = one_line(text);
    if text.ends_with(['.', '!', '?']) { text } else { format!("{text}.") }
}

/// The number that a cell of the chapter printed as `name = number`.
///
/// # Errors
/// When no cell printed it, or when two printed different numbers under that name.
pub fn value(entry: &Entry, name: &str) -> Result<String, String> {
    let pattern = format!(
        r"(?m)(?:^|[^\w]){}\s*[=:]\s*([-+−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)",
        regex::escape(name)
    );
    let pattern = Regex::new(&pattern).map_err(|error| error.to_string())?;
    let cells = entry.notebook.iter().flat_map(|notebook| &notebook.cells);
    let texts =
        cells.flat_map(|cell| cell.outputs.iter().flatten()).filter_map(|output| match output {
            Output::Text(text) => Some(text.as_str()),
            Output::Svg(_) => None,
        });
    let mut found: Vec<&str> = texts
        .flat_map(|text| pattern.captures_iter(text))
        .filter_map(|c| Some(c.get(1)?.as_str()))
        .collect();
    found.dedup();
    match found.as_slice() {
        [] => Err(format!("no cell prints `{name} = …`")),
        [number] => Ok((*number).to_owned()),
        several => {
            Err(format!("`{name}` is printed as {}: give each its own name", several.join(", ")))
        }
    }
}

/// The code between `// ANCHOR: anchor` and `// ANCHOR_END: anchor` of a file, without doc comments.
///
/// # Errors
/// When the file or one of the two lines is missing.
pub fn included(book: &Book, entry: &Entry, file: &str, anchor: &str) -> Result<Included, String> {
    let folder = entry.chapter.path.parent().map(PathBuf::from).unwrap_or_default();
    let mut path = PathBuf::new();
    for part in folder.join(file).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            other => path.push(other),
        }
    }
    let shown = path.to_string_lossy().replace('\\', "/");
    let text = fs::read_to_string(book.root.join(&path))
        .map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let lines: Vec<&str> = text.lines().collect();
    let find =
        |mark: &str| lines.iter().position(|line| line.trim() == format!("// {mark}: {anchor}"));
    let begin = find("ANCHOR").ok_or_else(|| format!("{shown} has no `// ANCHOR: {anchor}`"))?;
    let end =
        find("ANCHOR_END").ok_or_else(|| format!("{shown} has no `// ANCHOR_END: {anchor}`"))?;
    if end <= begin {
        return Err(format!("the anchor {anchor} of {shown} ends before it begins"));
    }
    // The prose says what a doc comment would say again.
    let shown_line =
        |line: &str| !["// ANCHOR", "///"].iter().any(|mark| line.trim_start().starts_with(mark));
    let kept: Vec<(usize, &str)> =
        (begin + 1..end).map(|k| (k + 1, lines[k])).filter(|(_, line)| shown_line(line)).collect();
    let indent = kept
        .iter()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(_, line)| line.len() - line.trim_start().len())
        .min();
    let text = kept
        .iter()
        .map(|(_, line)| line.get(indent.unwrap_or(0)..).unwrap_or(""))
        .collect::<Vec<_>>()
        .join("\n");
    let lines = kept.into_iter().map(|(number, _)| number).collect();
    Ok(Included { file: shown, line: begin + 2, text, lines })
}

/// A page after KaTeX: without the TeX that KaTeX annotates its MathML with, which Markdown would damage, and without
/// MathML in the equations that hovering shows, which screen readers skip.
///
/// # Errors
/// When KaTeX left a formula that it could not render.
pub fn finish(content: &str) -> Result<String, String> {
    if let Some(at) = content.find("katex-error") {
        let shown: String = content[at..].chars().take(200).collect();
        return Err(format!("KaTeX could not render a formula: {shown}"));
    }
    let content = cut(content, "<annotation", "</annotation>", |_| true);
    let content = cut(&content, "<span class=\"katex-mathml\">", "</math></span>", |before| {
        before.ends_with("<span class=\"peek\" aria-hidden=\"true\"><span class=\"katex\">")
    });
    Ok(guard(&content))
}

/// Writes the signs of a rendered formula that Markdown would take for its own, such as the two tildes of two `\tilde`, as
/// entities.
fn guard(content: &str) -> String {
    let mut kept = String::with_capacity(content.len());
    let mut rest = content;
    while let Some(at) = rest.find("<span class=\"katex\">") {
        kept.push_str(&rest[..at]);
        rest = &rest[at..];
        let mut depth = 0;
        // Tag by tag to the end of the span, the text between the tags guarded.
        while let Some(open) = rest.find('<') {
            for sign in rest[..open].chars() {
                match sign {
                    '*' | '_' | '~' | '|' | '[' | ']' | '`' | '\\' | '#' => {
                        kept.push_str(&format!("&#{};", sign as u32))
                    }
                    _ => kept.push(sign),
                }
            }
            let end = rest[open..].find('>').map_or(rest.len(), |length| open + length + 1);
            let tag = &rest[open..end];
            kept.push_str(tag);
            rest = &rest[end..];
            if tag.starts_with("<span") {
                depth += 1;
            } else if tag == "</span>" {
                depth -= 1;
            }
            if depth == 0 {
                break;
            }
        }
    }
    kept + rest
}

/// The text without the stretches from `begin` to `end` whose preceding text satisfies `wanted`.
fn cut(text: &str, begin: &str, end: &str, wanted: impl Fn(&str) -> bool) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(begin) {
        let Some(length) = rest[at..].find(end) else { break };
        let stop = at + length + end.len();
        kept.push_str(&rest[..at]);
        if !wanted(&kept) {
            kept.push_str(&rest[at..stop]);
        }
        rest = &rest[stop..];
    }
    kept + rest
}
