//! `use castiron::prelude::*;`: what most programs need.

#[cfg(feature = "cuda")]
pub use crate::device::Cuda;
pub use crate::loss::{BceWithLogitsLoss, CrossEntropyLoss, HuberLoss, L1Loss, Loss, MseLoss, NllLoss};
pub use crate::nn::*;
pub use crate::{
    Cpu, Model, Module, Params, Prepared, Rank0, Rank1, Rank2, Rank3, Rank4, Rank5, Rank6, Shape,
    include_weights, model, params::Params, shape,
};
#[cfg(feature = "std")]
pub use crate::{
    Tensor,
    optim::{Adam, AdamW, Cosine, OneCycle, RmsProp, Schedule, Sgd, StepDecay, Warmup},
    params::init,
    summary::Summary,
    train::{Clip, Predictor, Trainer, Updater},
};
