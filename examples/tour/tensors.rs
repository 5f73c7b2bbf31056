//! Tensors from lists: addition, products, view.

use std::error::Error;

use castiron::prelude::*;
use castiron::tensor;

pub fn run() -> Result<(), Box<dyn Error>> {
    let a = tensor![1.0, 2.0, 3.0];
    let b = tensor![4.0, 5.0, 6.0];
    println!("{}", &a + &b);
    println!("{}", &a * &b);
    println!("{}", a.dot(&b));

    let m = tensor![[1.0, 2.0], [3.0, 4.0]];
    let n = tensor![[5.0, 6.0], [7.0, 8.0]];
    println!("{m}");
    println!("{:?}", m.dims());
    println!("{}", &m * &n);
    println!("{}", m.matmul(&n));
    println!("{}", m.t());

    let x = Tensor::<Rank1<12, i64>>::arange(0, 1);
    let y: Tensor<Rank2<3, 4, i64>> = x.view();
    println!("{y}");
    println!("{}", y.select::<0>(1)?);
    println!("{}", x.view::<Rank2<2, 6, i64>>().sum_axis::<1>());
    Ok(())
}
