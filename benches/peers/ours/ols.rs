use downhill::ols::Ols;

use crate::{Folder, Work};

pub fn prepare(input: &Folder) -> Work {
    let (x, y) = (input.matrix("x"), input.vector("y"));
    Box::new(move || {
        let fit = Ols::fit(&x, &y).expect("the input is finite");
        vec![("theta", fit.coefficients().clone().into_dyn())]
    })
}
