//! Gradients by central differences.

/// Something that depends on numbers.
pub(super) trait Objective {
    /// Its value when number `which` is moved by `by`.
    fn shifted(&mut self, which: usize, by: f32) -> f64;
}

/// Checks gradients, which come with names.
///
/// # Panics
/// Where one is wrong, or where too many are at kinks to tell.
pub(super) fn compare(objective: &mut dyn Objective, gradients: &[(String, f32)]) {
    let mut right = 0;
    for (which, (name, gradient)) in gradients.iter().enumerate() {
        right += usize::from(is_right(objective, which, name, *gradient));
    }
    let all = gradients.len();
    assert!(right * 4 >= all * 3, "only {right} of {all} gradients are away from kinks and right");
}

/// Whether the gradient is right; not so is only let pass at a kink.
fn is_right(objective: &mut dyn Objective, which: usize, name: &str, got: f32) -> bool {
    let middle = objective.shifted(which, 0.0);
    let mut slope = |h: f32| {
        let (above, below) = (objective.shifted(which, h), objective.shifted(which, -h));
        let difference = (above - below) / (2.0 * f64::from(h));
        // At a kink the two one-sided slopes differ, and neither is wrong.
        let kink = ((above - middle) - (middle - below)).abs() / f64::from(h);
        (difference, kink)
    };
    let (coarse, kink) = slope(1e-2);
    let (fine, _) = slope(5e-3);
    // Richardson's extrapolation removes the error of second order.
    let want = (4.0 * fine - coarse) / 3.0;
    let close = |a: f64, b: f64, tolerance: f64| (a - b).abs() <= tolerance * (1.0 + want.abs());
    if close(f64::from(got), want, 4e-3) {
        return true;
    }
    // A kink within reach: both slopes differ, or the difference depends on how far one looks.
    let kinked = kink > 0.05 * (1.0 + want.abs()) || !close(coarse, fine, 1e-3);
    assert!(kinked, "{name}: the gradient is {got}, by differences {want:.5}");
    false
}
