//! The book itself: nothing in it is stale, missing or broken.

use std::path::Path;

use weave::{book::Book, check::check};

#[test]
fn nothing_is_stale_missing_or_broken() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let book = Book::load(&root).expect("the book's own files can be read");
    let problems: Vec<String> = check(&book).iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}
