//! What the cells of a chapter print and draw, and when two such outputs agree.

use std::sync::LazyLock;

use regex::Regex;

use crate::{program::CELL_MARK, raster::Figure};

/// One thing that a cell shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Lines of text.
    Text(String),
    /// A figure.
    Svg(String),
}

const BEGIN: &str = "EVCXR_BEGIN_CONTENT ";
const END: &str = "EVCXR_END_CONTENT";

/// Cuts what a chapter's program printed into the outputs of its cells.
pub fn split(stdout: &str, cells: usize) -> Vec<Vec<Output>> {
    let mut outputs = vec![Vec::new(); cells];
    let mut current: Option<&mut Vec<Output>> = None;
    let mut figure: Option<String> = None;
    for line in stdout.lines() {
        // A cell's last words may lack the end of their line: then the next cell's mark stands behind them.
        let mark = line
            .split_once(CELL_MARK)
            .and_then(|(words, rest)| Some((words, rest.parse::<usize>().ok()?)));
        let words = mark.map_or_else(|| format!("{line}\n"), |(words, _)| words.to_owned());
        if let Some(output) = &mut current {
            if words.starts_with(BEGIN) {
                figure = Some(String::new());
            } else if words.trim_end() == END {
                output.extend(figure.take().map(|svg| Output::Svg(svg.trim().to_owned())));
            } else if let Some(svg) = &mut figure {
                svg.push_str(&words);
            } else if let Some(Output::Text(text)) = output.last_mut() {
                text.push_str(&words);
            } else if !words.is_empty() {
                output.push(Output::Text(words));
            }
        }
        if let Some((_, index)) = mark {
            current = outputs.get_mut(index);
        }
    }
    outputs
}

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\d+(\.\d+)?([eE][-+]?\d+)?").unwrap_or_else(|error| unreachable!("{error}"))
});

/// Where two outputs of a cell differ beyond what another machine's rounding explains, in words; `None` when they
/// agree.
///
/// Text must be equal but for its numbers; each number may differ by two units of its last printed digit. A figure's
/// words are compared so too, its drawing in pixels ([`Figure::difference`]). Texts are compared with texts and
/// figures with figures, since a kernel sends the two by different ways and may change their order.
pub fn difference(expected: &[Output], got: &[Output]) -> Option<String> {
    let texts = [expected, got].map(|outputs| {
        let texts = outputs.iter().filter_map(|output| match output {
            Output::Text(text) => Some(text.as_str()),
            Output::Svg(_) => None,
        });
        texts.collect::<String>()
    });
    let figures = [expected, got].map(|outputs| {
        let figures = outputs.iter().filter_map(|output| match output {
            Output::Svg(svg) => Some(svg.as_str()),
            Output::Text(_) => None,
        });
        figures.collect::<Vec<_>>()
    });
    if figures[0].len() != figures[1].len() {
        return Some(format!("{} figures, not {}", figures[1].len(), figures[0].len()));
    }
    text_difference(&texts[0], &texts[1]).or_else(|| {
        let mut pairs = figures[0].iter().zip(&figures[1]);
        pairs
            .find_map(|(a, b)| figure_difference(a, b))
            .map(|found| format!("in a figure, {found}"))
    })
}

/// Most figures are the same to the letter; only the others are drawn.
fn figure_difference(a: &str, b: &str) -> Option<String> {
    if a == b {
        return None;
    }
    let [here, there] = match [a, b].map(Figure::parse) {
        [Ok(here), Ok(there)] => [here, there],
        [Err(error), _] | [_, Err(error)] => return Some(format!("{error:#}")),
    };
    let labels = here.labels.iter().zip(&there.labels).map(|(a, b)| (&a.text, &b.text));
    let mut words = [(&here.title, &there.title), (&here.description, &there.description)]
        .into_iter()
        .chain(labels);
    words.find_map(|(a, b)| text_difference(a, b)).or_else(|| here.difference(&there))
}

fn text_difference(a: &str, b: &str) -> Option<String> {
    if a == b {
        return None;
    }
    let words = |text: &str| NUMBER.replace_all(text, "#").into_owned();
    for (left, right) in words(a).lines().zip(words(b).lines()) {
        if left != right {
            return Some(format!("`{}` where `{}` was", clip(right), clip(left)));
        }
    }
    if a.lines().count() != b.lines().count() {
        return Some(format!("{} lines, not {}", b.lines().count(), a.lines().count()));
    }
    // Equal words are equal numbers; a word such as 7E868 may read as one that is out of range.
    let mut pairs =
        NUMBER.find_iter(a).zip(NUMBER.find_iter(b)).filter(|(a, b)| a.as_str() != b.as_str());
    pairs.find_map(|(left, right)| {
        let (x, y) = (left.as_str().parse::<f64>().ok()?, right.as_str().parse::<f64>().ok()?);
        let close = (x - y).abs()
            <= last_digit(left.as_str()).max(last_digit(right.as_str())) * (1.0 + 1e-9);
        (!close).then(|| format!("{} where {} was", right.as_str(), left.as_str()))
    })
}

/// Two units of the last printed digit of a number with a fraction or an exponent; a whole number is exact.
fn last_digit(number: &str) -> f64 {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    match mantissa.split_once('.') {
        Some((_, fraction)) => 2.0 * 10_f64.powi(exponent - fraction.len() as i32),
        None if number.len() > mantissa.len() => 2.0 * 10_f64.powi(exponent),
        None => 0.0,
    }
}

fn clip(line: &str) -> String {
    line.chars().take(80).collect()
}
