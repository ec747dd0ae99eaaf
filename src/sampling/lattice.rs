//! The Ising model on big lattices.

use ndarray::{Array2, ArrayRef2};
use rand::{Rng, RngExt};

use crate::{Error, check, introduction::logistic};

/// The two-dimensional Ising model of [`Ising`](crate::energy::Ising), laid out for speed: spins are bytes, and the sites are stored by the colours of a
/// chessboard. A site's four neighbours have the other colour, so that all sites of one colour can be drawn at once.
///
/// A spin has five possible local fields, so there are five probabilities, computed once. They are kept to 32 binary digits, which is what a draw compares them with.
///
/// ```
/// use downhill::sampling::Lattice;
/// let mut rng = downhill::rng(1);
/// let mut magnet = Lattice::new(64, 64, 1.0, 0.0, 1.0)?;
/// for _ in 0..100 { magnet.sweep(&mut rng); }
/// // Well below the critical temperature nearly all spins stay as they were, up.
/// assert!(magnet.magnetisation() > 0.99);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Lattice {
    rows: usize,
    columns: usize,
    coupling: f64,
    field: f64,
    /// The sites with even and with odd row + column, row by row, `columns / 2` to a row.
    colours: [Vec<i8>; 2],
    /// $p(s = +1)$ for a sum of the four neighbours of -4, -2, 0, 2, 4, in units of $2^{-32}$, the largest number standing for 1.
    chances: [u32; 5],
    draws: Vec<u16>,
}

impl Lattice {
    /// The lattice of `rows × columns` spins, all up, with joined edges, `coupling` $J$ and external `field` $B$, at the `temperature` $T$.
    ///
    /// # Errors
    /// [`Error::Parameter`] when a side is not even and positive, the coupling or the field is not finite, or the temperature is not positive.
    pub fn new(
        rows: usize,
        columns: usize,
        coupling: f64,
        field: f64,
        temperature: f64,
    ) -> Result<Self, Error> {
        let even = |side: usize| side >= 2 && side.is_multiple_of(2);
        check::parameter("rows", rows as f64, "even and positive", even(rows))?;
        check::parameter("columns", columns as f64, "even and positive", even(columns))?;
        check::parameter("coupling", coupling, "finite", coupling.is_finite())?;
        check::parameter("field", field, "finite", field.is_finite())?;
        check::parameter("temperature", temperature, "positive", temperature > 0.0)?;
        let half = columns / 2;
        let mut lattice = Self {
            rows,
            columns,
            coupling,
            field,
            colours: [vec![1; rows * half], vec![1; rows * half]],
            chances: [0; 5],
            draws: vec![0; half],
        };
        lattice.set_temperature(temperature);
        Ok(lattice)
    }

    /// Sets $T$.
    ///
    /// # Panics
    /// When `temperature` is not positive.
    pub fn set_temperature(&mut self, temperature: f64) {
        assert!(temperature > 0.0, "a temperature of {temperature}: it must be positive");
        // ANCHOR: chances
        for (chance, neighbours) in self.chances.iter_mut().zip([-4.0, -2.0, 0.0, 2.0, 4.0]) {
            let p = logistic(2.0 * (self.coupling * neighbours + self.field) / temperature);
            *chance = (p * 2.0_f64.powi(32)).round() as u32;
        }
        // ANCHOR_END: chances
    }

    /// Where the site at `row`, `column` is kept: its colour, and its number there.
    fn place(&self, row: usize, column: usize) -> (usize, usize) {
        ((row + column) % 2, row * (self.columns / 2) + column / 2)
    }

    /// Gives every spin the value at its place in `spins`, `rows × columns`.
    ///
    /// # Errors
    /// [`Error::Shape`] for an array of another shape, [`Error::Domain`] for an entry that is not ±1.
    pub fn set_spins(&mut self, spins: &ArrayRef2<f64>) -> Result<(), Error> {
        check::length("rows of spins", self.rows, spins.nrows(), "rows")?;
        check::length("columns of spins", self.columns, spins.ncols(), "columns")?;
        check::every("spins", spins, "-1 or +1", |s| s.abs() == 1.0)?;
        for ((row, column), &s) in spins.indexed_iter() {
            let (colour, site) = self.place(row, column);
            self.colours[colour][site] = s as i8;
        }
        Ok(())
    }

    /// The spins, ±1, `rows × columns`.
    pub fn spins(&self) -> Array2<f64> {
        Array2::from_shape_fn((self.rows, self.columns), |(row, column)| {
            let (colour, site) = self.place(row, column);
            f64::from(self.colours[colour][site])
        })
    }

    /// Draws every spin once from its distribution given its neighbours: all sites of one colour, then all of the other. Allocates nothing.
    pub fn sweep(&mut self, rng: &mut impl Rng) {
        self.update(0, rng);
        self.update(1, rng);
    }

    fn update(&mut self, colour: usize, rng: &mut impl Rng) {
        let Self { rows, columns, colours: [even, odd], chances, draws, .. } = self;
        let (half, rows) = (*columns / 2, *rows);
        let (spins, others) = if colour == 0 { (even, &*odd) } else { (odd, &*even) };
        for (row, spins) in spins.chunks_exact_mut(half).enumerate() {
            let line = |row: usize| &others[row * half..(row + 1) * half];
            let (above, here, below) = (
                line(if row == 0 { rows - 1 } else { row - 1 }),
                line(row),
                line(if row + 1 == rows { 0 } else { row + 1 }),
            );
            rng.fill(&mut draws[..]);
            // Of the two neighbours in its own row one has a site's own number; the other is the next or the one before.
            let mut tie = false;
            let all = half - 1;
            let (most, edge, next, last) = if (row + colour).is_multiple_of(2) {
                (1..half, 0..1, 0..all, all..half)
            } else {
                (0..all, all..half, 1..half, 0..1)
            };
            for (sites, beside) in [(most, next), (edge, last)] {
                let around = [
                    &above[sites.clone()],
                    &below[sites.clone()],
                    &here[sites.clone()],
                    &here[beside],
                ];
                tie |= draw(&mut spins[sites.clone()], around, &draws[sites], chances);
            }
            if tie {
                let shift = if (row + colour).is_multiple_of(2) { half - 1 } else { 1 };
                for k in 0..half {
                    let around = above[k] + below[k] + here[k] + here[(k + shift) % half];
                    let chance = chances[((around + 4) / 2) as usize];
                    if u32::from(draws[k]) == chance >> 16 {
                        spins[k] =
                            if u32::from(rng.random::<u16>()) < chance & 0xffff { 1 } else { -1 };
                    }
                }
            }
        }
    }

    /// The mean spin.
    pub fn magnetisation(&self) -> f64 {
        self.sum() as f64 / (self.rows * self.columns) as f64
    }

    fn sum(&self) -> i64 {
        self.colours.iter().flatten().map(|&s| i64::from(s)).sum()
    }

    /// The energy a spin, $-\frac1N \bigl( J \sum_{\langle ij \rangle} s_i s_j + B \sum_i s_i \bigr)$.
    pub fn energy(&self) -> f64 {
        let half = self.columns / 2;
        let [even, odd] = &self.colours;
        // Every bond joins an even site to an odd one.
        let mut bonds = 0;
        for (row, spins) in even.chunks_exact(half).enumerate() {
            let line = |row: usize| &odd[row % self.rows * half..(row % self.rows + 1) * half];
            let (above, here, below) = (line(row + self.rows - 1), line(row), line(row + 1));
            for k in 0..half {
                let beside =
                    here[if row % 2 == 0 { (k + half - 1) % half } else { (k + 1) % half }];
                bonds += i64::from(spins[k] * (above[k] + below[k] + here[k] + beside));
            }
        }
        -(self.coupling * bonds as f64 + self.field * self.sum() as f64)
            / (self.rows * self.columns) as f64
    }
}

/// Draws the `spins` whose four neighbours are `around` them, each +1 when its draw is below the first 16 binary digits of its chance; whether a draw
/// was equal to them, so that the further digits decide. There is no branch and no table, so that the compiler does many spins at once.
// ANCHOR: draw
fn draw(spins: &mut [i8], around: [&[i8]; 4], draws: &[u16], chances: &[u32; 5]) -> bool {
    let first = chances.map(|chance| (chance >> 16) as u16);
    let [a, b, c, d] = around.map(|neighbours| &neighbours[..spins.len()]);
    let draws = &draws[..spins.len()];
    let mut tie = false;
    for k in 0..spins.len() {
        let sum = a[k] + b[k] + c[k] + d[k];
        let mut chance = first[0];
        for (level, higher) in [-2, 0, 2, 4].into_iter().zip(&first[1..]) {
            chance = if sum >= level { *higher } else { chance };
        }
        tie |= draws[k] == chance;
        spins[k] = if draws[k] < chance { 1 } else { -1 };
    }
    tie
}
// ANCHOR_END: draw
