//! Figures in pixels: when two of them show the same, and the picture for viewers that do not show SVG.
//!
//! A figure is drawn by `usvg`, which takes it apart, and `tiny-skia`, which fills and strokes; both calculate in
//! portable arithmetic, and the typeface comes along, so that a picture has the same bytes on every machine.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, LazyLock},
};

use anyhow::{Context, Result, bail};
use regex::{Captures, Regex};
use tiny_skia::{FillRule, Mask, Paint, Pixmap, Transform};
use usvg::{
    FillRule as Rule, Group, Node, PaintOrder, ShapeRendering, Tree, fontdb::Database,
    roxmltree::Document,
};

/// How far a stroke, a marker or a label of a figure may move, in pixels of its nominal size.
pub const REACH: f64 = 2.0;

/// Dots a pixel when two figures are compared.
const FINE: usize = 2;

/// What is within [`REACH`], in dots: a shape's edge falls on either side of a dot's middle.
const REACH_IN_DOTS: f64 = REACH * FINE as f64 + 0.5;

/// Neighbours on a figure's scales of colour are this far apart at most in Oklab, or in opacity; those that are two
/// levels apart, farther (a map has 65 levels, a gallery 32 greys).
const LEVEL: (f64, f64) = (0.017, 0.04);

/// Of a map's area, the share that may take the colour of the cell beside it: one cell in 400. So no cell of a small
/// image may, and of a map with a hundred rows and columns, 25 cells on the borders of its regions.
const STRAY: usize = 400;

/// What a figure is made of.
const ELEMENTS: [&str; 10] =
    ["svg", "title", "g", "path", "line", "polyline", "polygon", "rect", "circle", "text"];

/// How much of a picture may be stored, in bytes.
pub const PICTURE: usize = 30_000;

static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(include_bytes!("../font/figure-sans.ttf").to_vec());
    fonts.set_sans_serif_family("Figure Sans");
    Arc::new(fonts)
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap_or_else(|error| unreachable!("{error}"))
}

/// A word in a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// What it says.
    pub text: String,
    /// Where it stands and how it is turned, in pixels and degrees.
    at: Vec<f64>,
    /// Its other attributes.
    style: BTreeMap<String, String>,
}

/// A figure, taken apart.
pub struct Figure {
    /// Its title.
    pub title: String,
    /// What it shows, in words.
    pub description: String,
    /// Its words, in the order in which they are drawn.
    pub labels: Vec<Label>,
    /// Its nominal size in pixels.
    size: (usize, usize),
    /// The units of the drawing in a pixel.
    unit: f64,
    /// The whole figure as SVG that needs no style sheet.
    svg: String,
}

impl Figure {
    /// Takes the text of an SVG apart.
    ///
    /// # Errors
    /// When it is no SVG, or one that cannot be drawn as it is meant.
    pub fn parse(svg: &str) -> Result<Self> {
        static WIDTH: LazyLock<Regex> = LazyLock::new(|| regex(r"max-width:\s*([\d.]+)px"));
        static VIEW: LazyLock<Regex> =
            LazyLock::new(|| regex(r#"^<svg [^>]*viewBox="0 0 ([\d.]+) ([\d.]+)""#));
        static STYLE: LazyLock<Regex> = LazyLock::new(|| regex(r#" style="[^"]*""#));
        static VARIABLE: LazyLock<Regex> =
            LazyLock::new(|| regex(r"var\(\s*--[\w-]+\s*,\s*([^()]*)\)"));
        let number = |found: Option<Captures>, k: usize| -> Option<f64> { found?[k].parse().ok() };
        let view = |k: usize| number(VIEW.captures(svg), k).context("a figure without a viewBox");
        let (width, height) = (view(1)?, view(2)?);
        let unit = width / number(WIDTH.captures(svg), 1).unwrap_or(width);
        let svg = VARIABLE.replace_all(svg, "$1");
        let svg = thin_strokes(&STYLE.replace(&svg, ""), unit)?;
        let document = Document::parse(&svg).context("a figure that is no SVG")?;
        let root = document.root_element();
        let mut elements = document.descendants().filter(|node| node.is_element());
        if let Some(other) = elements.find(|node| !ELEMENTS.contains(&node.tag_name().name())) {
            bail!("a figure with `<{}>`: no such thing is drawn here", other.tag_name().name());
        }
        let size = ((width / unit).round() as usize, (height / unit).round() as usize);
        if !(1..=4000).contains(&size.0) || !(1..=4000).contains(&size.1) {
            bail!("a figure of {} by {} pixels", size.0, size.1);
        }
        let title = root.children().find(|child| child.has_tag_name("title"));
        let title = title.and_then(|title| title.text()).unwrap_or_default().trim().to_owned();
        let description = root.attribute("aria-label").unwrap_or_default().to_owned();
        let words = document.descendants().filter(|node| node.has_tag_name("text"));
        let labels = words
            .map(|node| {
                let text: String =
                    node.descendants().filter(|n| n.is_text()).filter_map(|n| n.text()).collect();
                let (mut at, mut style) = (Vec::new(), BTreeMap::new());
                for attribute in node.attributes() {
                    match attribute.name() {
                        "x" | "y" => {
                            at.push(attribute.value().parse().map_or(f64::NAN, |v: f64| v / unit))
                        }
                        "transform" => at.extend(turned(attribute.value(), unit)),
                        name => {
                            style.insert(name.to_owned(), attribute.value().to_owned());
                        }
                    }
                }
                Label { text: text.trim().to_owned(), at, style }
            })
            .collect();
        drop(document);
        Ok(Self { title, description, labels, size, unit, svg })
    }

    /// Where the drawing of `other` differs from this one by more than a machine's rounding explains; what the labels
    /// say is compared by the caller. `None` when the drawings agree.
    ///
    /// What is drawn with one pen (a stroke's or a fill's colour, opacity, width and dashes) is a layer. Every dot of
    /// a layer must have a dot of the same layer of the other figure within [`REACH`], and the other way round. So it
    /// does not matter which of two shapes of one pen lies where, nor how often they overlap. A map is one layer, and
    /// a dot of it must have one within reach whose colour is the same or a neighbour on the scale; of a map with
    /// many cells a few may lie one cell off.
    pub fn difference(&self, other: &Self) -> Option<String> {
        if self.size != other.size {
            let [(w, h), (v, i)] = [other.size, self.size];
            return Some(format!("{w} by {h} pixels, not {v} by {i}"));
        }
        if self.labels.len() != other.labels.len() {
            return Some(format!("{} labels, not {}", other.labels.len(), self.labels.len()));
        }
        let mut pairs = self.labels.iter().zip(&other.labels);
        if let Some((here, _)) = pairs.find(|(here, there)| !here.agrees(there)) {
            return Some(format!("the label `{}` stands elsewhere or looks otherwise", here.text));
        }
        let [here, there] = match [self, other].map(Figure::layers) {
            [Ok(here), Ok(there)] => [here, there],
            [Err(error), _] | [_, Err(error)] => return Some(format!("{error:#}")),
        };
        here.difference(&there)
    }

    /// What is drawn, without the words, pen by pen.
    fn layers(&self) -> Result<Layers> {
        static WORDS: LazyLock<Regex> = LazyLock::new(|| regex(r"(?s)<text\b.*?</text>"));
        let tree = tree(&WORDS.replace_all(&self.svg, ""))?;
        let size = (self.size.0 * FINE, self.size.1 * FINE);
        let mut layers = Layers {
            size,
            pens: Vec::new(),
            masks: Vec::new(),
            maps: Vec::new(),
            colours: Vec::new(),
            cells: vec![0; size.0 * size.1],
        };
        let dots = FINE as f64 / self.unit;
        layers.add(tree.root(), 1.0, self.fit(&tree, FINE as f64), dots)?;
        Ok(layers)
    }

    /// From the drawing to a picture with `dots` dots a pixel.
    fn fit(&self, tree: &Tree, dots: f64) -> Transform {
        let scale = self.size.0 as f64 * dots / f64::from(tree.size().width());
        Transform::from_scale(scale as f32, scale as f32)
    }

    /// The figure as a PNG of its nominal size, of at most [`PICTURE`] bytes.
    ///
    /// # Errors
    /// When it cannot be drawn, has a character that the typeface lacks, or does not fit.
    pub fn png(&self) -> Result<Vec<u8>> {
        let tree = tree(&self.svg)?;
        let mut drawn = BTreeSet::new();
        characters(tree.root(), &mut drawn);
        let mut wanted = self.labels.iter().flat_map(|label| label.text.chars());
        if let Some(lacking) = wanted.find(|c| !c.is_whitespace() && !drawn.contains(c)) {
            bail!("the typeface of the figures' pictures lacks `{lacking}`");
        }
        let (width, height) = (self.size.0 as u32, self.size.1 as u32);
        let mut picture = Pixmap::new(width, height).context("a figure without extent")?;
        picture.fill(tiny_skia::Color::WHITE);
        draw(tree.root(), 1.0, self.fit(&tree, 1.0), &mut picture)?;
        let pixels: Vec<[u8; 3]> =
            picture.pixels().iter().map(|p| [p.red(), p.green(), p.blue()]).collect();
        // A figure of many shades does with fewer of them rather than with none.
        for shades in [256, 128, 64, 48, 32, 24, 16, 12, 8] {
            let bytes = encode((width, height), &pixels, shades)?;
            if bytes.len() <= PICTURE {
                return Ok(bytes);
            }
        }
        bail!("the picture of “{}” takes more than {PICTURE} bytes", self.title)
    }
}

impl Label {
    fn agrees(&self, other: &Self) -> bool {
        let near = |(a, b): (&f64, &f64)| (a - b).abs() <= REACH * (1.0 + 1e-9);
        self.style == other.style
            && self.at.len() == other.at.len()
            && self.at.iter().zip(&other.at).all(near)
    }
}

/// The angle and the centre, in pixels, of `rotate(angle, x, y)`; what is no number becomes NaN, which is near nothing.
/// An angle counts a thousandfold: a label turns by no degree.
fn turned(transform: &str, unit: f64) -> Vec<f64> {
    let inside = transform.trim().strip_prefix("rotate(").and_then(|rest| rest.strip_suffix(')'));
    let numbers = inside.unwrap_or(transform).split([',', ' ']).filter(|part| !part.is_empty());
    let numbers = numbers.map(|part| part.parse::<f64>().unwrap_or(f64::NAN));
    numbers.enumerate().map(|(k, v)| if k == 0 { 1000.0 * v } else { v / unit }).collect()
}

/// `usvg` knows no `vector-effect`: strokes that a stretched inner drawing must not widen are lifted out of it and
/// get the pixel that they ask for.
fn thin_strokes(svg: &str, unit: f64) -> Result<String> {
    static INNER: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r#"(?s)<svg x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)" viewBox="0 0 (\d+) (\d+)"[^>]*>.*?</svg>"#,
        )
    });
    static STROKE: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r#"<path ([^>]*) vector-effect="non-scaling-stroke" shape-rendering="auto" d="([ML\d. ]*)"/>\n?"#,
        )
    });
    static POINT: LazyLock<Regex> = LazyLock::new(|| regex(r"([ML])([\d.]+) ([\d.]+)"));
    if !svg.contains("vector-effect") {
        return Ok(svg.to_owned());
    }
    let svg = INNER.replace_all(svg, |inner: &Captures| {
        let number = |k: usize| inner[k].parse::<f64>().unwrap_or(f64::NAN);
        let scale = (number(3) / number(5), number(4) / number(6));
        let mut lifted = String::new();
        let kept = STROKE.replace_all(&inner[0], |stroke: &Captures| {
            let path = POINT.replace_all(&stroke[2], |point: &Captures| {
                let at = |k: usize| point[k].parse::<f64>().unwrap_or(f64::NAN);
                let (x, y) = (number(1) + scale.0 * at(2), number(2) + scale.1 * at(3));
                format!("{}{x:.1} {y:.1}", &point[1])
            });
            lifted += &format!("\n<path {} stroke-width=\"{unit}\" d=\"{path}\"/>", &stroke[1]);
            String::new()
        });
        kept.into_owned() + &lifted
    });
    if svg.contains("vector-effect") {
        bail!("a figure has a `vector-effect` other than thin contours in a map");
    }
    Ok(svg.into_owned())
}

fn tree(svg: &str) -> Result<Tree> {
    let options = usvg::Options {
        fontdb: FONTS.clone(),
        font_family: "Figure Sans".to_owned(),
        shape_rendering: ShapeRendering::GeometricPrecision,
        ..usvg::Options::default()
    };
    Tree::from_str(svg, &options).context("a figure that cannot be drawn")
}

fn rule(rule: Rule) -> FillRule {
    match rule {
        Rule::NonZero => FillRule::Winding,
        Rule::EvenOdd => FillRule::EvenOdd,
    }
}

/// The colour of a paint; figures know no others.
fn solid(paint: &usvg::Paint) -> Result<[u8; 3]> {
    match paint {
        usvg::Paint::Color(colour) => Ok([colour.red, colour.green, colour.blue]),
        _ => bail!("a gradient or a pattern in a figure"),
    }
}

/// The characters for which the typeface has a glyph.
fn characters(group: &Group, drawn: &mut BTreeSet<char>) {
    for node in group.children() {
        match node {
            Node::Group(group) => characters(group, drawn),
            Node::Text(text) => {
                let glyphs = text.layouted().iter().flat_map(|span| &span.positioned_glyphs);
                let known = glyphs.filter(|glyph| glyph.id.0 != 0);
                drawn.extend(known.flat_map(|glyph| glyph.text.chars()));
            }
            _ => {}
        }
    }
}

/// Draws a group. Opacities are multiplied down: no figure has a half transparent shape with a fill and a stroke, nor
/// a half transparent group.
fn draw(group: &Group, opacity: f32, fit: Transform, picture: &mut Pixmap) -> Result<()> {
    let opacity = opacity * group.opacity().get();
    for node in group.children() {
        let path = match node {
            Node::Group(group) => {
                draw(group, opacity, fit, picture)?;
                continue;
            }
            Node::Text(text) => {
                draw(text.flattened(), opacity, fit, picture)?;
                continue;
            }
            Node::Image(_) => bail!("an image in a figure"),
            Node::Path(path) => path,
        };
        let place = path.abs_transform().post_concat(fit);
        let pen = |paint: &usvg::Paint, own: f32| -> Result<Paint<'static>> {
            let [r, g, b] = solid(paint)?;
            let mut pen = Paint {
                anti_alias: path.rendering_mode().use_shape_antialiasing(),
                ..Paint::default()
            };
            pen.set_color_rgba8(r, g, b, (255.0 * own * opacity).round() as u8);
            Ok(pen)
        };
        let strokes_first = path.paint_order() == PaintOrder::StrokeAndFill;
        for turn in [strokes_first, !strokes_first] {
            if turn && let Some(stroke) = path.stroke() {
                let pen = pen(stroke.paint(), stroke.opacity().get())?;
                picture.stroke_path(path.data(), &pen, &stroke.to_tiny_skia(), place, None);
            }
            if !turn && let Some(fill) = path.fill() {
                let pen = pen(fill.paint(), fill.opacity().get())?;
                picture.fill_path(path.data(), &pen, rule(fill.rule()), place, None);
            }
        }
    }
    Ok(())
}

/// A PNG with a palette of at most `shades` colours; every other becomes the nearest of them. Each colour of the
/// palette is the one that the pixels miss most, by their number and their distance from those before it.
fn encode(size: (u32, u32), pixels: &[[u8; 3]], shades: usize) -> Result<Vec<u8>> {
    let mut counts: BTreeMap<[u8; 3], u64> = BTreeMap::new();
    for pixel in pixels {
        *counts.entry(*pixel).or_default() += 1;
    }
    // A colour, its pixels, the nearest of the palette and its squared distance.
    let mut colours: Vec<_> = counts.iter().map(|(c, n)| (*c, *n, 0, 1 << 20)).collect();
    let mut palette: Vec<[u8; 3]> = Vec::new();
    while palette.len() < shades {
        let missed = colours.iter().max_by_key(|(_, n, _, distance)| n * distance);
        let Some(&(next, ..)) = missed.filter(|missed| missed.3 > 0) else { break };
        for (colour, _, nearest, distance) in &mut colours {
            let squares = colour.iter().zip(&next).map(|(&a, &b)| u64::from(a.abs_diff(b)).pow(2));
            let here = squares.sum();
            if here < *distance {
                (*nearest, *distance) = (palette.len() as u8, here);
            }
        }
        palette.push(next);
    }
    let index: HashMap<[u8; 3], u8> =
        colours.iter().map(|&(colour, _, nearest, _)| (colour, nearest)).collect();
    let depth = if palette.len() <= 16 { 4 } else { 8 };
    let mut rows = Vec::with_capacity(pixels.len());
    for row in pixels.chunks(size.0 as usize) {
        if depth == 8 {
            rows.extend(row.iter().map(|pixel| index[pixel]));
        } else {
            let pair =
                |pair: &[[u8; 3]]| index[&pair[0]] << 4 | pair.get(1).map_or(0, |p| index[p]);
            rows.extend(row.chunks(2).map(pair));
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, size.0, size.1);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(if depth == 8 { png::BitDepth::Eight } else { png::BitDepth::Four });
    encoder.set_palette(palette.concat());
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    encoder.write_header()?.write_image_data(&rows)?;
    Ok(bytes)
}

/// What shapes are drawn with.
#[derive(Clone, Debug, PartialEq)]
struct Pen {
    colour: [u8; 3],
    opacity: f32,
    /// The width and the dashes of a stroke, in dots; none for a fill.
    stroke: Option<(i32, Vec<i32>)>,
}

/// A colour of a map.
#[derive(Clone, Debug, PartialEq)]
struct Shade {
    map: usize,
    colour: [u8; 3],
    opacity: f32,
}

/// What is drawn, each pen for itself, so that nothing is hidden.
struct Layers {
    /// In dots.
    size: (usize, usize),
    /// In the order of their first use.
    pens: Vec<Pen>,
    masks: Vec<Mask>,
    /// Where each map lies, and the size of its cells.
    maps: Vec<Transform>,
    colours: Vec<Shade>,
    /// For each dot, 1 + the index of its colour, or 0.
    cells: Vec<u16>,
}

impl Layers {
    fn add(&mut self, group: &Group, opacity: f32, fit: Transform, dots: f64) -> Result<()> {
        let opacity = opacity * group.opacity().get();
        for node in group.children() {
            let path = match node {
                Node::Group(group) => {
                    self.add(group, opacity, fit, dots)?;
                    continue;
                }
                Node::Path(path) => path,
                Node::Image(_) | Node::Text(_) => bail!("an image in a figure"),
            };
            let place = path.abs_transform().post_concat(fit);
            if let Some(fill) = path.fill() {
                let (colour, opacity) = (solid(fill.paint())?, fill.opacity().get() * opacity);
                if path.rendering_mode() == ShapeRendering::CrispEdges {
                    let mask = self.mask(path.data(), rule(fill.rule()), place);
                    self.add_cells(colour, opacity, place, &mask)?;
                } else {
                    let pen = Pen { colour, opacity, stroke: None };
                    self.add_shape(pen, path.data(), rule(fill.rule()), place);
                }
            }
            if let Some(stroke) = path.stroke() {
                let (colour, opacity) = (solid(stroke.paint())?, stroke.opacity().get() * opacity);
                let round = |length: f32| (f64::from(length) * dots * 10.0).round() as i32;
                let dashes =
                    stroke.dasharray().unwrap_or_default().iter().map(|&d| round(d)).collect();
                let pen =
                    Pen { colour, opacity, stroke: Some((round(stroke.width().get()), dashes)) };
                let mut outline = stroke.to_tiny_skia();
                let dashed = outline.dash.take().and_then(|dash| path.data().dash(&dash, 1.0));
                let line = dashed.as_ref().unwrap_or(path.data());
                if let Some(outline) = line.stroke(&outline, dots as f32) {
                    self.add_shape(pen, &outline, FillRule::Winding, place);
                }
            }
        }
        Ok(())
    }

    fn mask(&self, path: &tiny_skia::Path, rule: FillRule, place: Transform) -> Mask {
        let mut mask = Mask::new(self.size.0 as u32, self.size.1 as u32)
            .unwrap_or_else(|| unreachable!("a figure has an extent"));
        mask.fill_path(path, rule, false, place);
        mask
    }

    fn add_shape(&mut self, pen: Pen, path: &tiny_skia::Path, rule: FillRule, place: Transform) {
        let index = self.pens.iter().position(|known| *known == pen).unwrap_or_else(|| {
            self.pens.push(pen);
            let mask = Mask::new(self.size.0 as u32, self.size.1 as u32);
            self.masks.push(mask.unwrap_or_else(|| unreachable!("a figure has an extent")));
            self.masks.len() - 1
        });
        self.masks[index].fill_path(path, rule, false, place);
    }

    fn add_cells(
        &mut self,
        colour: [u8; 3],
        opacity: f32,
        place: Transform,
        mask: &Mask,
    ) -> Result<()> {
        let map = self.maps.iter().position(|known| *known == place).unwrap_or_else(|| {
            self.maps.push(place);
            self.maps.len() - 1
        });
        let shade = Shade { map, colour, opacity };
        let index = self.colours.iter().position(|known| *known == shade).unwrap_or_else(|| {
            self.colours.push(shade);
            self.colours.len() - 1
        });
        let index = u16::try_from(index + 1).context("a figure with too many colours")?;
        for (cell, &inside) in self.cells.iter_mut().zip(mask.data()) {
            if inside > 0 {
                *cell = index;
            }
        }
        Ok(())
    }

    fn difference(&self, other: &Self) -> Option<String> {
        for (pens, others, fate) in
            [(&self.pens, &other.pens, "no longer drawn"), (&other.pens, &self.pens, "new")]
        {
            if let Some(pen) = pens.iter().find(|pen| !others.contains(pen)) {
                return Some(format!("{} is {fate}", pen.words()));
            }
        }
        if self.pens != other.pens {
            return Some("its parts are drawn in another order".to_owned());
        }
        for ((pen, here), there) in self.pens.iter().zip(&self.masks).zip(&other.masks) {
            for (a, b, fate) in [(here, there, "is no longer drawn"), (there, here, "is new")] {
                if let Some((x, y)) = self.unmatched(a, b) {
                    return Some(format!("{} {fate} at ({x}, {y})", pen.words()));
                }
            }
        }
        if self.maps.len() != other.maps.len() {
            return Some(format!("{} maps, not {}", other.maps.len(), self.maps.len()));
        }
        self.map_difference(other).or_else(|| other.map_difference(self))
    }

    /// A dot of `here`, in pixels, that has no dot of `there` within reach.
    fn unmatched(&self, here: &Mask, there: &Mask) -> Option<(usize, usize)> {
        let (here, there) = (here.data(), there.data());
        let mut dots = (0..here.len()).filter(|&dot| here[dot] > 0 && there[dot] == 0);
        let lone =
            dots.find(|&dot| !self.any_within(dot, REACH_IN_DOTS, |near| there[near] > 0))?;
        Some((lone % self.size.0 / FINE, lone / self.size.0 / FINE))
    }

    /// Whether a dot within `reach` of `dot` satisfies `wanted`.
    fn any_within(&self, dot: usize, reach: f64, wanted: impl Fn(usize) -> bool) -> bool {
        let (width, height) = self.size;
        let (x, y) = (dot % width, dot / width);
        let steps = reach as usize;
        let span = |at: usize, end: usize| at.saturating_sub(steps)..(at + steps + 1).min(end);
        span(y, height).any(|row| {
            span(x, width).any(|column| {
                let (dx, dy) = (column.abs_diff(x) as f64, row.abs_diff(y) as f64);
                dx * dx + dy * dy <= reach * reach && wanted(row * width + column)
            })
        })
    }

    /// Where a map of `self` has a colour that the same map of `other` has nowhere near.
    fn map_difference(&self, other: &Self) -> Option<String> {
        let shade = |layers: &Self, dot: usize| -> Option<Shade> {
            let index = usize::from(layers.cells[dot]).checked_sub(1)?;
            Some(layers.colours[index].clone())
        };
        // Every pair of colours is judged once.
        let pairs: Vec<Vec<bool>> = self
            .colours
            .iter()
            .map(|a| {
                let paper = [f64::from(a.opacity) <= LEVEL.1];
                paper.into_iter().chain(other.colours.iter().map(|b| a.near(b))).collect()
            })
            .collect();
        let mut areas = vec![0; self.maps.len()];
        let mut strays = vec![0; self.maps.len()];
        for dot in 0..self.cells.len() {
            let Some(index) = usize::from(self.cells[dot]).checked_sub(1) else { continue };
            let map = self.colours[index].map;
            areas[map] += 1;
            let near = |near: usize| pairs[index][usize::from(other.cells[near])];
            if near(dot) || self.any_within(dot, REACH_IN_DOTS, near) {
                continue;
            }
            strays[map] += 1;
            let cell = f64::from(self.maps[map].sx.max(self.maps[map].sy));
            if !self.any_within(dot, REACH_IN_DOTS + cell, near) {
                let (x, y) = (dot % self.size.0 / FINE, dot / self.size.0 / FINE);
                let [now, was] = [(other, dot), (self, dot)]
                    .map(|(l, d)| shade(l, d).map_or("paper".to_owned(), |s| s.words()));
                return Some(format!("a map has {now} at ({x}, {y}) where another has {was}"));
            }
        }
        let too_many = (0..areas.len()).find(|&map| strays[map] * STRAY > areas[map])?;
        let share = 100.0 * strays[too_many] as f64 / areas[too_many] as f64;
        Some(format!("a map has other colours on {share:.1} % of its area"))
    }
}

fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02X}{g:02X}{b:02X}")
}

impl Pen {
    fn words(&self) -> String {
        let kind = if self.stroke.is_some() { "a line" } else { "a shape" };
        format!("{kind} of colour {}", hex(self.colour))
    }
}

impl Shade {
    /// Whether the colours are the same or neighbours on a scale, in the same map.
    fn near(&self, other: &Self) -> bool {
        let (a, b) = (f64::from(self.opacity), f64::from(other.opacity));
        let opacity = if self.colour == other.colour { (a - b).abs() } else { a + b };
        let alike = || {
            let [p, q] = [oklab(self.colour), oklab(other.colour)];
            a == b && p.iter().zip(&q).map(|(p, q)| (p - q).powi(2)).sum::<f64>() <= LEVEL.0.powi(2)
        };
        self.map == other.map && (opacity <= LEVEL.1 || alike())
    }

    fn words(&self) -> String {
        format!("{} at {:.0} %", hex(self.colour), 100.0 * self.opacity)
    }
}

/// A colour in Oklab (B. Ottosson, 2020), where equal distances look equal.
fn oklab(colour: [u8; 3]) -> [f64; 3] {
    let [r, g, b] = colour.map(|channel| {
        let v = f64::from(channel) / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    });
    let l = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b).cbrt();
    let m = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b).cbrt();
    let s = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b).cbrt();
    [
        0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
        1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
        0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
    ]
}
