use downhill::hopfield::Hopfield;
use ndarray::Array1;

use crate::{Folder, Work};

pub fn prepare(input: &Folder) -> Work {
    let (weights, cue) = (input.matrix("weights"), input.vector("cue"));
    let net =
        Hopfield::new(weights, Array1::zeros(cue.len())).expect("Hebb's weights are symmetric");
    Box::new(move || {
        let recall = net.recall_in_order(&cue).expect("the cue is of ±1");
        vec![("state", recall.state.into_dyn())]
    })
}
