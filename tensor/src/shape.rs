//! A shape is a Rust array type: [`Shape`], [`Element`], the aliases [`Rank0`] to [`Rank6`], [`shape!`].

pub use castiron_kernels::DType;
use castiron_kernels::{Bool, Plain};
use half::{bf16, f16};

use crate::params::Params;
use crate::sample::Sample;

/// The type of one number of a tensor.
pub trait Element: Shape<Elem = Self, Rank = R0> + Copy + Default + PartialEq + core::fmt::Debug {
    /// The same, as a value.
    const DTYPE: DType;
    /// The type of the gradient of a shape `S` of this element: `S` itself where numbers are real,
    /// nothing where they are integers.
    type Tangent<S: Shape<Elem = Self>>: Sample;
    /// What sums and products of such elements are, in a shape `S`: `S` itself where numbers are real, i64 where
    /// they are integers or booleans, so that they do not overflow. As in PyTorch.
    type Sum<S: Shape<Elem = Self>>: Shape;
    /// `Single` if this is `f32`, else `Other`. With it a model of `f32` is its own [`Params::With`]`<f32>`, and no twin of
    /// itself.
    #[doc(hidden)]
    type Choose<Single: Params, Other: Params>: Params;
}

/// The rank of a scalar.
#[derive(Clone, Copy, Debug)]
pub struct R0;

/// One rank more than `R`.
#[derive(Clone, Copy, Debug)]
pub struct Up<R>(R);

/// No other shapes: memory is read by what their constants say.
pub(crate) mod sealed {
    pub trait OnlyArrays {}
    impl<S: OnlyArrays, const N: usize> OnlyArrays for [S; N] {}
}

/// A shape: an element, or an array of a shape.
///
/// ```
/// use castiron::{Rank2, Shape, shape};
/// assert_eq!(<Rank2<64, 784>>::DIMS, [64, 784]);
/// assert_eq!(<shape![u8; 3, 224, 224]>::LEN, 150_528);
/// // The alias *is* the array, and so is the macro.
/// let rows: Rank2<2, 3> = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
/// let same: shape![2, 3] = rows;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tensor shape",
    label = "not a shape",
    note = "a shape is a number (`f32`, `u8`, ...) or arrays of them, such as `Rank2<64, 784>`, which is `[[f32; 784]; 64]`"
)]
pub trait Shape: Plain + sealed::OnlyArrays {
    /// The type of its numbers.
    type Elem: Element;
    /// How deep the arrays nest, as a type: see [`ByRank`](crate::ByRank).
    type Rank: 'static;
    /// The same shape with other numbers.
    type With<E: Element>: Shape<Elem = E, Rank = Self::Rank>;
    /// How deep the arrays nest.
    const RANK: usize;
    /// How many numbers.
    const LEN: usize;
    /// The length of the innermost array; 1 for a scalar.
    const LAST: usize;
    /// [`Shape::DIMS`], padded with zeros to a fixed length.
    #[doc(hidden)]
    const PADDED: [usize; MAX_RANK];
    /// The lengths, outermost first, as PyTorch prints them.
    const DIMS: &'static [usize] = {
        let all: &'static [usize; MAX_RANK] = &Self::PADDED;
        all.split_at(Self::RANK).0
    };
}

/// The deepest nesting that has [`Shape::DIMS`].
pub const MAX_RANK: usize = 8;

macro_rules! element {
    ($($t:ty, $dtype:ident, $s:ident => $tangent:ty, $sum:ty, $chosen:ident;)*) => { $(
        impl sealed::OnlyArrays for $t {}
        impl Shape for $t {
            type Elem = $t;
            type Rank = R0;
            type With<E: Element> = E;
            const RANK: usize = 0;
            const LEN: usize = 1;
            const LAST: usize = 1;
            const PADDED: [usize; MAX_RANK] = [0; MAX_RANK];
        }
        impl Element for $t {
            const DTYPE: DType = DType::$dtype;
            type Tangent<$s: Shape<Elem = Self>> = $tangent;
            type Sum<$s: Shape<Elem = Self>> = $sum;
            type Choose<Single: Params, Other: Params> = $chosen;
        }
    )* };
}
element! {
    f32, F32, S => S, S, Single;
    f64, F64, S => S, S, Other;
    bf16, Bf16, S => S, S, Other;
    f16, F16, S => S, S, Other;
    i8, I8, S => (), S::With<i64>, Other;
    u8, U8, S => (), S::With<i64>, Other;
    i32, I32, S => (), S::With<i64>, Other;
    i64, I64, S => (), S, Other;
    Bool, Bool, S => (), S::With<i64>, Other;
}

impl<S: Shape, const N: usize> Shape for [S; N] {
    type Elem = S::Elem;
    type Rank = Up<S::Rank>;
    type With<E: Element> = [S::With<E>; N];
    const RANK: usize = 1 + S::RANK;
    const LEN: usize = N * S::LEN;
    const LAST: usize = if S::RANK == 0 { N } else { S::LAST };
    const PADDED: [usize; MAX_RANK] = {
        assert!(S::RANK < MAX_RANK, "a shape has at most 8 dimensions");
        let mut dims = [0; MAX_RANK];
        dims[0] = N;
        let mut i = 0;
        while i + 1 < MAX_RANK {
            dims[i + 1] = S::PADDED[i];
            i += 1;
        }
        dims
    };
}

/// All numbers of a value of shape `S`, in row-major order.
///
/// ```
/// assert_eq!(castiron::flat(&[[1.0f32, 2.0], [3.0, 4.0]]), [1.0, 2.0, 3.0, 4.0]);
/// ```
pub fn flat<S: Shape>(value: &S) -> &[S::Elem] {
    // SAFETY: a `Shape` is its element or arrays of it, which lie one after the other.
    unsafe { core::slice::from_raw_parts((value as *const S).cast(), S::LEN) }
}

/// [`flat`], to write.
pub fn flat_mut<S: Shape>(value: &mut S) -> &mut [S::Elem] {
    // SAFETY: as in `flat`; the borrow is unique.
    unsafe { core::slice::from_raw_parts_mut((value as *mut S).cast(), S::LEN) }
}

/// A scalar.
pub type Rank0<E = f32> = E;
/// A vector of `N` numbers.
pub type Rank1<const N: usize, E = f32> = [E; N];
/// A matrix: `M` rows of `N` numbers.
pub type Rank2<const M: usize, const N: usize, E = f32> = [[E; N]; M];
/// For images: `C` channels of `H` rows of `W` numbers.
pub type Rank3<const C: usize, const H: usize, const W: usize, E = f32> = [[[E; W]; H]; C];
/// Four dimensions, outermost first.
pub type Rank4<const A: usize, const B: usize, const C: usize, const D: usize, E = f32> =
    [[[[E; D]; C]; B]; A];
/// Five dimensions, outermost first.
pub type Rank5<const A: usize, const B: usize, const C: usize, const D: usize, const F: usize, E = f32> =
    [[[[[E; F]; D]; C]; B]; A];
/// Six dimensions, outermost first.
pub type Rank6<
    const A: usize,
    const B: usize,
    const C: usize,
    const D: usize,
    const F: usize,
    const G: usize,
    E = f32,
> = [[[[[[E; G]; F]; D]; C]; B]; A];

/// The shape with the given dimensions, of any rank: `shape![64, 784]`, `shape![u8; 28, 28]`.
///
/// ```
/// use castiron::{Rank3, shape};
/// let image: shape![3, 2, 2] = [[[0.5; 2]; 2]; 3];
/// let same: Rank3<3, 2, 2> = image;
/// let labels: shape![i32; 4] = [7, 2, 1, 0];
/// ```
#[macro_export]
macro_rules! shape {
    (@ $e:ty; $d:expr) => { [$e; $d] };
    (@ $e:ty; $d:expr, $($rest:expr),+) => { [$crate::shape!(@ $e; $($rest),+); $d] };
    ($e:ty; $($d:expr),+ $(,)?) => { $crate::shape!(@ $e; $($d),+) };
    ($($d:expr),+ $(,)?) => { $crate::shape!(@ f32; $($d),+) };
}
