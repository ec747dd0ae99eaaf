//! Figures: a thin layer over plotters' SVG. (Interface agreed; the drawing follows.)
