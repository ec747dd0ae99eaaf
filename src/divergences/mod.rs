//! Divergences: how far apart are two probabilities?
//!
//! | in the book | here |
//! |---|---|
//! | $p$, $q$ over finitely many outcomes | [`Categorical`] |
//! | entropy $H(p) = -\sum_i p_i \log p_i$ | [`Categorical::entropy`] |
//! | cross-entropy $H(p, q) = -\sum_i p_i \log q_i$ | [`Categorical::cross_entropy`] |
//! | $D_{\mathrm{KL}}(p \Vert q)$, $D_{JS}(p \Vert q)$ | [`Categorical::kl`], [`Categorical::js`] |
//! | $D_f(p \Vert q)$ and its generator $f$ | [`Categorical::divergence`], [`Divergence`] |
//! | $\E_p\[g\] - \E_q[f^*(g)]$ for a critic $g$ | [`Categorical::variational_bound`], [`Divergence::conjugate`] |
//! | $\mathcal N(m, s^2)$ on the line | [`Normal`] |
//! | $\argmin_q D_{\mathrm{KL}}(p \Vert q)$, $\argmin_q D_{\mathrm{KL}}(q \Vert p)$ | [`Normal::cover`], [`Normal::seek`] |
//! | $\E_q\[E\] - H(q)$ and its slopes | [`Normal::free_energy`], [`Normal::free_energy_slopes`] |
//! | $F$, $F^{-1}$ of points on the line | [`Empirical::cdf`], [`Empirical::quantile`] |
//! | $W_r(p, q)$ | [`Empirical::wasserstein`] |
//! | entropy and divergence from samples | [`miller_madow`], [`nearest_neighbour_entropy`], [`nearest_neighbour_kl`] |
//!
//! All logarithms are natural: entropies and divergences are in nats.
//!
//! Chapter: `chapters/2-energy/divergences.md`.

mod categorical;
mod empirical;
mod estimators;
mod generator;
mod normal;

pub use categorical::Categorical;
pub use empirical::Empirical;
pub use estimators::{miller_madow, nearest_neighbour_entropy, nearest_neighbour_kl};
pub use generator::Divergence;
pub use normal::Normal;
