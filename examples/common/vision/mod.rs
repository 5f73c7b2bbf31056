//! Networks for photographs, with the names that torchvision gives their parameters.

mod mobilenet;
mod resnet;

pub use mobilenet::*;
pub use resnet::*;
