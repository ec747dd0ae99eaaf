//! Chapter `optimizers`: what its methods refuse, what they allocate, what they do at the extremes.

use downhill::{
    Error,
    optimizers::{
        AdaGrad, Adam, AdamW, Batches, Bfgs, GradientDescent, Lbfgs, Momentum, Nesterov, Newton,
        Optimizer, Place, RmsProp, Scheduled, SearchDirection, StrongWolfe, cosine, descend,
        grid_search, inverse_time, minimize, step_decay,
        surfaces::{rosenbrock, valley},
        warm_up,
    },
    rng,
};
use ndarray::{Array1, ArrayRef1, array};

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

fn parameter<T: std::fmt::Debug>(result: Result<T, Error>, name: &str) {
    match result {
        Err(Error::Parameter { what, .. }) => assert_eq!(what, name),
        other => panic!("{name}: {other:?}"),
    }
}

fn all() -> Vec<Box<dyn Optimizer>> {
    vec![
        Box::new(GradientDescent::new(0.1).unwrap()),
        Box::new(Momentum::new(0.1, 0.9).unwrap()),
        Box::new(Nesterov::new(0.1, 0.9).unwrap()),
        Box::new(AdaGrad::new(0.1).unwrap()),
        Box::new(RmsProp::new(0.1, 0.9).unwrap()),
        Box::new(Adam::new(0.1).unwrap()),
        Box::new(AdamW::new(Adam::new(0.1).unwrap(), 0.1).unwrap()),
        Box::new(Scheduled::new(Adam::new(0.1).unwrap(), |k| cosine(0.1, 100, k))),
    ]
}

#[test]
fn constructors_refuse_numbers_out_of_range() {
    for bad in [0.0, -0.0, -1.0, NAN, INF, -INF] {
        parameter(GradientDescent::new(bad), "rate");
        parameter(Momentum::new(bad, 0.5), "rate");
        parameter(Nesterov::new(bad, 0.5), "rate");
        parameter(AdaGrad::new(bad), "rate");
        parameter(RmsProp::new(bad, 0.5), "rate");
        parameter(Adam::new(bad), "rate");
        parameter(AdaGrad::new(1.0).unwrap().with_epsilon(bad), "epsilon");
        parameter(RmsProp::new(1.0, 0.5).unwrap().with_epsilon(bad), "epsilon");
        parameter(Adam::new(1.0).unwrap().with_epsilon(bad), "epsilon");
        parameter(StrongWolfe::new(bad, 0.5), "decrease");
        parameter(
            minimize(&mut Bfgs::new(2), rosenbrock, &array![0.0, 0.0], bad.min(0.0), 9, |_, _| {}),
            "tolerance",
        );
    }
    for bad in [1.0, 2.0, -0.1, NAN, INF] {
        parameter(Momentum::new(1.0, bad), "momentum");
        parameter(Nesterov::new(1.0, bad), "momentum");
        parameter(RmsProp::new(1.0, bad), "decay");
        parameter(Adam::new(1.0).unwrap().with_decays(bad, 0.5), "mean");
        parameter(Adam::new(1.0).unwrap().with_decays(0.5, bad), "mean_square");
    }
    for bad in [-0.1, NAN, INF] {
        parameter(AdamW::new(Adam::new(1.0).unwrap(), bad), "decay");
    }
    for bad in [0.1, 0.05, 1.0, NAN] {
        parameter(StrongWolfe::new(0.1, bad), "curvature");
    }
    parameter(Lbfgs::new(0), "memory");
    parameter(Batches::new(5, 0), "size");
    parameter(Batches::new(5, 6), "size");
    parameter(Batches::new(0, 1), "size");
    assert!(Batches::new(1, 1).is_ok() && Batches::new(5, 5).is_ok());
}

#[test]
fn walks_refuse_bad_starts() {
    let flat = |_: &ArrayRef1<f64>, _: &mut ArrayRef1<f64>| 0.0;
    let run = |start: Array1<f64>| {
        descend(&mut GradientDescent::new(0.1).unwrap(), flat, &mut start.clone(), 3, |_, _, _| {})
    };
    assert_eq!(run(array![]), Err(Error::Empty { what: "theta" }));
    for bad in [NAN, INF, -INF] {
        assert!(matches!(run(array![0.0, bad]), Err(Error::Domain { what: "theta", .. })));
        let start = minimize(&mut Bfgs::new(2), flat, &array![0.0, bad], 1e-6, 3, |_, _| {});
        assert!(matches!(start, Err(Error::Domain { what: "start", .. })));
    }
    let empty = minimize(&mut Bfgs::new(0), flat, &array![], 1e-6, 3, |_, _| {});
    assert_eq!(empty.unwrap_err(), Error::Empty { what: "start" });
    // No steps: the loss at the start, and the start as it was.
    assert_eq!(run(array![1.0]), Ok(0.0));
}

#[test]
fn divergence_names_its_step() {
    // Each step multiplies θ by −1e200, so that the loss overflows at the first.
    let square = |theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>| {
        gradient.assign(&(2.0 * theta));
        theta.dot(theta)
    };
    let mut seen = 0;
    let run = descend(
        &mut GradientDescent::new(1e200).unwrap(),
        square,
        &mut array![1.0],
        10,
        |_, _, _| seen += 1,
    );
    assert_eq!(run, Err(Error::Diverged { what: "descent", step: 1, loss: INF }));
    assert_eq!(seen, 1, "the place where the loss is not finite is not shown");
    // A factor of −1000 each step: the square leaves the range of numbers, 10³⁰⁸, after 52 steps.
    let run = descend(
        &mut GradientDescent::new(500.5).unwrap(),
        square,
        &mut array![1.0],
        100,
        |_, _, _| {},
    );
    assert!(matches!(run, Err(Error::Diverged { step: 52, .. })), "{run:?}");

    let nan = |_: &ArrayRef1<f64>, _: &mut ArrayRef1<f64>| NAN;
    let run = minimize(&mut Bfgs::new(1), nan, &array![1.0], 1e-6, 10, |_, _| {});
    assert!(matches!(run, Err(Error::Diverged { step: 0, loss, .. }) if loss.is_nan()));
    // −√(1 − θ) falls to the edge of its domain; −exp has no minimum at all.
    let bottomless = |theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>| {
        gradient[0] = -theta[0].exp();
        -theta[0].exp()
    };
    let run = minimize(&mut Bfgs::new(1), bottomless, &array![1.0], 1e-6, 100, |_, _| {});
    assert!(matches!(run, Err(Error::Diverged { what: "the line search", .. })), "{run:?}");
    let slope = |theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>| {
        gradient[0] = 1.0;
        theta[0]
    };
    let run = minimize(&mut Bfgs::new(1), slope, &array![1.0], 1e-6, 100, |_, _| {});
    assert!(matches!(run, Err(Error::NotConverged { what: "the line search", .. })), "{run:?}");
}

#[test]
fn a_line_search_needs_a_first_step() {
    let from = Place::new(&array![0.0, 0.0], rosenbrock);
    let direction = -&from.gradient;
    for bad in [0.0, -1.0, NAN, INF] {
        let search = StrongWolfe::default().search(
            &mut rosenbrock,
            &from,
            &direction,
            bad,
            &mut from.clone(),
        );
        parameter(search, "first");
    }
}

/// The first step has length 1, however steep or flat the place is.
#[test]
fn first_steps_at_the_extremes() {
    for scale in [1e200, 1e-200] {
        let here = Place {
            theta: array![0.0, 0.0],
            value: 0.0,
            gradient: array![3.0 * scale, -4.0 * scale],
        };
        let methods: [Box<dyn SearchDirection>; 2] =
            [Box::new(Bfgs::new(2)), Box::new(Lbfgs::new(3).unwrap())];
        for mut method in methods {
            let mut direction = array![0.0, 0.0];
            method.direction(&here, &mut direction).unwrap();
            assert!((direction - array![-0.6, 0.8]).iter().all(|error| error.abs() < 1e-15));
        }
    }
}

#[test]
fn a_line_search_stays_inside_the_domain() {
    // x − ln x, NaN below zero: the first step, of length 100, leads there.
    let barrier = |theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>| {
        gradient[0] = 1.0 - 1.0 / theta[0];
        theta[0] - theta[0].ln()
    };
    let from = Place::new(&array![5.0], barrier);
    let mut to = from.clone();
    let t = StrongWolfe::default()
        .search(&mut { barrier }, &from, &array![-1.0], 100.0, &mut to)
        .unwrap();
    assert!((0.0..5.0).contains(&t) && to.value < from.value);
    parameter(
        StrongWolfe::default().search(&mut { barrier }, &from, &array![1.0], 1.0, &mut to),
        "slope",
    );
    parameter(
        StrongWolfe::default().search(&mut { barrier }, &from, &array![NAN], 1.0, &mut to),
        "slope",
    );
    for method in [&mut Bfgs::new(1) as &mut dyn SearchDirection, &mut Lbfgs::new(3).unwrap()] {
        let minimum =
            minimize(&mut Dyn(method), barrier, &array![5.0], 1e-10, 100, |_, _| {}).unwrap();
        assert!((minimum.place.theta[0] - 1.0).abs() < 1e-9);
    }
}

struct Dyn<'a>(&'a mut dyn SearchDirection);

impl SearchDirection for Dyn<'_> {
    fn direction(&mut self, here: &Place, direction: &mut ArrayRef1<f64>) -> Result<(), Error> {
        self.0.direction(here, direction)
    }

    fn learn(&mut self, s: &ArrayRef1<f64>, y: &ArrayRef1<f64>) {
        self.0.learn(s, y);
    }
}

#[test]
fn minimisation_counts_and_gives_up() {
    let mut places = Vec::new();
    let mut calls = 0;
    let counted = |theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>| {
        calls += 1;
        rosenbrock(theta, gradient)
    };
    let minimum =
        minimize(&mut Bfgs::new(2), counted, &array![-1.2, 1.0], 1e-8, 100, |k, place| {
            places.push((k, place.value))
        })
        .unwrap();
    assert_eq!(minimum.evaluations, calls);
    assert_eq!(places.len(), minimum.iterations + 1);
    assert!(places.iter().enumerate().all(|(i, place)| place.0 == i));
    assert!(places.windows(2).all(|pair| pair[1].1 < pair[0].1), "every step goes down");
    let short = minimize(&mut Bfgs::new(2), rosenbrock, &array![-1.2, 1.0], 1e-8, 3, |_, _| {});
    assert!(matches!(
        short,
        Err(Error::NotConverged { what: "the minimisation", iterations: 3, .. })
    ));
    // At the minimum already: no step.
    let there =
        minimize(&mut Bfgs::new(2), rosenbrock, &array![1.0, 1.0], 1e-8, 3, |_, _| {}).unwrap();
    assert_eq!((there.iterations, there.evaluations), (0, 1));
}

#[test]
fn newton_refuses_what_is_no_hessian() {
    let square = |theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>| {
        gradient.assign(&(2.0 * theta));
        theta.dot(theta)
    };
    for (hessian, nan) in
        [(array![[NAN]], true), (array![[INF]], true), (array![[1.0, 0.0]], false)]
    {
        let mut newton = Newton::new(|_: &ArrayRef1<f64>| hessian.clone());
        match minimize(&mut newton, square, &array![1.0], 1e-6, 9, |_, _| {}) {
            Err(Error::Domain { what: "hessian", .. }) => assert!(nan),
            Err(Error::Shape { what: "hessian", .. }) => assert!(!nan),
            other => panic!("{other:?}"),
        }
    }
    // Zero, singular, negative: a shift makes each of use.
    for hessian in [
        array![[0.0, 0.0], [0.0, 0.0]],
        array![[1.0, 1.0], [1.0, 1.0]],
        array![[-3.0, 0.0], [0.0, 1.0]],
    ] {
        let mut newton = Newton::new(|_: &ArrayRef1<f64>| hessian.clone());
        let here = Place::new(&array![1.0, 2.0], square);
        let mut direction = Array1::zeros(2);
        newton.direction(&here, &mut direction).unwrap();
        assert!(direction.dot(&here.gradient) < 0.0);
    }
}

/// A gradient that is not finite is no minimum, and no step of Newton's follows it.
#[test]
fn gradients_that_are_none() {
    for bad in [NAN, INF, -INF] {
        let loss = |theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>| {
            gradient.assign(&array![0.0, if theta[0] == 0.0 { bad } else { 0.0 }]);
            1.0
        };
        let run =
            minimize(&mut Bfgs::new(2), loss, &array![0.0, 0.0], 1e-6, 10, |_, _| panic!("shown"));
        assert_eq!(run, Err(Error::Diverged { what: "the minimisation", step: 0, loss: 1.0 }));
        let mut newton = Newton::new(|_: &ArrayRef1<f64>| array![[1.0, 0.0], [0.0, 1.0]]);
        let here = Place::new(&array![0.0, 0.0], loss);
        let refusal = newton.direction(&here, &mut Array1::zeros(2));
        assert!(
            matches!(refusal, Err(Error::Domain { what: "gradient", index, .. }) if index == "1")
        );
    }
}

#[test]
fn a_zero_gradient_moves_nothing_but_the_decay() {
    for mut optimizer in all().into_iter().take(6) {
        let mut theta = array![1.0, -2.0, 0.0];
        for _ in 0..5 {
            optimizer.step(&mut theta, &Array1::zeros(3));
        }
        assert_eq!(theta, array![1.0, -2.0, 0.0]);
    }
}

#[test]
fn lengths_that_differ_panic() {
    let fails = |work: &mut dyn FnMut()| {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err()
    };
    for (i, mut optimizer) in all().into_iter().enumerate() {
        assert!(fails(&mut || optimizer.step(&mut array![1.0, 2.0], &array![1.0])));
        optimizer.step(&mut array![1.0, 2.0], &array![1.0, 2.0]);
        // Gradient descent remembers nothing, so that any length will do.
        assert_eq!(fails(&mut || optimizer.step(&mut array![1.0], &array![1.0])), i > 0);
    }
    assert!(fails(&mut || {
        rosenbrock(&array![1.0], &mut array![0.0]);
    }));
    assert!(fails(&mut || {
        step_decay(1.0, 0.5, 0, 3);
    }));
}

/// Of the first-order methods, the batches, the line search and L-BFGS with a full memory.
#[test]
fn steps_after_the_first_allocate_nothing() {
    let allocated = |work: &mut dyn FnMut()| allocation_counter::measure(work).count_total;
    let gradient = Array1::linspace(-1.0, 1.0, 50);
    for mut optimizer in all() {
        let mut theta = Array1::ones(50);
        assert!(
            allocated(&mut || optimizer.step(&mut theta.clone(), &gradient)) > 0,
            "the counter counts"
        );
        let steps = allocated(&mut || {
            for _ in 0..20 {
                optimizer.step(&mut theta, &gradient);
            }
        });
        assert_eq!(steps, 0);
    }

    let mut rng = rng(1);
    let mut batches = Batches::new(20, 3).unwrap();
    let draws = allocated(&mut || {
        for _ in 0..30 {
            batches.next(&mut rng);
            batches.next_with_replacement(&mut rng);
        }
    });
    assert_eq!(draws, 0);

    // Two walks of different length allocate alike, so that a step allocates nothing.
    let bowl =
        |theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>| valley(50.0, theta, gradient);
    let whole_walk = |steps: usize| {
        allocated(&mut || {
            descend(
                &mut Adam::new(0.01).unwrap(),
                bowl,
                &mut array![1.0, 1.0],
                steps,
                |_, _, _| {},
            )
            .unwrap();
        })
    };
    assert_eq!(whole_walk(1), whole_walk(500));

    let mut lbfgs = Lbfgs::new(2).unwrap();
    let mut bfgs = Bfgs::new(2);
    let (s, y) = (array![1.0, 0.5], array![2.0, 0.25]);
    let mut here = Place::new(&array![-1.2, 1.0], rosenbrock);
    let mut direction = Array1::zeros(2);
    for _ in 0..3 {
        lbfgs.learn(&s, &y);
        bfgs.learn(&s, &y);
    }
    let from = here.clone();
    let work = allocated(&mut || {
        lbfgs.direction(&from, &mut direction).unwrap();
        StrongWolfe::default().search(&mut rosenbrock, &from, &direction, 1.0, &mut here).unwrap();
        lbfgs.learn(&s, &y);
        bfgs.direction(&from, &mut direction).unwrap();
        bfgs.learn(&s, &y);
    });
    assert_eq!(work, 0);
}

#[test]
fn schedules_at_their_ends() {
    assert_eq!(step_decay(1.0, 0.1, 1, 0), 1.0);
    assert_eq!(inverse_time(0.3, 7.0, 0), 0.3);
    assert_eq!([0, 5, 10, 11, usize::MAX].map(|k| cosine(2.0, 10, k))[2..], [0.0; 3]);
    assert!((cosine(2.0, 10, 5) - 1.0).abs() < 1e-15);
    assert_eq!((cosine(2.0, 0, 0), warm_up(0, 0)), (0.0, 1.0));
    assert!((0..99).all(|k| cosine(1.0, 100, k + 1) < cosine(1.0, 100, k)));
    assert!((0..9).all(|k| ((warm_up(10, k + 1) - warm_up(10, k)) - 0.1).abs() < 1e-15));
}

#[test]
fn grids_with_nothing_to_choose() {
    let some = array![1.0, 2.0];
    assert_eq!(grid_search(&array![], &some, |_, _| 0.0), Err(Error::Empty { what: "first" }));
    assert_eq!(grid_search(&some, &array![], |_, _| 0.0), Err(Error::Empty { what: "second" }));
    assert!(matches!(
        grid_search(&some, &some, |_, _| NAN),
        Err(Error::Domain { what: "scores", .. })
    ));
    let grid = grid_search(&some, &some, |a, b| if a == 1.0 { -INF } else { b }).unwrap();
    assert_eq!((grid.best, grid.score), ((2.0, 1.0), 1.0));
}

/// After `set_rate` an optimizer steps as one that had that rate from the start. (`Scheduled` sets its own.)
#[test]
fn a_rate_set_later_is_the_rate() {
    let with = |rate: f64| -> Vec<Box<dyn Optimizer>> {
        vec![
            Box::new(GradientDescent::new(rate).unwrap()),
            Box::new(Momentum::new(rate, 0.9).unwrap()),
            Box::new(Nesterov::new(rate, 0.9).unwrap()),
            Box::new(AdaGrad::new(rate).unwrap()),
            Box::new(RmsProp::new(rate, 0.9).unwrap()),
            Box::new(Adam::new(rate).unwrap()),
            Box::new(AdamW::new(Adam::new(rate).unwrap(), 0.1).unwrap()),
        ]
    };
    for (mut set, mut made) in with(0.1).into_iter().zip(with(0.02)) {
        set.set_rate(0.02);
        let (mut a, mut b) = (array![1.0, -2.0], array![1.0, -2.0]);
        for _ in 0..3 {
            set.step(&mut a, &array![0.3, -0.5]);
            made.step(&mut b, &array![0.3, -0.5]);
        }
        assert_eq!(a, b);
    }
}

/// On a cubic, the point that the search tries once it has an interval is the cubic's own minimum, from either end.
#[test]
fn a_line_search_finds_the_minimum_of_a_cubic() {
    let mut cubic = |x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>| {
        gradient[0] = 3.0 * x[0] * x[0] + 2.0 * x[0] - 3.0;
        x[0].powi(3) + x[0] * x[0] - 3.0 * x[0]
    };
    let lowest = (40_f64.sqrt() - 2.0) / 6.0;
    let search = StrongWolfe::new(1e-4, 0.1).unwrap();
    for scale in [1.0, 4.0] {
        let from = Place::new(&array![0.0], &mut cubic);
        for first in [2.0, 1.0] {
            let mut to = from.clone();
            let length =
                search.search(&mut cubic, &from, &array![scale], first / scale, &mut to).unwrap();
            assert!((length * scale - lowest).abs() < 1e-12, "{first}: {length}");
        }
    }
}

/// Where the Hessian bends down, a multiple of the identity is added: a thousandth of its largest entry, doubled until it is enough.
#[cfg(feature = "lapack")]
#[test]
fn newton_shifts_by_doubling() {
    let mut newton = Newton::new(|_: &ArrayRef1<f64>| array![[5.0, 0.0], [0.0, -5.0]]);
    let here = Place { theta: array![0.0, 0.0], value: 0.0, gradient: array![1.0, 1.0] };
    let mut direction = Array1::zeros(2);
    newton.direction(&here, &mut direction).unwrap();
    let shift = 0.005 * 1024.0;
    assert!(
        (direction - array![-1.0 / (5.0 + shift), -1.0 / (shift - 5.0)])
            .iter()
            .all(|d: &f64| d.abs() < 1e-9)
    );
}

/// The unit in which a loss is measured changes no step of a quasi-Newton method.
#[test]
fn quasi_newton_steps_have_no_scale() {
    for scale in [2f64.powi(-80), 2f64.powi(80)] {
        let mut paths = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
        let scaled = |unit: f64| {
            move |theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>| {
                let value = rosenbrock(theta, gradient);
                *gradient *= unit;
                unit * value
            }
        };
        for (unit, path) in [(1.0, 0), (scale, 1)] {
            let start = array![-1.2, 1.0];
            let tolerance = 1e-8 * unit;
            minimize(&mut Bfgs::new(2), scaled(unit), &start, tolerance, 100, |_, place| {
                paths[path].push(place.theta.clone());
            })
            .unwrap();
            minimize(
                &mut Lbfgs::new(5).unwrap(),
                scaled(unit),
                &start,
                tolerance,
                100,
                |_, place| {
                    paths[2 + path].push(place.theta.clone());
                },
            )
            .unwrap();
        }
        assert_eq!(paths[0], paths[1]);
        assert_eq!(paths[2], paths[3]);
    }
}
