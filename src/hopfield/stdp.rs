//! Spike-timing-dependent plasticity: Hebb's rule with a clock.
//!
//! Sources: G. Bi, M. Poo, J. Neurosci. 18 (1998) 10464, for the measured window; S. Song, K. D. Miller,
//! L. F. Abbott, Nature Neurosci. 3 (2000) 919, for its exponential form.

use ndarray::ArrayRef1;

use crate::{Error, check};

/// How a pair of spikes changes the weight of the synapse between their neurons.
///
/// ```
/// use downhill::hopfield::stdp::Window;
/// let window = Window::new(1.0, 20.0, 1.0, 20.0)?;
/// assert!(window.change(5.0) > 0.0); // before → after: stronger
/// assert!(window.change(-5.0) < 0.0); // after → before: weaker
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    gain: f64,
    gain_time: f64,
    loss: f64,
    loss_time: f64,
}

impl Window {
    /// A window of heights `gain` $A_+$ and `loss` $A_-$ and of time constants `gain_time` $\tau_+$ and
    /// `loss_time` $\tau_-$, in the unit of the spike times.
    ///
    /// ```
    /// use downhill::hopfield::stdp::Window;
    /// assert!(Window::new(1.0, 20.0, 1.0, 0.0).is_err());
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] when one of the four is not positive and finite.
    pub fn new(gain: f64, gain_time: f64, loss: f64, loss_time: f64) -> Result<Self, Error> {
        for (what, value) in
            [("gain", gain), ("gain_time", gain_time), ("loss", loss), ("loss_time", loss_time)]
        {
            check::parameter(what, value, "positive and finite", value > 0.0 && value.is_finite())?;
        }
        Ok(Self { gain, gain_time, loss, loss_time })
    }

    /// The change of the weight by one pair of spikes, `delay` $= t_{\text{post}} - t_{\text{pre}}$ apart:
    /// $A_+ e^{-\Delta t/\tau_+}$ when the delay is positive, $-A_- e^{\Delta t/\tau_-}$ when it is negative, 0 at 0.
    ///
    /// ```
    /// use downhill::hopfield::stdp::Window;
    /// assert_eq!(Window::new(1.0, 20.0, 1.0, 20.0)?.change(20.0), (-1.0_f64).exp());
    /// # Ok::<(), downhill::Error>(())
    /// ```
    // ANCHOR: window
    pub fn change(&self, delay: f64) -> f64 {
        if delay > 0.0 {
            self.gain * (-delay / self.gain_time).exp()
        } else if delay < 0.0 {
            -self.loss * (delay / self.loss_time).exp()
        } else {
            0.0
        }
    }
    // ANCHOR_END: window

    /// The change by all pairs of a presynaptic and a postsynaptic spike, in one pass over both trains:
    /// each neuron keeps a trace that jumps by 1 at its spikes and decays between them, and each spike
    /// reads the other neuron's trace. Spike times ascend.
    ///
    /// ```
    /// use downhill::hopfield::stdp::Window;
    /// use ndarray::array;
    /// let window = Window::new(1.0, 20.0, 1.0, 20.0)?;
    /// let change = window.change_by_trains(&array![0.0], &array![5.0, 10.0])?;
    /// assert!((change - window.change(5.0) - window.change(10.0)).abs() < 1e-15);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Domain`] at a spike time that is not finite or is earlier than the one before it.
    pub fn change_by_trains(
        &self,
        pre: &ArrayRef1<f64>,
        post: &ArrayRef1<f64>,
    ) -> Result<f64, Error> {
        require_ascending("pre", pre)?;
        require_ascending("post", post)?;
        let (mut before, mut after) = (0, 0);
        let (mut pre_trace, mut post_trace) = (0.0, 0.0);
        let (mut total, mut now) = (0.0, f64::NEG_INFINITY);
        while before < pre.len() || after < post.len() {
            let next_pre = pre.get(before).copied().unwrap_or(f64::INFINITY);
            let next_post = post.get(after).copied().unwrap_or(f64::INFINITY);
            let next = next_pre.min(next_post);
            // ANCHOR: traces
            pre_trace *= ((now - next) / self.gain_time).exp();
            post_trace *= ((now - next) / self.loss_time).exp();
            now = next;
            // Spikes at the same instant do not pair, so all of them read before any of them is
            // counted.
            let pre_spikes = count_at(pre, &mut before, now);
            let post_spikes = count_at(post, &mut after, now);
            total += post_spikes * self.gain * pre_trace - pre_spikes * self.loss * post_trace;
            pre_trace += pre_spikes;
            post_trace += post_spikes;
            // ANCHOR_END: traces
        }
        Ok(total)
    }
}

/// How many entries of `times` from `index` on are equal to `now`; moves `index` past them.
fn count_at(times: &ArrayRef1<f64>, index: &mut usize, now: f64) -> f64 {
    let first = *index;
    while times.get(*index) == Some(&now) {
        *index += 1;
    }
    (*index - first) as f64
}

fn require_ascending(what: &'static str, times: &ArrayRef1<f64>) -> Result<(), Error> {
    check::finite(what, times)?;
    for i in 1..times.len() {
        if times[i] < times[i - 1] {
            let must = "no earlier than the spike before it";
            return Err(Error::Domain { what, index: i.to_string(), value: times[i], must });
        }
    }
    Ok(())
}
