//! The whole book: its chapters in order, its ledger, its tests, and where each statement stands.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use mdbook_summary::{Link, SummaryItem, parse_summary};

use crate::{
    Problem,
    bibliography::Bibliography,
    chapter::{Chapter, Directive, Kind},
    ledger::Ledger,
    notebook::Notebook,
    tests::{Test, Tests},
};

/// The book, loaded from its root folder.
pub struct Book {
    /// The folder of `book.toml`.
    pub root: PathBuf,
    /// The chapters as `SUMMARY.md` orders them.
    pub chapters: Vec<Entry>,
    /// Every statement of the sources.
    pub ledger: Ledger,
    /// The equations' tests.
    pub tests: Tests,
    /// The works that the text cites.
    pub bibliography: Bibliography,
    /// KaTeX macros, `\name` to its expansion.
    pub macros: BTreeMap<String, String>,
    /// Where the repository is browsed, without a final slash.
    pub repository: String,
    /// What was wrong with the files themselves.
    pub problems: Vec<Problem>,
    places: HashMap<String, Place>,
}

/// A chapter and its place in the book.
pub struct Entry {
    /// The text.
    pub chapter: Chapter,
    /// Its number, where `SUMMARY.md` numbers it.
    pub number: Option<u32>,
    /// The heading of its part.
    pub part: Option<String>,
    /// Its notebook as committed, where there is one.
    pub notebook: Option<Notebook>,
}

/// Where a statement stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The index of its chapter.
    pub chapter: usize,
    /// The anchor on that chapter's page.
    pub anchor: String,
    /// The equation's number, as `2.3`, when it is a display.
    pub number: Option<String>,
    /// A remark has no test.
    pub remark: bool,
    /// The line.
    pub line: usize,
}

impl Book {
    /// Reads the book at `root`. Only a missing or unreadable file of the house itself is an error; what is wrong
    /// inside the files is collected in `problems`.
    pub fn load(root: &Path) -> Result<Self> {
        let read = |path: &str| {
            fs::read_to_string(root.join(path)).with_context(|| format!("reading {path}"))
        };
        let mut problems = Vec::new();

        let summary =
            parse_summary(&read("chapters/SUMMARY.md")?).context("parsing chapters/SUMMARY.md")?;
        let mut chapters = Vec::new();
        let mut part = None;
        let items =
            [&summary.prefix_chapters, &summary.numbered_chapters, &summary.suffix_chapters];
        for item in items.into_iter().flatten() {
            match item {
                SummaryItem::PartTitle(title) => part = Some(title.clone()),
                SummaryItem::Link(link) => {
                    load_link(root, link, &part, &mut chapters, &mut problems)
                }
                _ => part = None,
            }
        }
        for entry in &chapters {
            problems.extend(entry.chapter.problems.iter().cloned());
        }

        let config: toml::Table =
            toml::from_str(&read("book.toml")?).context("parsing book.toml")?;
        let repository = config
            .get("output")
            .and_then(|output| output.get("html")?.get("git-repository-url")?.as_str())
            .unwrap_or_default()
            .trim_end_matches('/')
            .to_owned();

        let macros = macros(&read("book/katex-macros.txt")?);
        let ledger = Ledger::load(root, &mut problems)?;
        let tests = Tests::load(root, &mut problems)?;
        let bibliography = Bibliography::load(&root.join("book/references.bib"), &mut problems)?;

        let mut book = Self {
            root: root.to_owned(),
            chapters,
            ledger,
            tests,
            bibliography,
            macros,
            repository,
            problems,
            places: HashMap::new(),
        };
        book.find_places();
        Ok(book)
    }

    /// The chapter called `name`.
    pub fn chapter(&self, name: &str) -> Option<&Entry> {
        self.chapters.iter().find(|entry| entry.chapter.name == name)
    }

    /// The chapter whose file is `path` (from the folder `chapters`).
    pub fn chapter_at(&self, path: &Path) -> Option<&Entry> {
        let path = Path::new("chapters").join(path);
        self.chapters.iter().find(|entry| entry.chapter.path == path)
    }

    /// Where the statement `id` itself stands, not the one that it is merged into.
    pub fn place(&self, id: &str) -> Option<&Place> {
        self.places.get(id)
    }

    /// Where the statement `id` stands, or the one that it is merged into.
    pub fn place_of_carrier(&self, id: &str) -> Option<&Place> {
        self.places.get(id).or_else(|| {
            let statement = self.ledger.get(id)?;
            self.places.get(statement.merged_into.as_deref()?)
        })
    }

    /// Every id that stands somewhere, in no order.
    pub fn placed(&self) -> impl Iterator<Item = (&str, &Place)> {
        self.places.iter().map(|(id, place)| (id.as_str(), place))
    }

    /// The test of the statement `id`, looked for in the chapter that carries it.
    pub fn test(&self, id: &str) -> Option<&Test> {
        let place = self.place_of_carrier(id)?;
        let carrier = match self.ledger.get(id).and_then(|s| s.merged_into.as_deref()) {
            Some(target) if !self.places.contains_key(id) => target,
            _ => id,
        };
        self.tests.get(&self.chapters[place.chapter].chapter.module(), &carrier.replace('-', "_"))
    }

    /// The test that shows the printed form of `id` to fail.
    pub fn erratum_test(&self, id: &str) -> Option<&Test> {
        let name = format!("erratum_{}", id.replace('-', "_"));
        let place = self.place_of_carrier(id);
        let home = place.map(|place| self.chapters[place.chapter].chapter.module());
        home.and_then(|module| self.tests.get(&module, &name))
    }

    /// The address of a page, from another page: `../3-early-models/hopfield.html`.
    pub fn url(&self, from: &Chapter, to: &Chapter) -> String {
        if from.path == to.path {
            return String::new();
        }
        format!("{}{}", self.path_to_root(from), page_path(to))
    }

    /// `../` as often as the page lies below the root of the site.
    pub fn path_to_root(&self, from: &Chapter) -> String {
        "../".repeat(from.path.components().count().saturating_sub(2))
    }

    /// The address of a file, or of a folder, of the repository.
    pub fn source_url(&self, path: &str, line: Option<usize>) -> String {
        let line = line.map(|line| format!("#L{line}")).unwrap_or_default();
        format!("{}/blob/main/{path}{line}", self.repository)
    }

    fn find_places(&mut self) {
        for (index, entry) in self.chapters.iter().enumerate() {
            let mut equations = 0;
            for piece in &entry.chapter.pieces {
                let (id, anchor, number, remark) = match &piece.kind {
                    Kind::Display { label: Some(id), .. } => {
                        equations += 1;
                        let number = match entry.number {
                            Some(chapter) => format!("{chapter}.{equations}"),
                            None => equations.to_string(),
                        };
                        (id, format!("eq-{id}"), Some(number), false)
                    }
                    Kind::Directive(Directive::Check(id)) => {
                        (id, format!("claim-{id}"), None, false)
                    }
                    Kind::Directive(Directive::Remark(id)) => {
                        (id, format!("remark-{id}"), None, true)
                    }
                    _ => continue,
                };
                let place = Place { chapter: index, anchor, number, remark, line: piece.line };
                if let Some(earlier) = self.places.get(id) {
                    let earlier_path = self.chapters[earlier.chapter].chapter.path.display();
                    let message =
                        format!("`{id}` stands already at {earlier_path}:{}", earlier.line);
                    self.problems.push(Problem::new(&entry.chapter.path, piece.line, message));
                } else {
                    self.places.insert(id.clone(), place);
                }
            }
        }
    }

    /// The names of all chapters that stand in `SUMMARY.md`.
    pub fn names(&self) -> BTreeSet<&str> {
        self.chapters.iter().map(|entry| entry.chapter.name.as_str()).collect()
    }
}

/// The page of a chapter, from the root of the site.
pub fn page_path(chapter: &Chapter) -> String {
    let path =
        chapter.path.strip_prefix("chapters").unwrap_or(&chapter.path).with_extension("html");
    path.to_string_lossy().replace('\\', "/")
}

fn load_link(
    root: &Path,
    link: &Link,
    part: &Option<String>,
    chapters: &mut Vec<Entry>,
    problems: &mut Vec<Problem>,
) {
    if let Some(location) = &link.location {
        let path = Path::new("chapters").join(location);
        match fs::read_to_string(root.join(&path)) {
            Ok(text) => {
                let chapter = Chapter::parse(path, &text);
                let number = link.number.as_ref().and_then(|number| number.first().copied());
                let notebook = match Notebook::load(root, &chapter.name) {
                    Ok(notebook) => notebook,
                    Err(error) => {
                        problems.push(Problem::new(
                            Notebook::path(&chapter.name),
                            0,
                            format!("{error:#}"),
                        ));
                        None
                    }
                };
                chapters.push(Entry { chapter, number, part: part.clone(), notebook });
            }
            Err(error) => {
                let message =
                    format!("{} is named here but cannot be read: {error}", path.display());
                problems.push(Problem::new("chapters/SUMMARY.md", 0, message));
            }
        }
    }
    for item in &link.nested_items {
        if let SummaryItem::Link(link) = item {
            load_link(root, link, part, chapters, problems);
        }
    }
}

/// `\name:expansion`, one a line, as mdbook-katex reads it.
fn macros(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, expansion)| (name.trim().to_owned(), expansion.trim().to_owned()))
        .collect()
}
