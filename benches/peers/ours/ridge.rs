use downhill::ridge_lasso::Ridge;

use crate::{Folder, Work};

pub fn prepare(input: &Folder) -> Work {
    let (x, y, lambdas) = (input.matrix("x"), input.vector("y"), input.vector("lambdas"));
    Box::new(move || {
        let ridge = Ridge::new(&x, &y).expect("the input is finite");
        let theta = ridge.path(&lambdas).expect("the penalties are positive");
        vec![("theta", theta.into_dyn())]
    })
}
