//! Writes every chapter's program, line for line beside its text, and a module that lists them.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use weave::{chapter::Chapter, program};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed={}", root.join("chapters").display());

    let mut modules = String::new();
    let mut names = String::new();
    let mut tests = String::new();
    for file in markdown_files(&root.join("chapters"))? {
        let path = file.strip_prefix(&root)?;
        let chapter = Chapter::parse(path, &fs::read_to_string(&file)?);
        if chapter.cells().next().is_none() {
            continue;
        }
        let program = out.join(path);
        if let Some(folder) = program.parent() {
            fs::create_dir_all(folder)?;
        }
        // Untouched when unchanged, so that a change of prose compiles nothing.
        let source = program::source(&chapter);
        if fs::read_to_string(&program).ok().as_deref() != Some(source.as_str()) {
            fs::write(&program, source)?;
        }
        let (module, name) = (chapter.module(), &chapter.name);
        modules.push_str(&format!(
            "#[path = {program:?}]\n#[allow(missing_docs)]\npub mod {module};\n"
        ));
        names.push_str(&format!("    ({name:?}, {module}::run),\n"));
        tests.push_str(&format!("#[test]\nfn {module}() {{\n    verify({name:?});\n}}\n"));
    }
    let list = format!(
        "const CELL_MARK: &str = {:?};\n/// Every chapter that has a program, by name.\npub const CHAPTERS: &[(&str, Run)] = &[\n{names}];\n",
        program::CELL_MARK
    );
    fs::write(out.join("chapters.rs"), modules + &list)?;
    fs::write(out.join("tests.rs"), tests)?;
    Ok(())
}

fn markdown_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(markdown_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
