//! The embedded tables against facts known elsewhere, and what their readers refuse.

use downhill::{
    Error,
    data::{self, Diabetes, Digits, Nuclides},
    rng,
};
use ndarray::Array1;
use proptest::prelude::*;

fn binding_energy(protons: f64, neutrons: f64) -> f64 {
    let table = data::nuclides();
    let row = (0..table.protons.len())
        .find(|&i| table.protons[i] == protons && table.neutrons[i] == neutrons)
        .expect("the nuclide is in the table");
    table.binding_energy[row]
}

/// Against the energies that AME2020 itself prints (Wang et al. 2021, in keV a nucleon).
#[test]
fn binding_energies_are_those_of_the_evaluation() {
    for (protons, neutrons, per_nucleon) in [
        (1.0, 1.0, 1112.2831),
        (2.0, 2.0, 7073.9156),
        (6.0, 6.0, 7680.1446),
        (26.0, 30.0, 8790.3563),
        (28.0, 34.0, 8794.5555),
        (82.0, 126.0, 7867.4530),
        (92.0, 146.0, 7570.1262),
    ] {
        let expected = per_nucleon * (protons + neutrons) / 1000.0;
        // The package rounds each mass to its uncertainty, at most 1.5 keV for these.
        assert!(
            (binding_energy(protons, neutrons) - expected).abs() < 2e-3,
            "Z = {protons}, N = {neutrons}"
        );
    }
}

/// Every nuclide stands once, in order, and weighs less than its parts; no mass is less certain than 1 MeV.
#[test]
fn nuclides_are_in_order_and_bound() {
    let table = data::nuclides();
    assert_eq!(table.protons.len(), 2485);
    let keys: Vec<_> =
        table.protons.iter().zip(&table.neutrons).map(|(z, n)| (*z as i64, *n as i64)).collect();
    assert!(keys.is_sorted() && keys.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(table.binding_energy.iter().all(|&b| b > 0.0));
    assert!(table.uncertainty.iter().all(|&u| (0.0..1.0).contains(&u)));
    assert_eq!(table.symbols.len(), table.protons.len());
}

/// Against the mean, which is the intercept of every published fit with centred columns, and the known extremes.
#[test]
fn diabetes_is_the_table_of_least_angle_regression() {
    let table = data::diabetes();
    assert_eq!(table.features.dim(), (442, 10));
    let mean = table.progression.mean().expect("442 patients");
    assert!((mean - 152.133_484).abs() < 1e-6);
    assert_eq!(table.progression.iter().copied().fold(f64::NAN, f64::max), 346.0);
    assert_eq!(table.progression.iter().copied().fold(f64::NAN, f64::min), 25.0);
    assert!(table.features.column(1).iter().all(|&sex| sex == 1.0 || sex == 2.0));
    // s4 is defined as total cholesterol over HDL, rounded by the clinic.
    let ratios =
        table.features.rows().into_iter().filter(|r| (r[4] / r[6] - r[7]).abs() < 0.51).count();
    assert!(ratios > 430, "{ratios}");
}

/// Against the counts that the archive of the University of California at Irvine prints for the test set.
#[test]
fn digits_are_as_many_as_the_archive_says() {
    let digits = data::digits();
    assert_eq!(digits.images.dim(), (1797, 64));
    assert!(digits.images.iter().all(|&v| (0.0..=16.0).contains(&v) && v.fract() == 0.0));
    let mut counts = [0; 10];
    digits.labels.iter().for_each(|&label| counts[label] += 1);
    assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
}

#[test]
fn letters_have_the_shapes_that_their_names_promise() {
    let (names, patterns) = data::letters();
    assert_eq!(patterns.dim(), (names.len(), 100));
    assert!(patterns.iter().all(|&s| s == 1.0 || s == -1.0));
    // What a mirror does to each: A, H, T and X stay, the others change.
    for (name, pattern) in names.iter().zip(patterns.rows()) {
        let mirrored = (0..100).all(|i| pattern[i] == pattern[10 * (i / 10) + 9 - i % 10]);
        assert_eq!(mirrored, "AHTX".contains(*name), "{name}");
    }
}

const NUCLIDES: &str = "protons,neutrons,symbol,binding_energy,mass_uncertainty";
const DIABETES: &str = "age,sex,bmi,bp,s1,s2,s3,s4,s5,s6,progression";
const DIGITS: &str = "label,pixels";

fn line<T>(outcome: Result<T, Error>) -> usize {
    match outcome {
        Err(Error::Format { line, .. }) => line,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("the damage passed"),
    }
}

#[test]
fn damaged_nuclides_are_refused_at_their_line() {
    let good = "1,1,H,2.2246,0.000";
    assert!(Nuclides::parse(&format!("{NUCLIDES}\n{good}\n{good}\n")).is_ok());
    for (rows, damaged) in [
        ("1,1,H,2.2246".to_owned(), 2),
        (format!("{good}\n1,1,H,2.2246,0.000,7"), 3),
        (format!("{good}\n1,1,H,two,0.000"), 3),
        (format!("{good}\n{good}\n1,1,H,NaN,0.000"), 4),
        (format!("{good}\n1,1,H,inf,0.000"), 3),
        ("-1,1,H,2.2246,0.000".to_owned(), 2),
        ("1.5,1,H,2.2246,0.000".to_owned(), 2),
        (format!("{good}\n\n{good}"), 3),
        (String::new(), 2),
    ] {
        assert_eq!(line(Nuclides::parse(&format!("{NUCLIDES}\n{rows}"))), damaged, "{rows:?}");
    }
    for text in ["", "\n", "protons,neutrons\n1,1", good] {
        assert_eq!(line(Nuclides::parse(text)), 1, "{text:?}");
    }
}

#[test]
fn damaged_diabetes_is_refused_at_its_line() {
    let good = "59,2,32.1,101,157,93.2,38,4,4.8598,87,151";
    assert!(Diabetes::parse(&format!("{DIABETES}\n{good}")).is_ok());
    for (row, damaged) in [
        ("59,2,32.1,101,157,93.2,38,4,4.8598,87", 3),
        ("59,2,,101,157,93.2,38,4,4.8598,87,151", 3),
        ("59,2,32.1,101,157,93.2,38,4,4.8598,87,NaN", 3),
        ("59,2,32.1,101,157,93.2,38,4,4.8598,-inf,151", 3),
    ] {
        assert_eq!(
            line(Diabetes::parse(&format!("{DIABETES}\n{good}\n{row}\n"))),
            damaged,
            "{row:?}"
        );
    }
    assert_eq!(line(Diabetes::parse("")), 1);
    assert_eq!(line(Diabetes::parse(DIABETES)), 2);
}

#[test]
fn damaged_digits_are_refused_at_their_line() {
    let blank = "0".repeat(63);
    let good = format!("3,{blank}g");
    assert!(Digits::parse(&format!("{DIGITS}\n{good}")).is_ok());
    for row in [
        format!("3,{blank}"),
        format!("3,{blank}00"),
        format!("3,{blank}h"),
        format!("3,{blank}A"),
        format!("3,{blank}é"),
        format!("10,{blank}0"),
        format!("-1,{blank}0"),
        format!("three,{blank}0"),
        "3".to_owned(),
    ] {
        assert_eq!(line(Digits::parse(&format!("{DIGITS}\n{good}\n{row}\n"))), 3, "{row:?}");
    }
    assert_eq!(line(Digits::parse("")), 1);
    assert_eq!(line(Digits::parse(DIGITS)), 2);
}

proptest! {
    /// Exactly as many entries change as were asked for, and each by its sign alone.
    #[test]
    fn flip_changes_exactly_so_many(seed: u64, n in 1_usize..200, share in 0.0..=1.0_f64) {
        let count = (share * n as f64) as usize;
        let mut rng = rng(seed);
        let pattern = data::random_patterns(1, n, &mut rng).row(0).to_owned();
        let flipped = data::flip(&pattern, count, &mut rng);
        prop_assert_eq!(pattern.iter().zip(&flipped).filter(|(a, b)| *a != *b).count(), count);
        prop_assert!(flipped.iter().all(|&s| s == 1.0 || s == -1.0));
    }

    /// Every row is dealt once.
    #[test]
    fn split_deals_every_row_once(seed: u64, n in 0_usize..300, share in 0.0..=1.0_f64) {
        let (train, held_out) = data::split(n, share, &mut rng(seed));
        prop_assert_eq!(held_out.len(), (share * n as f64).round() as usize);
        let mut all = [train, held_out].concat();
        all.sort_unstable();
        prop_assert_eq!(all, (0..n).collect::<Vec<_>>());
    }

    /// No text makes a reader panic.
    #[test]
    fn readers_return_on_any_text(text in "\\PC{0,80}", rows in "([0-9a-z.,-]{0,40}\n){0,6}") {
        for header in ["", NUCLIDES, DIABETES, DIGITS] {
            for body in [&text, &rows] {
                let text = format!("{header}\n{body}");
                let _ = (Nuclides::parse(&text), Diabetes::parse(&text), Digits::parse(&text));
            }
        }
    }
}

/// Each place is flipped equally often: 4 standard errors of a binomial count, 40 places, one seed.
#[test]
fn flip_has_no_favourites() {
    let mut rng = rng(5);
    let (n, count, rounds) = (40, 10, 4000);
    let pattern = Array1::ones(n);
    let mut flips = Array1::<f64>::zeros(n);
    for _ in 0..rounds {
        flips += &((1.0 - data::flip(&pattern, count, &mut rng)) / 2.0);
    }
    let p = count as f64 / n as f64;
    let error = (rounds as f64 * p * (1.0 - p)).sqrt();
    assert!(flips.iter().all(|f| (f - rounds as f64 * p).abs() < 4.0 * error), "{flips}");
}

#[test]
#[should_panic(expected = "cannot flip 4 of 3 entries")]
fn flip_refuses_more_than_there_are() {
    data::flip(&Array1::ones(3), 4, &mut rng(1));
}

#[test]
#[should_panic(expected = "must be between 0 and 1")]
fn split_refuses_what_is_no_share() {
    data::split(3, f64::NAN, &mut rng(1));
}
