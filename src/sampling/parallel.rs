//! Many chains at once.

use ndarray::{ArrayRef1, ArrayRef2, Axis};
use rand::{
    SeedableRng,
    rngs::{ChaCha8Rng, Xoshiro256PlusPlus},
};
use rayon::prelude::*;

use super::Kernel;
use crate::{Error, check};

/// Does `work` for many independent chains in parallel: each has a copy of `kernel`, a row of `starts` as its state, and a generator of its own.
/// Returns what each chain's work returned, in order; the rows of `starts` end as the chains' last states.
///
/// The generator of chain $i$ is seeded from `seed` and $i$ alone, so that the result does not depend on the number of threads. It is
/// xoshiro256++, which costs less than the steps of a small system; the streams are the same on every machine.
///
/// # Errors
/// [`Error::Empty`] without chains or without units, [`Error::Domain`] when a start is NaN.
///
/// ```
/// use downhill::{energy::DoubleWell, sampling::{Kernel, Metropolis, chains}};
/// use ndarray::Array2;
/// let kernel = Metropolis::new(DoubleWell::new(3.0, 0.0)?, 2, 0.5, 1.0)?;
/// let mut states = Array2::zeros((100, 2));
/// let taken = chains(&kernel, &mut states, 1, |kernel, x, rng| (0..500).filter(|_| kernel.step(x, rng)).count())?;
/// assert_eq!(taken.len(), 100);
/// # Ok::<(), downhill::Error>(())
/// ```
pub fn chains<K, T>(
    kernel: &K,
    starts: &mut ArrayRef2<f64>,
    seed: u64,
    work: impl Fn(&mut K, &mut ArrayRef1<f64>, &mut Xoshiro256PlusPlus) -> T + Sync,
) -> Result<Vec<T>, Error>
where
    K: Kernel + Clone + Send,
    T: Send,
{
    check::non_empty("starts", starts)?;
    check::every("starts", starts, "a number", |x| !x.is_nan())?;
    let rows: Vec<_> = starts.axis_iter_mut(Axis(0)).collect();
    let chain = |kernel: &mut K, (number, mut x): (usize, ndarray::ArrayViewMut1<f64>)| {
        // The seed and the number are the key of a cipher, so that neighbours have nothing in common.
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&(number as u64).to_le_bytes());
        let mut rng = Xoshiro256PlusPlus::from_rng(&mut ChaCha8Rng::from_seed(key));
        work(&mut kernel.clone(), &mut x, &mut rng)
    };
    Ok(rows.into_par_iter().enumerate().map_with(kernel.clone(), chain).collect())
}
