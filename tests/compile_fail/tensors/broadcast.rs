//! Shapes that operators do not take together.
// names: `[[f32; 3]; 2]` and `[f32; 2]` do not broadcast, `[[f32; 3]; 2]` and `[[f32; 2]; 3]` do not broadcast, `[[f32; 3]; 2]` and `[[f32; 1]; 2]` do not broadcast, `[[f32; 3]; 2]` and `Keep<[f32; 4], 0>` do not broadcast

use castiron::{Rank1, Rank2, Tensor};

fn main() {
    let x = Tensor::<Rank2<2, 3>>::ones();
    // Trailing, not leading dimensions are missing.
    let y = &x + Tensor::<Rank1<2>>::ones();
    let y = &x * Tensor::<Rank2<3, 2>>::ones();
    // A length of 1 is not repeated, unless a reduction has kept it.
    let y = &x - Tensor::<Rank2<2, 1>>::ones();
    // The mean of the columns of another matrix.
    let y = &x - Tensor::<Rank2<2, 4>>::ones().mean_keep::<0>();
    let y = x.maximum(&Tensor::<Rank1<2>>::ones());
    let mut y = Tensor::<Rank1<3>>::ones();
    // In place the shape stays as it is.
    y += &x;
}
