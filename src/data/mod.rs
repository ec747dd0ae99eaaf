//! Small real data, embedded, each with its provenance in `data/README.md`. (Interface agreed; the loaders follow.)
