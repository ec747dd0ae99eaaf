use downhill::training_ebms::SparseCoding;

use crate::{Folder, Work};

pub fn prepare(input: &Folder) -> Work {
    let (samples, dictionary) = (input.matrix("samples"), input.matrix("dictionary"));
    let coding = SparseCoding::new(dictionary, input.vector("penalty")[0])
        .expect("the dictionary is finite");
    Box::new(move || {
        let codes = coding.fista(&samples, 100).expect("the samples are finite");
        vec![("codes", codes.into_dyn())]
    })
}
