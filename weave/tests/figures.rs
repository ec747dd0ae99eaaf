//! When two figures show the same, to two pixels and a level of colour; and the picture that goes with each.

use weave::{
    output::{Output, difference},
    raster::{Figure, PICTURE},
};

/// A figure of 600 by 300 pixels, as the library's `plot` writes one.
fn figure(body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 6000 3000\" role=\"img\" \
         aria-label=\"A curve falls to 2.97.\" font-family=\"sans-serif\" stroke-linejoin=\"round\" \
         style=\"width:100%;max-width:600px;height:auto;font-family:var(--plot-font, sans-serif)\">\n\
         <title>A curve</title>\n<rect width=\"6000\" height=\"3000\" fill=\"var(--plot-paper, #FFFFFF)\"/>\n{body}</svg>"
    )
}

/// A line through points given in pixels.
fn line(colour: &str, points: &[(f64, f64)]) -> String {
    let points: String =
        points.iter().map(|(x, y)| format!("{},{} ", 10.0 * x, 10.0 * y)).collect();
    format!(
        "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"20\" points=\"{points}\"/>\n"
    )
}

fn disc(x: f64, y: f64) -> String {
    format!(
        "<circle cx=\"{}\" cy=\"{}\" r=\"35\" opacity=\"0.6\" fill=\"var(--plot-2, #D55E00)\" stroke=\"none\"/>\n",
        10.0 * x,
        10.0 * y
    )
}

fn label(x: f64, y: f64, words: &str) -> String {
    format!(
        "<text x=\"{}\" y=\"{}\" dy=\"0.76em\" text-anchor=\"start\" font-size=\"130\" fill=\"var(--plot-ink, #333333)\">\n{words}\n</text>\n",
        10.0 * x,
        10.0 * y
    )
}

/// A map of 400 by 240 pixels: a path for each colour that `paint` gives, over `columns` by `rows` cells.
fn map(columns: usize, rows: usize, paint: impl Fn(usize, usize) -> String) -> String {
    let mut paths = std::collections::BTreeMap::<String, String>::new();
    for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
        *paths.entry(paint(row, column)).or_default() += &format!("M{column} {row}h1v1h-1z");
    }
    let paths: String =
        paths.iter().map(|(paint, path)| format!("<path {paint} d=\"{path}\"/>\n")).collect();
    format!(
        "<svg x=\"500\" y=\"300\" width=\"4000\" height=\"2400\" viewBox=\"0 0 {columns} {rows}\" \
         preserveAspectRatio=\"none\" shape-rendering=\"crispEdges\">\n{paths}</svg>\n"
    )
}

/// Neighbours on the scale of `plot::Heatmap`: the levels 30 to 36 of 65.
const LEVELS: [&str; 7] =
    ["#008E97", "#009297", "#009597", "#009996", "#009D95", "#00A094", "#00A494"];

fn level(k: usize) -> String {
    format!("fill=\"{}\"", LEVELS[k])
}

fn compare(a: &str, b: &str) -> Option<String> {
    let [a, b] = [a, b].map(|body| [Output::Svg(figure(body))]);
    let (there, back) = (difference(&a, &b), difference(&b, &a));
    assert_eq!(there.is_some(), back.is_some(), "{there:?} there, {back:?} back");
    there
}

#[track_caller]
fn agree(a: &str, b: &str) {
    assert_eq!(compare(a, b), None);
}

#[track_caller]
fn differ(a: &str, b: &str, words: &str) {
    let found = compare(a, b).expect("the figures differ");
    assert!(found.starts_with("in a figure, ") && found.contains(words), "{found}");
}

const BLUE: &str = "var(--plot-1, #0072B2)";
const GREEN: &str = "var(--plot-3, #179F7B)";
const CURVE: [(f64, f64); 3] = [(60.0, 60.0), (200.0, 150.0), (500.0, 240.0)];

fn moved(by: (f64, f64)) -> Vec<(f64, f64)> {
    CURVE.iter().map(|(x, y)| (x + by.0, y + by.1)).collect()
}

#[test]
fn lines_to_two_pixels() {
    let curve = line(BLUE, &CURVE);
    for by in [(0.0, 1.5), (1.5, 0.0), (-1.0, 1.0)] {
        agree(&curve, &line(BLUE, &moved(by)));
    }
    for by in [(0.0, 3.5), (-6.0, 0.0), (3.0, -3.0)] {
        differ(&curve, &line(BLUE, &moved(by)), "#0072B2");
    }
    // Straight down, where no slope helps.
    let flat = |y: f64| line(BLUE, &[(60.0, y), (500.0, y)]);
    agree(&flat(100.0), &flat(102.0));
    differ(&flat(100.0), &flat(102.5), "at (");

    // One more point on the same line is another path and the same drawing.
    let split = [CURVE[0], (130.0, 105.0), CURVE[1], CURVE[2]];
    agree(&curve, &line(BLUE, &split));
    let pieces = line(BLUE, &CURVE[..2]) + &line(BLUE, &CURVE[1..]);
    agree(&curve, &pieces);
}

#[test]
fn stray_lines_missing_curves_and_colours() {
    let curve = line(BLUE, &CURVE);
    let second = [(60.0, 220.0), (500.0, 200.0)];
    let spike = [CURVE[0], CURVE[1], (210.0, 20.0), CURVE[2]];
    differ(&curve, &(curve.clone() + &line(BLUE, &second)), "of colour #0072B2 is new at (");
    differ(&curve, &(curve.clone() + &line(GREEN, &second)), "of colour #179F7B is new");
    differ(&(curve.clone() + &line(BLUE, &second)), &curve, "is no longer drawn at (");
    differ(&curve, &line(BLUE, &spike), "of colour #0072B2 is no longer drawn at (");
    differ(&curve, &line(GREEN, &CURVE), "#0072B2 is no longer drawn");
    differ(&curve, &line("#0072B8", &CURVE), "#0072B2 is no longer drawn");
    differ(&curve, &curve.replace("stroke-width=\"20\"", "stroke-width=\"30\""), "no longer drawn");
    let dashed = curve.replace("fill=\"none\"", "fill=\"none\" stroke-dasharray=\"60 40\"");
    differ(&curve, &dashed, "no longer drawn");
    // A hidden curve is missing too.
    let under = line(GREEN, &CURVE) + &curve;
    differ(&under, &curve, "#179F7B is no longer drawn");
    differ(&under, &(curve.clone() + &line(GREEN, &CURVE)), "another order");
}

#[test]
fn clouds_of_points() {
    let cloud = |by: f64| -> String {
        (0..40).map(|k| disc(60.0 + 6.9 * f64::from(k) + by * f64::from(k % 2), 100.0)).collect()
    };
    // Discs that touch overlap after they moved: a darker dot that means nothing.
    agree(&cloud(0.0), &cloud(0.7));
    differ(
        &cloud(0.0),
        &(cloud(0.0) + &disc(400.0, 110.0)),
        "a shape of colour #D55E00 is new at (39",
    );
    differ(&cloud(0.0), &cloud(0.0).replace("r=\"35\"", "r=\"60\""), "is new");
}

#[test]
fn labels_titles_and_descriptions() {
    let words = label(60.0, 60.0, "error 2.97");
    agree(&words, &label(61.5, 58.5, "error 2.98"));
    differ(&words, &label(62.5, 60.0, "error 2.97"), "stands elsewhere");
    differ(&words, &label(60.0, 60.0, "error 3.07"), "3.07 where 2.97 was");
    differ(&words, &label(60.0, 60.0, "Error 2.97"), "`Error #` where `error #` was");
    differ(&words, &words.replace("start", "end"), "looks otherwise");
    differ(&words, "", "0 labels, not 1");
    let turned = |angle: f64, y: f64| {
        words.replace(">\nerror", &format!(" transform=\"rotate({angle}, 600, {y})\">\nerror"))
    };
    agree(&turned(270.0, 600.0), &turned(270.0, 610.0));
    differ(&turned(270.0, 600.0), &turned(271.0, 600.0), "stands elsewhere");

    let curve = figure(&line(BLUE, &CURVE));
    let changed = |from: &str, to: &str| {
        difference(&[Output::Svg(curve.clone())], &[Output::Svg(curve.replace(from, to))])
    };
    assert_eq!(changed("2.97", "2.96"), None);
    assert!(changed("2.97", "2.91").is_some_and(|found| found.contains("2.91 where 2.97 was")));
    assert!(changed("A curve<", "The curve<").is_some_and(|found| found.contains("The curve")));
    assert!(
        changed("max-width:600px", "max-width:500px")
            .is_some_and(|found| found.contains("500 by 250 pixels"))
    );
    assert!(changed("<title>", "<titel>").is_some_and(|found| found.contains("no SVG")));
    let image = changed("<rect", "<image href=\"a.png\"/><rect");
    assert!(image.is_some_and(|found| found.contains("a figure with `<image>`")));
}

#[test]
fn maps_to_a_level_and_a_cell() {
    // In the square of 6 by 6 cells at (20, 20), `up` levels more.
    let square = |up: usize| {
        map(60, 60, |row, column| {
            let inside = (20..26).contains(&row) && (20..26).contains(&column);
            level(2 + if inside { up } else { 0 })
        })
    };
    agree(&square(0), &square(1));
    differ(&square(0), &square(2), "a map has");
    differ(&square(0), &square(4), "a map has");

    // A slope whose borders between levels move by a cell.
    let slope =
        |shift: usize| map(60, 60, |row, column| level((column + (row + shift) % 2) * 7 / 61));
    agree(&slope(0), &slope(1));

    // Two regions; the cell of row 20 and `column` changes sides.
    let regions = |column: usize| {
        map(50, 50, |row, k| level(if (k < 25) != (row == 20 && k == column) { 0 } else { 6 }))
    };
    agree(&regions(99), &regions(24));
    agree(&regions(99), &regions(25));
    differ(&regions(99), &regions(10), "where another has");
    let border = |at: usize| map(50, 50, |_, k| level(if k < at { 0 } else { 6 }));
    differ(&border(25), &border(26), "% of its area");
    differ(&border(25), &border(30), "where another has");

    // A pixel of a small image is a datum.
    let image = |pixel: usize| {
        map(8, 8, |row, k| level(if (k < 4) != (row == 4 && k == pixel) { 0 } else { 6 }))
    };
    differ(&image(9), &image(3), "a map has");

    // Opacities are levels as well; what is nearly paper may be left out.
    let grey = |opacity: f64| {
        map(20, 20, move |_, _| {
            format!("fill=\"var(--plot-ink, #333333)\" fill-opacity=\"{opacity}\"")
        })
    };
    agree(&grey(0.5), &grey(0.53125));
    differ(&grey(0.5), &grey(0.5625), "#333333 at 56 %");
    // The upper half; the lower has no colour at all.
    let half = |opacity: f64| {
        let whole = grey(0.5);
        let below = whole.find("M0 10").unwrap();
        let rest = format!("fill-opacity=\"{opacity}\" d=\"{}", &whole[below..]);
        let lower = format!("\"/>\n<path fill=\"var(--plot-ink, #333333)\" {rest}");
        (format!("{}{lower}", &whole[..below]), format!("{}\"/>\n</svg>\n", &whole[..below]))
    };
    agree(&half(0.03125).0, &half(0.03125).1);
    differ(&half(0.0625).0, &half(0.0625).1, "#333333 at 6 %");
}

#[test]
fn contours_are_thin_lines_of_a_map() {
    let contour = |x: f64| {
        let path = format!(
            "<path fill=\"none\" stroke=\"#FFFFFF\" stroke-opacity=\"0.6\" vector-effect=\"non-scaling-stroke\" \
             shape-rendering=\"auto\" d=\"M{x:.2} 0.50L{x:.2} 9.50\"/>\n</svg>"
        );
        map(10, 10, |_, _| level(0)).replace("</svg>", &path)
    };
    // A cell is 40 pixels wide.
    agree(&contour(5.0), &contour(5.04));
    differ(&contour(5.0), &contour(5.2), "a line of colour #FFFFFF");
    let picture = decode(&Figure::parse(&figure(&contour(5.0))).unwrap().png().unwrap());
    let light = (50..450).filter(|x| picture.2[150 * 600 + x] != picture.2[150 * 600 + 60]).count();
    assert!((1..=2).contains(&light), "the contour is {light} pixels wide");
}

/// Width, height and colours of a PNG with a palette.
fn decode(bytes: &[u8]) -> (u32, u32, Vec<[u8; 3]>) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    (info.width, info.height, pixels.chunks(3).map(|p| [p[0], p[1], p[2]]).collect())
}

#[test]
fn a_picture_shows_what_the_figure_shows() {
    let words = "αβγδεηθκλσ ∂√∞ x₁²⁻¹⁰ → ‖w‖′ −3·×";
    let body = line(BLUE, &CURVE) + &label(300.0, 40.0, words) + &disc(100.0, 200.0);
    let png = |svg: &str| Figure::parse(svg).and_then(|figure| figure.png());
    let bytes = png(&figure(&body)).unwrap();
    assert_eq!(bytes, png(&figure(&body)).unwrap());
    assert!(bytes.len() < PICTURE / 4, "{} bytes", bytes.len());
    let (width, height, pixels) = decode(&bytes);
    assert_eq!((width, height), (600, 300));
    let at = |x: usize, y: usize| pixels[y * 600 + x];
    assert_eq!(at(5, 5), [0xFF, 0xFF, 0xFF]);
    assert_eq!(at(200, 150), [0x00, 0x72, 0xB2]);
    // Six tenths of vermilion over paper.
    let disc = at(100, 200);
    assert!(disc.iter().zip([0xE6, 0x9F, 0x66]).all(|(a, b)| a.abs_diff(b) < 2), "{disc:X?}");
    // Every character leaves ink, none a box of its own: each drawn alone differs from each other.
    let mut seen = std::collections::BTreeMap::new();
    for sign in words.chars().filter(|c| *c != ' ') {
        let alone = png(&figure(&label(300.0, 40.0, &sign.to_string()))).unwrap();
        assert!(alone != png(&figure("")).unwrap(), "{sign} leaves no ink");
        if let Some(twin) = seen.insert(alone, sign) {
            assert_eq!(twin, sign, "two signs look the same");
        }
    }
    let lacking = png(&figure(&label(300.0, 40.0, "漢"))).unwrap_err();
    assert!(lacking.to_string().contains("lacks `漢`"), "{lacking}");
}

/// Noise has as many colours as pixels; its picture takes fewer shades, or is refused.
#[test]
fn a_picture_is_small_or_refused() {
    let mut state = 1_u32;
    let mut noise = |columns: usize, rows: usize| {
        let colours: Vec<String> = (0..columns * rows)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                format!("fill=\"#{:06X}\"", state >> 8)
            })
            .collect();
        map(columns, rows, |row, column| colours[row * columns + column].clone())
    };
    let picture = Figure::parse(&figure(&noise(120, 72))).unwrap().png().unwrap();
    assert!(picture.len() <= PICTURE);
    let refused = Figure::parse(&figure(&noise(400, 240))).unwrap().png().unwrap_err();
    assert!(refused.to_string().contains("takes more than 30000 bytes"), "{refused}");
}
