//! Runs one chapter: `cargo run -p chapters -- ols`.

use std::process::ExitCode;

use chapters::CHAPTERS;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let Some((_, run)) = CHAPTERS.iter().find(|(chapter, _)| *chapter == name) else {
        let names: Vec<&str> = CHAPTERS.iter().map(|(chapter, _)| *chapter).collect();
        eprintln!("no chapter is called `{name}`; there are {}", names.join(", "));
        return ExitCode::FAILURE;
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: a cell ended with an error: {error}");
            ExitCode::FAILURE
        }
    }
}
