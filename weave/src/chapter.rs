//! A chapter's Markdown, taken apart: its cells, its displays, its directives, its links.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::Problem;

/// A chapter, parsed. Ranges are byte ranges of `text`; lines count from 1.
#[derive(Clone, Debug)]
pub struct Chapter {
    /// The file's stem: the chapter's name everywhere (`ridge-lasso`).
    pub name: String,
    /// The file, from the book's root (`chapters/1-descent/ridge-lasso.md`).
    pub path: PathBuf,
    /// The Markdown as it stands in the file, with lines ended by `\n`.
    pub text: String,
    /// The first heading of level 1.
    pub title: String,
    /// What weave acts on, in the order of the text.
    pub pieces: Vec<Piece>,
    /// What is wrong with the Markdown itself.
    pub problems: Vec<Problem>,
}

/// A part of a chapter that weave acts on.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Where it stands.
    pub range: Range<usize>,
    /// The line on which it begins.
    pub line: usize,
    /// What it is.
    pub kind: Kind,
}

/// The kinds of [`Piece`].
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A fenced `rust` block, part of the chapter's program.
    Cell(Cell),
    /// A displayed formula.
    Display {
        /// The TeX without its label.
        tex: String,
        /// The id in `\label{…}`.
        label: Option<String>,
    },
    /// A formula inside a line.
    Math(String),
    /// `{{…}}` or `\eqref{…}`.
    Directive(Directive),
    /// A heading below the title.
    Heading(String),
    /// The target of a link or an image.
    Link(String),
}

/// A fenced `rust` block.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The code, without the fences.
    pub code: String,
    /// The line of its first line of code.
    pub first_line: usize,
}

/// What `{{…}}` or `\eqref{…}` asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Directive {
    /// The number of an equation.
    Eqref(String),
    /// The badge of a claim or an algorithm.
    Check(String),
    /// The place of a statement that has nothing to compute.
    Remark(String),
    /// A margin note on what a source prints.
    Erratum(String),
    /// A number that a cell printed.
    Value(String),
    /// A reference to the bibliography.
    Cite(String),
    /// Code of the library, by anchor.
    Include {
        /// The path, as written, from the chapter's folder.
        file: String,
        /// The anchor in it.
        anchor: String,
    },
    /// The table of a measured speed.
    Bench(String),
    /// A generated appendix.
    Appendix(String),
}

impl Chapter {
    /// Parses the Markdown of the file at `path` (from the book's root). Never fails: what is wrong stands in
    /// `problems`.
    pub fn parse(path: impl Into<PathBuf>, text: &str) -> Self {
        let path = path.into();
        let name = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut reader = Reader {
            path: &path,
            lines: line_starts(&text),
            text: &text,
            title: None,
            pieces: Vec::new(),
            problems: Vec::new(),
            opaque: Vec::new(),
        };
        reader.read();
        let Reader { title, mut pieces, mut problems, .. } = reader;
        pieces.sort_by_key(|piece| piece.range.start);
        if title.is_none() {
            problems.push(Problem::new(
                &path,
                1,
                "a chapter begins with a heading of level 1: `# Title`",
            ));
        }
        problems.sort();
        let title = title.unwrap_or_default();
        Self { name, path, title, pieces, problems, text }
    }

    /// The cells in order.
    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.pieces.iter().filter_map(|piece| match &piece.kind {
            Kind::Cell(cell) => Some(cell),
            _ => None,
        })
    }

    /// The labels of displays, with their lines.
    pub fn labels(&self) -> impl Iterator<Item = (&str, usize)> {
        self.pieces.iter().filter_map(|piece| match &piece.kind {
            Kind::Display { label: Some(label), .. } => Some((label.as_str(), piece.line)),
            _ => None,
        })
    }

    /// The directives with their lines.
    pub fn directives(&self) -> impl Iterator<Item = (&Directive, usize)> {
        self.pieces.iter().filter_map(|piece| match &piece.kind {
            Kind::Directive(directive) => Some((directive, piece.line)),
            _ => None,
        })
    }

    /// The chapter's module and test file: its name with `_` for `-`.
    pub fn module(&self) -> String {
        self.name.replace('-', "_")
    }
}

/// What holds of any text whatever, chapter or not; the fuzzer and the tests throw texts at it.
///
/// # Panics
/// When one of the promises of [`Chapter::parse`] or of [`crate::program::source`] is broken.
pub fn must_hold(text: &str) {
    let chapter = Chapter::parse("chapters/any.md", text);
    let lines = chapter.text.lines().count();
    for piece in &chapter.pieces {
        assert!(
            chapter.text.get(piece.range.clone()).is_some(),
            "{piece:?} is not a part of the text"
        );
        assert!((1..=lines).contains(&piece.line), "{piece:?} stands on no line");
    }
    assert!(chapter.pieces.is_sorted_by_key(|piece| piece.range.start));
    for problem in &chapter.problems {
        assert!(problem.line <= lines.max(1), "{problem} is on no line");
    }
    let program = crate::program::source(&chapter);
    for cell in chapter.cells() {
        for (offset, line) in cell.code.lines().enumerate() {
            let kept = program.lines().nth(cell.first_line - 1 + offset).unwrap_or_default();
            assert!(
                kept.contains(line),
                "line {} of the program is not the chapter's",
                cell.first_line + offset
            );
        }
    }
}

/// A code block under way: its info string, its range, and its lines, each with the byte at which it begins.
type CodeBlock = (String, Range<usize>, Vec<(usize, String)>);

/// Whether this line of a cell, not indented and so outside every block, binds a closure to a name.
fn keeps_closure(line: &str) -> bool {
    let Some((_, value)) = line.strip_prefix("let ").and_then(|rest| rest.split_once(" = ")) else {
        return false;
    };
    value.starts_with('|') || value.starts_with("move |")
}

/// The byte at which each line begins.
fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    lines: Vec<usize>,
    title: Option<String>,
    pieces: Vec<Piece>,
    problems: Vec<Problem>,
    /// Ranges in which `{{` and `\eqref` mean nothing: code and mathematics.
    opaque: Vec<Range<usize>>,
}

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|&start| start <= at)
    }

    fn problem(&mut self, at: usize, message: impl Into<String>) {
        self.problems.push(Problem::new(self.path, self.line(at), message));
    }

    fn piece(&mut self, range: Range<usize>, kind: Kind) {
        let line = self.line(range.start);
        self.pieces.push(Piece { range, line, kind });
    }

    fn read(&mut self) {
        let options = Options::ENABLE_MATH | Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES;
        let mut heading: Option<(HeadingLevel, String, usize)> = None;
        let mut block: Option<CodeBlock> = None;
        let mut enclosing: Vec<&'static str> = Vec::new();
        for (event, range) in Parser::new_ext(self.text, options).into_offset_iter() {
            match event {
                Event::Start(Tag::BlockQuote(_)) => enclosing.push("a block quotation"),
                Event::Start(Tag::Item) => enclosing.push("a list"),
                Event::Start(Tag::Table(_)) => enclosing.push("a table"),
                Event::End(TagEnd::BlockQuote(_) | TagEnd::Item | TagEnd::Table) => {
                    enclosing.pop();
                }
                Event::Start(Tag::Heading { level, .. }) => {
                    heading = Some((level, String::new(), range.start))
                }
                Event::End(TagEnd::Heading(_)) => {
                    if let Some((level, words, at)) = heading.take() {
                        self.heading(level, words, at, range);
                    }
                }
                Event::Start(Tag::CodeBlock(kind)) => {
                    let info = match kind {
                        CodeBlockKind::Fenced(info) => info.into_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    self.opaque.push(range.clone());
                    block = Some((info, range, Vec::new()));
                }
                Event::End(TagEnd::CodeBlock) => {
                    if let Some((info, range, lines)) = block.take() {
                        self.code_block(&info, range, lines, enclosing.last().copied());
                    }
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    self.piece(range, Kind::Link(dest_url.into_string()));
                }
                Event::Code(code) => {
                    self.opaque.push(range);
                    if let Some((_, words, _)) = &mut heading {
                        words.push_str(&code);
                    }
                }
                Event::InlineMath(tex) => {
                    self.opaque.push(range.clone());
                    if heading.is_some() {
                        self.problem(
                            range.start,
                            "mathematics in a heading spoils its anchor and the search: say it in words",
                        );
                    }
                    self.piece(range, Kind::Math(tex.into_string()));
                }
                Event::DisplayMath(tex) => {
                    self.opaque.push(range.clone());
                    self.display(&tex, range, enclosing.last().copied());
                }
                Event::Text(words) => {
                    if let Some((_, _, lines)) = &mut block {
                        lines.push((range.start, words.into_string()));
                    } else {
                        if let Some((_, heading, _)) = &mut heading {
                            heading.push_str(&words);
                        }
                        // An escaped dollar is a range that begins at the dollar, its backslash just before it.
                        let escaped = self.text[..range.start].ends_with('\\');
                        if let Some(at) = words.find('$').filter(|&at| !(at == 0 && escaped)) {
                            self.problem(
                                range.start + at,
                                "this `$` opens no formula: write `\\$` for the sign; in `$…$` balance the braces",
                            );
                        }
                    }
                }
                _ => {}
            }
        }
        self.directives();
    }

    fn heading(&mut self, level: HeadingLevel, words: String, at: usize, range: Range<usize>) {
        match (level, &self.title) {
            (HeadingLevel::H1, None) => {
                if at != 0 {
                    self.problem(at, "the title stands on the first line");
                }
                self.title = Some(words);
            }
            (HeadingLevel::H1, Some(_)) => {
                self.problem(at, "a second heading of level 1: a chapter has one title")
            }
            _ => self.piece(range, Kind::Heading(words)),
        }
    }

    fn code_block(
        &mut self,
        info: &str,
        range: Range<usize>,
        lines: Vec<(usize, String)>,
        enclosing: Option<&'static str>,
    ) {
        let source = self.text[range.clone()].trim_end();
        let indented = !(source.starts_with("```") || source.starts_with("~~~"));
        if indented {
            return;
        }
        let fence = &source[..3];
        let closed = source.len() > 3
            && source.lines().count() > 1
            && source.lines().last().is_some_and(|l| l.trim_start().starts_with(fence));
        if !closed {
            self.problem(range.start, "this code block is never closed");
            return;
        }
        if fence == "~~~" {
            self.problem(
                range.start,
                "fence code with ``` so that the mathematics' renderer skips it",
            );
        }
        let mut words = info.split([',', ' ']);
        if words.next() != Some("rust") || words.any(|word| word == "ignore") {
            return;
        }
        if let Some(place) = enclosing {
            self.problem(
                range.start,
                format!("a cell inside {place}: notebooks cannot split it; move it out"),
            );
            return;
        }
        let code: String = lines.iter().map(|(_, line)| line.as_str()).collect();
        if code.trim().is_empty() {
            self.problem(range.start, "an empty cell");
            return;
        }
        let first_line = self.line(lines[0].0);
        for (line, _) in (first_line..).zip(code.lines()).filter(|(_, line)| keeps_closure(line)) {
            let message = "a variable that is a closure: the notebook's kernel cannot keep it; write a function or a block";
            self.problems.push(Problem::new(self.path, line, message));
        }
        self.piece(range, Kind::Cell(Cell { code, first_line }));
    }

    fn display(&mut self, tex: &str, range: Range<usize>, enclosing: Option<&'static str>) {
        if let Some(place) = enclosing {
            self.problem(
                range.start,
                format!("a display inside {place} is damaged on the page: move it out"),
            );
        }
        let before = self.text[..range.start].ends_with('\n') || range.start == 0;
        let after = self.text[range.end..].starts_with('\n') || range.end == self.text.len();
        if !before || !after || !tex.starts_with('\n') || !tex.ends_with('\n') {
            self.problem(range.start, "the `$$` of a display stand alone on their lines");
        }
        let mut labels = Vec::new();
        let mut rest = String::new();
        let mut tail = tex;
        while let Some(at) = tail.find("\\label{") {
            rest.push_str(&tail[..at]);
            let inner = &tail[at + 7..];
            // The parser takes only balanced braces for mathematics.
            let end = inner.find('}').unwrap_or(inner.len());
            labels.push(inner[..end].to_owned());
            tail = inner.get(end + 1..).unwrap_or("");
        }
        rest.push_str(tail);
        if labels.len() > 1 {
            self.problem(range.start, "two labels in one display: split it, or label the whole");
        }
        let label = labels.into_iter().next();
        match &label {
            Some(id) => self.require_id(range.start, id),
            None => self.problem(
                range.start,
                "a display without a label: every equation has a number and a test",
            ),
        }
        if rest.contains("\\tag") {
            self.problem(range.start, "`\\tag` in a display: its number comes from the label");
        }
        self.piece(range, Kind::Display { tex: rest.trim().to_owned(), label });
    }

    fn require_id(&mut self, at: usize, id: &str) {
        let fine = id.starts_with(|c: char| c.is_ascii_lowercase())
            && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !fine {
            self.problem(at, format!("`{id}` is not an id: lower-case words joined by hyphens"));
        }
    }

    /// Finds `{{…}}` and `\eqref{…}` outside code and mathematics.
    fn directives(&mut self) {
        self.opaque.sort_by_key(|range| range.start);
        let mut at = 0;
        while let Some((start, opening, closing)) = self.next_opening(at) {
            let inside = start + opening.len();
            let line_end = self.text[inside..].find('\n').map_or(self.text.len(), |n| inside + n);
            let Some(length) = self.text[inside..line_end].find(closing) else {
                self.problem(
                    start,
                    format!("`{opening}` without its `{closing}` on the same line"),
                );
                at = inside;
                continue;
            };
            let end = inside + length + closing.len();
            let words = self.text[inside..inside + length].trim();
            let directive = if opening == "{{" {
                self.directive(start, words)
            } else {
                Some(Directive::Eqref(words.to_owned()))
            };
            if let Some(directive) = directive {
                let whole_line = matches!(
                    directive,
                    Directive::Include { .. }
                        | Directive::Erratum(_)
                        | Directive::Bench(_)
                        | Directive::Appendix(_)
                );
                let alone = (start == 0 || self.text[..start].ends_with('\n'))
                    && (end == self.text.len() || self.text[end..].starts_with('\n'));
                if whole_line && !alone {
                    self.problem(start, "this directive stands on a line of its own");
                }
                self.piece(start..end, Kind::Directive(directive));
            }
            at = end;
        }
    }

    fn next_opening(&self, from: usize) -> Option<(usize, &'static str, &'static str)> {
        let mut from = from;
        loop {
            let tail = &self.text[from..];
            let braces = tail.find("{{").map(|at| (from + at, "{{", "}}"));
            let eqref = tail.find("\\eqref{").map(|at| (from + at, "\\eqref{", "}"));
            let next = [braces, eqref].into_iter().flatten().min_by_key(|next| next.0)?;
            let before = self.opaque.partition_point(|range| range.start <= next.0);
            match before.checked_sub(1).map(|i| &self.opaque[i]) {
                Some(range) if next.0 < range.end => from = range.end,
                _ => return Some(next),
            }
        }
    }

    fn directive(&mut self, at: usize, words: &str) -> Option<Directive> {
        let (name, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
        let rest = rest.trim().to_owned();
        if rest.is_empty() {
            self.problem(at, format!("`{{{{{words}}}}}`: an argument is missing"));
            return None;
        }
        Some(match name {
            "check" => Directive::Check(rest),
            "remark" => Directive::Remark(rest),
            "erratum" => Directive::Erratum(rest),
            "value" => Directive::Value(rest),
            "cite" => Directive::Cite(rest),
            "bench" => Directive::Bench(rest),
            "appendix" => Directive::Appendix(rest),
            "#include" => match rest.split_once(':') {
                Some((file, anchor)) => {
                    Directive::Include { file: file.to_owned(), anchor: anchor.to_owned() }
                }
                // A picture, which mdBook itself puts into the page.
                None if rest.ends_with(".svg") => return None,
                None => {
                    self.problem(at, "`{{#include file:anchor}}` names the anchor in the file");
                    return None;
                }
            },
            _ => {
                self.problem(at, format!("`{name}` is no directive: check, remark, erratum, value, cite, bench, appendix or #include"));
                return None;
            }
        })
    }
}
