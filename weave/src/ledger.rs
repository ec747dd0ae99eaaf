//! The ledger: every statement of the five source documents, and what became of it.

use std::{collections::HashMap, fs, path::Path};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::Problem;

/// All statements, all sources, all symbols.
#[derive(Default)]
pub struct Ledger {
    /// The documents, in the book's order.
    pub sources: Vec<Source>,
    /// Their statements, document by document, in the documents' order.
    pub statements: Vec<Statement>,
    /// The symbols of the appendix *Notation*.
    pub symbols: Vec<Symbol>,
    index: HashMap<String, usize>,
}

/// A source document.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// A short name.
    pub key: String,
    /// Its title.
    pub title: String,
    /// Its author, as far as the document says.
    pub author: String,
    /// Its year, as far as the document says.
    pub year: String,
    /// What it is: lecture notes, a blog post.
    pub kind: String,
    /// Its licence, as far as the document says.
    pub licence: String,
    /// The file of its statements.
    pub ledger: String,
    /// Its headings, in order.
    pub sections: Vec<String>,
}

/// What an audit found.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Right as printed.
    Correct,
    /// Right if read kindly: a hypothesis or a definition is missing.
    Loose,
    /// Wrong as printed.
    Wrong,
    /// A place that the document leaves empty.
    Empty,
}

/// A statement of a source.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Its name, in lower case with hyphens.
    pub id: String,
    /// Equation, definition, claim or algorithm.
    pub kind: String,
    /// The heading under which it stands.
    pub section: String,
    /// What the source prints, as Markdown with TeX between dollars.
    pub printed: String,
    /// What the audit found.
    pub verdict: Verdict,
    /// The right form, where the printed one is not.
    #[serde(default)]
    pub corrected: String,
    /// Why the printed form is not right.
    #[serde(default)]
    pub why: String,
    /// Its home, unless it is merged.
    #[serde(default)]
    pub chapter: Option<String>,
    /// The statement that says the same.
    #[serde(default)]
    pub merged_into: Option<String>,
    /// There is nothing in it to compute.
    #[serde(default)]
    pub remark: bool,
    /// The key of its source, filled in by the loader.
    #[serde(skip)]
    pub source: String,
    /// The ledger's file, filled in by the loader.
    #[serde(skip)]
    pub file: String,
}

/// A row of the appendix *Notation*.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Symbol {
    /// The symbol, TeX without dollars.
    pub tex: String,
    /// What it stands for.
    pub meaning: String,
    /// Its name in the crate, or nothing.
    pub code: String,
    /// Its shape, TeX between dollars, or nothing.
    pub shape: String,
    /// The chapters that use it.
    pub chapters: Vec<String>,
}

impl Ledger {
    /// Reads `book/sources.toml`, the ledgers that it names and `book/notation.toml`.
    pub fn load(root: &Path, problems: &mut Vec<Problem>) -> Result<Self> {
        #[derive(Deserialize)]
        struct Sources {
            #[serde(default)]
            source: Vec<Source>,
        }
        #[derive(Deserialize)]
        struct Statements {
            #[serde(default)]
            statement: Vec<Statement>,
        }
        #[derive(Deserialize)]
        struct Symbols {
            #[serde(default)]
            symbol: Vec<Symbol>,
        }
        let sources: Sources = read(root, "book/sources.toml")?;
        let symbols: Symbols = read(root, "book/notation.toml")?;
        let mut ledger = Self { symbols: symbols.symbol, ..Self::default() };
        for source in sources.source {
            let file = format!("book/statements/{}", source.ledger);
            let statements: Statements = read(root, &file)?;
            for mut statement in statements.statement {
                statement.source.clone_from(&source.key);
                statement.file.clone_from(&file);
                if let Some(earlier) =
                    ledger.index.insert(statement.id.clone(), ledger.statements.len())
                {
                    let message = format!(
                        "`{}` stands in {} too",
                        statement.id, ledger.statements[earlier].file
                    );
                    problems.push(Problem::new(&file, 0, message));
                }
                ledger.statements.push(statement);
            }
            ledger.sources.push(source);
        }
        Ok(ledger)
    }

    /// The statement `id`.
    pub fn get(&self, id: &str) -> Option<&Statement> {
        self.index.get(id).map(|&index| &self.statements[index])
    }

    /// The source with this key.
    pub fn source(&self, key: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.key == key)
    }

    /// The chapter in which `statement` is carried, by itself or by the one that it is merged into.
    pub fn home<'a>(&'a self, statement: &'a Statement) -> Option<&'a str> {
        match &statement.merged_into {
            None => statement.chapter.as_deref(),
            Some(target) => self.get(target)?.chapter.as_deref(),
        }
    }
}

fn read<T: for<'a> Deserialize<'a>>(root: &Path, path: &str) -> Result<T> {
    let text = fs::read_to_string(root.join(path)).with_context(|| format!("reading {path}"))?;
    toml::from_str(&text).with_context(|| format!("parsing {path}"))
}
