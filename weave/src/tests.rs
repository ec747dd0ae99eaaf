//! The equations' tests, read from `tests/equations`, so that a badge can open them.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result};
use syn::spanned::Spanned;

use crate::Problem;

/// The tests of every chapter's module.
#[derive(Default)]
pub struct Tests {
    modules: BTreeMap<String, BTreeMap<String, Test>>,
}

/// One test function.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// Its doc comment, one paragraph.
    pub doc: String,
    /// Its file, from the book's root.
    pub file: String,
    /// The line of `fn`.
    pub line: usize,
    /// The function as it stands in the file.
    pub code: String,
}

impl Tests {
    /// Reads every `tests/equations/<module>.rs`.
    pub fn load(root: &Path, problems: &mut Vec<Problem>) -> Result<Self> {
        let mut tests = Self::default();
        let folder = root.join("tests/equations");
        let mut files: Vec<_> = fs::read_dir(&folder)
            .context("reading tests/equations")?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
            .collect();
        files.sort();
        for path in files {
            let module = path
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
                .unwrap_or_default();
            if module == "main" {
                continue;
            }
            let file = format!("tests/equations/{module}.rs");
            let text = fs::read_to_string(&path).with_context(|| format!("reading {file}"))?;
            match module_tests(&file, &text) {
                Ok(found) => {
                    tests.modules.insert(module, found);
                }
                Err(error) => {
                    problems.push(Problem::new(file, error.span().start().line, error.to_string()));
                }
            }
        }
        Ok(tests)
    }

    /// The test `name` of a module.
    pub fn get(&self, module: &str, name: &str) -> Option<&Test> {
        self.modules.get(module)?.get(name)
    }

    /// Every test, with its module.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Test)> {
        self.modules
            .iter()
            .flat_map(|(module, tests)| tests.values().map(move |test| (module.as_str(), test)))
    }
}

fn module_tests(file: &str, text: &str) -> syn::Result<BTreeMap<String, Test>> {
    let lines: Vec<&str> = text.lines().collect();
    let mut tests = BTreeMap::new();
    for item in syn::parse_file(text)?.items {
        let syn::Item::Fn(function) = item else { continue };
        if !function.attrs.iter().any(|attribute| attribute.path().is_ident("test")) {
            continue;
        }
        let doc: Vec<String> = function.attrs.iter().filter_map(doc_line).collect();
        let first = function.sig.span().start().line;
        let last = function.block.span().end().line;
        let name = function.sig.ident.to_string();
        let test = Test {
            doc: doc.join(" ").trim().to_owned(),
            file: file.to_owned(),
            line: first,
            code: lines[first - 1..last].join("\n"),
            name: name.clone(),
        };
        tests.insert(name, test);
    }
    Ok(tests)
}

fn doc_line(attribute: &syn::Attribute) -> Option<String> {
    let syn::Meta::NameValue(pair) = &attribute.meta else { return None };
    if !pair.path.is_ident("doc") {
        return None;
    }
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(line), .. }) = &pair.value else {
        return None;
    };
    Some(line.value().trim().to_owned())
}
