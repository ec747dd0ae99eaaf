use downhill::{
    energy::Mixture,
    sampling::{Kernel, Langevin, chains},
};

use crate::{Folder, Work};

pub fn prepare(input: &Folder) -> Work {
    let (starts, steps) = (input.matrix("starts"), input.number("steps") as usize);
    let ring = Mixture::ring(8, input.number("radius"), input.number("width"))
        .expect("a width above zero");
    let kernel = Langevin::new(ring, 2, input.number("step_size"), 1.0).expect("a step above zero");
    Box::new(move || {
        let mut states = starts.clone();
        chains(&kernel, &mut states, 1996, |kernel, x, rng| {
            for _ in 0..steps {
                kernel.step(x, rng);
            }
        })
        .expect("finite starts");
        vec![("states", states.into_dyn())]
    })
}
