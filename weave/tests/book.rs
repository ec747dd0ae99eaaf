//! The book itself: nothing in it is stale, missing or broken.

use std::{fs, path::Path};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::Value;
use weave::{
    book::Book,
    check::check,
    output::{Output, difference},
    raster::{Figure, PICTURE},
};

#[test]
fn nothing_is_stale_missing_or_broken() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let book = Book::load(&root).expect("the book's own files can be read");
    let problems: Vec<String> = check(&book).iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// Every figure of every committed notebook, with its notebook's name.
fn figures() -> Vec<(String, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../notebooks");
    let mut figures = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "ipynb") {
            continue;
        }
        let notebook: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let outputs = notebook["cells"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|cell| cell["outputs"].as_array());
        let data = outputs.flatten().filter(|output| output["output_type"] == "display_data");
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        figures.extend(data.map(|output| (name.clone(), output["data"].clone())));
    }
    assert!(figures.len() > 100, "{} figures", figures.len());
    figures
}

fn text(value: &Value) -> String {
    match value {
        Value::Array(lines) => lines.iter().map(text).collect(),
        value => value.as_str().unwrap_or_default().to_owned(),
    }
}

/// A viewer that does not trust a notebook shows no SVG: the picture and the words beside it say the same.
#[test]
fn every_figure_of_a_notebook_has_a_picture_and_words() {
    for (name, data) in figures() {
        let svg = text(&data["image/svg+xml"]);
        let figure = Figure::parse(&svg).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        let title = &figure.title;
        assert_eq!(text(&data["text/plain"]), figure.description, "{name}: {title}");
        assert!(
            figure.description.split(' ').count() > 3,
            "{name}: {title} is described in no words"
        );
        let png = BASE64_STANDARD.decode(text(&data["image/png"])).unwrap();
        assert!(png.len() <= PICTURE, "{name}: {title} takes {} bytes", png.len());
        assert!(
            png == figure.png().unwrap(),
            "{name}: {title} was drawn otherwise; run `cargo run -p weave -- run`"
        );

        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        let drawn = pixels.chunks(3).filter(|pixel| *pixel != [255, 255, 255]).count();
        let share = drawn as f64 / (pixels.len() / 3) as f64;
        assert!(
            (0.005..1.0).contains(&share),
            "{name}: {title} is drawn on {share:.3} of its paper"
        );
    }
}

/// A figure agrees with itself drawn anew, and not with itself without its last shape.
#[test]
fn a_figure_is_compared_by_what_it_shows() {
    let mut unseen = Vec::new();
    let svgs: Vec<String> =
        figures().iter().map(|(_, data)| text(&data["image/svg+xml"])).collect();
    for svg in svgs.iter().step_by(5) {
        let compare =
            |other: String| difference(&[Output::Svg(svg.clone())], &[Output::Svg(other)]);
        assert_eq!(compare(format!("{svg}\n")), None);
        let title = Figure::parse(svg).unwrap().title;
        let Some(last) = svg.rfind("<polyline").max(svg.rfind("<circle")) else { continue };
        let end = last + svg[last..].find("/>").unwrap() + 2;
        if compare(format!("{}{}", &svg[..last], &svg[end..])).is_none() {
            unseen.push(title);
        }
    }
    // What lies among its like is not missed: one of many points in a cloud, a piece of an axis.
    assert!(unseen.len() <= 6, "{unseen:#?}");
}
