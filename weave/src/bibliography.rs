//! The works cited, from a BibTeX file, formatted by hayagriva.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result};
use hayagriva::{
    BibliographyDriver, BibliographyRequest, BufWriteFormat, CitationItem, CitationRequest,
    archive::{ArchivedStyle, locales},
    citationberg::Style,
    io::from_biblatex_str,
};

use crate::Problem;

/// The works of `book/references.bib`.
#[derive(Default)]
pub struct Bibliography {
    works: BTreeMap<String, Work>,
}

/// One work.
#[derive(Clone, Debug)]
pub struct Work {
    /// How the text refers to it: `(Hopfield, 1982)`.
    pub citation: String,
    /// Its entry in the bibliography, HTML.
    pub entry: String,
}

impl Bibliography {
    /// Reads and formats a BibTeX file.
    pub fn load(path: &Path, problems: &mut Vec<Problem>) -> Result<Self> {
        let text = fs::read_to_string(path).context("reading book/references.bib")?;
        let library = match from_biblatex_str(&text) {
            Ok(library) => library,
            Err(errors) => {
                let message = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
                problems.push(Problem::new("book/references.bib", 0, message));
                return Ok(Self::default());
            }
        };
        let Style::Independent(style) = ArchivedStyle::AmericanPsychologicalAssociation.get()
        else {
            anyhow::bail!("the citation style is not an independent one");
        };
        let locales = locales();
        let mut driver = BibliographyDriver::new();
        for entry in library.iter() {
            let items = vec![CitationItem::with_entry(entry)];
            driver.citation(CitationRequest::from_items(items, &style, &locales));
        }
        let rendered = driver.finish(BibliographyRequest {
            style: &style,
            locale: None,
            locale_files: &locales,
        });
        let mut entries = BTreeMap::new();
        for item in rendered.bibliography.iter().flat_map(|bibliography| &bibliography.items) {
            let mut html = String::new();
            item.content.write_buf(&mut html, BufWriteFormat::Html).context("formatting a work")?;
            entries.insert(item.key.clone(), html);
        }
        let mut works = BTreeMap::new();
        for (entry, citation) in library.iter().zip(&rendered.citations) {
            let mut html = String::new();
            citation
                .citation
                .write_buf(&mut html, BufWriteFormat::Html)
                .context("formatting a citation")?;
            let key = entry.key().to_owned();
            // The style leaves a comma after a year without a month, and names a book twice in which a work is a part.
            let mut formatted =
                entries.get(&key).map(|entry| entry.replace(",)", ")")).unwrap_or_default();
            for book in entry.parents().iter().filter_map(|parent| parent.title()) {
                let italic =
                    |text: &str| format!("<span style=\"font-style: italic;\">{text}</span>");
                let book = italic(&book.to_string());
                formatted = formatted.replace(&format!("{book}{}{book}", italic(": ")), &book);
            }
            works.insert(key, Work { citation: html, entry: formatted });
        }
        Ok(Self { works })
    }

    /// The work with this key.
    pub fn get(&self, key: &str) -> Option<&Work> {
        self.works.get(key)
    }

    /// All works by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Work)> {
        self.works.iter().map(|(key, work)| (key.as_str(), work))
    }
}
