//! The appendices, made from the ledger, the chapters, the tests and the measured speeds.

use std::fs;

use serde::Deserialize;

use crate::{
    book::{Book, Entry},
    chapter::Kind,
    ledger::{Statement, Verdict},
    page::{escape, escape_around_math, one_line},
};

/// The appendix called `name`, as Markdown.
///
/// # Errors
/// When there is no such appendix, or what it is made from is damaged.
pub fn appendix(book: &Book, from: &Entry, name: &str) -> Result<String, String> {
    match name {
        "notation" => Ok(notation(book, from)),
        "equations" => Ok(equations(book, from)),
        "errata" => Ok(errata(book, from)),
        "sections" => Ok(sections(book, from)),
        "speed" => speed(book),
        "bibliography" => Ok(bibliography(book)),
        _ => Err(format!(
            "`{name}` is no appendix: notation, equations, errata, sections, speed or bibliography"
        )),
    }
}

fn table(head: &[&str], rows: &[String]) -> String {
    let head: String = head.iter().map(|cell| format!("<th scope=\"col\">{cell}</th>")).collect();
    format!(
        "<div class=\"table-wrapper\"><table class=\"statements\"><thead><tr>{head}</tr></thead><tbody>\n{}\n</tbody></table></div>\n",
        rows.join("\n")
    )
}

fn row(cells: &[String]) -> String {
    let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
    format!("<tr>{cells}</tr>")
}

fn notation(book: &Book, from: &Entry) -> String {
    let rows: Vec<String> = book
        .ledger
        .symbols
        .iter()
        .map(|symbol| {
            let chapters: Vec<String> =
                symbol.chapters.iter().filter_map(|name| chapter_link(book, from, name)).collect();
            let code = if symbol.code.is_empty() {
                String::new()
            } else {
                format!("<code>{}</code>", escape(&symbol.code))
            };
            row(&[
                format!("${}$", one_line(&symbol.tex)),
                escape_around_math(&symbol.meaning),
                code,
                escape_around_math(&symbol.shape),
                chapters.join(", "),
            ])
        })
        .collect();
    table(&["Symbol", "Meaning", "In code", "Shape", "Chapters"], &rows)
}

fn chapter_link(book: &Book, from: &Entry, name: &str) -> Option<String> {
    let entry = book.chapter(name)?;
    let url = book.url(&from.chapter, &entry.chapter);
    Some(format!("<a href=\"{url}\">{}</a>", escape(&entry.chapter.title)))
}

fn equations(book: &Book, from: &Entry) -> String {
    let mut out = String::new();
    for (index, entry) in book.chapters.iter().enumerate() {
        let mut rows = Vec::new();
        for piece in &entry.chapter.pieces {
            let (id, shown) = match &piece.kind {
                Kind::Display { tex, label: Some(id) } => {
                    (id, format!("$\\displaystyle {}$", one_line(tex)))
                }
                Kind::Directive(crate::chapter::Directive::Check(id)) => {
                    let words = book.ledger.get(id).map(right_form).unwrap_or_default();
                    let words = if words.is_empty() {
                        book.test(id)
                            .map(|test| test.doc.clone())
                            .unwrap_or_default()
                            .replace('`', "")
                    } else {
                        words.to_owned()
                    };
                    (id, escape_around_math(&words))
                }
                _ => continue,
            };
            let Some(place) = book.place(id).filter(|place| place.chapter == index) else {
                continue;
            };
            let url = book.url(&from.chapter, &entry.chapter);
            let number =
                place.number.as_ref().map_or("claim".to_owned(), |number| format!("({number})"));
            rows.push(row(&[
                format!("<a href=\"{url}#{}\">{number}</a>", place.anchor),
                shown,
                test_link(book, id),
            ]));
        }
        if !rows.is_empty() {
            out.push_str(&format!("## {}\n\n", entry.chapter.title));
            out.push_str(&table(&["Number", "Equation or claim", "Test"], &rows));
            out.push('\n');
        }
    }
    out
}

fn test_link(book: &Book, id: &str) -> String {
    match book.test(id) {
        Some(test) => {
            let url = book.source_url(&test.file, Some(test.line));
            format!("<a href=\"{url}\"><code>{}</code></a>", test.name)
        }
        None => String::new(),
    }
}

fn right_form(statement: &Statement) -> &str {
    if statement.corrected.is_empty() { &statement.printed } else { &statement.corrected }
}

/// Where a statement stands, linked, or that it is awaited.
fn standing(book: &Book, from: &Entry, statement: &Statement) -> String {
    match book.place_of_carrier(&statement.id) {
        Some(place) => {
            let chapter = &book.chapters[place.chapter].chapter;
            let number =
                place.number.as_ref().map(|number| format!(" ({number})")).unwrap_or_default();
            let url = book.url(&from.chapter, chapter);
            let status = if place.remark { "remark" } else { "checked" };
            format!(
                "<span class=\"status {status}\"><a href=\"{url}#{}\">{}{number}</a></span>",
                place.anchor,
                escape(&chapter.title)
            )
        }
        None => {
            let home = book.ledger.home(statement).unwrap_or_default();
            format!("<span class=\"status awaited\">awaited in <em>{home}</em></span>")
        }
    }
}

fn errata(book: &Book, from: &Entry) -> String {
    let mut out = String::new();
    for (verdict, title) in
        [(Verdict::Wrong, "Wrong as printed"), (Verdict::Loose, "Right if read kindly")]
    {
        out.push_str(&format!("## {title}\n\n"));
        for source in &book.ledger.sources {
            let statements: Vec<_> = book
                .ledger
                .statements
                .iter()
                .filter(|statement| statement.source == source.key && statement.verdict == verdict)
                .collect();
            if statements.is_empty() {
                continue;
            }
            out.push_str(&format!("### {}: {}\n\n", source.title, title.to_lowercase()));
            let rows: Vec<String> = statements
                .into_iter()
                .map(|statement| {
                    let proof = book.erratum_test(&statement.id).map(|test| {
                        let url = book.source_url(&test.file, Some(test.line));
                        format!("<br><a href=\"{url}\"><code>{}</code></a>", test.name)
                    });
                    row(&[
                        escape(&statement.section),
                        escape_around_math(&statement.printed),
                        format!(
                            "{}<br>{}",
                            escape_around_math(&statement.corrected),
                            escape_around_math(&statement.why)
                        ),
                        format!("{}{}", standing(book, from, statement), proof.unwrap_or_default()),
                    ])
                })
                .collect();
            out.push_str(&table(&["Section", "Printed", "Right, and why", "Where"], &rows));
            out.push('\n');
        }
    }
    out
}

fn sections(book: &Book, from: &Entry) -> String {
    let mut out = String::new();
    for source in &book.ledger.sources {
        out.push_str(&format!("## {}\n\n", source.title));
        let by = [&source.author, &source.year, &source.kind].map(|s| s.as_str());
        let by: Vec<&str> = by.into_iter().filter(|part| !part.is_empty()).collect();
        out.push_str(&format!("{}. Licence: {}.\n\n", by.join(", "), source.licence));
        let rows: Vec<String> = source
            .sections
            .iter()
            .map(|section| {
                let statements: Vec<String> = book
                    .ledger
                    .statements
                    .iter()
                    .filter(|s| s.source == source.key && s.section == *section)
                    .map(|s| format!("<code>{}</code> → {}", s.id, standing(book, from, s)))
                    .collect();
                let shown = if statements.is_empty() {
                    "a heading only".to_owned()
                } else {
                    statements.join("<br>")
                };
                row(&[escape(section), shown])
            })
            .collect();
        out.push_str(&table(&["Section", "Its statements and where they went"], &rows));
        out.push('\n');
    }
    out
}

fn bibliography(book: &Book) -> String {
    let entries: String = book
        .bibliography
        .iter()
        .map(|(key, work)| {
            format!("<p id=\"ref-{key}\">{}</p>\n", work.entry.replace('$', "&#36;"))
        })
        .collect();
    format!("<div class=\"bibliography\">\n{entries}</div>\n")
}

/// What `make bench-peers` measured.
#[derive(Deserialize)]
struct Speed {
    machine: Machine,
    works: Vec<Work>,
}

#[derive(Deserialize)]
struct Machine {
    cpu: String,
    cores: u32,
    /// OpenBLAS's, where it says which.
    #[serde(default)]
    kernel: String,
    date: String,
}

#[derive(Deserialize)]
struct Work {
    name: String,
    title: String,
    size: String,
    threads: u32,
    ours_seconds: f64,
    agreement: String,
    peers: Vec<Peer>,
    growth: Vec<Growth>,
}

#[derive(Deserialize)]
struct Peer {
    name: String,
    version: String,
    seconds: f64,
    ratio: f64,
}

#[derive(Deserialize)]
struct Growth {
    #[serde(rename = "in")]
    variable: String,
    exponent: f64,
    stated: String,
}

fn measured(book: &Book) -> Result<Speed, String> {
    let text = fs::read_to_string(book.root.join("book/speed.json")).map_err(|error| {
        format!("book/speed.json cannot be read ({error}): run `make bench-peers`")
    })?;
    serde_json::from_str(&text).map_err(|error| format!("book/speed.json: {error}"))
}

/// What was measured of one work, as a table.
///
/// # Errors
/// When the work has not been measured.
pub fn speed_of(book: &Book, name: &str) -> Result<String, String> {
    let speed = measured(book)?;
    let works: Vec<&Work> = speed.works.iter().filter(|work| work.name == name).collect();
    match works.first() {
        None => Err(format!("book/speed.json has no work `{name}`: run `make bench-peers`")),
        Some(first) => {
            Ok(format!("*{}*\n\n{}\n{}", first.title, speed_table(&works), machine(&speed.machine)))
        }
    }
}

fn speed(book: &Book) -> Result<String, String> {
    let speed = measured(book)?;
    let mut out = machine(&speed.machine);
    let mut rest = speed.works.as_slice();
    while let Some(first) = rest.first() {
        let works: Vec<&Work> = rest.iter().take_while(|work| work.name == first.name).collect();
        out.push_str(&format!(
            "## {}\n\n*{}*\n\n{}\n",
            first.name,
            first.title,
            speed_table(&works)
        ));
        rest = &rest[works.len()..];
    }
    let growth: Vec<String> = speed
        .works
        .iter()
        .flat_map(|work| work.growth.iter().map(move |growth| (work, growth)))
        .map(|(work, growth)| {
            row(&[
                escape(&work.name),
                escape_around_math(&growth.variable),
                format!("{:.2}", growth.exponent),
                escape_around_math(&growth.stated),
            ])
        })
        .collect();
    let head = ["Work", "In", "Fitted exponent", "Stated complexity"];
    Ok(format!("{out}## How the time grows\n\n{}", table(&head, &growth)))
}

fn speed_table(works: &[&Work]) -> String {
    let rows: Vec<String> = works.iter().flat_map(|work| work_rows(work)).collect();
    table(&["Size", "Threads", "Here", "Against", "There", "Ratio", "Answers agree to"], &rows)
}

/// A row a peer; the size and our time stand in the first only.
fn work_rows(work: &Work) -> Vec<String> {
    let rows = work.peers.iter().enumerate().map(|(k, peer)| {
        let once = |cell: String| if k == 0 { cell } else { String::new() };
        row(&[
            once(escape_around_math(&work.size)),
            once(work.threads.to_string()),
            once(seconds(work.ours_seconds)),
            format!("{} {}", escape(&peer.name), escape(&peer.version)),
            seconds(peer.seconds),
            format!("{:.1}×", peer.ratio),
            once(escape_around_math(&work.agreement)),
        ])
    });
    rows.collect()
}

fn machine(machine: &Machine) -> String {
    let kernel = match machine.kernel.as_str() {
        "" => String::new(),
        kernel => format!("OpenBLAS kernel {}, ", escape(kernel)),
    };
    format!(
        "Measured on {}, {} cores, {kernel}{}.\n\n",
        escape(&machine.cpu),
        machine.cores,
        escape(&machine.date)
    )
}

fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.0} µs", s * 1e6),
        s if s < 1.0 => format!("{:.1} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}
