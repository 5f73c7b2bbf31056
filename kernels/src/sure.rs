//! What holds in every kernel because the memory of an operation is checked before it runs.
//!
//! Where there is a standard library, and in debug builds, it is checked once more: a mistake of a kernel panics. A
//! release build without a standard library has nobody to tell, and no code that panics: there, a part that is not within
//! its slice is empty.

/// Whether mistakes panic.
pub(crate) const PANICS: bool = cfg!(any(feature = "std", debug_assertions));

/// Whether what must hold does. Unsafe code that relies on it returns if it does not.
#[inline(always)]
pub(crate) fn holds(condition: bool) -> bool {
    if PANICS {
        assert!(condition, "a kernel reaches beyond its memory");
    }
    condition
}

/// Elements from `at` on.
#[inline(always)]
pub(crate) fn rest<T>(x: &[T], at: usize) -> &[T] {
    if PANICS { &x[at..] } else { x.get(at..).unwrap_or_default() }
}

/// Elements from `at` on.
#[inline(always)]
pub(crate) fn rest_mut<T>(x: &mut [T], at: usize) -> &mut [T] {
    if PANICS { &mut x[at..] } else { x.get_mut(at..).unwrap_or_default() }
}

/// Element `at`.
#[inline(always)]
pub(crate) fn get<T: Copy + Default>(x: &[T], at: usize) -> T {
    if PANICS { x[at] } else { x.get(at).copied().unwrap_or_default() }
}

/// Element `at` ← value.
#[inline(always)]
pub(crate) fn set<T>(x: &mut [T], at: usize, value: T) {
    if PANICS {
        x[at] = value;
    } else if let Some(x) = x.get_mut(at) {
        *x = value;
    }
}

/// `len` elements from `at` on.
#[inline(always)]
pub(crate) fn cut<T>(x: &[T], at: usize, len: usize) -> &[T] {
    let x = rest(x, at);
    if PANICS { &x[..len] } else { x.get(..len).unwrap_or_default() }
}

/// `len` elements from `at` on.
#[inline(always)]
pub(crate) fn cut_mut<T>(x: &mut [T], at: usize, len: usize) -> &mut [T] {
    let x = rest_mut(x, at);
    if PANICS { &mut x[..len] } else { x.get_mut(..len).unwrap_or_default() }
}

/// The first `at` elements, and the others.
#[inline(always)]
pub(crate) fn split_mut<T>(x: &mut [T], at: usize) -> (&mut [T], &mut [T]) {
    if PANICS { x.split_at_mut(at) } else { x.split_at_mut_checked(at).unwrap_or_default() }
}

/// to ← from, of the same length.
#[inline(always)]
pub(crate) fn copy<T: Copy>(from: &[T], to: &mut [T]) {
    if PANICS {
        to.copy_from_slice(from);
    } else {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
    }
}

/// a / b and what is left of it, b not being zero.
#[inline(always)]
pub(crate) fn divide(a: usize, b: usize) -> (usize, usize) {
    if PANICS || b != 0 { (a / b, a % b) } else { (0, 0) }
}
