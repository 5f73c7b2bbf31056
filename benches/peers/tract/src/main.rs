//! tract as a peer: `peer-tract THREADS`, with the models that `python/export.py` wrote as ONNX.

use protocol::{Convolution, Data, Product, Work, file, serve, threads};
use tract_linalg::multithread::{Executor, set_default_executor};
use tract_onnx::prelude::*;

fn main() {
    if threads() > 1 {
        set_default_executor(Executor::multithread(threads()));
    }
    serve(work);
}

/// Inference of what has no state. tract does not train, and a matrix product by itself is not what it is for.
fn work(name: &str) -> Option<Work> {
    let infers = Product::parse(name).is_none() && Convolution::parse(name).is_none();
    let infers = infers && !name.starts_with("train") && name != "silero";
    infers.then(|| infer(name).expect("a model that tract can run"))
}

fn infer(name: &str) -> TractResult<Work> {
    let (dims, numbers) = Data::of(name).get("input");
    let x: TValue = Tensor::from_shape(&dims, &numbers)?.into();
    let model = tract_onnx::onnx()
        .model_for_path(file(name, "onnx"))?
        .with_input_fact(0, f32::fact(&dims).into())?
        .into_optimized()?
        .into_runnable()?;
    let mut state = model.spawn()?;
    let mut infer = move || state.run(tvec!(x.clone())).expect("a result");
    let y: Vec<f32> = infer()[0].to_plain_array_view::<f32>()?.iter().copied().collect();
    Ok(Work::new(&y, move || {
        infer();
    }))
}
