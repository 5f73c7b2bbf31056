//! Products of what has none.
// names: cannot multiply `[[f32; 3]; 2]` by `[[f32; 5]; 4]`, cannot multiply `[f32; 3]` by `[f32; 4]`, cannot multiply `[[[f32; 2]; 2]; 7]` by `[[[f32; 2]; 2]; 8]`

use castiron::{Bool, Rank1, Rank2, Rank3, Tensor};

fn main() {
    // A row of the left is not as long as the right has rows.
    Tensor::<Rank2<2, 3>>::ones().matmul(&Tensor::<Rank2<4, 5>>::ones());
    Tensor::<Rank1<3>>::ones().matmul(&Tensor::<Rank1<4>>::ones());
    // Batches of different lengths.
    Tensor::<Rank3<7, 2, 2>>::ones().matmul(&Tensor::<Rank3<8, 2, 2>>::ones());
    // Booleans.
    Tensor::<Rank2<2, 2, Bool>>::ones().matmul(&Tensor::<Rank2<2, 2, Bool>>::ones());
    Tensor::<Rank1<3>>::ones().dot(&Tensor::<Rank1<4>>::ones());
}
