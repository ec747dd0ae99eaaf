//! Each thing that weave must refuse, in a small book that has it, with the place it names.

use std::{fs, path::Path};

use tempfile::TempDir;
use weave::{Problem, book::Book, chapter::Chapter, check::check, notebook, page, run};

/// A book of one chapter, `lines`, that is right in everything until a test spoils it.
struct SmallBook {
    folder: TempDir,
}

const CHAPTER: &str = "# Straight lines

A line has a slope {{check line-slope}}, and an intercept $a$.

$$
y = a + b x
\\label{line-equation}
$$

By \\eqref{line-equation} it is straight; see [the slope](#the-slope). {{remark line-history}}

{{erratum line-wrong}}

## The slope

{{#include ../src/lines.rs:slope}}

```rust
println!(\"slope = 2.50\");
```

It is {{value slope}} {{cite legendre1805}}.
";

const TESTS: &str = "//! Chapter lines.

/// Compares the slope with a difference quotient.
#[test]
fn line_slope() {}

/// Compares two forms of the line.
#[test]
fn line_equation() {}

/// The printed form is crooked.
#[test]
fn erratum_line_wrong() {}
";

const STATEMENTS: &str = r#"
[[statement]]
id = "line-slope"
kind = "claim"
section = "Lines"
printed = "A line has a slope $b$."
verdict = "correct"
chapter = "lines"

[[statement]]
id = "line-wrong"
kind = "equation"
section = "Lines"
printed = "$y = a - b x$"
verdict = "wrong"
corrected = "$y = a + b x$"
why = "The sign."
merged_into = "line-equation"

[[statement]]
id = "line-equation"
kind = "equation"
section = "Lines"
printed = "$y = a + b x$"
verdict = "correct"
chapter = "lines"

[[statement]]
id = "line-history"
kind = "claim"
section = "Lines"
printed = "Lines are old."
verdict = "correct"
chapter = "lines"
remark = true

[[statement]]
id = "curve-bend"
kind = "claim"
section = "Curves"
printed = "A curve bends."
verdict = "empty"
chapter = "curves"
"#;

impl SmallBook {
    fn new() -> Self {
        let book = Self { folder: tempfile::tempdir().unwrap() };
        book.write(
            "book.toml",
            "[output.html]\ngit-repository-url = \"https://example.org/lines/\"\n",
        );
        book.write(
            "Cargo.toml",
            "[workspace.dependencies]\nndarray = { version = \"0.17\", features = [\"std\"] }\n",
        );
        book.write(
            "Cargo.lock",
            "[[package]]\nname = \"ndarray\"\nversion = \"0.16.9\"\n\n[[package]]\nname = \"ndarray\"\nversion = \"0.17.2\"\n",
        );
        book.write(
            "tests/chapters/Cargo.toml",
            "[dependencies]\ndownhill = { path = \"../..\" }\nndarray.workspace = true\n",
        );
        book.write("chapters/SUMMARY.md", "# Summary\n\n- [Lines](lines.md)\n");
        book.write("chapters/lines.md", CHAPTER);
        book.write("book/katex-macros.txt", "\\R:\\mathbb{R}\n");
        book.write("book/sources.toml", "[[source]]\nkey = \"s\"\ntitle = \"On lines\"\nauthor = \"\"\nyear = \"\"\nkind = \"notes\"\nlicence = \"none\"\nledger = \"s.toml\"\nsections = [\"Lines\", \"Curves\"]\n");
        book.write("book/statements/s.toml", STATEMENTS);
        book.write("book/notation.toml", "[[symbol]]\ntex = \"b\"\nmeaning = \"slope\"\ncode = \"slope\"\nshape = \"\"\nchapters = [\"lines\"]\n");
        book.write("book/references.bib", "@book{legendre1805, author = {Legendre, Adrien-Marie}, title = {Nouvelles méthodes}, year = {1805}, publisher = {Didot}}\n");
        book.write("src/lines.rs", "// ANCHOR: slope\nfn slope() {}\n// ANCHOR_END: slope\n");
        book.write("tests/equations/lines.rs", TESTS);
        book.notebook(&["println!(\"slope = 2.50\");"], "slope = 2.50\n");
        book
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    /// Replaces `from`, which must be there, in a file.
    fn spoil(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no `{from}`");
        self.write(path, &text.replace(from, to));
    }

    fn notebook(&self, cells: &[&str], output: &str) {
        let code = |source: &str, count: usize| {
            serde_json::json!({
                "cell_type": "code", "execution_count": count, "source": [source],
                "outputs": [{ "output_type": "stream", "name": "stdout", "text": [output] }],
            })
        };
        let cells: Vec<_> = [":dep downhill"]
            .iter()
            .chain(cells)
            .enumerate()
            .map(|(k, cell)| code(cell, k + 1))
            .collect();
        self.write("notebooks/lines.ipynb", &serde_json::json!({ "cells": cells }).to_string());
    }

    fn load(&self) -> Book {
        Book::load(self.folder.path()).unwrap()
    }

    fn problems(&self) -> Vec<Problem> {
        check(&self.load())
    }

    /// Asserts that the check names `file`, `line` and `words` in one of its findings.
    fn refuses(&self, file: &str, line: usize, words: &str) {
        let problems = self.problems();
        let found = problems
            .iter()
            .any(|p| p.file == Path::new(file) && p.line == line && p.message.contains(words));
        assert!(found, "expected `{file}:{line}: …{words}…`, found {problems:#?}");
    }
}

/// The line of the small chapter on which `words` first stands.
fn line_of(text: &str, words: &str) -> usize {
    text.lines().position(|line| line.contains(words)).unwrap() + 1
}

#[test]
fn the_small_book_is_right() {
    assert_eq!(SmallBook::new().problems(), []);
}

#[test]
fn a_page_carries_numbers_badges_outputs_notes_and_listings() {
    let small = SmallBook::new();
    let book = small.load();
    let page = page::page(&book, &book.chapters[0]).unwrap();
    for part in [
        "\\tag{1.1}",
        "id=\"eq-line-equation\"",
        "an intercept <span class=\"tied\">$a$.</span>\n",
        "href=\"#eq-line-equation\">(1.1)",
        "popovertarget=\"check-line-slope\"",
        "popover id=\"check-erratum-line-wrong\"",
        "Compares the slope with a difference quotient.",
        "<pre class=\"stdout\">slope = 2.50</pre>",
        "<span class=\"value\">2.50</span>",
        "*On lines*, “Lines”, prints $y = a - b x$.",
        "src/lines.rs</a></figcaption>\n\n```rust\nfn slope() {}\n```",
        "id=\"remark-line-history\"",
        "appendix/bibliography.html#ref-legendre1805\">(Legendre, 1805)</a>",
        "https://example.org/lines/blob/main/notebooks/lines.ipynb",
        "<a href=\"notebooks/lines.ipynb\" download>Download</a>",
    ] {
        assert!(page.contains(part), "the page has no `{part}`:\n{page}");
    }
}

#[test]
fn a_notebook_rewritten_twice_has_the_same_bytes_and_outputs() {
    let small = SmallBook::new();
    let refresh = || run::refresh(&small.load(), &small.load().chapters[0], false).unwrap();
    assert_eq!(refresh(), run::Done::Rewritten);
    let first = small.read("notebooks/lines.ipynb");
    assert_eq!(refresh(), run::Done::Unchanged);
    assert_eq!(first, small.read("notebooks/lines.ipynb"));
    assert!(first.contains(":dep downhill = { path = \\\"..\\\" }"), "{first}");
    let pinned = ":dep ndarray = { features = [\\\"std\\\"], version = \\\"=0.17.2\\\" }";
    assert!(first.contains(pinned), "{first}");
    assert!(first.contains("\\\\tag{1.1}") && first.contains("slope = 2.50"), "{first}");
    assert_eq!(small.problems(), []);
}

/// A notebook that left the repository finds the library where it is published.
#[test]
fn a_notebook_for_elsewhere_differs_in_its_first_cell() {
    let small = SmallBook::new();
    let book = small.load();
    run::refresh(&book, &book.chapters[0], false).unwrap();
    let library = |rev: Option<&str>| notebook::Library::At {
        git: "https://example.org/lines".to_owned(),
        rev: rev.map(str::to_owned),
    };
    let downloaded = notebook::elsewhere(&book, "lines", &library(Some("0123abc"))).unwrap();
    let [here, there] = [small.read("notebooks/lines.ipynb"), downloaded]
        .map(|text| serde_json::from_str::<serde_json::Value>(&text).unwrap());
    let first = there["cells"][0]["source"].to_string();
    let source = "{ git = \\\"https://example.org/lines\\\", rev = \\\"0123abc\\\" }";
    assert!(first.contains(source) && !first.contains(".."), "{first}");
    assert!(first.contains("=0.17.2"), "{first}");
    assert_eq!(here["cells"].as_array().unwrap()[1..], there["cells"].as_array().unwrap()[1..]);
    assert!(here["cells"][0]["source"].to_string().contains("https://example.org/lines"));
    let newest = notebook::elsewhere(&book, "lines", &library(None)).unwrap();
    assert!(!newest.contains("rev ="), "{newest}");

    small.spoil("Cargo.lock", "0.17.2", "0.18.0");
    let error = notebook::elsewhere(&book, "lines", &library(None)).unwrap_err();
    assert!(error.to_string().contains("Cargo.lock has no `ndarray` 0.17"), "{error}");
}

/// What is checked is a link to its test, and a figure has a picture and words beside its drawing.
#[test]
fn a_notebook_carries_links_to_tests_and_pictures() {
    let small = SmallBook::new();
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 400 200\" role=\"img\" aria-label=\"A line &amp; no curve.\"><path stroke=\"#333333\" d=\"M0 0L400 200\"/></svg>";
    let mut notebook: serde_json::Value =
        serde_json::from_str(&small.read("notebooks/lines.ipynb")).unwrap();
    let figure = |svg: &str| serde_json::json!({ "output_type": "display_data", "data": { "image/svg+xml": [svg] } });
    let text = notebook["cells"][1]["outputs"][0].clone();
    notebook["cells"][1]["outputs"] = serde_json::json!([text, figure(svg)]);
    small.write("notebooks/lines.ipynb", &notebook.to_string());
    let refresh = || run::refresh(&small.load(), &small.load().chapters[0], false);
    refresh().unwrap();
    let written: serde_json::Value =
        serde_json::from_str(&small.read("notebooks/lines.ipynb")).unwrap();
    let cells = written["cells"].as_array().unwrap();
    let data = cells.iter().find_map(|cell| cell["outputs"].get(1)).unwrap()["data"].clone();
    assert_eq!(data["text/plain"][0], "A line & no curve.");
    assert_eq!(data["image/svg+xml"][0], svg);
    assert!(data["image/png"].as_str().unwrap().starts_with("iVBORw0KGgo"), "{data}");
    let words = cells.iter().map(|cell| cell["source"].to_string()).collect::<String>();
    let tests = "https://example.org/lines/blob/main/tests/equations/lines.rs";
    let link = |line: usize, test: &str| format!("[✓]({tests}#L{line} \\\"checked by {test}\\\")");
    assert!(
        words.contains(&format!("A line has a slope {}, and", link(5, "line_slope"))),
        "{words}"
    );
    assert!(words.contains(&link(9, "line_equation")), "{words}");
    assert!(words.contains(&format!("The sign. {}", link(13, "erratum_line_wrong"))), "{words}");

    notebook["cells"][1]["outputs"] = serde_json::json!([text, figure("<svg>")]);
    small.write("notebooks/lines.ipynb", &notebook.to_string());
    let error = refresh().unwrap_err();
    let place = format!("chapters/lines.md:{}", line_of(CHAPTER, "```rust"));
    assert!(error.to_string().contains(&place), "{error:#}");
}

/// What a page refuses, a notebook refuses, with the same words at the same place, and every place at once.
#[test]
fn a_notebook_refuses_what_a_page_refuses() {
    for (from, to, at, words) in [
        ("{{value slope}}", "{{value slop}}", "It is", "no cell prints `slop = …`"),
        ("{{cite legendre1805}}", "{{cite gauss1809}}", "It is", "`gauss1809` is not in"),
        ("{{remark line-history}}", "{{remark line-past}}", "By", "no statement `line-past`"),
        (
            "{{erratum line-wrong}}",
            "{{erratum line-rong}}",
            "{{erratum",
            "no test `erratum_line_rong`",
        ),
        ("{{check line-slope}}", "{{check line-slop}}", "A line has", "`line-slop` has no test"),
        ("\\label{line-equation}", "\\label{line-formula}", "$$", "`line-formula` has no test"),
        ("\\eqref{line-equation}", "\\eqref{line-slope}", "By", "no equation is labelled"),
        ("lines.rs:slope}}", "lines.rs:slop}}", "{{#include", "has no `// ANCHOR: slop`"),
        ("lines.rs:slope}}", "curves.rs:slope}}", "{{#include", "src/curves.rs cannot be read"),
        ("It is {{value slope}} {{cite legendre1805}}.", "{{bench lines}}", "It is", "bench-peers"),
        (
            "It is {{value slope}} {{cite legendre1805}}.",
            "{{appendix dreams}}",
            "It is",
            "no appendix",
        ),
    ] {
        let small = SmallBook::new();
        let before = small.read("notebooks/lines.ipynb");
        small.spoil("chapters/lines.md", from, to);
        let place = format!("chapters/lines.md:{}: ", line_of(CHAPTER, at));
        let book = small.load();
        let found = page::page(&book, &book.chapters[0]).unwrap_err();
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        let error = run::refresh(&book, &book.chapters[0], false).unwrap_err().to_string();
        for problems in [found.join("\n"), error] {
            let named =
                problems.lines().any(|line| line.starts_with(&place) && line.contains(words));
            assert!(named, "expected `{place}…{words}…`, found {problems}");
        }
        assert_eq!(before, small.read("notebooks/lines.ipynb"));
    }
    let small = SmallBook::new();
    small.spoil("chapters/lines.md", "{{value slope}}", "{{value slop}}");
    small.spoil("chapters/lines.md", "lines.rs:slope}}", "lines.rs:slop}}");
    let book = small.load();
    let error = run::refresh(&book, &book.chapters[0], false).unwrap_err().to_string();
    assert!(error.contains("slop = …") && error.contains("ANCHOR: slop"), "{error}");
}

/// What stands in a link's text is filled in as it is outside.
#[test]
fn a_notebook_fills_in_links() {
    let small = SmallBook::new();
    small.spoil(
        "chapters/lines.md",
        "[the slope](#the-slope)",
        "[{{value slope}} by \\eqref{line-equation}](#the-slope)",
    );
    let book = small.load();
    run::refresh(&book, &book.chapters[0], false).unwrap();
    let notebook = small.read("notebooks/lines.ipynb");
    assert!(notebook.contains("[2.50 by (1.1)](#the-slope)"), "{notebook}");
}

#[test]
fn stale_missing_and_unrun_outputs() {
    let small = SmallBook::new();
    small.notebook(&["println!(\"slope = 3\");"], "slope = 3\n");
    small.refuses("notebooks/lines.ipynb", 0, "stale");

    let small = SmallBook::new();
    fs::remove_file(small.folder.path().join("notebooks/lines.ipynb")).unwrap();
    small.refuses("notebooks/lines.ipynb", 0, "missing");

    let small = SmallBook::new();
    small.spoil("notebooks/lines.ipynb", "\"execution_count\":2", "\"execution_count\":null");
    small.refuses("chapters/lines.md", line_of(CHAPTER, "```rust"), "no output yet");

    let small = SmallBook::new();
    let figure = serde_json::json!({ "output_type": "display_data", "data": { "image/svg+xml": ["<svg/>"] } });
    let mut notebook: serde_json::Value =
        serde_json::from_str(&small.read("notebooks/lines.ipynb")).unwrap();
    notebook["cells"][1]["outputs"] =
        serde_json::json!([notebook["cells"][1]["outputs"][0], figure, figure]);
    small.write("notebooks/lines.ipynb", &notebook.to_string());
    small.refuses("chapters/lines.md", line_of(CHAPTER, "```rust"), "two figures in one cell");

    let small = SmallBook::new();
    small.write("notebooks/lines.ipynb", "{ not JSON");
    small.refuses("notebooks/lines.ipynb", 0, "parsing");
}

#[test]
fn anchors_unused_and_missing() {
    let small = SmallBook::new();
    small.write(
        "src/lines.rs",
        "// ANCHOR: slope\n// ANCHOR_END: slope\n// ANCHOR: spare\n// ANCHOR_END: spare\n",
    );
    small.refuses("src/lines.rs", 3, "no chapter shows the anchor `spare`");

    let small = SmallBook::new();
    small.spoil("src/lines.rs", "ANCHOR_END: slope", "ANCHOR_END: slop");
    small.refuses(
        "chapters/lines.md",
        line_of(CHAPTER, "#include"),
        "has no `// ANCHOR_END: slope`",
    );

    let small = SmallBook::new();
    fs::remove_file(small.folder.path().join("src/lines.rs")).unwrap();
    small.refuses("chapters/lines.md", line_of(CHAPTER, "#include"), "cannot be read");
}

#[test]
fn lines_of_code_that_are_too_wide() {
    let cell = |width: usize| format!("println!(\"slope = 2.50\"); // {:é<1$}", "", width - 29);
    for (width, fits) in [(100, true), (101, false)] {
        assert_eq!(cell(width).chars().count(), width);
        let small = SmallBook::new();
        small.spoil("chapters/lines.md", "println!(\"slope = 2.50\");", &cell(width));
        small.notebook(&[&cell(width)], "slope = 2.50\n");
        if fits {
            assert_eq!(small.problems(), []);
        } else {
            let line = line_of(CHAPTER, "println!");
            small.refuses("chapters/lines.md", line, "a line of 101 characters");
        }
    }
    // The indentation that all shown lines share is not shown, and doc comments are not.
    for (width, fits) in [(100, true), (101, false)] {
        let small = SmallBook::new();
        let shown = format!("    fn slope() {{}} //{}\n", "é".repeat(width - 16));
        let code = format!("    // ANCHOR: slope\n    /// {}\n{shown}", "long ".repeat(30));
        small.write("src/lines.rs", &format!("{code}    // ANCHOR_END: slope\n"));
        if fits {
            assert_eq!(small.problems(), []);
        } else {
            small.refuses("src/lines.rs", 3, "a line of 101 characters");
        }
    }
}

#[test]
fn labels_and_tests_that_do_not_match() {
    let chapter = "chapters/lines.md";
    let small = SmallBook::new();
    small.spoil(chapter, "\\eqref{line-equation}", "\\eqref{line-equatoin}");
    small.refuses(chapter, line_of(CHAPTER, "\\eqref"), "no equation is labelled `line-equatoin`");

    let small = SmallBook::new();
    small.spoil("tests/equations/lines.rs", "fn line_equation", "fn line_equality");
    small.refuses(chapter, 5, "`line-equation` has no test");
    small.refuses("tests/equations/lines.rs", 9, "belongs to no label or check");

    let small = SmallBook::new();
    small.spoil(chapter, "\n\\label{line-equation}", "");
    small.refuses(chapter, 5, "a display without a label");

    let small = SmallBook::new();
    small.spoil(
        chapter,
        "{{remark line-history}}",
        "{{remark line-history}} {{check line-equation}}",
    );
    small.refuses(chapter, line_of(CHAPTER, "\\eqref"), "stands already at");

    let small = SmallBook::new();
    small.spoil("tests/equations/lines.rs", "/// Compares two forms of the line.\n", "");
    small.refuses("tests/equations/lines.rs", 8, "says not what it compares");

    let small = SmallBook::new();
    small.spoil("tests/equations/lines.rs", "fn line_equation() {}", "fn line_equation() {");
    assert!(
        small.problems().iter().any(|p| p.file == Path::new("tests/equations/lines.rs")),
        "unparsable tests"
    );

    let small = SmallBook::new();
    small.spoil("tests/equations/lines.rs", "fn erratum_line_wrong", "fn erratum_line_rong");
    small.refuses(chapter, line_of(CHAPTER, "{{erratum"), "no test `erratum_line_wrong`");
    small.refuses("book/statements/s.toml", 0, "no test `erratum_line_wrong`");
}

#[test]
fn statements_without_a_place() {
    let ledger = "book/statements/s.toml";
    let small = SmallBook::new();
    small.spoil("chapters/lines.md", " {{check line-slope}}", "");
    small.refuses(ledger, 0, "the chapter `lines` does not carry it");

    let small = SmallBook::new();
    small.spoil(ledger, "merged_into = \"line-equation\"", "merged_into = \"line\"");
    small.refuses(ledger, 0, "which does not exist");

    let small = SmallBook::new();
    small.spoil(ledger, "id = \"line-equation\"\nkind = \"equation\"\nsection = \"Lines\"\nprinted = \"$y = a + b x$\"\nverdict = \"correct\"\nchapter = \"lines\"", "id = \"line-equation\"\nkind = \"equation\"\nsection = \"Lines\"\nprinted = \"$y = a + b x$\"\nverdict = \"correct\"\nmerged_into = \"line-wrong\"");
    small.refuses(ledger, 0, "which is merged itself");

    let small = SmallBook::new();
    small.spoil(ledger, "merged_into = \"line-equation\"", "");
    small.refuses(ledger, 0, "either a chapter or");

    let small = SmallBook::new();
    small.spoil(ledger, "section = \"Curves\"", "section = \"Bends\"");
    small.refuses(ledger, 0, "is no section of On lines");

    let small = SmallBook::new();
    small.spoil(ledger, "id = \"curve-bend\"", "id = \"line-slope\"");
    small.refuses(ledger, 0, "`line-slope` stands in");

    let small = SmallBook::new();
    small.spoil(ledger, "corrected = \"$y = a + b x$\"", "corrected = \"\"");
    small.refuses(ledger, 0, "needs its corrected form");

    let small = SmallBook::new();
    small.spoil(ledger, "\nremark = true", "");
    small.refuses(ledger, 0, "does not call it one");

    let small = SmallBook::new();
    small.spoil(
        "chapters/SUMMARY.md",
        "- [Lines](lines.md)",
        "- [Lines](lines.md)\n- [Curves](curves.md)",
    );
    small.write("chapters/curves.md", "# Curves\n\nThey bend.\n");
    small.refuses(ledger, 0, "the chapter `curves` does not carry it");
}

#[test]
fn files_that_are_not_there() {
    let small = SmallBook::new();
    small.write("chapters/draft.md", "# Draft\n");
    small.refuses("chapters/draft.md", 0, "not named in chapters/SUMMARY.md");

    let small = SmallBook::new();
    small.spoil("chapters/lines.md", " {{cite legendre1805}}", "");
    small.refuses("book/references.bib", 0, "no chapter cites `legendre1805`");

    let small = SmallBook::new();
    small.spoil("chapters/SUMMARY.md", "lines.md", "line.md");
    small.refuses("chapters/SUMMARY.md", 0, "cannot be read");

    let small = SmallBook::new();
    fs::remove_file(small.folder.path().join("book.toml")).unwrap();
    let error = Book::load(small.folder.path()).err().unwrap();
    assert!(format!("{error:#}").contains("reading book.toml"), "{error:#}");
}

#[test]
fn links_that_lead_nowhere() {
    let chapter = "chapters/lines.md";
    for (target, words) in [
        ("curves.md", "leads nowhere"),
        ("missing.png", "leads nowhere"),
        ("#the-intercept", "has no anchor `#the-intercept`"),
        ("lines.md#eq-line", "has no anchor `#eq-line`"),
    ] {
        let small = SmallBook::new();
        small.spoil(chapter, "(#the-slope)", &format!("({target})"));
        small.refuses(chapter, line_of(CHAPTER, "#the-slope"), words);
    }
    let small = SmallBook::new();
    small.spoil(chapter, "(#the-slope)", "(lines.md#eq-line-equation)");
    assert_eq!(small.problems(), []);
}

#[test]
fn mathematics_that_would_be_damaged() {
    let chapter = "chapters/lines.md";
    let after = |line: &str| format!("## The slope\n\n{line}\n");
    let at = line_of(CHAPTER, "## The slope") + 2;
    for (line, words) in [
        ("It is $\\undefined$.", "KaTeX cannot render"),
        ("It is $\\frac{1}$.", "KaTeX cannot render"),
        ("It costs 5$ or less.", "opens no formula"),
        ("### The slope $b$", "mathematics in a heading"),
        ("> $$\n> b\n> \\label{line-b}\n> $$", "a block quotation"),
        ("- $$\n  b\n  \\label{line-b}\n  $$", "a list"),
        ("$$ b \\label{line-b} $$", "stand alone on their lines"),
        ("$$\nb \\tag{7}\n\\label{line-b}\n$$", "`\\tag` in a display"),
        ("$$\nb\n\\label{line-b}\\label{line-c}\n$$", "two labels"),
        ("$$\nb\n\\label{Line b}\n$$", "is not an id"),
        ("$$\nb\n\\label{line-b\n$$", "opens no formula"),
    ] {
        let small = SmallBook::new();
        small.spoil(chapter, "## The slope\n", &after(line));
        let problems = small.problems();
        let near = |p: &Problem| (at..=at + 3).contains(&p.line) && p.message.contains(words);
        assert!(problems.iter().any(near), "`{line}`: expected `{words}`, found {problems:#?}");
    }
}

#[test]
fn directives_that_say_nothing() {
    let chapter = "chapters/lines.md";
    let at = line_of(CHAPTER, "It is {{value");
    for (from, to, words) in [
        ("{{value slope}}", "{{value incline}}", "no cell prints `incline = …`"),
        ("{{cite legendre1805}}", "{{cite gauss1809}}", "not in book/references.bib"),
        ("{{cite legendre1805}}", "{{cites legendre1805}}", "is no directive"),
        ("{{cite legendre1805}}", "{{cite}}", "an argument is missing"),
        ("{{cite legendre1805}}", "{{cite legendre1805", "without its `}}`"),
        (
            "{{cite legendre1805}}",
            "{{remark line-past}}",
            "the ledger has no statement `line-past`",
        ),
        ("It is {{value slope}}", "It is {{erratum line-wrong}}", "on a line of its own"),
        (
            "It is {{value slope}} {{cite legendre1805}}.",
            "{{#include ../src/lines.rs}}",
            "names the anchor",
        ),
        (
            "It is {{value slope}} {{cite legendre1805}}.",
            "{{appendix dreams}}",
            "`dreams` is no appendix",
        ),
        (
            "It is {{value slope}} {{cite legendre1805}}.",
            "{{bench lines}}",
            "run `make bench-peers`",
        ),
    ] {
        let small = SmallBook::new();
        small.spoil(chapter, from, to);
        small.refuses(chapter, at, words);
    }
    let small = SmallBook::new();
    small.notebook(&["println!(\"slope = 2.50\");"], "slope = 2.50\nslope = 3.50\n");
    small.refuses(chapter, at, "is printed as 2.50, 3.50");

    let small = SmallBook::new();
    small.write("book/references.bib", "@book{legendre1805, title = {");
    small.refuses(chapter, at, "not in book/references.bib");
}

#[test]
fn markdown_that_is_no_chapter() {
    for (text, line, words) in [
        ("", 1, "begins with a heading"),
        ("Words.\n", 1, "begins with a heading"),
        ("\n# Late\n", 2, "on the first line"),
        ("# One\n\n# Two\n", 3, "a second heading of level 1"),
        ("# One\n\n```rust\nlet a = 1;\n", 3, "never closed"),
        ("# One\n\n```rust\n```\n", 3, "an empty cell"),
        (
            "# One\n\n```rust\nlet a = 1;\nlet f = |b: i32| a + b;\n```\n",
            5,
            "a variable that is a closure",
        ),
        ("# One\n\n```rust\nlet mut f = move || 1;\n```\n", 4, "a variable that is a closure"),
        ("# One\n\n- a\n\n  ```rust\n  let a = 1;\n  ```\n", 5, "a cell inside a list"),
        ("# One\n\n~~~rust\nlet a = 1;\n~~~\n", 3, "fence code with ```"),
        ("# One\n\n{{check", 3, "without its `}}`"),
    ] {
        let chapter = Chapter::parse("chapters/one.md", text);
        let found = chapter.problems.iter().any(|p| p.line == line && p.message.contains(words));
        assert!(found, "{text:?}: expected {line}: `{words}`, found {:#?}", chapter.problems);
    }
}

#[test]
fn katex_errors_in_a_finished_page() {
    assert!(page::finish("<p><span class=\"katex-error\" title=\"…\">\\oops</span></p>").is_err());
    let peek = "<span class=\"peek\" aria-hidden=\"true\"><span class=\"katex\"><span class=\"katex-mathml\"><math><semantics>\
                <mi>x</mi><annotation encoding=\"application/x-tex\">x_1*x_2</annotation></semantics></math></span><span class=\"katex-html\">x</span></span></span>";
    let prose = peek.replace("<span class=\"peek\" aria-hidden=\"true\">", "<span>");
    let finished = page::finish(&format!("{peek} and {prose}")).unwrap();
    assert_eq!(finished.matches("annotation").count(), 0);
    assert_eq!(finished.matches("<mi>x</mi>").count(), 1, "{finished}");
    assert_eq!(finished.matches("katex-html").count(), 2);

    let tilde =
        "<span class=\"katex\"><span class=\"katex-html\"><mo>~</mo>a_1 &amp; [b]</span></span>";
    let finished = page::finish(&format!("~~struck~~ {tilde} *and* {tilde}")).unwrap();
    let guarded = tilde
        .replace('~', "&#126;")
        .replace('_', "&#95;")
        .replace('[', "&#91;")
        .replace(']', "&#93;");
    assert_eq!(finished, format!("~~struck~~ {guarded} *and* {guarded}"));
}
