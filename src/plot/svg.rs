//! What every picture shares: the sheet that plotters draws on, its inks, and the text of the finished SVG.

use std::{collections::BTreeMap, fmt::Write as _};

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

/// plotters rounds to whole units, so a pixel has ten.
pub(super) const PIXEL: f64 = 10.0;

/// The sheet.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A point on the sheet, y downward.
pub(super) type Spot = (i32, i32);

/// The width of `text` at `size` pixels, near enough: what is measured without a font.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    0.55 * size * text.chars().count() as f64
}

/// `text` in lines of at most about `width` pixels.
pub(super) fn wrap(text: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if text_width(line, size) + text_width(word, size) < width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A colour by its role. plotters writes colours as numbers, so each role has a number that stands for it
/// until [`document`] puts the CSS variable in its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ink {
    Paper,
    Text,
    Grid,
    /// Text with a rim of paper, to be read on top of anything.
    Label,
    Series(usize),
}

const SERIES: [&str; 7] =
    ["#0072B2", "#D55E00", "#179F7B", "#A62C6F", "#815600", "#0E96FF", "#3A3A3A"];
/// Solid, the dashes of `dashed`, and those that tell a second, third … solid line from the first.
const DASHES: [&str; 6] = ["", "60 40", "160 30", "160 30 20 30", "20 30", "160 30 20 30 20 30"];
pub(super) const SOLID_DASHES: [u8; 5] = [0, 2, 3, 4, 5];
pub(super) const DASHED: u8 = 1;

impl Ink {
    fn number(self) -> u8 {
        match self {
            Ink::Paper => 0,
            Ink::Text => 1,
            Ink::Grid => 2,
            Ink::Label => 3,
            Ink::Series(k) => 4 + (k % SERIES.len()) as u8,
        }
    }

    /// The CSS value.
    pub(super) fn css(self) -> String {
        match self {
            Ink::Paper => "var(--plot-paper, #FFFFFF)".to_owned(),
            Ink::Text | Ink::Label => "var(--plot-ink, #333333)".to_owned(),
            Ink::Grid => "var(--plot-grid, #E3E3E3)".to_owned(),
            Ink::Series(k) => {
                let k = k % SERIES.len();
                format!("var(--plot-{}, {})", k + 1, SERIES[k])
            }
        }
    }

    fn all() -> impl Iterator<Item = Ink> {
        [Ink::Paper, Ink::Text, Ink::Grid, Ink::Label]
            .into_iter()
            .chain((0..SERIES.len()).map(Ink::Series))
    }

    /// A filled shape.
    pub(super) fn fill(self, opacity: f64) -> ShapeStyle {
        ShapeStyle { color: stand_in(self, 0).mix(opacity), filled: true, stroke_width: 0 }
    }

    /// A stroke `width` pixels thick.
    pub(super) fn stroke(self, width: f64, dash: u8, opacity: f64) -> ShapeStyle {
        ShapeStyle {
            color: stand_in(self, dash).mix(opacity),
            filled: false,
            stroke_width: (PIXEL * width) as u32,
        }
    }

    /// Text of `size` pixels, anchored at `h`, `v`.
    pub(super) fn text(self, size: f64, h: HPos, v: VPos) -> TextStyle<'static> {
        // plotters' SVG divides the size by 1.24.
        let font =
            FontDesc::new(FontFamily::Name("inherit"), size * PIXEL * 1.24, FontStyle::Normal);
        TextStyle { font, color: stand_in(self, 0).to_backend_color(), pos: Pos::new(h, v) }
    }
}

fn stand_in(ink: Ink, dash: u8) -> RGBColor {
    RGBColor(1, dash, ink.number())
}

/// The finished SVG, `size` pixels: `under` lies between the paper and what `draw` draws.
pub(super) fn document(
    size: (f64, f64),
    title: &str,
    alt: &str,
    draw: impl FnOnce(&Area, &mut String) -> Result<(), DrawingAreaErrorKind<std::io::Error>>,
) -> String {
    let (width, height) = ((size.0 * PIXEL) as u32, (size.1 * PIXEL) as u32);
    let (mut drawn, mut under) = (String::new(), String::new());
    {
        let area = SVGBackend::with_string(&mut drawn, (width, height)).into_drawing_area();
        draw(&area, &mut under)
            .and_then(|()| area.present())
            .expect("to write to a string cannot fail");
    }
    // plotters' own root element gives way to ours.
    let body = drawn.split_once('\n').map_or("", |(_, rest)| rest);
    let mut body = body.trim_end().trim_end_matches("</svg>").to_owned();
    for ink in Ink::all() {
        for (dash, pattern) in DASHES.iter().enumerate() {
            let RGBColor(r, g, b) = stand_in(ink, dash as u8);
            let mut css = format!("\"{}\"", ink.css());
            if dash > 0 {
                write!(css, " stroke-dasharray=\"{pattern}\"")
                    .expect("to write to a string cannot fail");
            } else if ink == Ink::Label {
                css += &format!(
                    " stroke=\"{}\" stroke-width=\"35\" paint-order=\"stroke\"",
                    Ink::Paper.css()
                );
            }
            body = body.replace(&format!("\"#{r:02X}{g:02X}{b:02X}\""), &css);
        }
    }
    let body = body.replace(" opacity=\"1\"", "").replace(" font-family=\"inherit\"", "");
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"{alt}\" font-family=\"sans-serif\" stroke-linejoin=\"round\" \
         style=\"width:100%;max-width:{}px;height:auto;font-family:var(--plot-font, sans-serif)\">\n\
         <title>{title}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n{under}{body}</svg>",
        size.0,
        Ink::Paper.css(),
        alt = escape(alt),
        title = escape(title),
    )
}

/// Prints `svg` so that the evcxr kernel, and whoever reads its protocol, shows a picture.
pub(super) fn show(svg: &str) {
    println!("EVCXR_BEGIN_CONTENT image/svg+xml\n{svg}\nEVCXR_END_CONTENT");
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML knows no control characters, and an attribute no line breaks.
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A grid of coloured cells that fills a rectangle of the sheet, `(x0, y0)` to `(x1, y1)`.
pub(super) struct Cells {
    pub(super) corners: (Spot, Spot),
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl Cells {
    /// One path a level: `level` of (row from the top, column), none where nothing is to be drawn; `paint`
    /// gives a level's SVG attributes. `over` is SVG in the coordinates of the cells.
    pub(super) fn svg(
        &self,
        level: impl Fn(usize, usize) -> Option<usize>,
        paint: impl Fn(usize) -> String,
        over: &str,
    ) -> String {
        let mut paths: BTreeMap<usize, String> = BTreeMap::new();
        for row in 0..self.rows {
            let mut column = 0;
            while column < self.columns {
                let start = column;
                let here = level(row, column);
                while column < self.columns && level(row, column) == here {
                    column += 1;
                }
                if let Some(here) = here {
                    let path = paths.entry(here).or_default();
                    let width = column - start;
                    write!(path, "M{start} {row}h{width}v1h-{width}z")
                        .expect("to write to a string cannot fail");
                }
            }
        }
        let ((x0, y0), (x1, y1)) = self.corners;
        let mut svg = format!(
            "<svg x=\"{x0}\" y=\"{y0}\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\" \
             preserveAspectRatio=\"none\" shape-rendering=\"crispEdges\">\n",
            x1 - x0,
            y1 - y0,
            self.columns,
            self.rows
        );
        for (here, path) in &paths {
            svg += &format!("<path {} d=\"{path}\"/>\n", paint(*here));
        }
        svg + over + "</svg>\n"
    }
}
