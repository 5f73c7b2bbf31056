//! Lengths that do not work out, which is found when the program is built.
// names: `reshape` cannot change the number of elements, the lengths of what `concat` joins do not add up to the length of the result, `narrow` goes beyond the end of the axis, `slice` goes beyond the end of the axis, the parts of `split` do not make up the axis, `N` parts of `LEN` do not make up the axis

use castiron::{Rank1, Rank2, Tensor};

fn main() {
    let x = Tensor::<Rank2<2, 3>>::ones();
    let _: Tensor<Rank1<5>> = x.reshape();
    let _ = x.flatten::<7>();
    let _: Tensor<Rank2<5, 3>> = x.concat::<0, _, _>(&x);
    let _ = x.narrow::<1, 2, 2>();
    let _ = x.slice::<1, 0, 3, 2>();
    let _ = x.split::<1, 1, 1>();
    let _ = x.chunk::<1, 2, 2>();
    let _: Tensor<Rank2<2, 4>> = x.repeat();
}
