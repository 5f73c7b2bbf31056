//! Elementwise loops whose first operand may be the output itself: an operation that works in place gets
//! that operand as an empty slice. For use within `multiversion!`.

/// y ← f(x), or y ← f(y) where x is empty.
#[inline(always)]
pub(crate) fn map<T: Copy>(x: &[T], y: &mut [T], f: impl Fn(T) -> T) {
    if x.is_empty() {
        for y in y {
            *y = f(*y);
        }
    } else {
        for (y, x) in y.iter_mut().zip(x) {
            *y = f(*x);
        }
    }
}

/// y ← f(a, b), or y ← f(y, b) where a is empty.
#[inline(always)]
pub(crate) fn map_pairs<T: Copy>(a: &[T], b: &[T], y: &mut [T], f: impl Fn(T, T) -> T) {
    if a.is_empty() {
        for (y, b) in y.iter_mut().zip(b) {
            *y = f(*y, *b);
        }
    } else {
        for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
            *y = f(*a, *b);
        }
    }
}

/// Elements `at..at + len` of an operand, or nothing of one that is absent.
#[inline(always)]
pub(crate) fn part<T>(x: &[T], at: usize, len: usize) -> &[T] {
    if x.is_empty() { x } else { &x[at..][..len] }
}
