//! A training step of ResNet-18 and of MobileNetV2 is PyTorch's: loss, every gradient, running averages, and
//! then the logits. `tests/fixtures/README.md` says what the fixture holds, and why nearly nothing of it is
//! weights.

mod common;

use castiron::files::load_bytes;
use castiron::prelude::*;
use castiron::{flat_mut, model};
use common::fixtures::{Fixture, leaves, max_error, relative_error};
use safetensors::tensor::{Dtype, TensorView};

model! {
    SmallResNet = examples_common::vision::ResNet<64, 10>;
    /// Without dropout: PyTorch draws other numbers.
    SmallMobileNet = examples_common::vision::MobileNet<64, 10> { dropout: Identity };
}

const BATCH: usize = 4;
/// A tensor of more numbers than this is in the fixture as a sketch.
const FULL: usize = 64;
const SAMPLES: usize = 8;
const PROJECTIONS: usize = 8;

/// Numbers in [−1, 1), as `uniform` in `vision.py` makes them.
fn uniform(name: &str, count: usize) -> impl Iterator<Item = f64> + use<> {
    let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
    let seed = name.bytes().fold(0xCBF2_9CE4_8422_2325, hash);
    (1..=count as u64).map(move |i| {
        let z = i.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(seed);
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let z = z ^ (z >> 31);
        (z >> 40) as f64 / f64::from(1 << 23) - 1.0
    })
}

/// What a tensor starts from, as `initial` in `vision.py` makes it. `biases` are the two that a bias is near.
fn initial(name: &str, dims: &[usize], biases: [f64; 2]) -> Vec<f32> {
    let fan_in: usize = dims[1..].iter().product();
    let number = |u: f64| match name {
        _ if dims.len() > 1 => u * (6.0 / fan_in as f64).sqrt(),
        _ if name.ends_with("running_var") => 1.0 + u / 2.0,
        _ if name.ends_with("weight") => 1.0 + u / 4.0,
        _ if name.ends_with("bias") => biases[usize::from(u >= 0.0)] + u / 4.0,
        _ => u / 8.0,
    };
    uniform(name, dims.iter().product()).map(|u| number(u) as f32).collect()
}

/// The model with the initial weights of `network`, read as a file with the names and dimensions that
/// torchvision gives its tensors.
fn start<M: Params>(fixture: &Fixture, network: &str, biases: [f64; 2]) -> Tensor<M> {
    let mut tensors = Vec::new();
    for line in fixture.metadata("shapes").lines() {
        let mut words = line.split(' ');
        let name = words.next().unwrap();
        let dims: Vec<usize> = words.map(|dim| dim.parse().unwrap()).collect();
        if let Some(ours) = name.strip_prefix(&format!("{network}/")) {
            let bytes = initial(name, &dims, biases).into_iter().flat_map(f32::to_le_bytes).collect();
            tensors.push((ours.to_owned(), dims, bytes));
        }
    }
    let views = tensors.iter().map(|(name, dims, bytes): &(String, Vec<usize>, Vec<u8>)| {
        (name, TensorView::new(Dtype::F32, dims.clone(), bytes).unwrap())
    });
    let file = safetensors::serialize(views, None).unwrap();
    let mut model = Tensor::zeros();
    load_bytes(&mut *model, &file).unwrap();
    model
}

fn norm(numbers: impl IntoIterator<Item = f64>) -> f64 {
    numbers.into_iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// The norm of the tensor that a fixture describes.
fn norm_of(want: &[f32], len: usize) -> f64 {
    if len <= FULL { norm(want.iter().map(|x| f64::from(*x))) } else { f64::from(want[0]) }
}

/// How far a tensor is from what the fixture says of it, as part of `size`, a norm.
fn distance(name: &str, got: &[f32], want: &[f32], size: f64) -> f64 {
    let off = |got: f64, want: f32| got - f64::from(want);
    if got.len() <= FULL {
        assert_eq!(got.len(), want.len(), "{name}");
        return norm(got.iter().zip(want).map(|(got, want)| off((*got).into(), *want))) / size;
    }
    assert_eq!(want.len(), 1 + SAMPLES + PROJECTIONS, "{name}");
    let numbers = got.iter().map(|x| f64::from(*x));
    let (samples, projections) = want[1..].split_at(SAMPLES);
    let whole = off(norm(numbers.clone()), want[0]).abs() / size;
    // One number is held against the typical one, or itself.
    let sampled = samples.iter().enumerate().map(|(k, want)| {
        let typical = size / (got.len() as f64).sqrt();
        off(got[(2 * k + 1) * got.len() / (2 * SAMPLES)].into(), *want).abs() / typical.max(want.abs().into())
    });
    let projected = projections.iter().enumerate().map(|(k, want)| {
        let factors = uniform(&format!("{name}/{k}"), got.len());
        off(numbers.clone().zip(factors).map(|(x, factor)| x * factor).sum(), *want)
    });
    let everywhere = norm(projected) * (3.0 / PROJECTIONS as f64).sqrt() / size;
    sampled.fold(whole.max(everywhere), f64::max)
}

/// One step on the batch that `image` names. The tolerance is ten times what PyTorch's own float32 needs.
fn check<M: Model<Input = Rank3<3, 64, 64>, Output = [f32; 10]>>(
    network: &str,
    biases: [f64; 2],
    image: &str,
) {
    const TOLERANCE: f64 = 1e-4;
    let fixture = Fixture::open("vision.safetensors");
    let of = |name: &str| fixture.numbers::<f32>(&format!("{network}/{name}"));
    let mut x = Tensor::<[M::Input; BATCH]>::zeros();
    let numbers = flat_mut::<[M::Input; BATCH]>(&mut x);
    let pixels = uniform(&format!("{network}/{image}"), numbers.len());
    numbers.iter_mut().zip(pixels).for_each(|(number, pixel)| *number = pixel as f32);

    let (cpu, loss) = (Cpu::with_threads(0).unwrap(), CrossEntropyLoss::<10>::new());
    let model = start::<M>(&fixture, network, biases);
    let mut trainer = Trainer::<M, _, _, BATCH>::new(cpu, &model, loss, Sgd::new(0.1)).unwrap();
    let loss = trainer.accumulate(&*x, &[0, 3, 6, 9]).unwrap();
    let error = relative_error(&[loss], &of("loss"));
    assert!(error <= TOLERANCE, "the loss {loss} is off by {error:.1e}");

    let mut worst = (0.0, String::new());
    let mut compare = |name: String, got: &[f32], size: f64| {
        let error = distance(&name, got, &of(&name), size);
        assert!(error <= TOLERANCE, "{name} is off by {error:.1e}");
        if error > worst.0 {
            worst = (error, name);
        }
    };
    let (gradients, after) = (leaves(&*trainer.gradients()), leaves(&*trainer.model()));
    let mut scale = 0.0;
    for ((name, gradient), (_, after)) in gradients.iter().zip(&after) {
        if name.contains("running_") {
            let name = format!("after/{name}");
            let size = norm_of(&of(&name), after.len());
            compare(name, after, size);
        } else {
            let name = format!("gradient/{name}");
            let size = norm_of(&of(&name), gradient.len());
            // The gradients of a shift and of the scale before it are sums of the same terms, and those of
            // a shift may sum up to zero.
            let size = if name.ends_with("bias") { size.max(scale) } else { size };
            compare(name, gradient, size);
            scale = size;
        }
    }
    println!("{network}: at most {:.1e} off, {}", worst.0, worst.1);

    let mut logits = [[0.0; 10]; BATCH];
    let predictor = Predictor::<M, BATCH>::new(Cpu::new(), &trainer.model());
    predictor.unwrap().predict(&*x, &mut logits).unwrap();
    let error = max_error(logits.as_flattened(), &of("logits"));
    assert!(error <= TOLERANCE, "a logit is off by {error:.1e}");
}

#[test]
fn resnet18() {
    check::<SmallResNet>("resnet18", [-2.0, 2.0], "x18");
}

#[test]
fn mobilenet_v2() {
    check::<SmallMobileNet>("mobilenet_v2", [2.0, 3.0], "x4");
}
