//! Parts of tensors.
//!
//! Where the numbers of a part lie one after the other it is a view: it shares the memory of the whole, and keeps
//! it alive, until one of the two is written to. So it is along the outermost axis, and behind axes of length 1;
//! other parts are copied.

use super::axes::WithLen;
use super::{HasAxis, Tensor};
use crate::device::Storage;
use crate::tape::Grad;
use crate::{Error, Shape};

/// A part of a tensor `S` along axis `AXIS`, `LEN` long.
type Part<S, const AXIS: isize, const LEN: usize, D, G> = Tensor<<S as WithLen<AXIS, LEN>>::Output, D, G>;

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    fn slice_var<T: Shape>(
        &self,
        name: &'static str,
        axis: usize,
        start: usize,
        len: usize,
        step: usize,
    ) -> Tensor<T, D, G> {
        Tensor::from_var(self.as_var().slice(name, axis, start, len, step as isize))
    }

    /// `LEN` indices of axis `AXIS` from `START` on. PyTorch's `x.narrow(AXIS, START, LEN)` and
    /// `x[START:START + LEN]`. A view along the outermost axis; along another one it copies.
    ///
    /// That the axis has them is checked when the program is built, which `cargo check` does not do.
    ///
    /// ```
    /// use castiron::tensor;
    /// let x = tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    /// assert_eq!(x.narrow::<0, 1, 2>(), tensor![[3.0, 4.0], [5.0, 6.0]]);
    /// assert_eq!(x.narrow::<-1, 0, 1>(), tensor![[1.0], [3.0], [5.0]]);
    /// ```
    /// ```compile_fail
    /// castiron::tensor![1.0, 2.0, 3.0].narrow::<0, 2, 2>(); // indices 2 and 3
    /// ```
    /// ```compile_fail
    /// castiron::tensor![1.0, 2.0, 3.0].narrow::<1, 0, 2>(); // there is no axis 1
    /// ```
    pub fn narrow<const AXIS: isize, const START: usize, const LEN: usize>(&self) -> Part<S, AXIS, LEN, D, G>
    where
        S: WithLen<AXIS, LEN>,
    {
        const {
            let len = <S as HasAxis<AXIS>>::LEN;
            assert!(START <= len && LEN <= len - START, "`narrow` goes beyond the end of the axis")
        };
        self.slice_var("narrow", S::INDEX, START, LEN, 1)
    }

    /// `LEN` indices of axis `AXIS` from `START` on, `STEP` apart. PyTorch's
    /// `x[START:START + LEN * STEP:STEP]`. It copies if `STEP` is more than 1.
    ///
    /// That the axis has them is checked when the program is built, which `cargo check` does not do.
    ///
    /// ```
    /// use castiron::tensor;
    /// let x = tensor![0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
    /// assert_eq!(x.slice::<0, 1, 3, 2>(), tensor![1.0, 3.0, 5.0]);
    /// ```
    /// ```compile_fail
    /// castiron::tensor![0.0, 1.0, 2.0, 3.0, 4.0, 5.0].slice::<0, 2, 3, 2>(); // indices 2, 4 and 6
    /// ```
    pub fn slice<const AXIS: isize, const START: usize, const LEN: usize, const STEP: usize>(
        &self,
    ) -> Part<S, AXIS, LEN, D, G>
    where
        S: WithLen<AXIS, LEN>,
    {
        const {
            let len = <S as HasAxis<AXIS>>::LEN;
            assert!(STEP > 0, "`slice` has a step of at least 1");
            assert!(
                START <= len && (LEN == 0 || (START < len && LEN - 1 <= (len - START - 1) / STEP)),
                "`slice` goes beyond the end of the axis"
            )
        };
        self.slice_var("slice", S::INDEX, START, LEN, STEP)
    }

    /// Index `i` of axis `AXIS`, which is left out; negative ones count from the end. PyTorch's
    /// `x.select(AXIS, i)` and `x[i]`. A view along the outermost axis; along another one it copies.
    ///
    /// ```
    /// use castiron::tensor;
    /// let x = tensor![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(x.select::<0>(-1)?, tensor![3.0, 4.0]);
    /// assert_eq!(x.select::<1>(0)?, tensor![1.0, 3.0]);
    /// assert_eq!(
    ///     x.select::<0>(2).unwrap_err().to_string(),
    ///     "select: index 2 is out of range: the axis has length 2, so valid are -2 to 1"
    /// );
    /// # Ok::<(), castiron::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Index`] if the axis has not this index.
    pub fn select<const AXIS: isize>(&self, i: isize) -> Result<Tensor<S::Removed, D, G>, Error>
    where
        S: HasAxis<AXIS>,
    {
        let len = <S as HasAxis<AXIS>>::LEN;
        let index = if i < 0 { len.checked_sub(i.unsigned_abs()) } else { Some(i as usize) };
        match index.filter(|&index| index < len) {
            Some(index) => Ok(Tensor::from_var(self.as_var().index_axis("select", S::INDEX, index))),
            None => Err(Error::Index { call: "select", got: i as i64, len }),
        }
    }

    /// All indices of axis `AXIS` in order, each a tensor without it: to loop over rows or time steps. PyTorch's
    /// `x.unbind(AXIS)`. Views along the outermost axis; along another one they are copies.
    ///
    /// ```
    /// use castiron::{Tape, tensor};
    /// let tape = Tape::new();
    /// let x = tape.watch(&tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// let mut state = x.select::<0>(0)?;
    /// for row in x.unbind::<0>() {
    ///     state = &state * &row;
    /// }
    /// assert_eq!(state.detach(), tensor![15.0, 96.0]);
    /// # Ok::<(), castiron::Error>(())
    /// ```
    pub fn unbind<const AXIS: isize>(&self) -> Vec<Tensor<S::Removed, D, G>>
    where
        S: HasAxis<AXIS>,
    {
        let var = self.as_var();
        let index = |i| Tensor::from_var(var.index_axis("unbind", S::INDEX, i));
        (0..<S as HasAxis<AXIS>>::LEN).map(index).collect()
    }

    /// The first `A` indices of axis `AXIS`, and the other `B`. PyTorch's `x.split([A, B], AXIS)`. Views along
    /// the outermost axis; along another one they are copies.
    ///
    /// That these are all is checked when the program is built, which `cargo check` does not do.
    ///
    /// ```
    /// use castiron::tensor;
    /// let (a, b) = tensor![1.0, 2.0, 3.0].split::<0, 1, 2>();
    /// assert_eq!((a, b), (tensor![1.0], tensor![2.0, 3.0]));
    /// ```
    /// ```compile_fail
    /// castiron::tensor![1.0, 2.0, 3.0].split::<0, 1, 1>();
    /// ```
    pub fn split<const AXIS: isize, const A: usize, const B: usize>(
        &self,
    ) -> (Part<S, AXIS, A, D, G>, Part<S, AXIS, B, D, G>)
    where
        S: WithLen<AXIS, A> + WithLen<AXIS, B>,
    {
        const { assert!(<S as HasAxis<AXIS>>::LEN == A + B, "the parts of `split` do not make up the axis") };
        let axis = <S as HasAxis<AXIS>>::INDEX;
        (self.slice_var("split", axis, 0, A, 1), self.slice_var("split", axis, A, B, 1))
    }

    /// [`split`](Self::split) into three. PyTorch's `x.split([A, B, C], AXIS)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// let (a, b, c) = tensor![1.0, 2.0, 3.0, 4.0].split3::<0, 1, 2, 1>();
    /// assert_eq!((a, b, c), (tensor![1.0], tensor![2.0, 3.0], tensor![4.0]));
    /// ```
    #[allow(clippy::type_complexity, reason = "three parts of computed shapes")]
    pub fn split3<const AXIS: isize, const A: usize, const B: usize, const C: usize>(
        &self,
    ) -> (Part<S, AXIS, A, D, G>, Part<S, AXIS, B, D, G>, Part<S, AXIS, C, D, G>)
    where
        S: WithLen<AXIS, A> + WithLen<AXIS, B> + WithLen<AXIS, C>,
    {
        const { assert!(<S as HasAxis<AXIS>>::LEN == A + B + C, "the parts of `split3` do not make up the axis") };
        let part = <S as HasAxis<AXIS>>::INDEX;
        (
            self.slice_var("split", part, 0, A, 1),
            self.slice_var("split", part, A, B, 1),
            self.slice_var("split", part, A + B, C, 1),
        )
    }

    /// `N` parts of length `LEN` along axis `AXIS`; `LEN` follows from annotation. PyTorch's `x.chunk(N, AXIS)`
    /// where `N` divides the length. Views along the outermost axis; along another one they are copies.
    ///
    /// That `N` parts of `LEN` make up the axis is checked when the program is built, which `cargo check` does
    /// not do.
    ///
    /// ```
    /// use castiron::{Rank2, Tensor, tensor};
    /// let gates = tensor![[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]];
    /// let [a, b] = gates.chunk::<1, 2, 2>();
    /// assert_eq!((a, b), (tensor![[1.0, 2.0], [5.0, 6.0]], tensor![[3.0, 4.0], [7.0, 8.0]]));
    /// ```
    /// ```compile_fail
    /// castiron::tensor![1.0, 2.0, 3.0].chunk::<0, 2, 2>();
    /// ```
    pub fn chunk<const AXIS: isize, const N: usize, const LEN: usize>(&self) -> [Part<S, AXIS, LEN, D, G>; N]
    where
        S: WithLen<AXIS, LEN>,
    {
        const {
            assert!(
                <S as HasAxis<AXIS>>::LEN == N * LEN,
                "`chunk`: `N` parts of `LEN` do not make up the axis"
            )
        };
        core::array::from_fn(|i| self.slice_var("chunk", S::INDEX, i * LEN, LEN, 1))
    }
}
