use downhill::{
    energy::DoubleWell,
    sampling::{Kernel, Metropolis, chains},
};

use crate::{Folder, Work};

pub fn prepare(input: &Folder) -> Work {
    let (starts, steps) = (input.matrix("starts"), input.number("steps") as usize);
    let well = DoubleWell::new(input.number("height"), 0.0).expect("a height above zero");
    let kernel = Metropolis::new(well, 2, input.number("reach"), 1.0).expect("a reach above zero");
    Box::new(move || {
        let mut states = starts.clone();
        chains(&kernel, &mut states, 1953, |kernel, x, rng| {
            for _ in 0..steps {
                kernel.step(x, rng);
            }
        })
        .expect("finite starts");
        vec![("states", states.into_dyn())]
    })
}
