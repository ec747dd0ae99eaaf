use downhill::{
    backprop::{Activation, Loss, Mlp, Trainer},
    optimizers::Adam,
};

use crate::{Folder, Work};

const STEPS: usize = 20;

pub fn prepare(input: &Folder) -> Work {
    let (x, y, theta) = (input.matrix("x"), input.matrix("y"), input.vector("theta"));
    let sizes: Vec<usize> = input.vector("sizes").iter().map(|&n| n as usize).collect();
    let start = Mlp::from_parameters(&sizes, &vec![Activation::Sigmoid; sizes.len() - 1], theta)
        .expect("the sizes fit");
    Box::new(move || {
        let mut network = start.clone();
        let adam = Adam::new(1e-3).expect("a positive rate");
        let mut trainer = Trainer::new(&network, Loss::SquaredError, adam, x.nrows());
        for _ in 0..STEPS {
            trainer.step(&mut network, &x, &y).expect("the cost is finite");
        }
        vec![("theta", network.parameters().to_owned().into_dyn())]
    })
}
