//! Axes that are not there.
// names: `[[f32; 3]; 2]` has no axis 2, `[[f32; 3]; 2]` has no axis -3, `[[f32; 3]; 2]` cannot have a new axis 3, axis 1 of `[[f32; 3]; 2]` cannot be squeezed, axes 0 and 2 of `[[f32; 3]; 2]` cannot be swapped

use castiron::{Rank1, Rank2, Tensor, tensor};

fn main() {
    let x = Tensor::<Rank2<2, 3>>::ones();
    x.sum_axis::<2>();
    x.mean_keep::<-3>();
    x.softmax::<2>();
    x.select::<2>(0);
    x.sort::<2>();
    x.squeeze::<1>();
    x.unsqueeze::<3>();
    x.transpose_axes::<0, 2>();
    x.permute::<0, 0>();
    x.narrow::<2, 0, 1>();
    x.gather::<2, _>(&tensor![i64; [0], [1]]);
    Tensor::<Rank1<3>>::ones().transpose();
}
