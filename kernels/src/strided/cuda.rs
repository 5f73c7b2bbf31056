use super::Args;
use super::axes::{Axis, Plan};
use crate::copy_strided::cuda::{self, Elements};
use crate::launch::{Gpu, Launch, Pointer, Pointers, Source};
use crate::strides::{Space, index_type};

const SOURCE: Source = Source::new("strided", include_str!("strided.cu"));

pub(super) fn strided(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let Some(plan) = Plan::new(args) else { return };
    let size = gpu.element().size();
    let (x, y) =
        (memory.at(0).skip(args.from_start * size), memory.at(1).skip(args.to_start * gpu.output().size()));
    let axis = |axis: &Axis| (axis.len, [axis.from as isize, axis.to as isize]);
    let kept = Space::new(plan.kept.as_slice().iter().rev().map(axis));
    if !plan.summed.as_slice().is_empty() {
        let axis = |axis: &Axis| (axis.len, [axis.from as isize]);
        sum(gpu, plan.factor, kept, Space::new(plan.summed.as_slice().iter().rev().map(axis)), x, y);
    } else {
        // By a factor of 1 the bits stay as they are: they may be those of integers, which a product could change.
        let elements = match plan.factor {
            1.0 if !args.accumulate && gpu.output() == gpu.element() => Elements::Copied(size),
            factor => Elements::Scaled { factor, accumulate: args.accumulate },
        };
        cuda::copy(gpu, elements, kept, x, y);
    }
}

/// y\[kept\] ← y\[kept\] + factor·Σ x\[kept, summed\].
fn sum(gpu: &Gpu<'_>, factor: f32, kept: Space<2>, summed: Space<1>, x: Pointer, y: Pointer) {
    let (count, terms) = (kept.count(), summed.count());
    // Whether neighbours in memory are added to each other, rather than to different sums.
    let along = summed.inner().1 == [1] || kept.inner().0 == 1;
    let lanes = match along {
        true if count < FEW => Launch::BLOCK as usize,
        true => 32,
        false => 8,
    };
    let lanes = lanes.min(terms.next_power_of_two());
    // Few sums of many terms are cut, so that there is work for the whole GPU.
    let cuts = (FEW / count.max(1)).min(terms / (lanes * 64)).clamp(1, 256);
    let parts = gpu.scratch(if cuts > 1 { cuts * count * size_of::<f64>() } else { 0 });
    let index = index_type(kept.reach().saturating_add(summed.reach()));
    let kernel = |name| kept.parameters(gpu.kernel(&SOURCE, name).define("INDEX", index));
    let launch = summed.parameters(kernel("sum")).arg(lanes as u32).arg(along);
    let blocks = count.div_ceil(Launch::BLOCK as usize / lanes).min(1 << 16);
    launch.grid([blocks as u32, cuts as u32, 1]).arg(factor).arg(x).arg(y).arg(parts).run();
    if cuts > 1 {
        kernel("finish").over(count).arg(cuts as u32).arg(factor).arg(parts).arg(y).run();
    }
}

/// So many sums are few.
const FEW: usize = 1 << 12;
