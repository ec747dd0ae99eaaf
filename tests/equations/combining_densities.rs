//! Chapter `combining-densities`.

use downhill::{
    combining_densities::{Detector, Product, SoftMin, mixture, product, tied_components},
    directed_vs_energy::SigmoidBelief,
    energy::{Differentiable, DoubleWell, Energy, Gaussian, Mixture, binary_states},
    gibbs_boltzmann::Boltzmann,
    hopfield::Hopfield,
    rng,
    sampling::{Kernel, Metropolis},
};
use ndarray::{Array1, Array2, ArrayRef1, Axis, array, s};
use rand::{Rng, RngExt};
use rand_distr::{Exp1, StandardNormal};
use serde_json::Value;

fn normal(n: usize, rng: &mut impl Rng) -> Array1<f64> {
    Array1::from_shape_simple_fn(n, || rng.sample(StandardNormal))
}

/// `count` random distributions over `states` states, a row each, uniform on the simplex.
fn distributions(count: usize, states: usize, rng: &mut impl Rng) -> Array2<f64> {
    let mut p = Array2::from_shape_simple_fn((count, states), || rng.sample::<f64, _>(Exp1));
    for mut row in p.rows_mut() {
        let sum = row.sum();
        row /= sum;
    }
    p
}

fn entropy(p: &ArrayRef1<f64>) -> f64 {
    -p.iter().filter(|&&p| p > 0.0).map(|p| p * p.ln()).sum::<f64>()
}

fn divergence(p: &ArrayRef1<f64>, q: &ArrayRef1<f64>) -> f64 {
    p.iter().zip(q).map(|(p, q)| p * (p / q).ln()).sum()
}

fn largest(p: &ArrayRef1<f64>) -> f64 {
    p.fold(0.0, |most: f64, &p| most.max(p))
}

fn furthest(a: &ArrayRef1<f64>, b: &ArrayRef1<f64>) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()))
}

/// Random symmetric weights and thresholds: an energy on ±1 states that is nothing special.
fn net(units: usize, rng: &mut impl Rng) -> Hopfield {
    let mut weights = Array2::zeros((units, units));
    for i in 0..units {
        for j in 0..i {
            let w: f64 = rng.sample(StandardNormal);
            (weights[[i, j]], weights[[j, i]]) = (w, w);
        }
    }
    Hopfield::new(weights, normal(units, rng)).unwrap()
}

fn detectors(count: usize, bits: usize, rng: &mut impl Rng) -> Vec<Detector> {
    (0..count)
        .map(|_| Detector::new(1.5 * normal(bits, rng), rng.sample(StandardNormal)).unwrap())
        .collect()
}

fn all_ones(n: usize) -> Array1<f64> {
    Array1::ones(n)
}

/// The slope of an energy against central differences.
fn slope_agrees(energy: &impl Differentiable, x: &ArrayRef1<f64>, tolerance: f64) {
    let differences = Array1::from_shape_fn(x.len(), |i| {
        let (mut up, mut down) = (x.to_owned(), x.to_owned());
        up[i] += 1e-5;
        down[i] -= 1e-5;
        (energy.energy(&up) - energy.energy(&down)) / 2e-5
    });
    assert!(
        furthest(&energy.gradient(x), &differences) < tolerance,
        "{} {differences}",
        energy.gradient(x)
    );
}

/// The first index at which the sum of the `shares` passes `u`; the last, should rounding keep it below.
fn choose(shares: &ArrayRef1<f64>, mut u: f64) -> usize {
    let chosen = shares.iter().position(|share| {
        u -= share;
        u < 0.0
    });
    chosen.unwrap_or(shares.len() - 1)
}

/// Frequencies of `draws` independent draws against the probabilities `p`, at 4 standard errors.
fn drawn(counts: &ArrayRef1<f64>, p: &ArrayRef1<f64>, draws: usize) {
    for (count, p) in counts.iter().zip(p) {
        let error = (p * (1.0 - p) / draws as f64).sqrt();
        assert!((count / draws as f64 - p).abs() < 4.0 * error);
    }
}

/// The mixture's probabilities against the frequencies of draws that choose a component first, and then a state.
#[test]
fn mixture_of_densities() {
    let mut rng = rng(1);
    let densities = distributions(3, 5, &mut rng);
    // Weights in any unit.
    let p = mixture(&densities, &array![2.0, 5.0, 3.0]).unwrap();
    let draws = 200_000;
    let mut counts = Array1::<f64>::zeros(5);
    for _ in 0..draws {
        let k = choose(&array![0.2, 0.5, 0.3], rng.random());
        counts[choose(&densities.row(k), rng.random())] += 1.0;
    }
    drawn(&counts, &p, draws);
}

/// Entropy and peak of mixtures of 1000 random families against those of their parts; both bounds are attained by equal parts. A mixture that is
/// sharper than one of its parts, by quadrature and by SciPy's.
/// Source: neural-nets-notes, *Combining Densities*.
#[test]
fn mixture_sharpness() {
    let mut rng = rng(2);
    for _ in 0..1000 {
        let densities = distributions(3, 6, &mut rng);
        let weights = distributions(1, 3, &mut rng).row(0).to_owned();
        let mixed = mixture(&densities, &weights).unwrap();
        let entropies = densities.map_axis(Axis(1), |p| entropy(&p));
        assert!(entropy(&mixed) >= weights.dot(&entropies) - 1e-12);
        assert!(entropy(&mixed) >= entropies.fold(f64::INFINITY, |a, &b| a.min(b)) - 1e-12);
        assert!(largest(&mixed) <= densities.fold(0.0, |a: f64, &b| a.max(b)) + 1e-15);
    }
    let alike = array![[0.7, 0.2, 0.1], [0.7, 0.2, 0.1]];
    let same = mixture(&alike, &array![0.3, 0.7]).unwrap();
    assert!(
        (entropy(&same) - entropy(&alike.row(0))).abs() < 1e-15
            && (largest(&same) - 0.7).abs() < 1e-15
    );

    let bell = |width: f64| Gaussian::new(array![0.0], array![[width.powi(-2)]]).unwrap();
    let parts = vec![bell(0.3), bell(3.0)];
    let log_partitions: Array1<f64> = parts.iter().map(|p| p.log_partition(1.0)).collect();
    let mixed = SoftMin::new(parts, &array![0.9, 0.1], &log_partitions).unwrap();
    // The trapezoidal rule converges exponentially for functions that die out at both ends.
    let (step, mut mixed_entropy) = (1e-3, 0.0);
    for i in -30_000..=30_000 {
        let e = mixed.energy(&array![step * f64::from(i)]);
        mixed_entropy += step * e * (-e).exp();
    }
    let broad = 0.5 * (std::f64::consts::TAU * std::f64::consts::E * 9.0).ln();
    let narrow = broad - 10f64.ln();
    assert!(
        narrow < mixed_entropy
            && 0.9 * narrow + 0.1 * broad < mixed_entropy
            && mixed_entropy < broad
    );
    let oracle = oracle();
    assert!((mixed_entropy - oracle["mixture entropy"].as_f64().unwrap()).abs() < 1e-9);
}

fn oracle() -> Value {
    serde_json::from_str(include_str!("../oracles/combining_densities.json")).unwrap()
}

/// The product of three distributions, by logarithms, against multiplication and division; that of Gaussians against their product on a grid.
/// Source: G. E. Hinton, Neural Computation 14 (2002) 1771.
#[test]
fn product_of_experts() {
    let mut rng = rng(3);
    let densities = distributions(3, 32, &mut rng);
    let (p, log_partition) = product(&densities, &all_ones(3)).unwrap();
    let plain = densities.map_axis(Axis(0), |column| column.product());
    assert!(furthest(&p, &(&plain / plain.sum())) < 1e-14);
    assert!((log_partition - plain.sum().ln()).abs() < 1e-13);
    // Exponents: the second expert twice, the third not at all, the first divided out.
    let (p, log_partition) = product(&densities, &array![-1.0, 2.0, 0.0]).unwrap();
    let plain = &densities.row(1) * &densities.row(1) / densities.row(0);
    assert!(furthest(&p, &(&plain / plain.sum())) < 1e-14);
    assert!((log_partition - plain.sum().ln()).abs() < 1e-13);
    // Probabilities whose product is less than the least number there is.
    let tiny =
        Array2::from_shape_fn((400, 2), |(_, state)| if state == 0 { 1e-3 } else { 1.0 - 1e-3 });
    let (p, log_partition) = product(&tiny, &all_ones(400)).unwrap();
    assert_eq!(p[1], 1.0);
    assert!((log_partition - 400.0 * (-1e-3f64).ln_1p()).abs() < 1e-12);
}

/// The product of detectors against the sum over the 2^h settings of their hidden bits, by enumeration of both.
/// Source: neural-nets-notes, *Combining Densities*.
#[test]
fn product_of_densities() {
    let mut rng = rng(4);
    let experts = detectors(4, 5, &mut rng);
    let (shares, on) = tied_components(&experts).unwrap();
    assert_eq!((shares.len(), on.dim()), (16, (16, 5)));
    let states = binary_states(5, 0.0, 1.0).unwrap();
    let joint = Product::new(experts.clone(), all_ones(4)).unwrap();
    let p = Boltzmann::new(&joint, states.clone(), 1.0).unwrap().probabilities();
    for (x, p) in states.rows().into_iter().zip(p) {
        let component = |on: &ArrayRef1<f64>| {
            on.iter().zip(&x).map(|(on, x)| x * on + (1.0 - x) * (1.0 - on)).product::<f64>()
        };
        let mixed: f64 =
            shares.iter().zip(on.rows()).map(|(share, on)| share * component(&on)).sum();
        assert!((mixed - p).abs() < 1e-14);
    }
    // No two of the 16 components are the same.
    for a in 0..16 {
        assert!((0..a).all(|b| furthest(&on.row(a), &on.row(b)) > 1e-3));
    }
    // One expert alone, normalised by its closed form.
    for expert in &experts {
        let by_enumeration = Boltzmann::new(expert, states.clone(), 1.0).unwrap().log_partition();
        assert!((by_enumeration - expert.log_partition()).abs() < 1e-13);
    }
}

/// Precisions add and means are averaged by them: against the sum of five energies, which differs by a constant, and its gradient.
#[test]
fn product_of_gaussians() {
    let mut rng = rng(5);
    let mut bell = || {
        let root = Array2::from_shape_simple_fn((3, 3), || rng.sample::<f64, _>(StandardNormal));
        let precision = root.dot(&root.t()) + Array2::<f64>::eye(3);
        Gaussian::new(normal(3, &mut rng), (&precision + &precision.t()) / 2.0).unwrap()
    };
    let experts: Vec<Gaussian> = (0..5).map(|_| bell()).collect();
    let product = Product::new(experts, array![1.0, 1.0, 0.5, 2.0, 1.0]).unwrap();
    let one = product.gaussian().unwrap();
    let offset = product.energy(one.mean());
    let mut points = downhill::rng(6);
    for _ in 0..20 {
        let x = 3.0 * normal(3, &mut points);
        let (sum, single) = (product.energy(&x), one.energy(&x) + offset);
        assert!((sum - single).abs() < 1e-11 * sum.abs());
        assert!(furthest(&product.gradient(&x), &one.gradient(&x)) < 1e-11);
    }
    // It is narrower than each of its factors, in every direction.
    for expert in &product.experts()[..2] {
        let gain = one.precision() - expert.precision();
        assert!(Gaussian::new(one.mean().clone(), (&gain + &gain.t()) / 2.0).is_ok());
    }
}

/// Two experts who disagree: the entropy of their product against that of each, and two exponential tails whose product is a long one.
#[test]
fn product_not_always_sharper() {
    let disagree = array![[0.9, 0.1], [0.1, 0.9]];
    let (p, _) = product(&disagree, &all_ones(2)).unwrap();
    assert!(furthest(&p, &array![0.5, 0.5]) < 1e-15);
    assert!(entropy(&p) > entropy(&disagree.row(0)) + 0.3 && largest(&p) < 0.6);
    // Log-concave, and yet: on a grid of [0, 60], e^{-x} and e^{0.9 x}.
    let x = Array1::from_iter((0..6000).map(|i| 0.01 * f64::from(i)));
    let mut tails = Array2::zeros((2, x.len()));
    tails.row_mut(0).assign(&x.mapv(|x| (-x).exp()));
    tails.row_mut(1).assign(&x.mapv(|x| (0.9 * (x - 60.0)).exp()));
    for mut row in tails.rows_mut() {
        let sum = row.sum();
        row /= sum;
    }
    let variance = |p: &ArrayRef1<f64>| {
        let mean = p.dot(&x);
        p.dot(&x.mapv(|x| (x - mean).powi(2)))
    };
    let (p, _) = product(&tails, &all_ones(2)).unwrap();
    // Cut off at 60, the slow tail e^{-0.1 x} has the variance 1/a² − L² e^{aL}/(e^{aL} − 1)², a = 0.1, L = 60; the grid's sums err by its step.
    let exact = 100.0 - 3600.0 * 6f64.exp() / (6f64.exp() - 1.0).powi(2);
    assert!((variance(&p) / exact - 1.0).abs() < 1e-2);
    assert!(variance(&p) > 50.0 * variance(&tails.row(0)).max(variance(&tails.row(1))));
}

/// The derivative of the entropy of p₁ p₂^t by t: the covariance of the logarithms against finite differences.
#[test]
fn product_entropy_slope() {
    let mut rng = rng(7);
    let mut signs = [0, 0];
    for _ in 0..100 {
        let densities = distributions(2, 6, &mut rng);
        let t = rng.random::<f64>();
        let at = |t: f64| product(&densities, &array![1.0, t]).unwrap().0;
        let difference = (entropy(&at(t + 1e-5)) - entropy(&at(t - 1e-5))) / 2e-5;
        let q = at(t);
        let (own, other) = (q.ln(), densities.row(1).ln());
        let covariance = (&q * &own * &other).sum() - q.dot(&own) * q.dot(&other);
        assert!((difference + covariance).abs() < 1e-8);
        // As the text splits it: what the two have in common, and what the second has for itself.
        let first = densities.row(0).ln();
        let (common, alone) = (
            (&q * &first * &other).sum() - q.dot(&first) * q.dot(&other),
            (&q * &other * &other).sum() - q.dot(&other).powi(2),
        );
        assert!((difference + common + t * alone).abs() < 1e-8);
        signs[usize::from(difference > 0.0)] += 1;
    }
    assert!(signs[0] > 10 && signs[1] > 10, "both happen: {signs:?}");
}

/// Of experts who rank the states alike, the product's m most probable states have at least as much probability as each expert's, for all m:
/// 1000 random pairs; and for pairs that rank them at random this fails.
#[test]
fn product_sharper_when_alike() {
    let mut rng = rng(8);
    let sorted = |p: &ArrayRef1<f64>| {
        let mut p = p.to_vec();
        p.sort_by(|a, b| b.total_cmp(a));
        p
    };
    let majorises = |p: &[f64], q: &[f64]| {
        let (mut left, mut right) = (0.0, 0.0);
        p.iter().zip(q).all(|(p, q)| {
            left += p;
            right += q;
            left >= right - 1e-12
        })
    };
    let mut fails = 0;
    for _ in 0..1000 {
        let random = distributions(2, 6, &mut rng);
        let alike = Array2::from_shape_fn((2, 6), |(k, i)| sorted(&random.row(k))[i]);
        let (p, _) = product(&alike, &all_ones(2)).unwrap();
        for expert in alike.rows() {
            assert!(majorises(&sorted(&p), &sorted(&expert)));
            assert!(
                entropy(&p) <= entropy(&expert) + 1e-12 && largest(&p) >= largest(&expert) - 1e-15
            );
        }
        let (p, _) = product(&random, &all_ones(2)).unwrap();
        fails += usize::from(!majorises(&sorted(&p), &sorted(&random.row(0))));
    }
    assert!(fails > 100, "{fails}");
}

/// The Gibbs distribution of a sum of energies against the renormalised product of the energies' Gibbs distributions, on 64 states; the gradient of a
/// sum against finite differences.
/// Source: neural-nets-notes, *Combining Densities*.
#[test]
fn energies_add_under_products() {
    let mut rng = rng(9);
    let states = binary_states(6, -1.0, 1.0).unwrap();
    let parts: Vec<Hopfield> = (0..3).map(|_| net(6, &mut rng)).collect();
    let exponents = array![1.0, 0.5, -0.3];
    let mut densities = Array2::zeros((3, 64));
    for (mut row, part) in densities.rows_mut().into_iter().zip(&parts) {
        row.assign(&Boltzmann::new(part, states.clone(), 1.0).unwrap().probabilities());
    }
    let plain = densities.row(0).to_owned()
        * densities.row(1).mapv(f64::sqrt)
        * densities.row(2).mapv(|p| p.powf(-0.3));
    let sum = Product::new(parts, exponents).unwrap();
    let p = Boltzmann::new(&sum, states, 1.0).unwrap().probabilities();
    assert!(furthest(&p, &(&plain / plain.sum())) < 1e-13);

    let (well, bowl) = (
        DoubleWell::new(1.0, 0.3).unwrap(),
        Gaussian::new(array![0.5, -1.0], array![[2.0, 0.5], [0.5, 1.0]]).unwrap(),
    );
    let ring = Mixture::ring(5, 2.0, 0.6).unwrap();
    let sum =
        Product::new(vec![&well as &dyn Differentiable, &bowl, &ring], array![1.0, -0.2, 2.0])
            .unwrap();
    for _ in 0..20 {
        slope_agrees(&sum, &normal(2, &mut rng), 1e-7);
    }
}

fn bells() -> (Vec<Gaussian>, Array1<f64>) {
    let parts = vec![
        Gaussian::new(array![1.0, 0.0], array![[4.0, 1.0], [1.0, 2.0]]).unwrap(),
        Gaussian::new(array![-1.0, 0.5], array![[1.0, 0.0], [0.0, 9.0]]).unwrap(),
    ];
    let log_partitions = parts.iter().map(|p| p.log_partition(1.0)).collect();
    (parts, log_partitions)
}

/// The soft minimum against the logarithm of the mixture's density, and its integral over the plane against 1.
#[test]
fn soft_min_under_mixtures() {
    let (parts, log_partitions) = bells();
    let soft = SoftMin::new(parts.clone(), &array![1.0, 3.0], &log_partitions).unwrap();
    let density = |part: &Gaussian, determinant: f64, x: &Array1<f64>| {
        let d = x - part.mean();
        (-0.5 * d.dot(&part.precision().dot(&d))).exp() * determinant.sqrt() / std::f64::consts::TAU
    };
    let (mut total, step) = (0.0, 0.05);
    for i in -160..=160 {
        for j in -160..=160 {
            let x = array![step * f64::from(i), step * f64::from(j)];
            let energy = soft.energy(&x);
            total += step * step * (-energy).exp();
            if i % 40 == 0 && j % 40 == 0 {
                let plain = 0.25 * density(&parts[0], 7.0, &x) + 0.75 * density(&parts[1], 9.0, &x);
                // Far out the densities themselves underflow, and the energy does not.
                assert!(
                    (energy + plain.ln()).abs() < 1e-11 * energy.abs().max(1.0) || plain < 1e-300
                );
            }
        }
    }
    assert!((total - 1.0).abs() < 1e-12);
    assert!(soft.energy(&array![1e6, 0.0]).is_finite());
    // A soft minimum lies below the minimum, and above it less the logarithm of the number of parts.
    let raw = SoftMin::new(parts.clone(), &array![1.0, 1.0], &array![0.0, 0.0]).unwrap();
    for x in [array![0.0, 0.0], array![1.0, 0.0], array![-3.0, 2.0]] {
        let least = parts[0].energy(&x).min(parts[1].energy(&x)) + 2f64.ln();
        assert!(raw.energy(&x) <= least + 1e-14 && raw.energy(&x) >= least - 2f64.ln() - 1e-14);
    }
}

/// The slope of a soft minimum, a mean by responsibilities, against finite differences; the responsibilities against Bayes' rule.
#[test]
fn soft_min_gradient() {
    let (parts, log_partitions) = bells();
    let soft = SoftMin::new(parts.clone(), &array![1.0, 3.0], &log_partitions).unwrap();
    let mut rng = rng(10);
    for _ in 0..20 {
        let x = normal(2, &mut rng);
        slope_agrees(&soft, &x, 1e-7);
        let joint = array![
            0.25 * 7f64.sqrt() * (-parts[0].energy(&x)).exp(),
            0.75 * 9f64.sqrt() * (-parts[1].energy(&x)).exp()
        ];
        assert!(furthest(&soft.responsibilities(&x), &(&joint / joint.sum())) < 1e-13);
    }
    // Where one part's density underflows its slope does not matter.
    assert!(soft.gradient(&array![60.0, 60.0]).iter().all(|g| g.is_finite()));
}

/// p(z | x) of a product of detectors, by enumeration of the joint distribution of x and z, against the product of the experts' own posteriors; before x
/// is seen the z are not independent.
/// Source: neural-nets-notes, *Combining Densities*.
#[test]
fn poe_latents_conditionally_independent() {
    let mut rng = rng(11);
    let (weights, biases) = (
        Array2::from_shape_simple_fn((3, 4), || rng.sample::<f64, _>(StandardNormal)),
        normal(3, &mut rng),
    );
    let experts: Vec<Detector> = weights
        .rows()
        .into_iter()
        .zip(&biases)
        .map(|(w, &b)| Detector::new(w.to_owned(), b).unwrap())
        .collect();
    let (xs, zs) = (binary_states(4, 0.0, 1.0).unwrap(), binary_states(3, 0.0, 1.0).unwrap());
    // The unnormalised joint of every x, a row, and every z, a column.
    let joint = (xs.dot(&weights.t()).dot(&zs.t()) + zs.dot(&biases)).exp();
    for (x, row) in xs.rows().into_iter().zip(joint.rows()) {
        let given = &row / row.sum();
        let posterior: Array1<f64> = experts.iter().map(|expert| expert.posterior(&x)).collect();
        for (z, p) in zs.rows().into_iter().zip(&given) {
            let factors =
                z.iter().zip(&posterior).map(|(&z, &on)| if z == 1.0 { on } else { 1.0 - on });
            assert!((p - factors.product::<f64>()).abs() < 1e-14);
        }
    }
    let prior = joint.sum_axis(Axis(0)) / joint.sum();
    let on = zs.t().dot(&prior);
    let furthest = zs.rows().into_iter().zip(&prior).fold(0.0, |most: f64, (z, p)| {
        let factors = z.iter().zip(&on).map(|(&z, &on)| if z == 1.0 { on } else { 1.0 - on });
        most.max((p - factors.product::<f64>()).abs())
    });
    assert!(furthest > 1e-2, "before x is seen: {furthest}");
}

/// The divergence from a geometric mean, against the mean divergence from its parts and log Z; log Z against its sign, for exponents that sum to 1.
/// Source: T. Heskes, NIPS 10 (1998).
#[test]
fn logarithmic_pool() {
    let mut rng = rng(12);
    for _ in 0..200 {
        let parts = distributions(3, 7, &mut rng);
        let truth = distributions(1, 7, &mut rng).row(0).to_owned();
        let exponents = distributions(1, 3, &mut rng).row(0).to_owned();
        let (pool, log_partition) = product(&parts, &exponents).unwrap();
        let mean: f64 =
            exponents.iter().zip(parts.rows()).map(|(a, p)| a * divergence(&truth, &p)).sum();
        assert!((divergence(&truth, &pool) - mean - log_partition).abs() < 1e-12);
        assert!(log_partition < 0.0);
        // It is the distribution of least mean divergence to its parts: a step away from it costs what the step is long.
        let to_parts = |q: &ArrayRef1<f64>| {
            exponents.iter().zip(parts.rows()).map(|(a, p)| a * divergence(q, &p)).sum::<f64>()
        };
        assert!((to_parts(&truth) - to_parts(&pool) - divergence(&truth, &pool)).abs() < 1e-12);
    }
}

/// The divergence from a mixture against the mean divergence from its parts, and against the best part's plus the price of finding it, −log w.
#[test]
fn linear_pool() {
    let mut rng = rng(13);
    for _ in 0..200 {
        let parts = distributions(3, 7, &mut rng);
        let truth = distributions(1, 7, &mut rng).row(0).to_owned();
        let weights = distributions(1, 3, &mut rng).row(0).to_owned();
        let from_mixture = divergence(&truth, &mixture(&parts, &weights).unwrap());
        let mean: f64 =
            weights.iter().zip(parts.rows()).map(|(w, p)| w * divergence(&truth, &p)).sum();
        assert!(from_mixture <= mean + 1e-13);
        for (w, p) in weights.iter().zip(parts.rows()) {
            assert!(from_mixture <= divergence(&truth, &p) - w.ln() + 1e-13);
        }
    }
}

/// A prior put on top of a belief network, by its table of p(x | z), against the sum over the explanations of the joint energy
/// E(z) + E(x | z), enumerated; with the network's own prior it is the network's own p(x).
#[test]
fn composition_of_densities() {
    /// The energy of both: the prior's of the bits z, and −log p(x | z) of a belief network, whose hidden biases are 0 and weigh no z.
    struct Joint(Hopfield, SigmoidBelief);
    impl Energy for Joint {
        fn energy(&self, state: &ArrayRef1<f64>) -> f64 {
            self.0.energy(&state.slice(s![..3])) + self.1.energy(state)
        }
    }
    let mut rng = rng(14);
    let (weights, biases) = (
        Array2::from_shape_simple_fn((4, 3), || 1.5 * rng.sample::<f64, _>(StandardNormal)),
        normal(4, &mut rng),
    );
    let below = SigmoidBelief::new(weights.clone(), Array1::zeros(3), biases.clone()).unwrap();
    let (zs, xs) = (binary_states(3, 0.0, 1.0).unwrap(), binary_states(4, 0.0, 1.0).unwrap());
    let given = Array2::from_shape_fn((8, 16), |(z, x)| {
        let heard = weights.dot(&zs.row(z)) + &biases;
        heard
            .iter()
            .zip(xs.row(x))
            .map(|(a, x)| 1.0 / (1.0 + ((1.0 - 2.0 * x) * a).exp()))
            .product()
    });
    let above = net(3, &mut rng);
    let prior = Boltzmann::new(&above, zs.clone(), 1.0).unwrap().probabilities();
    let composed = mixture(&given, &prior).unwrap();
    let joint =
        Boltzmann::new(&Joint(above, below.clone()), binary_states(7, 0.0, 1.0).unwrap(), 1.0)
            .unwrap()
            .probabilities();
    let summed = joint.into_shape_with_order((8, 16)).unwrap().sum_axis(Axis(0));
    assert!(furthest(&composed, &summed) < 1e-14);
    let alone = mixture(&given, &Array1::from_elem(8, 0.125)).unwrap();
    assert!(furthest(&alone, &composed) > 1e-2, "the prior matters");
    for (x, p) in xs.rows().into_iter().zip(&alone) {
        assert!((below.log_marginal(&x).unwrap() - p.ln()).abs() < 1e-13);
    }
}

/// What a better model of the latent variable gains in log-likelihood against the divergence of the old one from the mean posterior: 200 random models, and
/// models in which x tells z, where the two are equal.
#[test]
fn composition_gain() {
    let mut rng = rng(15);
    for _ in 0..200 {
        let (given, prior) =
            (distributions(4, 6, &mut rng), distributions(1, 4, &mut rng).row(0).to_owned());
        let data = distributions(1, 6, &mut rng).row(0).to_owned();
        let old = mixture(&given, &prior).unwrap();
        let mean_posterior = |data: &Array1<f64>| {
            let mut mean = Array1::zeros(4);
            for x in 0..6 {
                let joint = &prior * &given.column(x);
                mean.scaled_add(data[x] / joint.sum(), &joint);
            }
            mean
        };
        let aggregate = mean_posterior(&data);
        let new = mixture(&given, &aggregate).unwrap();
        let gain = data.dot(&new.ln()) - data.dot(&old.ln());
        assert!(gain >= divergence(&aggregate, &prior) - 1e-13);
        assert!(divergence(&aggregate, &prior) > 1e-6, "there was something to gain");
        // With data from the model itself the mean posterior is the prior, and nothing is to be gained.
        assert!(furthest(&mean_posterior(&old), &prior) < 1e-14);
    }
    // No x can come from two z: the posterior is certain, so that the logarithm of its mean is the mean of its logarithm.
    for _ in 0..20 {
        let halves = distributions(2, 3, &mut rng);
        let given =
            Array2::from_shape_fn(
                (2, 6),
                |(z, x)| {
                    if x / 3 == z { halves[[z, x % 3]] } else { 0.0 }
                },
            );
        let prior = distributions(1, 2, &mut rng).row(0).to_owned();
        let data = distributions(1, 6, &mut rng).row(0).to_owned();
        let aggregate = array![data.slice(s![..3]).sum(), data.slice(s![3..]).sum()];
        let (old, new) = (mixture(&given, &prior).unwrap(), mixture(&given, &aggregate).unwrap());
        let gain = data.dot(&new.ln()) - data.dot(&old.ln());
        assert!((gain - divergence(&aggregate, &prior)).abs() < 1e-13);
    }
}

/// Noise and products do not commute: variances of products of bells on a grid, with convolution after or before, against 1/n + s² and (1 + s²)/n.
#[test]
fn noise_and_products() {
    let (step, half) = (0.05, 200);
    let grid: Vec<f64> = (-half..=half).map(|i| step * f64::from(i)).collect();
    let bell =
        |variance: f64| grid.iter().map(|x| (-0.5 * x * x / variance).exp()).collect::<Vec<f64>>();
    let convolve = |p: &[f64], q: &[f64]| -> Vec<f64> {
        (0..grid.len())
            .map(|i| {
                (0..grid.len())
                    .map(|j| {
                        if (i + half as usize).wrapping_sub(j) < grid.len() {
                            p[j] * q[i + half as usize - j]
                        } else {
                            0.0
                        }
                    })
                    .sum()
            })
            .collect()
    };
    let variance =
        |p: &[f64]| grid.iter().zip(p).map(|(x, p)| x * x * p).sum::<f64>() / p.iter().sum::<f64>();
    let power = |p: &[f64], n: usize| {
        let sum = p.iter().sum::<f64>();
        let alike = Array2::from_shape_fn((n, p.len()), |(_, x)| p[x] / sum);
        product(&alike, &all_ones(n)).unwrap().0.to_vec()
    };
    let (unit, noise) = (bell(1.0), bell(0.5));
    for n in [2, 4] {
        let noisy_product = variance(&convolve(&power(&unit, n), &noise));
        let product_of_noisy = variance(&power(&convolve(&unit, &noise), n));
        assert!((noisy_product - (1.0 / n as f64 + 0.5)).abs() < 1e-8);
        assert!((product_of_noisy - 1.5 / n as f64).abs() < 1e-8);
    }
}

/// A chain on the sum of two energies against the product of their densities, integrated on a grid: mean and variance within 4 standard errors.
#[test]
fn sampling_a_sum_of_energies() {
    let (ring, bowl) = (
        Mixture::ring(6, 1.5, 0.5).unwrap(),
        Gaussian::new(array![1.0, 0.0], array![[1.0, 0.0], [0.0, 1.0]]).unwrap(),
    );
    let both = Product::new(vec![&ring as &dyn Differentiable, &bowl], array![1.0, 1.0]).unwrap();
    let (mut mass, mut first, mut second) = (0.0, 0.0, 0.0);
    for i in -120..=120 {
        for j in -120..=120 {
            let (x, y) = (0.05 * f64::from(i), 0.05 * f64::from(j));
            let p = (-ring.energy(&array![x, y])).exp() * (-bowl.energy(&array![x, y])).exp();
            (mass, first, second) = (mass + p, first + p * x, second + p * x * x);
        }
    }
    let (mean, square) = (first / mass, second / mass);
    let mut kernel = Metropolis::new(both, 2, 1.0, 1.0).unwrap();
    let (mut x, mut rng) = (array![1.0, 0.0], rng(16));
    kernel.run(&mut x, 1000, &mut rng);
    // Means of 200 blocks of 1000 steps, each many times longer than the chain's memory.
    let mut blocks = Array2::<f64>::zeros((200, 2));
    for mut block in blocks.rows_mut() {
        let path = kernel.run(&mut x, 1000, &mut rng);
        let xs = path.column(0);
        (block[0], block[1]) = (xs.sum() / 1000.0, xs.dot(&xs) / 1000.0);
    }
    for (column, exact) in blocks.columns().into_iter().zip([mean, square]) {
        let estimate = column.sum() / 200.0;
        let error = (column.mapv(|b| (b - estimate).powi(2)).sum() / 199.0 / 200.0).sqrt();
        assert!(
            (estimate - exact).abs() < 4.0 * error && error < 0.01,
            "{estimate} {exact} {error}"
        );
    }
}

/// A detector's probabilities against the sum over its hidden bit of e^{z(b + w·x)}, normalised by enumeration, and its bits' means given z = 1 against σ(w).
#[test]
fn detector_expert() {
    let (weights, bias) = (array![1.2, -0.7, 2.0], -0.4);
    let expert = Detector::new(weights.clone(), bias).unwrap();
    let states = binary_states(3, 0.0, 1.0).unwrap();
    let joint = Array2::from_shape_fn((8, 2), |(x, z)| {
        (z as f64 * (bias + states.row(x).dot(&weights))).exp()
    });
    let p = Boltzmann::new(&expert, states.clone(), 1.0).unwrap().probabilities();
    assert!(furthest(&p, &(joint.sum_axis(Axis(1)) / joint.sum())) < 1e-15);
    for (x, row) in states.rows().into_iter().zip(joint.rows()) {
        assert!((expert.posterior(&x) - row[1] / row.sum()).abs() < 1e-15);
    }
    let seen = &joint.column(1) / joint.column(1).sum();
    let on = tied_components(&[expert]).unwrap().1;
    assert!(furthest(&states.t().dot(&seen), &on.row(1)) < 1e-15);
}
