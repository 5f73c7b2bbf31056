//! An MLP in burn, on its backend `flex`: prints one result.

use burn::module::Param;
use burn::nn::Linear;
use burn::prelude::*;
use burn::tensor::TensorData;
use burn::tensor::activation::relu;
use safetensors::SafeTensors;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = Device::flex();
    let bytes = std::fs::read("mlp.safetensors")?;
    let file = SafeTensors::deserialize(&bytes)?;
    let read = |name: String| -> Result<TensorData, safetensors::SafeTensorError> {
        let view = file.tensor(&name)?;
        let numbers: Vec<f32> = view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        Ok(TensorData::new(numbers, view.shape().to_vec()))
    };
    // burn's weights are [inputs, outputs].
    let linear = |name: &str| -> Result<Linear, safetensors::SafeTensorError> {
        let weight = Tensor::<2>::from_data(read(format!("{name}.weight"))?, &device).transpose();
        let bias = Tensor::from_data(read(format!("{name}.bias"))?, &device);
        Ok(Linear { weight: Param::from_tensor(weight), bias: Some(Param::from_tensor(bias)) })
    };
    let x = Tensor::<2>::full([1, 784], 0.5, &device);
    let y = linear("2")?.forward(relu(linear("0")?.forward(x)));
    println!("{}", y.sum().into_scalar::<f32>());
    Ok(())
}
