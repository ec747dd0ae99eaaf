//! What the built book's search looks through: the words of each section, every formula once, as a reader sees it.
//!
//! mdBook's own index takes each formula twice, as MathML and as what KaTeX draws, and the tests behind the badges
//! for a part of a chapter's last section. So the finished pages are read anew, and what is found replaces mdBook's index; the
//! search itself is `book/theme/search.js`, which stands behind the sections in the same file.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::book::{Book, page_path};

/// A heading and what stands under it, up to the next one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Section {
    /// The page from the root of the site, and the heading's anchor below its title.
    pub url: String,
    /// The headings from the page's title down to this one.
    pub path: Vec<String>,
    /// The words, formulas as letters and signs.
    pub text: String,
    /// The code.
    pub code: String,
    /// The words set in italics: a term is named so where it is explained.
    pub terms: String,
}

/// The script that mdBook's search loads: the sections of every page under `site`, in the book's order, and the search.
///
/// # Errors
/// When a page or the search cannot be read.
pub fn script(book: &Book, site: &Path) -> Result<String> {
    let mut found = Vec::new();
    for entry in &book.chapters {
        let page = page_path(&entry.chapter);
        let html =
            fs::read_to_string(site.join(&page)).with_context(|| format!("reading {page}"))?;
        found.extend(sections(&page, &html));
    }
    let engine = "book/theme/search.js";
    let engine =
        fs::read_to_string(book.root.join(engine)).with_context(|| format!("reading {engine}"))?;
    Ok(format!("window.bookSections = {};\n{engine}", serde_json::to_string(&found)?))
}

/// What becomes of the text inside an element.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Text,
    Formula,
    Code,
    Skipped,
}

/// The sections of a page: one for each heading of the levels 1 to 3.
pub fn sections(page: &str, html: &str) -> Vec<Section> {
    let begin = html.find("<main>").map_or(0, |at| at + "<main>".len());
    let end = html.find("</main>").unwrap_or(html.len());
    let mut rest = html.get(begin..end).unwrap_or_default();
    let mut reader = Reader { page, sections: Vec::new(), open: Vec::new(), heading: None };
    while let Some(at) = rest.find('<') {
        reader.text(&rest[..at]);
        let length = rest[at..].find('>').map_or(rest.len() - at, |length| length + 1);
        reader.tag(&rest[at..at + length]);
        rest = &rest[at + length..];
    }
    reader.text(rest);
    for section in &mut reader.sections {
        for text in section.path.iter_mut().chain([
            &mut section.text,
            &mut section.code,
            &mut section.terms,
        ]) {
            *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        }
    }
    reader.sections
}

struct Reader<'a> {
    page: &'a str,
    sections: Vec<Section>,
    /// The elements around the place that is read.
    open: Vec<(&'a str, Mode)>,
    /// The level of the heading that is read.
    heading: Option<usize>,
}

/// Elements that do not part the words before them from those after.
const INLINE: [&str; 12] =
    ["a", "abbr", "b", "code", "em", "i", "math", "span", "strong", "sub", "sup", "wbr"];

impl<'a> Reader<'a> {
    fn mode(&self) -> Mode {
        self.open.last().map_or(Mode::Text, |(_, mode)| *mode)
    }

    fn tag(&mut self, tag: &'a str) {
        let inner = tag.trim_start_matches('<').trim_end_matches('>');
        if inner.starts_with(['!', '?']) {
            return;
        }
        let closing = inner.starts_with('/');
        let inner = inner.trim_start_matches('/');
        let name = &inner[..inner.find([' ', '/', '\n', '\t']).unwrap_or(inner.len())];
        let level = name.strip_prefix('h').and_then(|level| level.parse::<usize>().ok());
        if closing {
            if level.is_some() {
                self.heading = None;
            }
            if let Some(at) = self.open.iter().rposition(|(open, _)| *open == name) {
                self.open.truncate(at);
            }
        } else if !inner.ends_with('/') && !["br", "hr", "img", "input", "wbr"].contains(&name) {
            if let (Some(level @ 1..=3), Some(id)) = (level, attribute(inner, "id")) {
                self.begin(level, id);
            }
            let mode = match self.mode() {
                Mode::Skipped => Mode::Skipped,
                mode => {
                    mode_of(name, attribute(inner, "class").unwrap_or_default()).unwrap_or(mode)
                }
            };
            self.open.push((name, mode));
        }
        // An index does not run into its letter, nor a denominator into its numerator.
        let apart = match self.mode() {
            Mode::Formula => name == "mrow" && !closing && self.ends_in_word(),
            _ => !INLINE.contains(&name),
        };
        if apart {
            self.push(" ");
        }
        if closing
            && name == "em"
            && let Some(section) = self.sections.last_mut()
        {
            section.terms.push_str(", ");
        }
    }

    fn ends_in_word(&self) -> bool {
        let last = self.sections.last().and_then(|section| section.text.chars().last());
        last.is_some_and(char::is_alphanumeric)
    }

    fn begin(&mut self, level: usize, id: &str) {
        let above = self.sections.last().map(|section| section.path.as_slice()).unwrap_or_default();
        let mut path = above[..above.len().min(level - 1)].to_vec();
        path.push(String::new());
        let anchor = if level == 1 { String::new() } else { format!("#{id}") };
        let url = format!("{}{anchor}", self.page);
        self.sections.push(Section { url, path, ..Section::default() });
        self.heading = Some(level);
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() || self.mode() == Mode::Skipped {
            return;
        }
        let text = unescape(text);
        if self.mode() == Mode::Formula {
            // A name does not run into what it is applied to, though the formula has no space there.
            let text =
                text.replace(|c| ('\u{2061}'..='\u{2064}').contains(&c) || c == '\u{200b}', "");
            let name = text.chars().count() > 1 && text.chars().all(char::is_alphanumeric);
            if name && self.ends_in_word() {
                self.push(" ");
            }
            self.push(&text);
            if name {
                self.push(" ");
            }
        } else {
            self.push(&text);
        }
    }

    fn push(&mut self, text: &str) {
        let (mode, heading) = (self.mode(), self.heading);
        let term = self.open.iter().any(|(name, _)| *name == "em");
        let Some(section) = self.sections.last_mut() else { return };
        if term && mode != Mode::Skipped {
            section.terms.push_str(text);
        }
        let place = match (mode, heading) {
            (Mode::Skipped, _) => return,
            (_, Some(_)) => section.path.last_mut(),
            (Mode::Code, None) => Some(&mut section.code),
            _ => Some(&mut section.text),
        };
        if let Some(place) = place {
            place.push_str(text);
        }
    }
}

/// What an element makes of the text inside, where that is not what it was outside.
fn mode_of(name: &str, classes: &str) -> Option<Mode> {
    let has = |class: &str| classes.split(' ').any(|own| own == class);
    // What is drawn, what is shown on hovering or on a click, and what a cell printed.
    let skipped = ["katex-html", "peek", "check-popover", "chapter-links", "output"];
    match name {
        "svg" | "script" | "style" | "button" => Some(Mode::Skipped),
        _ if skipped.into_iter().any(has) => Some(Mode::Skipped),
        "math" => Some(Mode::Formula),
        "pre" => Some(Mode::Code),
        _ if has("listing") => Some(Mode::Code),
        _ => None,
    }
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let at = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag.get(at..)?.split('"').next()
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(';').unwrap_or(0);
        let sign = match &rest[..end] {
            "&amp" => Some('&'),
            "&lt" => Some('<'),
            "&gt" => Some('>'),
            "&quot" => Some('"'),
            "&nbsp" => Some(' '),
            number => number.strip_prefix("&#").and_then(|number| {
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => number.parse(),
                };
                char::from_u32(code.ok()?)
            }),
        };
        plain.push(sign.unwrap_or('&'));
        rest = &rest[if sign.is_some() { end + 1 } else { 1 }..];
    }
    plain + rest
}
