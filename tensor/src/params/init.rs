//! What parameters start from. PyTorch's defaults are part of each layer's constant tree.

/// A distribution of initial values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// The same value everywhere. `torch.nn.init.constant_`
    Constant(f32),
    /// Uniform between two values. `torch.nn.init.uniform_`
    Uniform {
        /// Smallest value.
        low: f32,
        /// Largest value.
        high: f32,
    },
    /// Normal. `torch.nn.init.normal_`
    Normal {
        /// Mean.
        mean: f32,
        /// Standard deviation.
        std: f32,
    },
    /// U(−a, a), a = gain·√(6 / (fan_in + fan_out)). Glorot & Bengio 2010. `torch.nn.init.xavier_uniform_`
    XavierUniform {
        /// Scales for the activation that follows.
        gain: f32,
    },
    /// N(0, std²), std = gain·√(2 / (fan_in + fan_out)). `torch.nn.init.xavier_normal_`
    XavierNormal {
        /// Scales for the activation that follows.
        gain: f32,
    },
    /// U(−a, a), a = gain·√(3 / fan_in). He et al. 2015. `torch.nn.init.kaiming_uniform_`
    KaimingUniform {
        /// √2 for ReLU.
        gain: f32,
    },
    /// N(0, std²), std = gain / √fan_in. `torch.nn.init.kaiming_normal_`
    KaimingNormal {
        /// √2 for ReLU.
        gain: f32,
    },
    /// U(−a, a), a = 1/√fan_in with the layer's fan-in given: PyTorch's default for the weights and
    /// biases of linear and convolutional layers.
    FanIn(usize),
}

impl Init {
    /// Zero everywhere.
    pub const ZEROS: Init = Init::Constant(0.0);
    /// One everywhere.
    pub const ONES: Init = Init::Constant(1.0);
}

#[cfg(feature = "std")]
mod random {
    use core::slice;

    use castiron_kernels::Precision;
    use half::{bf16, f16};
    use rand::RngExt;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, Normal};

    use super::Init;
    use crate::Tensor;
    use crate::params::{Params, visit};
    use crate::shape::DType;

    /// A new model, initialised as PyTorch does by default, each layer from its own constant tree.
    ///
    /// ```
    /// use castiron::{nn::Linear, params::init};
    /// let layer = init::<Linear<[f32; 4], 2>>(42);
    /// assert!(layer.weight.iter().flatten().all(|w| w.abs() <= 0.5));
    /// assert_eq!(layer.weight[0], init::<Linear<[f32; 4], 2>>(42).weight[0]);
    /// ```
    pub fn init<M: Params>(seed: u64) -> Tensor<M> {
        let mut model = Tensor::zeros();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        each_leaf(&mut *model, |_, leaf_init, dims, values| fill(values, dims, leaf_init, &mut rng));
        model
    }

    /// Initialises anew the leaves whose names match `pattern` (`*` stands for any characters), and
    /// returns how many did.
    ///
    /// ```
    /// use castiron::params::{Init, init, init_matching};
    /// use castiron::nn::Linear;
    /// let mut layer = init::<Linear<[f32; 4], 2>>(0);
    /// assert_eq!(init_matching(&mut *layer, "*bias", Init::ZEROS, 0), 1);
    /// assert_eq!(*layer.bias, [0.0; 2]);
    /// ```
    pub fn init_matching<M: Params>(model: &mut M, pattern: &str, init: Init, seed: u64) -> usize {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut count = 0;
        each_leaf(model, |name, _, dims, values| {
            if crate::params::matches(pattern, name) {
                fill(values, dims, init, &mut rng);
                count += 1;
            }
        });
        count
    }

    fn each_leaf<M: Params>(model: &mut M, mut f: impl FnMut(&str, Init, &[usize], &mut [f32])) {
        let base = (model as *mut M).cast::<u8>();
        visit::<M>(|path, offset, leaf| {
            let mut wide = |values: &mut [f32]| f(&path.to_string(), leaf.init, leaf.dims.as_slice(), values);
            // SAFETY: the tree describes `M`: at `offset` lie that many numbers of the leaf's element, inside
            // `model`, which is uniquely borrowed.
            unsafe {
                let at = base.add(offset);
                match leaf.dtype {
                    DType::F32 => wide(slice::from_raw_parts_mut(at.cast(), leaf.dims.len())),
                    DType::Bf16 => {
                        rounded::<bf16>(slice::from_raw_parts_mut(at.cast(), leaf.dims.len()), wide)
                    }
                    DType::F16 => rounded::<f16>(slice::from_raw_parts_mut(at.cast(), leaf.dims.len()), wide),
                    _ => {}
                }
            }
        });
    }

    /// Drawn in f32 and rounded, so that a model of another element starts from the same numbers.
    fn rounded<E: Precision>(values: &mut [E], draw: impl FnOnce(&mut [f32])) {
        let mut wide: Vec<f32> = values.iter().map(|value| value.to_f32()).collect();
        draw(&mut wide);
        values.iter_mut().zip(wide).for_each(|(value, wide)| *value = E::from_f32(wide));
    }

    /// Fills `values`, a parameter with dimensions `dims` (output features first, as in PyTorch).
    ///
    /// fan_in is the product of all dimensions but the first, fan_out that of all but the second.
    pub fn fill(values: &mut [f32], dims: &[usize], init: Init, rng: &mut impl rand::Rng) {
        let field: usize = dims.iter().skip(2).product();
        let fan_in = (dims.get(1).copied().unwrap_or(1) * field).max(1) as f32;
        let fan_out = (dims.first().copied().unwrap_or(1) * field).max(1) as f32;
        let (mean, std, bound) = match init {
            Init::Constant(value) => return values.fill(value),
            Init::Uniform { low, high } => {
                return values.iter_mut().for_each(|v| *v = low + (high - low) * rng.random::<f32>());
            }
            Init::Normal { mean, std } => (mean, std, None),
            Init::XavierNormal { gain } => (0.0, gain * (2.0 / (fan_in + fan_out)).sqrt(), None),
            Init::KaimingNormal { gain } => (0.0, gain / fan_in.sqrt(), None),
            Init::XavierUniform { gain } => (0.0, 0.0, Some(gain * (6.0 / (fan_in + fan_out)).sqrt())),
            Init::KaimingUniform { gain } => (0.0, 0.0, Some(gain * (3.0 / fan_in).sqrt())),
            Init::FanIn(fan_in) => (0.0, 0.0, Some(1.0 / (fan_in.max(1) as f32).sqrt())),
        };
        match (bound, Normal::new(mean, std)) {
            (Some(a), _) => values.iter_mut().for_each(|v| *v = a * (2.0 * rng.random::<f32>() - 1.0)),
            (None, Ok(normal)) => values.iter_mut().for_each(|v| *v = normal.sample(rng)),
            // A standard deviation that is negative or not finite: nothing sensible to draw.
            (None, Err(_)) => values.fill(mean),
        }
    }
}
#[cfg(feature = "std")]
pub use random::{fill, init, init_matching};
