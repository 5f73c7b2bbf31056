//! An MLP in tract: prints one result.

use tract_onnx::prelude::*;

fn main() -> TractResult<()> {
    let model = tract_onnx::onnx().model_for_path("mlp.onnx")?;
    let model = model.with_input_fact(0, f32::fact([1, 784]).into())?.into_optimized()?.into_runnable()?;
    let x: Tensor = tract_ndarray::Array2::from_elem((1, 784), 0.5_f32).into();
    let y = model.run(tvec!(x.into()))?;
    println!("{}", y[0].view().as_slice::<f32>()?.iter().sum::<f32>());
    Ok(())
}
