//! The temperature that fits data.

use ndarray::ArrayRef2;

use crate::{Error, check, free_energy::log_sum_exp};

/// Bisections and Newton steps before [`calibrate`] gives up; half a dozen are usual.
const STEPS: usize = 200;

/// The inverse temperature that makes the answers given most probable: the maximiser over $\beta > 0$ of
/// $\sum_i \log p_\beta(y_i \mid x_i)$, $p_\beta(y \mid x_i) = e^{-\beta E_i(y)} / Z_i(\beta)$.
///
/// `energies`, `n × k`: $E_i(y)$ of each of `k` answers to each of `n` questions. `answers`, `n`: the right one's index.
/// The sum is concave in $\beta$; its derivative vanishes where the mean energies that the model expects are on average those of the data.
///
/// ```
/// use downhill::gibbs_boltzmann::calibrate;
/// use ndarray::array;
/// // The lower of two answers is right three times in four: odds of 3 for a difference of 2.
/// let energies = array![[0.0, 2.0], [0.0, 2.0], [2.0, 0.0], [0.0, 2.0]];
/// let beta = calibrate(&energies, &[0, 0, 1, 1])?;
/// assert!((beta - 0.5 * 3f64.ln()).abs() < 1e-12);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// Source: for classifiers, C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, ICML (2017), as *temperature scaling*.
///
/// # Errors
/// [`Error::Empty`], [`Error::Shape`] or [`Error::Domain`] for energies that are empty or not finite, and for answers of another number or beyond the last column;
/// [`Error::Parameter`] when the best $\beta$ is not positive, because the answers have no lower energies than answers at random, or
/// infinite, because every answer has the lowest energy; [`Error::NotConverged`] when energies too unlike one another defeat the method.
pub fn calibrate(energies: &ArrayRef2<f64>, answers: &[usize]) -> Result<f64, Error> {
    check::non_empty("energies", energies)?;
    check::finite("energies", energies)?;
    check::length("answers", energies.nrows(), answers.len(), "answers, one a row of energies")?;
    if let Some(i) = answers.iter().position(|&y| y >= energies.ncols()) {
        let must = "a column of energies";
        return Err(Error::Domain {
            what: "answers",
            index: i.to_string(),
            value: answers[i] as f64,
            must,
        });
    }
    // Every energy from the lowest of its row on, in units of the largest: then nothing overflows, and squares do not vanish.
    let mut above = energies.to_owned();
    for mut row in above.rows_mut() {
        let lowest = row.fold(f64::INFINITY, |a, &b| a.min(b));
        row -= lowest;
    }
    let unit = above.fold(0.0, |a: f64, &b| a.max(b));
    if unit > 0.0 {
        above /= unit;
    }
    let of_data: f64 = above.rows().into_iter().zip(answers).map(|(row, &y)| row[y]).sum();
    // ANCHOR: slope
    // The derivative of the log-likelihood, and minus the second.
    let slope = |beta: f64| {
        let (mut excess, mut curvature) = (-of_data, 0.0);
        for row in above.rows() {
            let log_partition = log_sum_exp(&row.map(|e| -beta * e));
            let p = row.map(|e| (-beta * e - log_partition).exp());
            let mean = p.dot(&row);
            excess += mean;
            curvature += p.dot(&row.map(|e| (e - mean).powi(2)));
        }
        (excess, curvature)
    };
    // ANCHOR_END: slope
    let (excess, curvature) = slope(0.0);
    let refuse = |value, must| Err(Error::Parameter { what: "beta", value, must });
    if excess <= 0.0 {
        return refuse(
            0.0,
            "positive: the answers must have lower energies than answers at random",
        );
    }
    if of_data == 0.0 {
        return refuse(f64::INFINITY, "finite: some answer must not have the lowest energy");
    }
    // Newton's step towards where the logarithms of the two means meet, for far out the expected one falls as an exponential;
    // or a bisection where it leaves the bracket.
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let mut beta = excess / curvature;
    let mut step = f64::INFINITY;
    for _ in 0..STEPS {
        let (excess, curvature) = slope(beta);
        if excess > 0.0 {
            low = beta
        } else {
            high = beta
        }
        let newton = beta + ((excess + of_data) / of_data).ln() * (excess + of_data) / curvature;
        step = (newton - beta).abs();
        if step.min(high - low) <= 4.0 * f64::EPSILON * beta {
            return Ok(beta / unit);
        }
        let inside = newton > low && newton < high;
        beta = match (inside, high.is_finite()) {
            (true, true) => newton,
            (true, false) => newton.min(4.0 * beta),
            (false, true) => 0.5 * (low + high),
            (false, false) => 2.0 * beta,
        };
    }
    Err(Error::NotConverged {
        what: "the search for the temperature",
        iterations: STEPS,
        measure: "the last step",
        value: step,
        tolerance: 4.0 * f64::EPSILON * beta,
        reached: vec![ndarray::array![beta / unit]],
    })
}
