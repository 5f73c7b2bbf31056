//! Gradients at the edges: quotients by zero, products that overflow on the way, tensors of nothing.

use castiron::{Error, Rank2, Tape, Tensor, tensor};

#[test]
fn parts_of_a_product_may_overflow() -> Result<(), Error> {
    let x = Tape::new().watch(&tensor![1e30, 1e30, 1e-30, 1e-30]);
    let dx = x.prod().backward()?.get(&x);
    for (dx, want) in dx.iter().zip([1e-30, 1e-30, 1e30, 1e30]) {
        assert!((dx / want - 1.0f32).abs() < 1e-5, "{dx} is not {want}");
    }
    Ok(())
}

#[test]
fn the_gradient_of_a_rounded_quotient_is_zero_by_zero_too() -> Result<(), Error> {
    let x = Tape::new().watch(&tensor![1.0, 0.0]);
    for y in [x.div_trunc(0.0), x.div_floor(0.0)] {
        assert_eq!(y.sum().backward()?.get(&x), tensor![0.0, 0.0]);
    }
    Ok(())
}

#[test]
fn operations_on_nothing() -> Result<(), Error> {
    let tape = Tape::new();
    let x = tape.watch(&Tensor::<Rank2<2, 0>>::zeros());
    let z = tape.watch(&Tensor::<Rank2<0, 2>>::zeros());
    let softmax = x.softmax::<1>().sum() + x.log_softmax::<1>().sum() + x.softmax::<0>().sum();
    let scans = x.cumsum::<1>().sum() + x.cumprod::<0>().sum() + x.norm() + x.sum_axes::<0, 1>();
    let orders = x.sort::<1>().0.sum() + z.sort::<0>().0.sum() + x.topk::<1, 0>().0.sum();
    let places = x.transpose().sum() + x.flip::<1>().sum() + x.roll::<1>(3).sum() + x.triu(0).sum();
    let parts = x.narrow::<1, 0, 0>().sum() + x.concat::<1, 0, _>(&x).sum();
    let rows = z.amax_axis::<1>().sum() + z.median_axis::<1>().0.sum() + (&z - z.mean_keep::<1>()).sum();
    let columns = x.var_axis::<0>().sum() + x.logsumexp_axis::<0>().sum() + x.norm_p_axis::<0>(3.0).sum();
    let picked = x.gather::<1, _>(&Tensor::<Rank2<2, 0, i64>>::zeros())?.sum();
    let products = x.matmul(&z).sum() + z.matmul(&x).sum() + x.pow(&x).sum();
    let all = softmax + scans + orders + places + parts + rows + columns + picked + products;
    assert_eq!((*all, *x.prod()), (0.0, 1.0));
    let gradients = all.backward()?;
    assert!(gradients.get(&x).flat().is_empty() && gradients.get(&z).flat().is_empty());
    Ok(())
}
