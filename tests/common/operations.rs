//! One operation on tensors of each kind, and the gradients through them, on any device.

use castiron::device::Storage;
use castiron::tape::Tracked;
use castiron::{DynTensor, Pad, Rank1, Rank2, Rank3, Shape, Tape, Tensor, bf16, tensor};

/// What was computed, brought to the CPU.
struct Results<'a, D: Storage> {
    device: &'a D,
    results: Vec<DynTensor>,
    loss: Option<Tensor<f32, D, Tracked>>,
}

impl<D: Storage> Results<'_, D> {
    fn plain<S: Shape>(&mut self, y: &Tensor<S, D>) {
        self.results.push(y.to_cpu(self.device).into());
    }

    /// Adds to the loss too.
    fn tracked<S: Shape<Elem = f32>>(&mut self, y: &Tensor<S, D, Tracked>) {
        self.plain(&y.detach());
        let part = y.square().mean();
        self.loss = Some(match self.loss.take() {
            Some(loss) => loss + part,
            None => part,
        });
    }
}

/// What each of them gives.
pub fn compute<D: Storage>(device: &D) -> Result<Vec<DynTensor>, castiron::Error> {
    let mut results = Results { device, results: Vec::new(), loss: None };
    let r = &mut results;
    let tape = Tape::new();
    let x = tape.watch(&Tensor::<Rank2<4, 3>>::randn(1).to(device)?);
    let y = tape.watch(&Tensor::<Rank1<3>>::randn(2).to(device)?);
    let rows = tensor![i64; 3, 0, 0].to(device)?;
    let places = tensor![i64; [0, 2, 1], [3, 3, 0]].to(device)?;
    let mask = x.detach().gt(0.0);

    r.tracked(&(&x * &y + 1.5));
    r.tracked(&x.gelu());
    r.tracked(&x.maximum(&y));
    r.tracked(&mask.choose(&x, &y));
    r.tracked(&x.cast::<bf16>().cast::<f32>());
    r.tracked(&(&x - x.mean_keep::<1>()));
    r.tracked(&x.var_axis::<0>());
    r.tracked(&x.prod());
    r.tracked(&x.norm_axes::<0, 1>());
    r.tracked(&x.logsumexp_axis::<-1>());
    r.tracked(&x.softmax::<1>());
    r.tracked(&x.cumsum::<0>());
    r.tracked(&x.cumprod::<1>());
    let (sorted, order) = x.sort::<0>();
    r.tracked(&sorted);
    r.plain(&order);
    r.tracked(&x.max_axis::<1>().0);
    r.tracked(&x.topk::<1, 2>().0);
    r.tracked(&x.transpose().reshape::<Rank3<3, 2, 2>>());
    r.tracked(&x.broadcast_to::<Rank3<2, 4, 3>>());
    r.tracked(&x.concat::<0, 8, _>(&x.flip::<1>()));
    r.tracked(&Tensor::stack::<1, 2>([&x, &x.roll::<0>(1)]));
    r.tracked(&x.narrow::<0, 1, 2>());
    r.tracked(&x.slice::<1, 0, 2, 2>());
    r.tracked(&x.split::<0, 1, 3>().1);
    r.tracked(&x.pad::<Pad<1, 2>, Rank2<4, 6>>(0.5));
    r.tracked(&x.tril(0));
    r.tracked(&x.repeat::<Rank2<8, 3>>());
    r.tracked(&x.gather::<0, _>(&places)?);
    r.tracked(&x.scatter_add::<0, _, _>(&places, &x.narrow::<0, 0, 2>())?);
    r.tracked(&x.index_select::<0, _, _>(&rows)?);
    r.tracked(&x.index_add::<0, _, _, _>(&rows, &x.narrow::<0, 0, 3>())?);
    r.tracked(&x.matmul(&x.t()));
    r.tracked(&y.outer(&y));
    r.plain(&mask);
    r.plain(&(!&mask & x.detach().isfinite()));
    r.plain(&mask.sum_axis::<0>());
    r.plain(&x.detach().argmax_axis::<1>());
    r.plain(&(&places + 3));
    r.plain(&places.one_hot::<Rank3<2, 3, 4>>()?);

    let gradients = results.loss.take().expect("there are results").backward()?;
    results.plain(&gradients.get(&x));
    results.plain(&gradients.get(&y));
    Ok(results.results)
}
