//! Figures: charts, heat maps and galleries of small images, drawn as SVG by plotters.
//!
//! A figure is built by value and ends in `show`, which prints it for the page and the notebook:
//!
//! ```
//! use downhill::plot::Figure;
//! let steps = (0..50).map(f64::from);
//! let losses = (0..50).map(|t| 0.9_f64.powi(t));
//! Figure::new("Descent on a parabola", "step", "loss")
//!     .line("", steps, losses)
//!     .log_y()
//!     .show("The loss falls on a straight line from 1 to 0.006 on a logarithmic axis.");
//! ```
//!
//! The picture follows the reader's theme: its colours are CSS variables with fallbacks for white paper.
//! These are their names, and values that suit each theme:
//!
//! | variable | what | on white | on dark |
//! |---|---|---|---|
//! | `--plot-paper` | background | `#FFFFFF` | `#1B1D21` |
//! | `--plot-ink` | text and axes | `#333333` | `#D5D5D5` |
//! | `--plot-grid` | grid lines | `#E3E3E3` | `#3A3D42` |
//! | `--plot-1` | blue | `#0072B2` | `#4FA8E0` |
//! | `--plot-2` | vermilion | `#D55E00` | `#FF8A4C` |
//! | `--plot-3` | green | `#008A63` | `#35C79A` |
//! | `--plot-4` | purple | `#A8468C` | `#DE8FC6` |
//! | `--plot-5` | ochre | `#A87600` | `#E5B53B` |
//! | `--plot-6` | sky | `#2A93CC` | `#A5D8F7` |
//! | `--plot-7` | grey | `#6E6E6E` | `#A8A8A8` |
//! | `--plot-font` | the typeface | `sans-serif` | `sans-serif` |
//!
//! Within a figure, series that share a legend share a colour and a marker, and an empty legend continues the
//! series before it. Each series after the first differs by its dashes or its marker as well as by its colour.
//!
//! Values that are not finite, and those not above zero on a logarithmic axis, are left out: a line breaks
//! there. No data makes a figure panic.

mod axis;
mod figure;
mod gallery;
mod heatmap;
mod svg;

pub use figure::Figure;
pub use gallery::Gallery;
pub use heatmap::Heatmap;
