//! Draws the book's cover: `cargo run --example cover > chapters/cover.svg`.
//!
//! The picture is a landscape of energy and three ways down: gradient descent, the heavy ball, and Langevin
//! dynamics, which descends with noise. Each dot is one step.

use std::collections::HashMap;
use std::fmt::Write;

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 330.0;
/// Pixels to a unit of length in the landscape.
const SCALE: f64 = 100.0;
/// Pixels from one sample of the landscape to the next.
const GRID: f64 = 5.0;
const LEVELS: usize = 15;

type Point = [f64; 2];

/// A valley: its lowest point, the precisions along its two axes, the angle of the first, and its depth.
struct Valley {
    at: Point,
    precision: Point,
    angle: f64,
    weight: f64,
}

const VALLEYS: [Valley; 5] = [
    Valley { at: [2.05, 2.3], precision: [1.5, 6.0], angle: 0.5, weight: 1.3 },
    Valley { at: [4.75, 1.05], precision: [2.4, 2.6], angle: -0.6, weight: 0.8 },
    Valley { at: [6.85, 2.3], precision: [1.1, 5.5], angle: -0.45, weight: 1.9 },
    Valley { at: [0.85, 0.6], precision: [3.0, 3.0], angle: 0.0, weight: 0.35 },
    Valley { at: [8.3, 0.5], precision: [2.2, 3.2], angle: 0.3, weight: 0.45 },
];

/// The energy of a mixture of Gaussians, −ln Σ w exp(−½ dᵀP d), on a plain that keeps the peaks finite; and its gradient.
fn energy(p: Point) -> (f64, Point) {
    let plain = 0.006;
    let (mut total, mut slope) = (plain, [0.0, 0.0]);
    for v in &VALLEYS {
        let (sin, cos) = v.angle.sin_cos();
        let d = [p[0] - v.at[0], p[1] - v.at[1]];
        let along = cos * d[0] + sin * d[1];
        let across = cos * d[1] - sin * d[0];
        let density =
            v.weight * (-0.5 * (v.precision[0] * along * along + v.precision[1] * across * across)).exp();
        total += density;
        slope[0] += density * (v.precision[0] * along * cos - v.precision[1] * across * sin);
        slope[1] += density * (v.precision[0] * along * sin + v.precision[1] * across * cos);
    }
    (-total.ln(), [slope[0] / total, slope[1] / total])
}

fn gradient_descent(start: Point, rate: f64, steps: usize) -> Vec<Point> {
    heavy_ball(start, rate, 0.0, steps)
}

fn heavy_ball(start: Point, rate: f64, momentum: f64, steps: usize) -> Vec<Point> {
    let (mut p, mut velocity) = (start, [0.0, 0.0]);
    let mut path = vec![p];
    for _ in 0..steps {
        let (_, slope) = energy(p);
        for i in 0..2 {
            velocity[i] = momentum * velocity[i] - rate * slope[i];
            p[i] += velocity[i];
        }
        path.push(p);
    }
    path
}

fn langevin(start: Point, rate: f64, temperature: f64, steps: usize, rng: &mut impl Rng) -> Vec<Point> {
    let mut p = start;
    let mut path = vec![p];
    for _ in 0..steps {
        let (_, slope) = energy(p);
        for i in 0..2 {
            let noise: f64 = StandardNormal.sample(rng);
            p[i] += -rate * slope[i] + (2.0 * rate * temperature).sqrt() * noise;
        }
        path.push(p);
    }
    path
}

/// The curves on which the sampled `heights` equal `level`, by marching squares, as closed loops in pixels.
/// Outside the samples the ground counts as high, so that every loop closes.
fn contours(heights: &[Vec<f64>], level: f64) -> Vec<Vec<Point>> {
    let (rows, cols) = (heights.len() as i64, heights[0].len() as i64);
    let height = |r: i64, c: i64| {
        if (0..rows).contains(&r) && (0..cols).contains(&c) {
            heights[r as usize][c as usize]
        } else {
            level + 1.0
        }
    };
    let place = |r: i64, c: i64| [(c as f64 - 1.0) * GRID, (r as f64 - 1.0) * GRID];
    // An edge of the grid is named by its first corner and its direction. Low ground lies to the left of a segment, so
    // that each crossed edge ends one segment and begins one.
    let mut next: HashMap<(i64, i64, bool), (i64, i64, bool)> = HashMap::new();
    for r in -1..rows {
        for c in -1..cols {
            let corners = [(r, c), (r, c + 1), (r + 1, c + 1), (r + 1, c)];
            let edges = [(r, c, true), (r, c + 1, false), (r + 1, c, true), (r, c, false)];
            let low: Vec<bool> = corners.iter().map(|&(r, c)| height(r, c) < level).collect();
            let leaving: Vec<usize> = (0..4).filter(|&i| low[i] && !low[(i + 1) % 4]).collect();
            for &from in &leaving {
                let into = (1..4).map(|k| (from + k) % 4).find(|&i| !low[i] && low[(i + 1) % 4]);
                next.insert(edges[from], edges[into.expect("what leaves low ground comes back to it")]);
            }
        }
    }
    let crossing = |(r, c, across): (i64, i64, bool)| {
        let (r2, c2) = if across { (r, c + 1) } else { (r + 1, c) };
        let (a, b) = (height(r, c), height(r2, c2));
        let t = (level - a) / (b - a);
        let (p, q) = (place(r, c), place(r2, c2));
        [p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])]
    };
    let mut starts: Vec<_> = next.keys().copied().collect();
    starts.sort();
    let mut loops = Vec::new();
    for start in starts {
        let mut edge = start;
        let mut points = Vec::new();
        while let Some(following) = next.remove(&edge) {
            points.push(crossing(edge));
            edge = following;
        }
        if points.len() > 2 {
            loops.push(points);
        }
    }
    loops
}

/// `M x y l dx dy …` in tenths of a pixel, which is finer than the eye and keeps the file small.
fn outline(points: &[Point]) -> String {
    let tenths = |x: f64| (x * 10.0).round() as i64;
    let show = |n: i64| format!("{}", n as f64 / 10.0);
    let (mut x, mut y) = (tenths(points[0][0]), tenths(points[0][1]));
    let mut path = format!("M{} {}l", show(x), show(y));
    for p in &points[1..] {
        let (nx, ny) = (tenths(p[0]), tenths(p[1]));
        write!(path, "{} {} ", show(nx - x), show(ny - y)).expect("writing to a string cannot fail");
        (x, y) = (nx, ny);
    }
    path.trim_end().to_owned()
}

fn main() {
    // One sample more on each side than the picture shows, so that the closing lines lie out of sight.
    let heights: Vec<Vec<f64>> = (0..=(HEIGHT / GRID) as usize + 2)
        .map(|r| {
            (0..=(WIDTH / GRID) as usize + 2)
                .map(|c| energy([(c as f64 - 1.0) * GRID / SCALE, (r as f64 - 1.0) * GRID / SCALE]).0)
                .collect()
        })
        .collect();
    let lowest = heights.iter().flatten().fold(f64::INFINITY, |low, &h| low.min(h));
    let highest = heights.iter().flatten().fold(f64::NEG_INFINITY, |high, &h| high.max(h));

    println!(
        "<svg class=\"cover-picture\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"Contour lines of a landscape with five valleys. Three paths descend into them: a smooth one, one that \
         overshoots and swings back, and one that trembles.\">"
    );
    println!(
        "<g fill=\"var(--plot-1, #0072B2)\" fill-opacity=\"0.04\" stroke=\"var(--plot-1, #0072B2)\" stroke-opacity=\"0.35\" stroke-width=\"0.8\" fill-rule=\"evenodd\">"
    );
    for k in (1..LEVELS).rev() {
        let level = lowest + (highest - lowest) * k as f64 / LEVELS as f64;
        let path: String = contours(&heights, level).iter().map(|points| outline(points) + "z").collect();
        println!("<path d=\"{path}\"/>");
    }
    println!("</g>");

    let paths = [
        ("var(--plot-2, #D55E00)", gradient_descent([3.3, 0.22], 0.03, 90)),
        ("var(--plot-3, #179F7B)", heavy_ball([5.1, 2.75], 0.0045, 0.965, 150)),
        ("var(--plot-4, #A62C6F)", langevin([0.3, 1.75], 0.006, 0.25, 220, &mut downhill::rng(1986))),
    ];
    for (colour, path) in paths {
        let pixels: Vec<Point> = path.iter().map(|p| [p[0] * SCALE, p[1] * SCALE]).collect();
        println!(
            "<path d=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.4\" stroke-linejoin=\"round\"/>",
            outline(&pixels)
        );
        // A line of no length with round ends is a dot.
        let dots: String = pixels.iter().map(|p| format!("M{:.1} {:.1}h0", p[0], p[1])).collect();
        println!(
            "<path d=\"{dots}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"3.8\" stroke-linecap=\"round\"/>"
        );
        let [start, end] = [pixels[0], pixels[pixels.len() - 1]];
        println!(
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"5.5\" fill=\"var(--plot-paper, #ffffff)\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            start[0], start[1]
        );
        println!("<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"5.5\" fill=\"{colour}\"/>", end[0], end[1]);
    }
    println!("</svg>");
}
