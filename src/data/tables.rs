//! The embedded tables and the readers of their form: comma-separated, one header line, no quotes.

use ndarray::{Array1, Array2};

use crate::Error;

/// The nuclides whose mass was measured, and how firmly each is bound.
///
/// Source: the atomic mass evaluation AME2020, M. Wang et al., Chinese Physics C 45 (2021) 030003.
#[derive(Clone, Debug, PartialEq)]
pub struct Nuclides {
    /// $Z$, the number of protons.
    pub protons: Array1<f64>,
    /// $N$, the number of neutrons.
    pub neutrons: Array1<f64>,
    /// The element's symbol: `Fe`.
    pub symbols: Vec<String>,
    /// $B = Z\,m({}^1\mathrm H) + N\,m_n - m(Z, N)$ of the whole nucleus, in MeV: the energy that would
    /// take it apart.
    pub binding_energy: Array1<f64>,
    /// The standard uncertainty of the nuclide's mass, in MeV.
    pub uncertainty: Array1<f64>,
}

/// Ten measurements of each of 442 patients, and how far their disease went in a year.
///
/// Source: B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, Annals of Statistics 32 (2004) 407.
#[derive(Clone, Debug, PartialEq)]
pub struct Diabetes {
    /// `n × 10`, in the units of the clinic, neither centred nor scaled; `data/README.md` gives them.
    pub features: Array2<f64>,
    /// What the columns of `features` are.
    pub names: [&'static str; 10],
    /// The progression of the disease one year after the measurements, a score without unit.
    pub progression: Array1<f64>,
}

/// Handwritten digits, 8 × 8 pixels.
///
/// Source: E. Alpaydin, C. Kaynak, Kybernetika 34 (1998) 369.
#[derive(Clone, Debug, PartialEq)]
pub struct Digits {
    /// `n × 64`: the pixels of an image row by row from the top, each 0 (paper) to 16 (ink).
    pub images: Array2<f64>,
    /// The digit that was meant, 0 to 9.
    pub labels: Vec<usize>,
}

/// The embedded table of [`Nuclides`], by protons, then by neutrons.
///
/// ```
/// let nuclides = downhill::data::nuclides();
/// let nucleons = &nuclides.protons + &nuclides.neutrons;
/// let per_nucleon = &nuclides.binding_energy / &nucleons;
/// let best = (0..per_nucleon.len()).max_by(|&i, &j| per_nucleon[i].total_cmp(&per_nucleon[j]));
/// let best = best.expect("the table is not empty");
/// assert_eq!((nuclides.symbols[best].as_str(), nucleons[best]), ("Ni", 62.0));
/// ```
pub fn nuclides() -> Nuclides {
    embedded(Nuclides::parse(include_str!("../../data/nuclides.csv")))
}

/// The embedded table of [`Diabetes`].
///
/// ```
/// let diabetes = downhill::data::diabetes();
/// assert_eq!(diabetes.features.dim(), (442, 10));
/// assert_eq!(diabetes.names[2], "bmi");
/// ```
pub fn diabetes() -> Diabetes {
    embedded(Diabetes::parse(include_str!("../../data/diabetes.csv")))
}

/// The embedded table of [`Digits`].
///
/// ```
/// let digits = downhill::data::digits();
/// assert_eq!(digits.images.dim(), (1797, 64));
/// assert_eq!(digits.labels[..5], [0, 1, 2, 3, 4]);
/// ```
pub fn digits() -> Digits {
    embedded(Digits::parse(include_str!("../../data/digits.csv")))
}

/// Seven letters drawn in 10 × 10 pixels, one to a row, from the top: +1 is ink, −1 is paper.
///
/// ```
/// let (names, patterns) = downhill::data::letters();
/// assert_eq!(names.iter().collect::<String>(), "ACHLTXZ");
/// assert_eq!(patterns.dim(), (7, 100));
/// ```
pub fn letters() -> (Vec<char>, Array2<f64>) {
    let mut names = Vec::new();
    let mut pixels = Vec::new();
    for letter in include_str!("../../data/letters.txt").split("\n\n") {
        // A name on a line of its own, then ten lines of ten pixels; a test looks at the embedded file.
        let mut characters = letter.chars().filter(|c| !c.is_whitespace());
        names.extend(characters.next());
        pixels.extend(characters.map(|c| if c == '#' { 1.0 } else { -1.0 }));
    }
    let patterns = Array2::from_shape_vec((names.len(), 100), pixels);
    (names, patterns.expect("the embedded letters have 10 × 10 pixels, as a test shows"))
}

impl Nuclides {
    const WHAT: &'static str = "table of nuclides";

    /// Reads `protons,neutrons,symbol,binding_energy,mass_uncertainty`, the energies in MeV and keV.
    ///
    /// ```
    /// use downhill::{Error, data::Nuclides};
    /// let header = "protons,neutrons,symbol,binding_energy,mass_uncertainty";
    /// let helium = Nuclides::parse(&format!("{header}\n2,2,He,28.2957,0.000\n"))?;
    /// assert_eq!(helium.binding_energy[0], 28.2957);
    ///
    /// let damaged = Nuclides::parse(&format!("{header}\n2,2,He,28.2957,0.000\n2,3,He,much,0\n"));
    /// assert!(matches!(damaged, Err(Error::Format { line: 3, .. })));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Format`], with its line, at the first thing that is not of this form.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (mut protons, mut neutrons, mut symbols) = (Vec::new(), Vec::new(), Vec::new());
        let (mut binding_energy, mut uncertainty) = (Vec::new(), Vec::new());
        for row in
            rows(Self::WHAT, text, "protons,neutrons,symbol,binding_energy,mass_uncertainty")?
        {
            let row = row?;
            protons.push(row.count(0)? as f64);
            neutrons.push(row.count(1)? as f64);
            symbols.push(row.cells[2].to_owned());
            binding_energy.push(row.number(3)?);
            uncertainty.push(row.number(4)? / 1000.0);
        }
        Ok(Self {
            protons: protons.into(),
            neutrons: neutrons.into(),
            symbols,
            binding_energy: binding_energy.into(),
            uncertainty: uncertainty.into(),
        })
    }
}

impl Diabetes {
    const NAMES: [&'static str; 10] =
        ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"];

    /// Reads `age,sex,bmi,bp,s1,s2,s3,s4,s5,s6,progression`.
    ///
    /// ```
    /// use downhill::{Error, data::Diabetes};
    /// let damaged = Diabetes::parse("age,sex,bmi,bp,s1,s2,s3,s4,s5,s6,progression\n59,2,32.1\n");
    /// assert!(matches!(damaged, Err(Error::Format { line: 2, .. })));
    /// ```
    ///
    /// # Errors
    /// [`Error::Format`], with its line, at the first thing that is not of this form.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (mut features, mut progression) = (Vec::new(), Vec::new());
        let header = format!("{},progression", Self::NAMES.join(","));
        for row in rows("table of diabetes", text, &header)? {
            let row = row?;
            for column in 0..10 {
                features.push(row.number(column)?);
            }
            progression.push(row.number(10)?);
        }
        Ok(Self {
            features: matrix(progression.len(), features),
            names: Self::NAMES,
            progression: progression.into(),
        })
    }
}

impl Digits {
    /// Reads `label,pixels`: a digit, and 64 characters, `0` to `9` and then `a` for 10 to `g` for 16.
    ///
    /// ```
    /// use downhill::{Error, data::Digits};
    /// let digits = Digits::parse(&format!("label,pixels\n7,{}g\n", "0".repeat(63)))?;
    /// assert_eq!((digits.labels[0], digits.images[[0, 63]]), (7, 16.0));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Format`], with its line, at the first thing that is not of this form.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (mut images, mut labels) = (Vec::new(), Vec::new());
        for row in rows("table of digits", text, "label,pixels")? {
            let row = row?;
            let label = row.count(0)?;
            if label > 9 {
                return Err(row.error(format!("label is {label}, but must be a digit")));
            }
            let pixels = row.cells[1];
            if pixels.chars().count() != 64 {
                return Err(row.error(format!("{} pixels instead of 64", pixels.chars().count())));
            }
            for c in pixels.chars() {
                let ink = c.to_digit(17).filter(|_| !c.is_ascii_uppercase());
                images.push(f64::from(
                    ink.ok_or_else(|| row.error(format!("{c:?} is not a pixel")))?,
                ));
            }
            labels.push(label);
        }
        Ok(Self { images: matrix(labels.len(), images), labels })
    }
}

/// One row of a table that has the right number of cells.
struct Row<'a> {
    what: &'static str,
    line: usize,
    names: Vec<&'a str>,
    cells: Vec<&'a str>,
}

impl Row<'_> {
    fn error(&self, reason: String) -> Error {
        Error::Format { what: self.what, line: self.line, reason }
    }

    fn read<T: std::str::FromStr>(&self, column: usize, must: &str) -> Result<T, Error> {
        let (name, cell) = (self.names[column], self.cells[column]);
        cell.parse().map_err(|_| self.error(format!("{name} is {cell:?}, but must be {must}")))
    }

    fn count(&self, column: usize) -> Result<usize, Error> {
        self.read(column, "a whole number")
    }

    fn number(&self, column: usize) -> Result<f64, Error> {
        let value: f64 = self.read(column, "a number")?;
        if value.is_finite() {
            return Ok(value);
        }
        Err(self.error(format!("{} is {value}, but must be finite", self.names[column])))
    }
}

/// The rows under `header`; at least one.
fn rows<'a>(
    what: &'static str,
    text: &'a str,
    header: &'a str,
) -> Result<impl Iterator<Item = Result<Row<'a>, Error>>, Error> {
    let mut lines = text.lines();
    if lines.next() != Some(header) {
        return Err(Error::Format {
            what,
            line: 1,
            reason: format!("the header must be {header:?}"),
        });
    }
    if lines.clone().next().is_none() {
        return Err(Error::Format { what, line: 2, reason: "no rows".to_owned() });
    }
    let names: Vec<&str> = header.split(',').collect();
    Ok(lines.zip(2..).map(move |(text, line)| {
        let row = Row { what, line, names: names.clone(), cells: text.split(',').collect() };
        if row.cells.len() == row.names.len() {
            return Ok(row);
        }
        Err(row.error(format!("{} columns instead of {}", row.cells.len(), row.names.len())))
    }))
}

/// `rows` equal rows, one after the other in `entries`.
fn matrix(rows: usize, entries: Vec<f64>) -> Array2<f64> {
    let columns = entries.len() / rows;
    Array2::from_shape_vec((rows, columns), entries)
        .expect("every row was checked to have the same length")
}

fn embedded<T>(table: Result<T, Error>) -> T {
    table.expect("the embedded table is whole, as a test shows")
}
