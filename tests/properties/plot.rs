//! The text of a figure's SVG: where things lie, that nothing is left over, and that no data makes it panic.

use downhill::plot::{Figure, Gallery, Heatmap};
use ndarray::{Array2, array};
use proptest::prelude::*;

/// The numbers in an attribute of every element called `tag`.
fn attribute(svg: &str, tag: &str, name: &str) -> Vec<f64> {
    svg.split(&format!("<{tag} "))
        .skip(1)
        .map(|element| {
            let element = element.split('>').next().unwrap();
            let value = element
                .split(&format!(" {name}=\""))
                .nth(1)
                .or(element.strip_prefix(&format!("{name}=\"")));
            value.unwrap().split('"').next().unwrap().parse().unwrap()
        })
        .collect()
}

fn example() -> Figure {
    Figure::new("A <title> & more", "x [m]", "y [\"s\"]")
        .points("data", [0.0, 1.0, 2.0], [0.0, 1.0, 4.0])
        .line("fit", [0.0, 2.0], [0.0, 4.0])
        .line("other", [0.0, 2.0], [1.0, 1.0])
        .band("", [0.0, 2.0], [0.5, 0.5], [1.5, 1.5])
        .bars("bars", [0.0, 1.0, 2.0], [1.0, 2.0, 3.0])
        .text(1.0, 1.0, "here & now")
        .vertical("<v>", 1.0)
        .horizontal("h", 2.0)
}

fn pictures() -> [String; 3] {
    let values = Array2::from_shape_fn((8, 9), |(i, j)| (i as f64 - 3.0) * (j as f64 - 4.0));
    [
        example().svg("alt"),
        Heatmap::new("Map", "x", "y", &values, (0.0, 8.0), (0.0, 7.0))
            .diverging()
            .contours()
            .svg("alt"),
        Gallery::new("Images")
            .image("one", &values)
            .image("two", &array![[f64::NAN, 1.0]])
            .svg("alt"),
    ]
}

#[test]
fn the_same_figure_has_the_same_bytes() {
    assert_eq!(pictures(), pictures());
}

/// Every colour is a variable with a fallback, or one of a heat map's fixed colours; ids would clash on a page.
#[test]
fn colours_are_variables_and_nothing_has_an_id() {
    for svg in pictures() {
        assert!(!svg.contains("\"#01"), "a stand-in is left: {svg}");
        assert!(!svg.contains("\"#"), "a colour is no variable: {svg}");
        assert!(!svg.contains(" id="));
        assert!(
            svg.contains("var(--plot-paper, #FFFFFF)") && svg.contains("var(--plot-ink, #333333)")
        );
    }
    let svg = example().svg("alt");
    assert!(
        ["var(--plot-1, #0072B2)", "var(--plot-2, #D55E00)"]
            .iter()
            .all(|colour| svg.contains(colour))
    );
}

/// Tags match and nothing stands between them that XML forbids: a reader of ten lines, enough for what we write.
#[test]
fn the_text_is_well_formed() {
    for svg in pictures() {
        let mut open = Vec::new();
        for piece in svg.split('<').skip(1) {
            let (tag, text) = piece.split_once('>').expect("every tag ends");
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            let name = tag.split([' ', '/']).find(|part| !part.is_empty()).unwrap();
            match (tag.starts_with('/'), tag.ends_with('/')) {
                (true, _) => assert_eq!(open.pop(), Some(name)),
                (false, false) => open.push(name),
                _ => {}
            }
            let entities = ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;"];
            let known: usize = entities.iter().map(|entity| text.matches(entity).count()).sum();
            assert_eq!(text.matches('&').count(), known, "{text}");
        }
        assert!(open.is_empty());
    }
}

#[test]
fn the_alternative_is_escaped() {
    let svg = example().svg("a < b & \"c\"\n> d");
    assert!(svg.contains("role=\"img\" aria-label=\"a &lt; b &amp; &quot;c&quot; &gt; d\""));
    assert!(svg.contains("<title>A &lt;title&gt; &amp; more</title>"));
}

/// Equal steps in the data are equal steps on the sheet, up is up, and the ends of the ranges are the ends of the
/// axes, which the drawing gives as its two black strokes.
#[test]
fn values_land_where_they_belong() {
    let svg = Figure::new("", "x", "y")
        .points("", [0.0, 1.0, 2.0], [10.0, 20.0, 0.0])
        .x_range(0.0, 4.0)
        .y_range(0.0, 20.0)
        .svg("");
    let (x, y) = (attribute(&svg, "circle", "cx"), attribute(&svg, "circle", "cy"));
    assert_eq!((x.len(), y.len()), (3, 3));
    assert!((x[2] - x[1] - (x[1] - x[0])).abs() <= 1.0 && x[1] > x[0]);
    assert!((y[0] - (y[1] + y[2]) / 2.0).abs() <= 1.0 && y[1] < y[2]);
    let grid: Vec<f64> = attribute(&svg, "line", "x1");
    let right = grid.iter().copied().fold(0.0, f64::max);
    assert!((x[2] - (x[0] + right) / 2.0).abs() <= 1.0, "2 is half way from 0 to 4");
}

#[test]
fn a_decade_is_as_long_as_the_next() {
    let svg = Figure::new("", "x", "y")
        .points("", [1.0, 10.0, 100.0], [1e-6, 1e-3, 1.0])
        .log_x()
        .log_y()
        .svg("");
    let (x, y) = (attribute(&svg, "circle", "cx"), attribute(&svg, "circle", "cy"));
    assert!((x[2] - 2.0 * x[1] + x[0]).abs() <= 2.0 && (y[2] - 2.0 * y[1] + y[0]).abs() <= 2.0);
    assert!(svg.contains("\n10⁻⁴\n") && svg.contains("\n10²\n"));
}

#[test]
fn what_cannot_be_drawn_is_left_out_and_breaks_a_line() {
    let ys = [1.0, 2.0, f64::NAN, 2.0, 1.0, f64::INFINITY, 3.0, 4.0];
    let xs = || (0..8).map(f64::from);
    let svg = |figure: Figure| figure.svg("");
    let points = svg(Figure::new("", "", "").points("", xs(), ys));
    assert_eq!(points.matches("<circle").count(), 6);
    let strokes = |svg: &str| svg.matches("stroke=\"var(--plot-1").count();
    assert_eq!(strokes(&svg(Figure::new("", "", "").line("", xs(), ys))), 3);
    let log = svg(Figure::new("", "", "").points("", [-1.0, 0.0, 1.0, 10.0], [1.0; 4]).log_x());
    assert_eq!(log.matches("<circle").count(), 2);
}

/// The line from (0, −2) to (4, 2) enters a chart of −1 ≤ y ≤ 1 at x = 1 and leaves it at x = 3.
#[test]
fn a_line_is_cut_at_the_edge_of_the_chart_not_bent() {
    let chart = || Figure::new("", "", "").x_range(0.0, 4.0).y_range(-1.0, 1.0);
    let line = chart().line("", [0.0, 4.0], [-2.0, 2.0]).svg("");
    let line = line.split("stroke=\"var(--plot-1").nth(1).expect("a line");
    let line = line.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
    let ends = chart().points("", [1.0, 3.0], [-1.0, 1.0]).svg("");
    let (x, y) = (attribute(&ends, "circle", "cx"), attribute(&ends, "circle", "cy"));
    assert_eq!(line.trim(), format!("{},{} {},{}", x[0], y[0], x[1], y[1]));
}

/// A band keeps its corners where it leaves the chart: none of them lies outside.
#[test]
fn a_band_is_cut_at_the_edge_of_the_chart() {
    let chart = || Figure::new("", "", "").x_range(0.0, 4.0).y_range(-1.0, 1.0);
    let band = chart().band("", [0.0, 4.0], [-3.0, -3.0], [-2.0, 2.0]).svg("");
    let band = band.split("<polygon").nth(1).expect("a band").split("points=\"").nth(1).unwrap();
    let mut corners: Vec<&str> = band.split('"').next().unwrap().split_whitespace().collect();
    let ends = chart().points("", [1.0, 3.0, 4.0, 4.0], [-1.0, 1.0, 1.0, -1.0]).svg("");
    let (x, y) = (attribute(&ends, "circle", "cx"), attribute(&ends, "circle", "cy"));
    let mut expected: Vec<String> = x.iter().zip(&y).map(|(x, y)| format!("{x},{y}")).collect();
    corners.sort_unstable();
    expected.sort_unstable();
    assert_eq!(corners, expected);
}

/// A series keeps its colour under its name, and an empty legend goes on with the series before.
#[test]
fn legends_name_series() {
    let svg = Figure::new("", "", "")
        .line("a", [0.0, 1.0], [0.0, 1.0])
        .line("b", [0.0, 1.0], [1.0, 0.0])
        .points("a", [0.5], [0.5])
        .points("", [0.6], [0.6])
        .svg("");
    assert_eq!(
        svg.matches("<circle").count(),
        2 + 1,
        "both points belong to a, whose marker is a circle"
    );
    assert_eq!(svg.matches("\na\n").count(), 1);
    assert!(!svg.contains("--plot-3"));
    let second = svg.split("stroke=\"var(--plot-2, #D55E00)\"").nth(1).expect("the line b");
    assert!(second.starts_with(" stroke-dasharray"), "and differs by more than its colour");
}

#[test]
fn a_new_line_is_not_dashed_as_an_old_one() {
    let line = |figure: Figure, legend| figure.line(legend, [0.0, 1.0], [0.0, 1.0]);
    // Series that come again are not counted again.
    let svg =
        ["a", "b", "a", "b", "a", "c"].into_iter().fold(Figure::new("", "", ""), line).svg("");
    let third = svg.split("stroke=\"var(--plot-3, #179F7B)\"").nth(1).expect("the line c");
    assert!(third.starts_with(" stroke-dasharray"), "{}", &third[..40]);
}

#[test]
fn a_long_series_is_a_small_picture_with_the_same_extremes() {
    let ys = |i: i32| if i == 70_001 { 5.0 } else { f64::from(i % 7) / 7.0 };
    let svg =
        Figure::new("", "", "").line("", (0..100_000).map(f64::from), (0..100_000).map(ys)).svg("");
    assert!(svg.len() < 100_000, "{}", svg.len());
    let short = Figure::new("", "", "").line("", [0.0, 99_999.0], [0.0, 5.0]).svg("");
    let top = |svg: &str| {
        let line =
            svg.split("stroke=\"var(--plot-1").nth(1).unwrap().split("points=\"").nth(1).unwrap();
        let line = line.split('"').next().unwrap();
        line.split_whitespace().map(|p| p.split(',').nth(1).unwrap().parse::<i32>().unwrap()).min()
    };
    assert_eq!(top(&svg), top(&short));
}

#[test]
#[should_panic(expected = "after 2 pairs only xs are left")]
fn a_series_needs_as_many_ys_as_xs() {
    let _ = Figure::new("", "", "").line("", [1.0, 2.0, 3.0], [1.0, 2.0]);
}

/// The first row of a heat map is its lowest; of an image, its top.
#[test]
fn rows_go_up_in_a_map_and_down_in_an_image() {
    let values = array![[-1.0, -1.0], [1.0, 1.0]];
    let svg = Heatmap::new("", "", "", &values, (0.0, 1.0), (0.0, 1.0)).diverging().svg("");
    let path = svg.split("<path ").find(|p| p.contains("--plot-2")).expect("the positive cells");
    assert!(path.contains("d=\"M0 0h2v1h-2z\""), "the second row is on top: {path}");
    let svg = Gallery::new("").image("", &values).svg("");
    let path = svg.split("<path ").nth(1).expect("the dark pixels");
    assert!(path.contains("d=\"M0 1h2v1h-2z\""), "{path}");
}

/// The contour of x + y = 3 on a grid of whole numbers, in cells from the top left: each end lies on it.
#[test]
fn contours_lie_where_the_function_has_their_value() {
    let values = Array2::from_shape_fn((7, 7), |(i, j)| (i + j) as f64);
    let svg = Heatmap::new("", "", "", &values, (0.0, 6.0), (0.0, 6.0)).contours().svg("");
    let mut lines = 0;
    for path in svg.split("<path fill=\"none\"").skip(1) {
        let path = path.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
        let sums: Vec<f64> = path
            .split(['M', 'L'])
            .filter(|s| !s.is_empty())
            .map(|s| {
                let (column, row) = s.split_once(' ').unwrap();
                column.parse::<f64>().unwrap() - 0.5 + 6.5 - row.parse::<f64>().unwrap()
            })
            .collect();
        assert!(
            sums.iter().all(|sum| (sum - sums[0]).abs() < 0.02 && (sum.round() - sum).abs() < 0.02),
            "{sums:?}"
        );
        lines += 1;
    }
    assert!(lines >= 4, "{lines} contours");
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -10.0..10.0_f64,
        1 => any::<f64>(),
        1 => prop::sample::select(vec![0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE, 1e300, 5e-324, f64::MAX, f64::MIN]),
    ]
}

fn series() -> impl Strategy<Value = Vec<(f64, f64)>> {
    prop::collection::vec((number(), number()), 0..8)
}

proptest! {
    /// Whatever the numbers, there is a figure, and no number in it that is none.
    #[test]
    fn no_data_makes_a_figure_panic(
        points in series(), ends in (number(), number(), number(), number()),
        log: (bool, bool), ranged: bool, text in "\\PC{0,12}",
    ) {
        let x = || points.iter().map(|p| p.0);
        let y = || points.iter().map(|p| p.1);
        let mut figure = Figure::new(&text, &text, &text)
            .line(&text, x(), y()).dashed("", x(), y()).points("p", x(), y()).bars("b", x(), y())
            .band("c", x(), y(), x()).text(ends.0, ends.1, &text).vertical(&text, ends.2).horizontal("h", ends.3);
        if log.0 { figure = figure.log_x(); }
        if log.1 { figure = figure.log_y(); }
        if ranged { figure = figure.x_range(ends.0, ends.1).y_range(ends.2, ends.3); }
        let svg = figure.svg(&text);
        let numbers = Figure::new("", "", "").points("", x(), y()).svg("");
        prop_assert!(svg.ends_with("</svg>") && !numbers.contains("NaN") && !numbers.contains("inf"));
    }

    #[test]
    fn no_data_makes_a_map_or_a_gallery_panic(
        rows in 0_usize..5, columns in 0_usize..5, cells in prop::collection::vec(number(), 16),
        ends in (number(), number(), number(), number()), flags: (bool, bool, bool), wide in 0_usize..40,
    ) {
        let values = Array2::from_shape_fn((rows, columns), |(i, j)| cells[4 * (i % 4) + j % 4]);
        let mut map = Heatmap::new("t", "x", "y", &values, (ends.0, ends.1), (ends.2, ends.3)).points("", [ends.0], [ends.2]);
        if flags.0 { map = map.diverging(); }
        if flags.1 { map = map.log(); }
        if flags.2 { map = map.contours(); }
        let svg = map.svg("");
        prop_assert!(svg.ends_with("</svg>") && !svg.contains("NaN") && !svg.contains("inf"));
        let svg = Gallery::new("t").image("a", &values).image("", &values).columns(wide).svg("");
        prop_assert!(svg.ends_with("</svg>") && !svg.contains("NaN") && !svg.contains("inf"));
    }
}
