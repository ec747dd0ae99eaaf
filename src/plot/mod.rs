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
//! | `--plot-1` | blue | `#0072B2` | `#56B4E9` |
//! | `--plot-2` | vermilion | `#D55E00` | `#F8690E` |
//! | `--plot-3` | green | `#179F7B` | `#17A67C` |
//! | `--plot-4` | crimson | `#A62C6F` | `#FFB3AC` |
//! | `--plot-5` | brown | `#815600` | `#EED655` |
//! | `--plot-6` | azure | `#0E96FF` | `#C4E6FF` |
//! | `--plot-7` | charcoal | `#3A3A3A` | `#7C8AB1` |
//! | `--plot-font` | the typeface | `sans-serif` | `sans-serif` |
//!
//! The seven were chosen so that the closest two stay apart in the three common deficiencies of colour vision.
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
