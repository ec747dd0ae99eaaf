//! Heat maps.

use std::{borrow::Borrow, fmt::Write as _};

use ndarray::{Array2, ArrayRef2};

use super::{
    axis::{Axis, coordinate, extent},
    figure::{Backdrop, Figure},
    svg::{self, Cells, Ink},
};

/// A function of two variables as colour, with a colour bar.
///
/// ```
/// use downhill::plot::Heatmap;
/// use ndarray::Array2;
/// let bowl = Array2::from_shape_fn((21, 31), |(row, column)| {
///     let (x, y) = (-3.0 + 0.2 * column as f64, -2.0 + 0.2 * row as f64);
///     x * x + 4.0 * y * y
/// });
/// Heatmap::new("A long valley", "x", "y", &bowl, (-3.0, 3.0), (-2.0, 2.0))
///     .contours()
///     .points("minimum", [0.0], [0.0])
///     .show("Elliptic contours, twice as long as high, around a minimum at the origin.");
/// ```
#[derive(Clone, Debug)]
pub struct Heatmap {
    figure: Figure,
    values: Array2<f64>,
    x: (f64, f64),
    y: (f64, f64),
    diverging: bool,
    log: bool,
    contours: bool,
    regions: bool,
}

/// How many colours a map has: an odd number, so that one of them is zero's.
const LEVELS: usize = 65;

impl Heatmap {
    /// `values[[i, j]]` at the `i`-th y from below and the `j`-th x from the left. `x` and `y` give the
    /// positions of the first and the last column and row: the ends of the grid on which a function was taken.
    /// A value that is not finite leaves its cell empty.
    pub fn new(
        title: &str,
        x_label: &str,
        y_label: &str,
        values: &ArrayRef2<f64>,
        x: (f64, f64),
        y: (f64, f64),
    ) -> Self {
        Self {
            figure: Figure::new(title, x_label, y_label).sized(520.0, 360.0),
            values: values.to_owned(),
            x,
            y,
            diverging: false,
            log: false,
            contours: false,
            regions: false,
        }
    }

    /// Two colours, one for values below zero and one for those above, that fade into the paper at zero.
    pub fn diverging(mut self) -> Self {
        self.diverging = true;
        self
    }

    /// Colours by the logarithm; a value not above zero leaves its cell empty.
    pub fn log(mut self) -> Self {
        self.log = true;
        self
    }

    /// Adds contour lines at the values that the colour bar marks.
    pub fn contours(mut self) -> Self {
        self.contours = true;
        self
    }

    /// The values are names and measure nothing: the map has no colour bar.
    ///
    /// ```
    /// use downhill::plot::Heatmap;
    /// use ndarray::array;
    /// let signs = array![[0.0, 1.0], [1.0, 0.0]];
    /// let map = Heatmap::new("Where xy is positive", "x", "y", &signs, (-1.0, 1.0), (-1.0, 1.0));
    /// let words = |map: Heatmap| map.svg("A chessboard of four squares.").matches("<text").count();
    /// assert!(words(map.clone().regions()) < words(map));
    /// ```
    pub fn regions(mut self) -> Self {
        self.regions = true;
        self
    }

    /// A line over the map, as in [`Figure::line`].
    pub fn line(
        mut self,
        legend: &str,
        xs: impl IntoIterator<Item: Borrow<f64>>,
        ys: impl IntoIterator<Item: Borrow<f64>>,
    ) -> Self {
        self.figure = self.figure.line(legend, xs, ys);
        self
    }

    /// Markers over the map, as in [`Figure::points`].
    pub fn points(
        mut self,
        legend: &str,
        xs: impl IntoIterator<Item: Borrow<f64>>,
        ys: impl IntoIterator<Item: Borrow<f64>>,
    ) -> Self {
        self.figure = self.figure.points(legend, xs, ys);
        self
    }

    /// A word on the map, as in [`Figure::text`].
    pub fn text(mut self, x: f64, y: f64, label: &str) -> Self {
        self.figure = self.figure.text(x, y, label);
        self
    }

    /// Prints the map; `alt` says in words what it shows.
    pub fn show(self, alt: &str) {
        svg::show(&self.svg(alt));
    }

    /// The map as the text of an SVG; `alt` says in words what it shows.
    pub fn svg(&self, alt: &str) -> String {
        let (rows, columns) = self.values.dim();
        let heights = self.values.mapv(|value| coordinate(value, self.log).unwrap_or(f64::NAN));
        let (lo, hi) =
            extent(heights.iter().copied().filter(|v| !v.is_nan())).unwrap_or((0.0, 0.0));
        let (lo, hi) = if self.diverging { (-hi.max(-lo), hi.max(-lo)) } else { (lo, hi) };
        let shown = |v: f64| if self.log { 10.0_f64.powf(v) } else { v };
        let bar = Axis::new([shown(lo), shown(hi)].into_iter(), self.log, None, (0.0, 0.0), 6.0);
        let (lo, hi) = bar.range;
        let fraction = |v: f64| (v - lo) / (hi - lo);
        let level = |v: f64| {
            // The last level reaches the top: fraction 1 would be one too many.
            (!v.is_nan()).then(|| ((fraction(v) * LEVELS as f64) as usize).min(LEVELS - 1))
        };
        let paint = |level: usize| {
            let t = (level as f64 + 0.5) / LEVELS as f64;
            if self.diverging { diverging(t) } else { format!("fill=\"{}\"", sequential(t)) }
        };
        let mut lines = String::new();
        if self.contours {
            for &(at, _) in &bar.ticks {
                let path = contour(&heights, at);
                if !path.is_empty() {
                    let stroke = match (self.diverging, fraction(at) < 0.6) {
                        (true, _) => Ink::Text.css(),
                        (false, true) => "#FFFFFF".to_owned(),
                        (false, false) => "#000000".to_owned(),
                    };
                    lines += &format!(
                        "<path fill=\"none\" stroke=\"{stroke}\" stroke-opacity=\"0.6\" \
                         vector-effect=\"non-scaling-stroke\" shape-rendering=\"auto\" d=\"{path}\"/>\n"
                    );
                }
            }
        }
        let backdrop = Backdrop {
            extent: (edges(self.x, columns), edges(self.y, rows)),
            ticks: match self.regions {
                true => Vec::new(),
                false => bar.ticks.iter().map(|(at, text)| (fraction(*at), text.clone())).collect(),
            },
            paint: Box::new(|map, bar| {
                let map = Cells { corners: map, rows, columns };
                let bar = Cells { corners: bar, rows: LEVELS, columns: 1 };
                let map =
                    map.svg(|row, column| level(heights[[rows - 1 - row, column]]), paint, &lines);
                if self.regions {
                    map
                } else {
                    map + &bar.svg(|row, _| Some(LEVELS - 1 - row), paint, "")
                }
            }),
        };
        self.figure.render(alt, Some(backdrop))
    }
}

/// The outer edges of `count` cells whose centres reach from `first` to `last`.
fn edges((first, last): (f64, f64), count: usize) -> (f64, f64) {
    let half = if count > 1 { (last - first) / (count - 1) as f64 / 2.0 } else { 0.5 };
    (first - half, last + half)
}

/// Blue below the middle, vermilion above, over the paper.
fn diverging(t: f64) -> String {
    let ink = Ink::Series(if t < 0.5 { 0 } else { 1 });
    format!("fill=\"{}\" fill-opacity=\"{:.3}\"", ink.css(), (2.0 * t - 1.0).abs())
}

/// From dark blue by green to light yellow, in equal steps of lightness in the colour space Oklab, so that equal
/// differences look equal and remain in print without colour. Oklab: B. Ottosson (2020).
fn sequential(t: f64) -> String {
    let lightness = 0.27 + 0.65 * t;
    let hue = (285.0 - 180.0 * t).to_radians();
    let chroma = 0.11 + 0.04 * t;
    let (a, b) = (chroma * hue.cos(), chroma * hue.sin());
    let l = (lightness + 0.3963377774 * a + 0.2158037573 * b).powi(3);
    let m = (lightness - 0.1055613458 * a - 0.0638541728 * b).powi(3);
    let s = (lightness - 0.0894841775 * a - 1.2914855480 * b).powi(3);
    let channel = |linear: f64| {
        let linear = linear.clamp(0.0, 1.0);
        let encoded = if linear <= 0.0031308 {
            12.92 * linear
        } else {
            1.055 * linear.powf(1.0 / 2.4) - 0.055
        };
        (255.0 * encoded).round() as u8
    };
    format!(
        "#{:02X}{:02X}{:02X}",
        channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
        channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
        channel(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)
    )
}

/// The contour at `level` as an SVG path in cells from the top left (marching squares: each square of four
/// neighbouring cells' centres holds the chords that part its corners above from those below).
fn contour(heights: &Array2<f64>, level: f64) -> String {
    let mut path = String::new();
    let (rows, columns) = heights.dim();
    for i in 1..rows {
        for j in 1..columns {
            // Around the square, from the lower left: (row, column) and the height above the level.
            let corners = [(i - 1, j - 1), (i - 1, j), (i, j), (i, j - 1)];
            let h = corners.map(|corner| heights[corner] - level);
            if h.iter().any(|h| h.is_nan()) {
                continue;
            }
            let mut crossings = Vec::with_capacity(4);
            for side in 0..4 {
                let (a, b) = (side, (side + 1) % 4);
                if (h[a] < 0.0) != (h[b] < 0.0) {
                    let t = h[a] / (h[a] - h[b]);
                    let between = |a: usize, b: usize| a as f64 + t * (b as f64 - a as f64);
                    let row = between(corners[a].0, corners[b].0);
                    let column = between(corners[a].1, corners[b].1);
                    crossings.push((column + 0.5, rows as f64 - 0.5 - row));
                }
            }
            // At a saddle the centre's height says which corners belong together.
            if crossings.len() == 4 && (h.iter().sum::<f64>() < 0.0) == (h[0] < 0.0) {
                crossings.rotate_left(1);
            }
            for chord in crossings.chunks_exact(2) {
                let ((x0, y0), (x1, y1)) = (chord[0], chord[1]);
                write!(path, "M{x0:.2} {y0:.2}L{x1:.2} {y1:.2}")
                    .expect("to write to a string cannot fail");
            }
        }
    }
    path
}
