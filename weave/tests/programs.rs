//! A program's lines are its chapter's lines, and its output is cut where its cells are.

use weave::{
    chapter::{self, Chapter},
    output::{Output, difference, split},
    program,
};

const TEXT: &str = "# Title\n\nWords.\n\n```rust\nlet a = 1;\nlet b = 2;\n```\n\nMore `{{not a directive}}`.\n\n```text\nnot run\n```\n\n```rust,ignore\nnot run\n```\n\n<details><summary>Solution</summary>\n\n```rust\nprintln!(\"{}\", a + b);\n```\n\n</details>\n";

#[test]
fn line_for_line() {
    let chapter = Chapter::parse("chapters/title.md", TEXT);
    assert_eq!(chapter.problems, []);
    assert_eq!(chapter.cells().count(), 2);
    let program = program::source(&chapter);
    for (number, line) in TEXT.lines().enumerate() {
        if line.starts_with("let") || line.starts_with("println") {
            assert_eq!(program.lines().nth(number), Some(line), "line {}", number + 1);
        }
    }
    assert!(!program.contains("not run"));
    assert!(program.lines().nth(4).is_some_and(|line| line.contains("begin_cell(0)")));
}

#[test]
fn windows_line_ends_parse_alike() {
    let unix = Chapter::parse("chapters/title.md", TEXT);
    let windows = Chapter::parse("chapters/title.md", &TEXT.replace('\n', "\r\n"));
    assert_eq!(unix.pieces, windows.pieces);
}

#[test]
fn output_by_cell() {
    let stdout = "\u{1}cell 0\none\ntwo\nEVCXR_BEGIN_CONTENT image/svg+xml\n<svg>\n</svg>\nEVCXR_END_CONTENT\nthree\n\u{1}cell 1\n\u{1}cell 2\nfour\n";
    let text = |text: &str| Output::Text(text.to_owned());
    let expected = vec![
        vec![text("one\ntwo\n"), Output::Svg("<svg>\n</svg>".to_owned()), text("three\n")],
        vec![],
        vec![text("four\n")],
    ];
    assert_eq!(split(stdout, 3), expected);
    // Words without the end of their line stay with the cell that printed them.
    let stdout = "\u{1}cell 0\none\ntwo\u{1}cell 1\nthree\n";
    assert_eq!(split(stdout, 2), [[text("one\ntwo")], [text("three\n")]]);
}

#[test]
fn outputs_agree_to_the_digits_shown() {
    let text = |text: &str| [Output::Text(text.to_owned())];
    let svg = |text: &str| [Output::Svg(text.to_owned())];
    let agree = |a: &str, b: &str| difference(&text(a), &text(b)).is_none();
    assert!(agree("error = 2.97 MeV\n", "error = 2.98 MeV\n"));
    assert!(agree("error = 2.9e-7\n", "error = 3.0e-7\n"));
    assert!(agree("error = 3e-7\n", "error = 5e-7\n"), "two units of the last digit");
    assert!(!agree("error = 3e-7\n", "error = 6e-7\n"));
    assert!(!agree("error = 2.97 MeV\n", "error = 3.07 MeV\n"));
    assert!(!agree("3 flips\n", "4 flips\n"), "a count is exact");
    assert!(!agree("error = 2.97 MeV\n", "error = -2.97 MeV\n"));
    assert!(!agree("a 1.0\n", "b 1.0\n"));
    assert!(!agree("a 1.0\n", "a 1.0\na 1.0\n"));
    assert!(difference(&svg("<g/>"), &text("<g/>")).is_some());
    assert!(difference(&[], &text("a")).is_some());
    let (words, figure) = (Output::Text("a 1.0\n".to_owned()), Output::Svg("<g/>".to_owned()));
    assert!(
        difference(&[words.clone(), figure.clone()], &[figure, words]).is_none(),
        "a kernel may change the order"
    );
}

/// What a fuzzer found worth keeping in five minutes of `cargo fuzz run chapter`, and every beginning of a real chapter.
#[test]
fn any_text_is_a_chapter_or_a_list_of_problems() {
    let fuzzed: Vec<String> = serde_json::from_str(include_str!("fuzzed.json")).unwrap();
    assert!(fuzzed.len() > 100);
    for text in &fuzzed {
        chapter::must_hold(text);
    }
    for (end, _) in TEXT.char_indices() {
        chapter::must_hold(&TEXT[..end]);
    }
}
