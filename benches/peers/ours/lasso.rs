use downhill::ridge_lasso::Lasso;

use crate::{Folder, Work};

pub fn prepare(input: &Folder) -> Work {
    let (x, y, lambdas) = (input.matrix("x"), input.vector("y"), input.vector("lambdas"));
    Box::new(move || {
        let lasso = Lasso::new(&x, &y)
            .and_then(|lasso| lasso.tolerance(1e-6))
            .expect("the input is finite");
        let path = lasso.path(&lambdas).expect("the gap closes");
        vec![("theta", path.coefficients.into_dyn())]
    })
}
