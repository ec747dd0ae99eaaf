//! `weave`: chapters → notebooks, test programs, pages.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{self, ExitCode},
    time::Instant,
};

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use mdbook_preprocessor::{book::BookItem, parse_input};
use weave::{
    book::Book,
    chapter::Directive,
    check::check,
    notebook::{Library, Notebook, elsewhere},
    output, page,
    run::{Done, refresh},
    search,
};

/// Turns the chapters of Downhill into notebooks, test programs and pages.
#[derive(Parser)]
struct Arguments {
    /// The folder of `book.toml`.
    #[arg(long, default_value = ".")]
    root: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the chapters whose cells changed and writes their notebooks.
    Run {
        /// Only these chapters.
        chapters: Vec<String>,
        /// Run them even when their cells are as they were.
        #[arg(long)]
        all: bool,
    },
    /// Lists all that is stale, missing or broken; fails when there is anything.
    Check,
    /// Counts what is there and what is awaited.
    Status,
    /// Compares the outputs of two notebooks; fails where they differ beyond rounding.
    Compare {
        /// The notebook as committed.
        expected: PathBuf,
        /// The notebook as a kernel ran it.
        got: PathBuf,
    },
    /// Writes what the search of the built book looks through, in place of mdBook's index.
    Index {
        /// The folder of the built book.
        site: PathBuf,
    },
    /// Writes the notebooks as the page offers them for download: they find the library where it is published.
    Download {
        /// The folder to write them into.
        folder: PathBuf,
        /// The repository that they fetch the library from; the book's own when not named.
        #[arg(long)]
        git: Option<String>,
    },
    /// mdBook's preprocessor, before the mathematics is rendered.
    Mdbook {
        #[command(subcommand)]
        supports: Option<Supports>,
    },
    /// mdBook's preprocessor, after the mathematics is rendered.
    MdbookFinish {
        #[command(subcommand)]
        supports: Option<Supports>,
    },
}

#[derive(Subcommand)]
enum Supports {
    /// Whether a renderer is supported: every one is.
    Supports {
        /// Its name.
        renderer: String,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("weave: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    let root = arguments.root;
    match arguments.command {
        Command::Run { chapters, all } => notebooks(&Book::load(&root)?, &chapters, all),
        Command::Check => {
            let problems = check(&Book::load(&root)?);
            for problem in &problems {
                println!("{problem}");
            }
            println!("{} problems", problems.len());
            Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Status => status(&Book::load(&root)?),
        Command::Compare { expected, got } => compare(&expected, &got),
        Command::Index { site } => {
            let script = search::script(&Book::load(&root)?, &site)?;
            fs::write(site.join("searchindex.js"), script).context("writing searchindex.js")?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Download { folder, git } => download(&Book::load(&root)?, &folder, git),
        Command::Mdbook { supports: Some(_) } | Command::MdbookFinish { supports: Some(_) } => {
            Ok(ExitCode::SUCCESS)
        }
        Command::Mdbook { supports: None } => preprocess(),
        Command::MdbookFinish { supports: None } => finish(),
    }
}

fn notebooks(book: &Book, only: &[String], all: bool) -> Result<ExitCode> {
    for name in only {
        book.chapter(name).with_context(|| format!("no chapter is called `{name}`"))?;
    }
    for entry in &book.chapters {
        let name = &entry.chapter.name;
        let wanted = only.is_empty() || only.contains(name);
        if !wanted || entry.chapter.cells().next().is_none() {
            continue;
        }
        let started = Instant::now();
        match refresh(book, entry, all)? {
            Done::Ran => eprintln!("{name}: ran in {:.1} s", started.elapsed().as_secs_f64()),
            Done::Rewritten => eprintln!("{name}: text written anew"),
            Done::Unchanged => eprintln!("{name}: unchanged"),
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn compare(expected: &Path, got: &Path) -> Result<ExitCode> {
    let (expected_cells, got_cells) = (Notebook::read(expected)?.cells, Notebook::read(got)?.cells);
    if expected_cells.len() != got_cells.len() {
        bail!("{}: {} cells, not {}", got.display(), got_cells.len(), expected_cells.len());
    }
    let mut failed = false;
    for (index, (left, right)) in expected_cells.iter().zip(&got_cells).enumerate() {
        let difference = match (&left.outputs, &right.outputs) {
            (Some(left), Some(right)) => output::difference(left, right),
            _ => Some("not run".to_owned()),
        };
        if let Some(difference) = difference {
            println!("{}: cell {}: {difference}", got.display(), index + 1);
            failed = true;
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn download(book: &Book, folder: &Path, git: Option<String>) -> Result<ExitCode> {
    // The commit that the notebooks belong to: the library that they were run with.
    let head =
        process::Command::new("git").args(["rev-parse", "HEAD"]).current_dir(&book.root).output();
    let head = head.ok().filter(|output| output.status.success());
    let rev = head.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let library = Library::At { git: git.unwrap_or_else(|| book.repository.clone()), rev };
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    for entry in book.chapters.iter().filter(|entry| entry.chapter.cells().next().is_some()) {
        let name = &entry.chapter.name;
        let path = folder.join(format!("{name}.ipynb"));
        fs::write(&path, elsewhere(book, name, &library)?)
            .with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn status(book: &Book) -> Result<ExitCode> {
    let statements = &book.ledger.statements;
    let carried = |s: &&weave::ledger::Statement| book.place_of_carrier(&s.id).is_some();
    let merged = statements.iter().filter(|s| s.merged_into.is_some()).count();
    let remarks = statements.iter().filter(|s| s.remark).count();
    let standing = statements.iter().filter(carried).count();
    println!(
        "statements  {} in the ledger: {standing} carried, {} awaited ({merged} merged, {remarks} remarks)",
        statements.len(),
        statements.len() - standing
    );
    let labels: usize = book.chapters.iter().map(|entry| entry.chapter.labels().count()).sum();
    let claims = book
        .chapters
        .iter()
        .flat_map(|entry| entry.chapter.directives())
        .filter(|(directive, _)| matches!(directive, Directive::Check(_)))
        .count();
    println!(
        "checked     {labels} equations, {claims} claims; {} tests in tests/equations",
        book.tests.iter().count()
    );
    for entry in book.chapters.iter().filter(|entry| entry.chapter.cells().next().is_some()) {
        let chapter = &entry.chapter;
        let figures = entry
            .notebook
            .iter()
            .flat_map(|n| &n.cells)
            .flat_map(|cell| cell.outputs.iter().flatten());
        let figures = figures.filter(|output| matches!(output, output::Output::Svg(_))).count();
        println!(
            "{:<24}{:>6} words {:>4} cells {:>4} figures {:>4} equations",
            chapter.name,
            chapter.text.split_whitespace().count(),
            chapter.cells().count(),
            figures,
            chapter.labels().count()
        );
    }
    let mut awaited: BTreeMap<&str, usize> = BTreeMap::new();
    for statement in statements.iter().filter(|s| !carried(s)) {
        *awaited.entry(book.ledger.home(statement).unwrap_or("nowhere")).or_default() += 1;
    }
    for (chapter, count) in awaited {
        println!("{chapter:<24}{count:>6} statements awaited");
    }
    Ok(ExitCode::SUCCESS)
}

/// Fills in every chapter, so that what mdBook renders next is plain Markdown with mathematics.
fn preprocess() -> Result<ExitCode> {
    let (context, mut pages) = parse_input(io::stdin())?;
    let mut book = Book::load(&context.root)?;
    // mdBook's configuration can be overridden by the environment; where the book is published, it is.
    if let Ok(Some(repository)) = context.config.get::<String>("output.html.git-repository-url") {
        book.repository = repository.trim_end_matches('/').to_owned();
    }
    let mut problems = book.problems.clone();
    pages.for_each_mut(|item| {
        let BookItem::Chapter(chapter) = item else { return };
        let Some(entry) = chapter.source_path.as_deref().and_then(|path| book.chapter_at(path))
        else {
            return;
        };
        match page::page(&book, entry) {
            Ok(text) => chapter.content = text,
            Err(found) => problems.extend(found),
        }
    });
    if !problems.is_empty() {
        for problem in &problems {
            eprintln!("{problem}");
        }
        bail!("{} problems", problems.len());
    }
    serde_json::to_writer(io::stdout(), &pages)?;
    io::stdout().flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses formulas that KaTeX could not render, and drops what KaTeX adds that Markdown would damage.
fn finish() -> Result<ExitCode> {
    let (_, mut pages) = parse_input(io::stdin())?;
    let mut failed = Vec::new();
    pages.for_each_mut(|item| {
        let BookItem::Chapter(chapter) = item else { return };
        match page::finish(&chapter.content) {
            Ok(text) => chapter.content = text,
            Err(message) => failed.push(format!("{}: {message}", chapter.name)),
        }
    });
    if !failed.is_empty() {
        bail!("{}", failed.join("; "));
    }
    serde_json::to_writer(io::stdout(), &pages)?;
    io::stdout().flush()?;
    Ok(ExitCode::SUCCESS)
}
