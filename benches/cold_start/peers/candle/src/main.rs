//! An MLP in candle: prints one result.

use candle_core::{Device, Result, Tensor};
use candle_nn::{Linear, Module};

fn main() -> Result<()> {
    let weights = candle_core::safetensors::load("mlp.safetensors", &Device::Cpu)?;
    let linear = |name: &str| {
        let leaf = |leaf: &str| weights[&format!("{name}.{leaf}")].clone();
        Linear::new(leaf("weight"), Some(leaf("bias")))
    };
    let x = Tensor::full(0.5_f32, (1, 784), &Device::Cpu)?;
    let y = linear("2").forward(&linear("0").forward(&x)?.relu()?)?;
    println!("{}", y.sum_all()?.to_scalar::<f32>()?);
    Ok(())
}
