//! Kernels whose temperature changes: annealing and tempering.

use ndarray::{Array1, Array2, ArrayRef1, s};
use rand::{Rng, RngExt};
use rand_distr::Exp1;

use super::{Kernel, Thermal, must_be_above_minus_infinity};
use crate::{Error, check, energy::Energy};

/// Where a simulated annealing came by.
#[derive(Clone, Debug, PartialEq)]
pub struct Annealed {
    /// The lowest state of the way.
    pub best: Array1<f64>,
    /// Its energy.
    pub energy: f64,
    /// The energy after each step.
    pub energies: Vec<f64>,
}

/// Simulated annealing: one step of `kernel` at each temperature of `schedule`, which should fall slowly, from the state `x` on, which ends as the last.
///
/// Source: S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, Science 220 (1983) 671.
///
/// # Errors
/// [`Error::Empty`] without a temperature, [`Error::Domain`] at a temperature that is not positive and finite or an energy that is NaN or $-\infty$.
///
/// ```
/// use downhill::{energy::DoubleWell, sampling::{Metropolis, anneal}};
/// use ndarray::array;
/// let well = DoubleWell::new(2.0, 0.3)?;
/// let schedule: Vec<f64> = (0..20_000).map(|k| 2.0 * 0.9995_f64.powi(k)).collect();
/// let mut kernel = Metropolis::new(&well, 1, 0.3, 1.0)?;
/// let annealed = anneal(&well, &mut kernel, &mut array![1.0], &schedule, &mut downhill::rng(1))?;
/// // It began in the upper valley.
/// assert!((annealed.best[0] + 1.0).abs() < 0.1);
/// # Ok::<(), downhill::Error>(())
/// ```
pub fn anneal(
    target: &impl Energy,
    kernel: &mut impl Thermal,
    x: &mut ArrayRef1<f64>,
    schedule: &[f64],
    rng: &mut impl Rng,
) -> Result<Annealed, Error> {
    check_temperatures("schedule", schedule)?;
    let start = sound(target.energy(x), 0)?;
    let mut annealed = Annealed { best: x.to_owned(), energy: start, energies: Vec::new() };
    for (step, &temperature) in schedule.iter().enumerate() {
        // ANCHOR: anneal
        kernel.set_temperature(temperature);
        kernel.step(x, rng);
        let energy = sound(target.energy(x), step + 1)?;
        if energy < annealed.energy {
            annealed.energy = energy;
            annealed.best.assign(x);
        }
        annealed.energies.push(energy);
        // ANCHOR_END: anneal
    }
    Ok(annealed)
}

/// An energy after so many steps from which it makes sense to go on.
fn sound(energy: f64, steps: usize) -> Result<f64, Error> {
    if energy > f64::NEG_INFINITY {
        return Ok(energy);
    }
    Err(Error::Domain {
        what: "energy",
        index: steps.to_string(),
        value: energy,
        must: "a number above -∞",
    })
}

fn check_temperatures(what: &'static str, temperatures: &[f64]) -> Result<(), Error> {
    let temperatures = Array1::from(temperatures.to_vec());
    check::non_empty(what, &temperatures)?;
    check::every(what, &temperatures, "positive and finite", |t| t > 0.0 && t.is_finite())
}

/// Parallel tempering, or replica exchange: a copy of the system at each of several temperatures, each with a kernel of its own. After every step
/// two neighbours in temperature may change places. The hot ones carry the cold ones over the passes.
///
/// The state of this kernel is all the copies, one after the other: $K n$ entries for $K$ temperatures of $n$ units. It leaves the product of the Gibbs
/// distributions as it is; the first $n$ entries are those at the first temperature.
///
/// Source: R. H. Swendsen, J.-S. Wang, Physical Review Letters 57 (1986) 2607.
///
/// ```
/// use downhill::{energy::DoubleWell, sampling::{Kernel, Metropolis, Tempering}};
/// use ndarray::Array1;
/// let well = DoubleWell::new(8.0, 0.0)?;
/// let kernel = Metropolis::new(&well, 1, 0.5, 1.0)?;
/// let mut ladder = Tempering::new(&well, kernel, 1, &[0.5, 1.0, 2.0, 4.0, 8.0])?;
/// let path = ladder.run(&mut Array1::ones(5), 20_000, &mut downhill::rng(1));
/// // The barrier is sixteen times the lowest temperature, and yet it is crossed.
/// let left = path.column(0).iter().filter(|&&x| x < 0.0).count();
/// assert!(4_000 < left && left < 16_000);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tempering<E, K> {
    target: E,
    kernels: Vec<K>,
    temperatures: Vec<f64>,
    units: usize,
    swaps: Array2<u64>,
}

impl<E: Energy, K: Thermal + Clone> Tempering<E, K> {
    /// Copies of the energy `target` of `units` units at the `temperatures`, each moved by a copy of `kernel`, which is set to its temperature.
    ///
    /// # Errors
    /// [`Error::Empty`] without a temperature, [`Error::Domain`] at one that is not positive and finite, [`Error::Parameter`] without units.
    pub fn new(target: E, kernel: K, units: usize, temperatures: &[f64]) -> Result<Self, Error> {
        check_temperatures("temperatures", temperatures)?;
        check::parameter("units", units as f64, "at least 1", units >= 1)?;
        let kernels = temperatures.iter().map(|&temperature| {
            let mut kernel = kernel.clone();
            kernel.set_temperature(temperature);
            kernel
        });
        Ok(Self {
            target,
            kernels: kernels.collect(),
            temperatures: temperatures.to_vec(),
            units,
            swaps: Array2::zeros((temperatures.len().saturating_sub(1), 2)),
        })
    }

    /// $(1/T_a - 1/T_b)(E_a - E_b)$, the logarithm of the ratio whose smaller with 1 is the probability that the copies at the temperatures
    /// number `a` and `b` change places when their energies are `energy_a` and `energy_b`.
    ///
    /// # Panics
    /// When there is no temperature number `a` or `b`.
    // ANCHOR: swap
    pub fn log_swap_ratio(&self, a: usize, b: usize, energy_a: f64, energy_b: f64) -> f64 {
        (1.0 / self.temperatures[a] - 1.0 / self.temperatures[b]) * (energy_a - energy_b)
    }
    // ANCHOR_END: swap

    /// For each pair of neighbours in temperature, the share of the exchanges tried so far that were made; NaN where none was tried.
    pub fn swap_rates(&self) -> Array1<f64> {
        self.swaps.rows().into_iter().map(|pair| pair[1] as f64 / pair[0] as f64).collect()
    }
}

impl<E: Energy, K: Thermal + Clone> Kernel for Tempering<E, K> {
    /// A step of every copy, then one try to exchange a pair of neighbours; whether they changed places.
    fn step(&mut self, x: &mut ArrayRef1<f64>, rng: &mut impl Rng) -> bool {
        let (units, copies) = (self.units, self.kernels.len());
        assert_eq!(
            x.len(),
            copies * units,
            "{} entries for {copies} copies of {units} units",
            x.len()
        );
        for (kernel, mut copy) in self.kernels.iter_mut().zip(x.exact_chunks_mut(units)) {
            kernel.step(&mut copy, rng);
        }
        if copies < 2 {
            return false;
        }
        let low = rng.random_range(0..copies - 1);
        let (cold, hot) =
            x.slice_mut(s![low * units..(low + 2) * units]).split_at(ndarray::Axis(0), units);
        let (mut cold, mut hot) = (cold, hot);
        let energy_cold = must_be_above_minus_infinity(self.target.energy(&cold));
        let energy_hot = must_be_above_minus_infinity(self.target.energy(&hot));
        let ratio = self.log_swap_ratio(low, low + 1, energy_cold, energy_hot);
        let taken = -ratio < rng.sample::<f64, _>(Exp1);
        self.swaps[[low, 0]] += 1;
        if taken {
            self.swaps[[low, 1]] += 1;
            ndarray::Zip::from(&mut cold).and(&mut hot).for_each(std::mem::swap);
        }
        taken
    }
}
