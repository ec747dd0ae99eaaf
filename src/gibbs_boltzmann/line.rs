//! The Gibbs distribution on the line, by quadrature.

use ndarray::{Array1, Array2};

use super::{Boltzmann, check_beta, exponent};
use crate::{Error, energy::Energy, free_energy::log_sum_exp};

/// Every box is twice as long as the one before. The first is $[-1, 1]$ or so; beyond $2^{250}$ fourth powers soon overflow.
const DOUBLINGS: usize = 250;
/// However little the last box added, the boxes grow to $\pm 2^9$: a second valley may lie out there.
const FEWEST_DOUBLINGS: usize = 10;
/// What is outside the last box, as a share of $Z$, is to be less than this.
const TAIL: f64 = 1e-12;
/// Nodes to a doubling at first, and after the last refinement.
const NODES: [usize; 2] = [64, 1 << 16];
/// The last refinement is to change $\log Z$ by less than this.
const TOLERANCE: f64 = 1e-9;

impl Boltzmann {
    /// The distribution of the density $p(x) = e^{-\beta E(x)} / Z$, $Z = \int_{-\infty}^\infty e^{-\beta E(x)} dx$, of an energy of one unit, by quadrature.
    ///
    /// The trapezoidal rule in $t$, $x = \sinh t$, on boxes that double until what is left outside is estimated to be less than $10^{-12}$ of $Z$,
    /// then on finer grids until $\log Z$ changes by less than $10^{-9}$. [`Boltzmann::states`] are the nodes, and
    /// [`Boltzmann::probabilities`] the probability of the interval around each; a density is [`Boltzmann::log_probability`].
    ///
    /// The grid is fine at the origin and grows coarser outwards, with 64 nodes and more to every doubling of the distance: a valley
    /// much narrower than a hundredth of its distance from 0 (or of 1, near it), or one that is beyond $\pm 500$ and behind a mountain, can be
    /// missed when another is found. The box was chosen for $Z$: the [`Boltzmann::mean`] of a function that grows so fast that its integral has
    /// tails outside is not to be trusted.
    ///
    /// ```
    /// use downhill::{Error, energy::Energy, gibbs_boltzmann::Boltzmann};
    /// use ndarray::ArrayRef1;
    ///
    /// struct Slow;
    /// impl Energy for Slow {
    ///     fn energy(&self, x: &ArrayRef1<f64>) -> f64 { (x[0] * x[0]).ln_1p() }
    /// }
    /// // At β = 1 the density is 1 / π(1 + x²); at β = ½ the tails 1/|x| have no finite area.
    /// let cauchy = Boltzmann::on_line(&Slow, 1.0)?;
    /// assert!((cauchy.log_partition() - std::f64::consts::PI.ln()).abs() < 1e-10);
    /// assert!(matches!(Boltzmann::on_line(&Slow, 0.5), Err(Error::NotConverged { .. })));
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NotConverged`] when the boxes do not settle, because $Z$ is infinite or the tails too heavy to tell, or when the refinements do not,
    /// because the energy is too rough or its valley too narrow; [`Error::Parameter`] when `beta` is negative or not finite, or its product
    /// with the lowest energy leaves the range of numbers; [`Error::Domain`] when an energy is NaN or $-\infty$, or $+\infty$ everywhere.
    pub fn on_line(energy: &impl Energy, beta: f64) -> Result<Self, Error> {
        check_beta(beta)?;
        let (mut last, mut change, mut nodes, mut refinements) =
            (f64::NAN, f64::INFINITY, NODES[0], 0);
        while nodes <= NODES[1] {
            let found = on_boxes(energy, beta, nodes)?;
            change = (found.log_partition() - last).abs();
            // A logarithm as large as 10⁶ is itself rounded to 10⁻¹⁰.
            if change <= TOLERANCE + 1e-13 * found.log_partition().abs() {
                return Ok(found);
            }
            last = found.log_partition();
            nodes *= 2;
            refinements += 1;
        }
        Err(Error::NotConverged {
            what: "the partition function on finer grids",
            iterations: refinements,
            measure: "the last change of its logarithm",
            value: change,
            tolerance: TOLERANCE,
            reached: Vec::new(),
        })
    }
}

/// The sum on a grid of `nodes` to a doubling of the box, as far out as it takes.
fn on_boxes(energy: &impl Energy, beta: f64, nodes: usize) -> Result<Boltzmann, Error> {
    let spacing = std::f64::consts::LN_2 / nodes as f64;
    let (mut states, mut log_widths, mut energies) = (Vec::new(), Vec::new(), Vec::new());
    let mut x = Array1::zeros(1);
    let mut see = |t: f64| {
        // ANCHOR: node
        x[0] = t.sinh();
        let log_width = (spacing * t.cosh()).ln();
        let energy = energy.energy(&x);
        // ANCHOR_END: node
        states.push(x[0]);
        log_widths.push(log_width);
        energies.push(energy);
        exponent(beta, energy) + log_width
    };
    let mut log_sum = see(0.0);
    let (mut before, mut rest) = (f64::NEG_INFINITY, f64::INFINITY);
    for doubling in 0..DOUBLINGS {
        let steps = (1..=nodes).map(|j| (doubling * nodes + j) as f64 * spacing);
        let shell: Array1<f64> = steps.flat_map(|t| [t, -t]).map(&mut see).collect();
        // ANCHOR: rest
        let added = log_sum_exp(&shell);
        log_sum = log_sum_exp(&ndarray::array![log_sum, added]);
        let ratio = if added == f64::NEG_INFINITY { 0.0 } else { (added - before).exp() };
        rest = if ratio < 1.0 {
            (added - log_sum).exp() * ratio / (1.0 - ratio)
        } else {
            f64::INFINITY
        };
        // ANCHOR_END: rest
        before = added;
        // A sum that is not a number will not become one: `weighted` says which energy was to blame.
        let settled = doubling + 1 >= FEWEST_DOUBLINGS && rest < TAIL;
        if log_sum.is_nan() || log_sum == f64::INFINITY || settled && log_sum > f64::NEG_INFINITY {
            rest = 0.0;
            break;
        }
    }
    // Nothing found anywhere is for `weighted` to refuse.
    if rest >= TAIL && log_sum > f64::NEG_INFINITY {
        return Err(Error::NotConverged {
            what: "the partition function on growing boxes",
            iterations: DOUBLINGS,
            measure: "the share estimated to lie outside",
            value: rest,
            tolerance: TAIL,
            reached: Vec::new(),
        });
    }
    let states = Array2::from_shape_vec((states.len(), 1), states)
        .expect("a column has as many rows as it has entries");
    Boltzmann::weighted(states, Array1::from(log_widths), Array1::from(energies), beta)
}
