//! What cannot be joined: other axes differ, or elements.
// names: `&Tensor<[[f32; 4]; 2]>` cannot be joined along axis 0 to give `[[f32; 3]; _]`, cannot be joined along axis 1 to give `[[f32; 6]; 2]`

use castiron::{Rank2, Tensor, tensor};

fn main() {
    let x = Tensor::<Rank2<2, 3>>::ones();
    let y: Tensor<Rank2<4, 3>> = x.concat::<0, _, _>(&Tensor::<Rank2<2, 4>>::ones());
    let y = x.concat::<1, 6, _>((&x, &Tensor::<Rank2<3, 3>>::ones()));
    let y = x.concat::<0, 4, _>(&Tensor::<Rank2<2, 3, f64>>::ones());
    let y = Tensor::stack::<0, _>([&tensor![1.0, 2.0], &tensor![1.0, 2.0, 3.0]]);
}
