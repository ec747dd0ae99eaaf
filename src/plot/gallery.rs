//! Small images side by side.

use ndarray::{Array2, ArrayRef2};
use plotters::{
    prelude::*,
    style::text_anchor::{HPos, VPos},
};

use super::{
    axis::{coordinate, extent},
    svg::{self, Cells, Ink, PIXEL, Spot, text_width, wrap},
};

/// Small grey images with captions: digits, patterns, weights.
///
/// One scale serves the whole gallery: its smallest value is paper and its largest ink. A pixel that is NaN,
/// not measured, is blue.
///
/// ```
/// use downhill::{data, plot::Gallery};
/// let digits = data::digits();
/// let mut gallery = Gallery::new("The first digits");
/// for (image, label) in digits.images.rows().into_iter().zip(&digits.labels).take(5) {
///     let image = image.into_shape_with_order((8, 8)).expect("a digit has 64 pixels");
///     gallery = gallery.image(&label.to_string(), &image);
/// }
/// gallery.columns(5).show("Handwritten digits 0, 1, 2, 3 and 4, each of 8 by 8 pixels.");
/// ```
#[derive(Clone, Debug)]
pub struct Gallery {
    title: String,
    images: Vec<(String, Array2<f64>)>,
    columns: Option<usize>,
}

/// How many greys an image has.
const GREYS: usize = 32;
const TITLE: f64 = 16.0;
const CAPTION: f64 = 13.0;

impl Gallery {
    /// An empty gallery.
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), images: Vec::new(), columns: None }
    }

    /// Adds an image, its first row on top.
    pub fn image(mut self, caption: &str, pixels: &ArrayRef2<f64>) -> Self {
        self.images.push((caption.to_owned(), pixels.to_owned()));
        self
    }

    /// How many images stand in a row; ten at most if not said.
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = Some(columns);
        self
    }

    /// Prints the gallery; `alt` says in words what it shows.
    pub fn show(self, alt: &str) {
        svg::show(&self.svg(alt));
    }

    /// The gallery as the text of an SVG; `alt` says in words what it shows.
    pub fn svg(&self, alt: &str) -> String {
        let columns = self.columns.unwrap_or(self.images.len().min(10)).max(1);
        let rows = self.images.len().div_ceil(columns);
        let (margin, gap) = (16.0, 12.0);
        let side = ((600.0 - 2.0 * margin + gap) / columns as f64 - gap).clamp(8.0, 120.0);
        // No image is higher than it must be for the highest of them.
        let flat = |(h, w): (usize, usize)| h as f64 / h.max(w).max(1) as f64;
        let high =
            side * self.images.iter().map(|(_, pixels)| flat(pixels.dim())).fold(0.0, f64::max);
        let caption = if self.images.iter().any(|(text, _)| !text.is_empty()) { 20.0 } else { 0.0 };
        let width = (2.0 * margin + columns as f64 * (side + gap) - gap).max(300.0);
        let title = wrap(&self.title, TITLE, width - 2.0 * margin);
        let top = 18.0 + 21.0 * title.len() as f64;
        let size = (width, top + rows as f64 * (high + caption + gap) + 4.0);

        let drawable =
            self.images.iter().flat_map(|(_, pixels)| pixels).filter_map(|&v| coordinate(v, false));
        let (lo, hi) = extent(drawable).unwrap_or((0.0, 1.0));
        let span = if hi > lo { hi - lo } else { 1.0 };
        // Grey 0 is the paper; the last is for what was not measured.
        let grey = |v: f64| match coordinate(v, false) {
            Some(v) => {
                Some(((v - lo) / span * GREYS as f64).round() as usize).filter(|&grey| grey > 0)
            }
            None => Some(GREYS + 1),
        };
        let paint = |grey: usize| match grey {
            grey if grey > GREYS => {
                format!("fill=\"{}\" fill-opacity=\"0.45\"", Ink::Series(0).css())
            }
            grey => format!(
                "fill=\"{}\" fill-opacity=\"{}\"",
                Ink::Text.css(),
                grey as f64 / GREYS as f64
            ),
        };

        svg::document(size, &self.title, alt, |area, under| {
            let spot = |x: f64, y: f64| -> Spot { ((PIXEL * x) as i32, (PIXEL * y) as i32) };
            for (row, line) in title.iter().enumerate() {
                let at = spot(margin, 14.0 + 21.0 * row as f64);
                area.draw(&Text::new(
                    line.as_str(),
                    at,
                    Ink::Text.text(TITLE, HPos::Left, VPos::Top),
                ))?;
            }
            for (k, (text, pixels)) in self.images.iter().enumerate() {
                let x = margin + (k % columns) as f64 * (side + gap);
                let y = top + (k / columns) as f64 * (high + caption + gap);
                let (height, width) = pixels.dim();
                let scale = side / height.max(width).max(1) as f64;
                let (w, h) = (width as f64 * scale, height as f64 * scale);
                let (left, up) = (x + (side - w) / 2.0, y + (high - h) / 2.0);
                let corners = (spot(left, up), spot(left + w, up + h));
                let cells = Cells { corners, rows: height, columns: width };
                if !pixels.is_empty() {
                    *under += &cells.svg(|row, column| grey(pixels[[row, column]]), paint, "");
                }
                let ((x0, y0), (x1, y1)) = corners;
                let frame = vec![(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)];
                area.draw(&PathElement::new(frame, Ink::Grid.stroke(1.0, 0, 1.0)))?;
                let size = CAPTION * (side / text_width(text, CAPTION)).clamp(0.7, 1.0);
                let style = Ink::Text.text(size, HPos::Center, VPos::Top);
                area.draw(&Text::new(text.as_str(), spot(x + side / 2.0, y + high + 4.0), style))?;
            }
            Ok(())
        })
    }
}
