//! Our side of `benches/peers/run.py`: `peer <work> <folder>` reads the input of a work from the folder, runs the work
//! once for each line on standard input, prints the seconds it took, and writes the answer to the folder.

mod hopfield;
mod ising;
mod langevin;
mod lasso;
mod metropolis;
mod ols;
mod ridge;
mod sparse_coding;
mod training_step;

use std::{fs, io, path::Path, process::ExitCode, time::Instant};

use ndarray::{Array1, Array2, ArrayD};

/// What a run returns, each array under the name that `run.py` knows it by.
type Answer = Vec<(&'static str, ArrayD<f64>)>;

/// A work that has read its input; each call is one run, and only the call is timed.
type Work = Box<dyn FnMut() -> Answer>;

/// Reads the input of a work and returns what is to be timed.
type Prepare = fn(&Folder) -> Work;

/// The works, by name.
const WORKS: &[(&str, Prepare)] = &[
    ("hopfield", hopfield::prepare),
    ("ising", ising::prepare),
    ("langevin", langevin::prepare),
    ("lasso", lasso::prepare),
    ("metropolis", metropolis::prepare),
    ("ols", ols::prepare),
    ("ridge", ridge::prepare),
    ("sparse_coding", sparse_coding::prepare),
    ("training_step", training_step::prepare),
];

/// The input of a work: arrays as raw little-endian numbers, each with its shape in a text file beside it.
struct Folder<'a>(&'a Path);

impl Folder<'_> {
    fn read(&self, name: &str) -> ArrayD<f64> {
        let path = self.0.join(name);
        let bytes = fs::read(path.with_extension("f64")).expect("run.py wrote the array");
        let shape =
            fs::read_to_string(path.with_extension("shape")).expect("run.py wrote its shape");
        let shape: Vec<usize> =
            shape.split_whitespace().map(|n| n.parse().expect("a size")).collect();
        let values = bytes
            .chunks_exact(8)
            .map(|b| f64::from_le_bytes(b.try_into().expect("8 bytes")))
            .collect();
        ArrayD::from_shape_vec(shape, values).expect("as many numbers as the shape says")
    }

    fn number(&self, name: &str) -> f64 {
        self.read(name).first().copied().expect("one number")
    }

    fn vector(&self, name: &str) -> Array1<f64> {
        self.read(name).into_dimensionality().expect("one axis")
    }

    fn matrix(&self, name: &str) -> Array2<f64> {
        self.read(name).into_dimensionality().expect("two axes")
    }

    fn write(&self, name: &str, values: &ArrayD<f64>) -> io::Result<()> {
        let path = self.0.join("answer").join(name);
        let shape: Vec<String> = values.shape().iter().map(|n| n.to_string()).collect();
        fs::create_dir_all(self.0.join("answer"))?;
        fs::write(path.with_extension("shape"), shape.join(" "))?;
        fs::write(
            path.with_extension("f64"),
            values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>(),
        )
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, folder] = arguments.as_slice() else {
        eprintln!("usage: peer <work> <folder>");
        return ExitCode::FAILURE;
    };
    let Some((_, prepare)) = WORKS.iter().find(|(known, _)| known == name) else {
        eprintln!("no work is called {name}");
        return ExitCode::FAILURE;
    };
    let folder = Folder(Path::new(folder));
    let mut work = prepare(&folder);
    for line in io::stdin().lines() {
        line.expect("run.py speaks text");
        let start = Instant::now();
        let answer = work();
        let seconds = start.elapsed().as_secs_f64();
        for (name, values) in &answer {
            folder.write(name, values).expect("the folder is writable");
        }
        println!("{seconds:e}");
    }
    ExitCode::SUCCESS
}
