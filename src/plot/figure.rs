//! Charts.

use std::borrow::Borrow;

use plotters::{
    prelude::*,
    style::text_anchor::{HPos, VPos},
};

use super::{
    axis::Axis,
    svg::{self, Area, DASHED, Ink, PIXEL, SOLID_DASHES, Spot, text_width, wrap},
};

/// A chart with axes.
///
/// A series is a pair of sequences of equal length, borrowed or owned: arrays, views, vectors, mapped ranges.
///
/// ```
/// use downhill::plot::Figure;
/// use ndarray::{Array1, array};
/// let (x, y) = (array![1.0, 2.0, 3.0], array![1.1, 1.9, 3.2]);
/// let grid = Array1::linspace(0.0, 4.0, 9);
/// let svg = Figure::new("A fit", "x [m]", "y [s]")
///     .points("data", &x, &y)
///     .line("fit", &grid, grid.mapv(|x| 1.05 * x))
///     .svg("Three points close to a rising straight line.");
/// assert_eq!(svg.matches("<circle").count(), 3 + 1, "three points and the legend's");
/// ```
#[derive(Clone, Debug)]
pub struct Figure {
    title: String,
    labels: (String, String),
    log: (bool, bool),
    ranges: (Option<Range>, Option<Range>),
    size: (f64, f64),
    legends: Vec<String>,
    marks: Vec<Mark>,
}

#[derive(Clone, Debug)]
enum Mark {
    Line { series: usize, dash: u8, points: Vec<(f64, f64)> },
    Points { series: usize, points: Vec<(f64, f64)> },
    Bars { series: usize, points: Vec<(f64, f64)>, width: f64 },
    Band { series: usize, lows: Vec<(f64, f64)>, highs: Vec<(f64, f64)> },
    Text { at: (f64, f64), text: String },
    Vertical { at: f64, text: String },
    Horizontal { at: f64, text: String },
}

/// From a lowest value to a highest.
type Range = (f64, f64);

/// Two opposite corners.
type Corners = (Spot, Spot);

/// The SVG of a heat map's cells and of its colour bar, given the corners of each.
type Paint<'a> = Box<dyn Fn(Corners, Corners) -> String + 'a>;

/// What lies under the marks of a heat map.
pub(super) struct Backdrop<'a> {
    pub(super) extent: ((f64, f64), (f64, f64)),
    /// The ticks of the colour bar, as a fraction of its height from below; none when there is no bar.
    pub(super) ticks: Vec<(f64, String)>,
    pub(super) paint: Paint<'a>,
}

/// In pixels: the margin on the left, and the sizes of text.
const MARGIN: f64 = 6.0;
const TITLE: f64 = 16.0;
const TEXT: f64 = 14.0;
const SMALL: f64 = 13.0;

impl Figure {
    /// An empty chart. A label names the quantity and its unit: `"time [s]"`.
    pub fn new(title: &str, x_label: &str, y_label: &str) -> Self {
        Self {
            title: title.to_owned(),
            labels: (x_label.to_owned(), y_label.to_owned()),
            log: (false, false),
            ranges: (None, None),
            size: (600.0, 300.0),
            legends: Vec::new(),
            marks: Vec::new(),
        }
    }

    /// A line through the points, in their order.
    ///
    /// # Panics
    /// When `xs` and `ys` have not equally many entries, as do all methods that take both.
    pub fn line(
        mut self,
        legend: &str,
        xs: impl IntoIterator<Item: Borrow<f64>>,
        ys: impl IntoIterator<Item: Borrow<f64>>,
    ) -> Self {
        let series = self.series(legend);
        // A second solid line differs from the first by more than its colour.
        let others = self.marks.iter().filter_map(|mark| match mark {
            &Mark::Line { series, dash, .. } if dash != DASHED => Some((series, dash)),
            _ => None,
        });
        let mut seen: Vec<(usize, u8)> = others.collect();
        seen.sort_unstable();
        seen.dedup_by_key(|&mut (series, _)| series);
        let dash = match seen.iter().find(|&&(other, _)| other == series) {
            Some(&(_, dash)) => dash,
            None => SOLID_DASHES[seen.len() % SOLID_DASHES.len()],
        };
        self.marks.push(Mark::Line { series, dash, points: pairs(xs, ys) });
        self
    }

    /// A dashed line, for what is compared with: a theory, a bound, the truth.
    pub fn dashed(
        mut self,
        legend: &str,
        xs: impl IntoIterator<Item: Borrow<f64>>,
        ys: impl IntoIterator<Item: Borrow<f64>>,
    ) -> Self {
        let series = self.series(legend);
        self.marks.push(Mark::Line { series, dash: DASHED, points: pairs(xs, ys) });
        self
    }

    /// A marker at each point.
    pub fn points(
        mut self,
        legend: &str,
        xs: impl IntoIterator<Item: Borrow<f64>>,
        ys: impl IntoIterator<Item: Borrow<f64>>,
    ) -> Self {
        let series = self.series(legend);
        self.marks.push(Mark::Points { series, points: pairs(xs, ys) });
        self
    }

    /// A bar from zero to each height, centred at its x.
    pub fn bars(
        mut self,
        legend: &str,
        xs: impl IntoIterator<Item: Borrow<f64>>,
        heights: impl IntoIterator<Item: Borrow<f64>>,
    ) -> Self {
        let series = self.series(legend);
        let points = pairs(xs, heights);
        let mut centres: Vec<f64> = points.iter().map(|p| p.0).filter(|x| x.is_finite()).collect();
        centres.sort_by(f64::total_cmp);
        let gaps = centres.windows(2).map(|pair| pair[1] - pair[0]).filter(|&gap| gap > 0.0);
        let width = 0.9 * gaps.min_by(f64::total_cmp).unwrap_or(1.0);
        self.marks.push(Mark::Bars { series, points, width });
        self
    }

    /// A shaded strip between `lows` and `highs`.
    pub fn band(
        mut self,
        legend: &str,
        xs: impl IntoIterator<Item: Borrow<f64>>,
        lows: impl IntoIterator<Item: Borrow<f64>>,
        highs: impl IntoIterator<Item: Borrow<f64>>,
    ) -> Self {
        let series = self.series(legend);
        let lows = pairs(xs, lows);
        let highs = pairs(lows.iter().map(|p| p.0), highs);
        self.marks.push(Mark::Band { series, lows, highs });
        self
    }

    /// A word inside the chart, beside the point.
    pub fn text(mut self, x: f64, y: f64, label: &str) -> Self {
        self.marks.push(Mark::Text { at: (x, y), text: label.to_owned() });
        self
    }

    /// A thin line across the chart at `x`.
    pub fn vertical(mut self, label: &str, x: f64) -> Self {
        self.marks.push(Mark::Vertical { at: x, text: label.to_owned() });
        self
    }

    /// A thin line across the chart at `y`.
    pub fn horizontal(mut self, label: &str, y: f64) -> Self {
        self.marks.push(Mark::Horizontal { at: y, text: label.to_owned() });
        self
    }

    /// A logarithmic x axis.
    pub fn log_x(mut self) -> Self {
        self.log.0 = true;
        self
    }

    /// A logarithmic y axis.
    pub fn log_y(mut self) -> Self {
        self.log.1 = true;
        self
    }

    /// Shows exactly the x from `lo` to `hi`; what is no range leaves the choice to the data.
    pub fn x_range(mut self, lo: f64, hi: f64) -> Self {
        self.ranges.0 = Some((lo, hi));
        self
    }

    /// Shows exactly the y from `lo` to `hi`; what is no range leaves the choice to the data.
    pub fn y_range(mut self, lo: f64, hi: f64) -> Self {
        self.ranges.1 = Some((lo, hi));
        self
    }

    /// A wide chart.
    pub fn wide(mut self) -> Self {
        self.size = (760.0, 300.0);
        self
    }

    /// A chart about as high as wide.
    pub fn square(mut self) -> Self {
        self.size = (460.0, 380.0);
        self
    }

    /// Prints the chart; `alt` says in words what it shows.
    pub fn show(self, alt: &str) {
        svg::show(&self.svg(alt));
    }

    /// The chart as the text of an SVG; `alt` says in words what it shows.
    pub fn svg(&self, alt: &str) -> String {
        self.render(alt, None)
    }

    /// The number of the series that `legend` names.
    fn series(&mut self, legend: &str) -> usize {
        if legend.is_empty() && !self.legends.is_empty() {
            let before = self.marks.iter().rev().find_map(Mark::series);
            return before.unwrap_or(0);
        }
        self.legends.iter().position(|known| known == legend).unwrap_or_else(|| {
            self.legends.push(legend.to_owned());
            self.legends.len() - 1
        })
    }

    fn axes(&self, backdrop: Option<&Backdrop>) -> (Axis, Axis) {
        let points = || self.marks.iter().flat_map(Mark::extent);
        let (x_values, y_values) = (points().filter_map(|p| p.0), points().filter_map(|p| p.1));
        if let Some(Backdrop { extent: (x, y), .. }) = backdrop {
            let none = std::iter::empty;
            return (
                Axis::new(none(), false, Some(*x), (0.0, 0.0), 6.0),
                Axis::new(none(), false, Some(*y), (0.0, 0.0), 6.0),
            );
        }
        // Bars stand on the axis.
        let bars = |sign: f64| {
            let mut heights = self.marks.iter().filter_map(|mark| match mark {
                Mark::Bars { points, .. } => Some(points),
                _ => None,
            });
            heights.next().is_some() && y_values.clone().all(|y| y.is_nan() || sign * y >= 0.0)
        };
        let pad = (if bars(1.0) { 0.0 } else { 0.05 }, if bars(-1.0) { 0.0 } else { 0.05 });
        let columns = self.size.0 / 90.0;
        (
            Axis::new(x_values, self.log.0, self.ranges.0, (0.03, 0.03), columns),
            Axis::new(y_values, self.log.1, self.ranges.1, pad, self.size.1 / 60.0),
        )
    }

    pub(super) fn sized(mut self, width: f64, height: f64) -> Self {
        self.size = (width, height);
        self
    }

    pub(super) fn render(&self, alt: &str, backdrop: Option<Backdrop>) -> String {
        let (x, y) = self.axes(backdrop.as_ref());
        let widest = |ticks: &[(f64, String)]| {
            ticks.iter().map(|(_, text)| text_width(text, SMALL)).fold(0.0, f64::max)
        };
        let left = 32.0 + widest(&y.ticks).max(14.0);
        let right = match &backdrop {
            Some(backdrop) if !backdrop.ticks.is_empty() => 46.0 + widest(&backdrop.ticks),
            _ => 22.0,
        };
        let title = wrap(&self.title, TITLE, self.size.0 - 24.0);
        let legend = self.legend_rows(self.size.0 - MARGIN - left - right);
        let title_height = 14.0 + 21.0 * title.len() as f64;
        let top =
            title_height + 20.0 * legend.len() as f64 + if legend.is_empty() { 2.0 } else { 8.0 };
        let size = (self.size.0, self.size.1 + top + 54.0);

        svg::document(size, &self.title, alt, |area, under| {
            for (row, line) in title.iter().enumerate() {
                let at = (MARGIN + left, 14.0 + 21.0 * row as f64);
                area.draw(&Text::new(
                    line.as_str(),
                    spot(at),
                    Ink::Text.text(TITLE, HPos::Left, VPos::Top),
                ))?;
            }
            for (row, entries) in legend.iter().enumerate() {
                let height = title_height + 20.0 * row as f64 + 10.0;
                for &(series, from) in entries {
                    self.draw_key(area, series, (MARGIN + left + from, height))?;
                }
            }

            let pixels = |length: f64| (PIXEL * length) as i32;
            let mut chart = ChartBuilder::on(area)
                .margin_top(pixels(top))
                .margin_left(pixels(MARGIN))
                .margin_right(pixels(right))
                .set_label_area_size(LabelAreaPosition::Left, pixels(left))
                .set_label_area_size(LabelAreaPosition::Bottom, pixels(54.0))
                .build_cartesian_2d(x.clone(), y.clone())?;
            let mut mesh = chart.configure_mesh();
            mesh.axis_style(Ink::Text.stroke(1.0, 0, 1.0))
                .bold_line_style(Ink::Grid.stroke(
                    1.0,
                    0,
                    if backdrop.is_some() { 0.0 } else { 1.0 },
                ))
                .light_line_style(TRANSPARENT)
                .set_all_tick_mark_size(pixels(4.0))
                .label_style(Ink::Text.text(SMALL, HPos::Left, VPos::Top))
                .axis_desc_style(Ink::Text.text(TEXT, HPos::Left, VPos::Top))
                .x_desc(&self.labels.0)
                .y_desc(&self.labels.1)
                .draw()?;

            let plane = chart.plotting_area();
            let view = View { x: &x, y: &y, map: &|at| plane.map_coordinate(&at) };
            if let Some(backdrop) = &backdrop {
                let (across, down) = plane.get_pixel_range();
                let bar = (across.end + pixels(12.0), across.end + pixels(26.0));
                let cells = ((across.start, down.start), (across.end, down.end));
                *under += &(backdrop.paint)(cells, ((bar.0, down.start), (bar.1, down.end)));
                for (fraction, text) in &backdrop.ticks {
                    let height = down.end - (fraction * f64::from(down.end - down.start)) as i32;
                    let style = Ink::Text.text(SMALL, HPos::Left, VPos::Center);
                    area.draw(&Text::new(text.as_str(), (bar.1 + pixels(6.0), height), style))?;
                }
            }
            let mut labels = 0;
            for mark in &self.marks {
                mark.draw(area, &view, backdrop.is_some(), &mut labels)?;
            }
            Ok(())
        })
    }

    /// The series of the legend, in rows no wider than `width`, each with where it begins.
    fn legend_rows(&self, width: f64) -> Vec<Vec<(usize, f64)>> {
        let mut rows: Vec<Vec<(usize, f64)>> = Vec::new();
        let mut end = f64::INFINITY;
        for (series, legend) in
            self.legends.iter().enumerate().filter(|(_, legend)| !legend.is_empty())
        {
            let entry = 28.0 + text_width(legend, SMALL);
            if end + entry > width {
                rows.push(Vec::new());
                end = 0.0;
            }
            if let Some(row) = rows.last_mut() {
                row.push((series, end));
            }
            end += entry + 18.0;
        }
        rows
    }

    /// A series as the legend shows it.
    fn draw_key(
        &self,
        area: &Area,
        series: usize,
        (x, y): (f64, f64),
    ) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
        let mut drawn = Vec::new();
        for mark in self.marks.iter().filter(|mark| mark.series() == Some(series)) {
            let kind = std::mem::discriminant(mark);
            if drawn.contains(&kind) {
                continue;
            }
            drawn.push(kind);
            let block = |opacity| {
                Rectangle::new(
                    [spot((x, y - 5.0)), spot((x + 22.0, y + 5.0))],
                    Ink::Series(series).fill(opacity),
                )
            };
            match mark {
                Mark::Line { dash, .. } => area.draw(&PathElement::new(
                    vec![spot((x, y)), spot((x + 22.0, y))],
                    Ink::Series(series).stroke(2.0, *dash, 1.0),
                ))?,
                Mark::Points { .. } => marker(area, spot((x + 11.0, y)), series, 3.5, 1.0)?,
                Mark::Bars { .. } => area.draw(&block(0.7))?,
                Mark::Band { .. } => area.draw(&block(0.22))?,
                _ => {}
            }
        }
        let style = Ink::Text.text(SMALL, HPos::Left, VPos::Center);
        area.draw(&Text::new(self.legends[series].as_str(), spot((x + 28.0, y)), style))
    }
}

/// Where coordinates lie on the sheet.
struct View<'a> {
    x: &'a Axis,
    y: &'a Axis,
    map: &'a dyn Fn((f64, f64)) -> Spot,
}

impl View<'_> {
    fn coordinates(&self, point: (f64, f64)) -> Option<(f64, f64)> {
        Some((self.x.coordinate(point.0)?, self.y.coordinate(point.1)?))
    }

    /// Where `point` lies, if in the chart.
    fn spot(&self, point: (f64, f64)) -> Option<Spot> {
        let (x, y) = self.coordinates(point)?;
        (self.x.shows(x) && self.y.shows(y)).then(|| (self.map)((x, y)))
    }

    /// The pieces of the line through `points` that lie in the chart.
    fn pieces(&self, points: &[(f64, f64)]) -> Vec<Vec<Spot>> {
        let mut pieces: Vec<Vec<Spot>> = Vec::new();
        let mut open = false;
        let mut before = None;
        for &point in points {
            let here = self.coordinates(point);
            let visible =
                before.zip(here).and_then(|(p, q)| clip_segment(p, q, self.x.range, self.y.range));
            match visible {
                Some((p, q)) => {
                    if !open || Some(p) != before {
                        pieces.push(vec![(self.map)(p)]);
                    }
                    if let Some(piece) = pieces.last_mut() {
                        piece.push((self.map)(q));
                    }
                    open = Some(q) == here;
                }
                None => open = false,
            }
            before = here;
        }
        pieces.iter().map(|piece| thin(piece)).collect()
    }
}

impl Mark {
    fn series(&self) -> Option<usize> {
        match self {
            Mark::Line { series, .. }
            | Mark::Points { series, .. }
            | Mark::Bars { series, .. }
            | Mark::Band { series, .. } => Some(*series),
            _ => None,
        }
    }

    /// The values that the axes should show.
    fn extent(&self) -> Vec<(Option<f64>, Option<f64>)> {
        let both = |&(x, y): &(f64, f64)| (Some(x), Some(y));
        match self {
            Mark::Line { points, .. } | Mark::Points { points, .. } => {
                points.iter().map(both).collect()
            }
            Mark::Bars { points, width, .. } => points
                .iter()
                .flat_map(|&(x, y)| [(x - width / 2.0, y), (x + width / 2.0, 0.0)])
                .map(|p| both(&p))
                .collect(),
            Mark::Band { lows, highs, .. } => lows.iter().chain(highs).map(both).collect(),
            Mark::Text { at, .. } => vec![both(at)],
            Mark::Vertical { at, .. } => vec![(Some(*at), None)],
            Mark::Horizontal { at, .. } => vec![(None, Some(*at))],
        }
    }

    /// Draws the mark; on a heat map with a rim of paper. `labels` counts the labelled vertical lines.
    fn draw(
        &self,
        area: &Area,
        view: &View,
        rim: bool,
        labels: &mut usize,
    ) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
        match self {
            Mark::Line { series, dash, points } => {
                for piece in view.pieces(points) {
                    if rim {
                        area.draw(&PathElement::new(
                            piece.clone(),
                            Ink::Paper.stroke(4.5, 0, 0.9),
                        ))?;
                    }
                    area.draw(&PathElement::new(
                        piece,
                        Ink::Series(*series).stroke(2.0, *dash, 1.0),
                    ))?;
                }
            }
            Mark::Points { series, points } => {
                let radius = if points.len() > 300 { 2.0 } else { 3.5 };
                let opacity = if points.len() > 60 { 0.6 } else { 0.85 };
                for at in points.iter().filter_map(|&point| view.spot(point)) {
                    if rim {
                        area.draw(&Circle::new(
                            at,
                            (PIXEL * (radius + 2.0)) as i32,
                            Ink::Paper.fill(0.9),
                        ))?;
                    }
                    marker(area, at, *series, radius, if rim { 1.0 } else { opacity })?;
                }
            }
            Mark::Bars { series, points, width } => {
                for &(x, y) in points {
                    let sides =
                        view.x.coordinate(x - width / 2.0).zip(view.x.coordinate(x + width / 2.0));
                    let (Some((left, right)), Some(top)) = (sides, view.y.coordinate(y)) else {
                        continue;
                    };
                    let foot = view.y.coordinate(0.0).unwrap_or(view.y.range.0);
                    let clamp = |v: f64, (lo, hi): (f64, f64)| v.clamp(lo, hi);
                    if right < view.x.range.0 || left > view.x.range.1 {
                        continue;
                    }
                    let corners = [
                        (view.map)((clamp(left, view.x.range), clamp(top.max(foot), view.y.range))),
                        (view.map)((
                            clamp(right, view.x.range),
                            clamp(top.min(foot), view.y.range),
                        )),
                    ];
                    area.draw(&Rectangle::new(corners, Ink::Series(*series).fill(0.7)))?;
                }
            }
            Mark::Band { series, lows, highs } => {
                let edges: Vec<_> = lows
                    .iter()
                    .zip(highs)
                    .map(|(&low, &high)| view.coordinates(low).zip(view.coordinates(high)))
                    .collect();
                for run in edges.split(Option::is_none) {
                    let low = run.iter().flatten().map(|edge| edge.0);
                    let high = run.iter().flatten().rev().map(|edge| edge.1);
                    let outline =
                        clip_polygon(low.chain(high).collect(), view.x.range, view.y.range);
                    if outline.len() > 2 {
                        let outline: Vec<Spot> = outline.into_iter().map(view.map).collect();
                        area.draw(&Polygon::new(outline, Ink::Series(*series).fill(0.22)))?;
                    }
                }
            }
            Mark::Text { at, text } => {
                if let Some((x, y)) = view.spot(*at) {
                    let (start, end) = (
                        (view.map)((view.x.range.0, view.y.range.0)).0,
                        (view.map)((view.x.range.1, view.y.range.0)).0,
                    );
                    let width = (PIXEL * (text_width(text, SMALL) + 8.0)) as i32;
                    let (h, shift) = if x + width > end && x - width > start {
                        (HPos::Right, -60)
                    } else {
                        (HPos::Left, 60)
                    };
                    let style = Ink::Label.text(SMALL, h, VPos::Bottom);
                    area.draw(&Text::new(text.as_str(), (x + shift, y - 20), style))?;
                }
            }
            Mark::Vertical { at, text } => {
                let Some(at) = view.x.coordinate(*at).filter(|&at| view.x.shows(at)) else {
                    return Ok(());
                };
                let (foot, head) =
                    ((view.map)((at, view.y.range.0)), (view.map)((at, view.y.range.1)));
                area.draw(&PathElement::new(vec![foot, head], Ink::Text.stroke(1.0, DASHED, 0.7)))?;
                if !text.is_empty() {
                    let end = (view.map)((view.x.range.1, view.y.range.0)).0;
                    let width = (PIXEL * (text_width(text, SMALL) + 8.0)) as i32;
                    let (h, shift) =
                        if head.0 + width > end { (HPos::Right, -50) } else { (HPos::Left, 50) };
                    let height = head.1 + 40 + 170 * *labels as i32;
                    let style = Ink::Label.text(SMALL, h, VPos::Top);
                    area.draw(&Text::new(text.as_str(), (head.0 + shift, height), style))?;
                    *labels += 1;
                }
            }
            Mark::Horizontal { at, text } => {
                let Some(at) = view.y.coordinate(*at).filter(|&at| view.y.shows(at)) else {
                    return Ok(());
                };
                let (start, end) =
                    ((view.map)((view.x.range.0, at)), (view.map)((view.x.range.1, at)));
                area.draw(&PathElement::new(vec![start, end], Ink::Text.stroke(1.0, DASHED, 0.7)))?;
                if !text.is_empty() {
                    let top = (view.map)((view.x.range.0, view.y.range.1)).1;
                    let (v, shift) =
                        if end.1 - top < 180 { (VPos::Top, 30) } else { (VPos::Bottom, -30) };
                    let style = Ink::Label.text(SMALL, HPos::Right, v);
                    area.draw(&Text::new(text.as_str(), (end.0 - 40, end.1 + shift), style))?;
                }
            }
        }
        Ok(())
    }
}

/// The marker of a series: its shape tells it apart where colour does not.
fn marker(
    area: &Area,
    (x, y): Spot,
    series: usize,
    radius: f64,
    opacity: f64,
) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    let r = (PIXEL * radius) as i32;
    let fill = Ink::Series(series).fill(opacity);
    let stroke = Ink::Series(series).stroke(1.8, 0, opacity);
    match series % 6 {
        0 => area.draw(&Circle::new((x, y), r, fill)),
        1 => area.draw(&Polygon::new(
            vec![(x, y - 13 * r / 10), (x - 12 * r / 10, y + r), (x + 12 * r / 10, y + r)],
            fill,
        )),
        2 => area.draw(&Rectangle::new([(x - r, y - r), (x + r, y + r)], fill)),
        3 => {
            let d = 14 * r / 10;
            area.draw(&Polygon::new(vec![(x, y - d), (x + d, y), (x, y + d), (x - d, y)], fill))
        }
        4 => {
            area.draw(&PathElement::new(vec![(x - r, y - r), (x + r, y + r)], stroke))?;
            area.draw(&PathElement::new(vec![(x - r, y + r), (x + r, y - r)], stroke))
        }
        _ => {
            area.draw(&PathElement::new(vec![(x - r, y), (x + r, y)], stroke))?;
            area.draw(&PathElement::new(vec![(x, y - r), (x, y + r)], stroke))
        }
    }
}

/// Pixels to units of the sheet.
fn spot((x, y): (f64, f64)) -> Spot {
    ((PIXEL * x) as i32, (PIXEL * y) as i32)
}

fn pairs(
    xs: impl IntoIterator<Item: Borrow<f64>>,
    ys: impl IntoIterator<Item: Borrow<f64>>,
) -> Vec<(f64, f64)> {
    let (mut xs, mut ys) = (xs.into_iter(), ys.into_iter());
    let mut points = Vec::new();
    loop {
        match (xs.next(), ys.next()) {
            (Some(x), Some(y)) => points.push((*x.borrow(), *y.borrow())),
            (None, None) => return points,
            (x, _) => panic!(
                "a series needs a y for each x, but after {} pairs only {} are left",
                points.len(),
                if x.is_some() { "xs" } else { "ys" }
            ),
        }
    }
}

/// Within half a pixel's width, a line keeps its first, lowest, highest and last point: a long series stays
/// a small picture and looks the same.
fn thin(points: &[Spot]) -> Vec<Spot> {
    let column = |p: &Spot| p.0.div_euclid(5);
    let mut kept = Vec::new();
    for run in points.chunk_by(|a, b| column(a) == column(b)) {
        let extreme = |sign: i32| (0..run.len()).max_by_key(|&i| sign * run[i].1).unwrap_or(0);
        let mut keep = [0, extreme(1), extreme(-1), run.len() - 1];
        keep.sort_unstable();
        let mut last = None;
        for i in keep {
            if last != Some(i) {
                kept.push(run[i]);
            }
            last = Some(i);
        }
    }
    kept
}

/// The part of the segment `p` to `q` in a rectangle (Liang and Barsky).
fn clip_segment(
    p: (f64, f64),
    q: (f64, f64),
    x: (f64, f64),
    y: (f64, f64),
) -> Option<((f64, f64), (f64, f64))> {
    let d = (q.0 - p.0, q.1 - p.1);
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (step, room) in [(-d.0, p.0 - x.0), (d.0, x.1 - p.0), (-d.1, p.1 - y.0), (d.1, y.1 - p.1)] {
        if step == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if step < 0.0 {
            enter = enter.max(room / step);
        } else {
            leave = leave.min(room / step);
        }
    }
    // The ends themselves when they are inside: the next segment joins on by equality.
    let at = |t: f64| (p.0 + t * d.0, p.1 + t * d.1);
    let ends = (if enter == 0.0 { p } else { at(enter) }, if leave == 1.0 { q } else { at(leave) });
    (enter <= leave).then_some(ends)
}

/// The part of a polygon in a rectangle (Sutherland and Hodgman).
fn clip_polygon(mut points: Vec<(f64, f64)>, x: (f64, f64), y: (f64, f64)) -> Vec<(f64, f64)> {
    type Side<'a> = &'a dyn Fn((f64, f64)) -> f64;
    let sides: [Side; 4] = [&|p| p.0 - x.0, &|p| x.1 - p.0, &|p| p.1 - y.0, &|p| y.1 - p.1];
    for room in sides {
        let mut kept = Vec::new();
        for (i, &q) in points.iter().enumerate() {
            let p = points[(i + points.len() - 1) % points.len()];
            let (a, b) = (room(p), room(q));
            if (a < 0.0) != (b < 0.0) {
                let t = a / (a - b);
                kept.push((p.0 + t * (q.0 - p.0), p.1 + t * (q.1 - p.1)));
            }
            if b >= 0.0 {
                kept.push(q);
            }
        }
        points = kept;
    }
    points
}
