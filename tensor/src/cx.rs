//! [`Cx`]: what every layer is told at every call.

use core::marker::PhantomData;

use castiron_kernels::{Call, Op, Precision, Step};

use crate::device::Device;
use crate::memory::{Arg, Ref};

/// The circumstances of a call: on which device, for how many rows, of which layer, at which step, and on numbers of
/// which element: `f32`, unless [`Cx::of`] says another.
#[derive(Debug)]
pub struct Cx<'a, D: Device, E = f32> {
    device: &'a D,
    rows: usize,
    path: u64,
    step: Ref<'a, Step, D>,
    element: PhantomData<fn() -> E>,
}

impl<'a, D: Device> Cx<'a, D> {
    /// For `rows` live rows at `step`.
    pub fn new(device: &'a D, rows: usize, step: Ref<'a, Step, D>) -> Self {
        Cx { device, rows, path: 0, step, element: PhantomData }
    }
}

impl<'a, D: Device, E: Precision> Cx<'a, D, E> {
    /// The same for operations on numbers of another element.
    ///
    /// ```
    /// use castiron::call::activation::{self, Activation};
    /// use castiron::memory::{Arg, Mut, Ref};
    /// use castiron::{Cpu, Cx, Step, bf16};
    ///
    /// let (cpu, step) = (Cpu::new(), Step::new());
    /// let cx = Cx::new(&cpu, 1, Ref::from(&step));
    /// let mut y = [[-1.0, 2.0]].map(|row| row.map(bf16::from_f32));
    /// activation::forward(&cx.of::<bf16>(), Activation::Relu, 2, Arg::none(), Mut::from(&mut y).into_arg());
    /// assert_eq!(y[0].map(f32::from), [0.0, 2.0]);
    /// ```
    #[must_use]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn of<F: Precision>(&self) -> Cx<'a, D, F> {
        let &Cx { device, rows, path, step, .. } = self;
        Cx { device, rows, path, step, element: PhantomData }
    }

    /// How many rows of the batch are live; never more than the capacity `B` of the call.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The path of the layer as a number. Two layers of a model have different paths, array elements and
    /// layers of size zero included, so their random masks differ.
    pub fn path(&self) -> u64 {
        self.path
    }

    /// Seed, step count and learning rate, in the device's memory.
    pub fn step(&self) -> Ref<'a, Step, D> {
        self.step
    }

    /// The circumstances of part `index` of this layer.
    #[must_use]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn child(&self, index: usize) -> Self {
        Cx { path: child(self.path, index), ..*self }
    }

    /// The same for one that knows that there are no more than `capacity` rows. The compiler knows it from then
    /// on, and where that is a few leaves out what computes many.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[must_use]
    pub fn within(&self, capacity: usize) -> Self {
        Cx { rows: self.rows.min(capacity), ..*self }
    }

    /// Runs an operation. One on numbers of the element is `E::Op<Gemm>`, where `Gemm` is that on f32.
    // Inlined, so that the kernel is chosen where arguments are constants. A debug build, whose size matters less than the
    // time to compile it, chooses when it runs.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn run<O: Op, const N: usize>(&self, args: O::Args, arguments: [Arg<'_, D>; N]) {
        self.call::<O, N>(Call::new(&args), arguments);
    }

    fn call<O: Op, const N: usize>(&self, call: Call<'_, O>, mut arguments: [Arg<'_, D>; N]) {
        self.device.call_of_layer::<O>(self.path, call, &mut arguments);
    }
}

/// The path of part `index` of the layer at `path`.
pub(crate) const fn child(path: u64, index: usize) -> u64 {
    // splitmix64's finaliser: a bijection that spreads neighbouring numbers.
    let mut z = path ^ (index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
