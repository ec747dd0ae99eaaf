use downhill::sampling::Lattice;
use ndarray::arr0;
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

use crate::{Folder, Work};

pub fn prepare(input: &Folder) -> Work {
    let (spins, temperature) = (input.matrix("spins"), input.number("temperature"));
    let sweeps = input.number("sweeps") as usize;
    let mut start =
        Lattice::new(spins.nrows(), spins.ncols(), 1.0, 0.0, temperature).expect("an even square");
    start.set_spins(&spins).expect("spins of ±1");
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1925);
    Box::new(move || {
        let mut lattice = start.clone();
        (0..sweeps).for_each(|_| lattice.sweep(&mut rng));
        vec![
            ("energy", arr0(lattice.energy()).into_dyn()),
            ("magnetisation", arr0(lattice.magnetisation()).into_dyn()),
        ]
    })
}
