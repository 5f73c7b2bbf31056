//! From an array to a tensor, to NumPy, and back.

use std::error::Error;

use castiron::files::{read_npy, write_npy};
use castiron::prelude::*;

pub fn run() -> Result<(), Box<dyn Error>> {
    let mut x = Tensor::from([[1.0_f32, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    println!("{x}");
    println!("{}", x.dtype());

    // NumPy lives in another process, so a file goes between: there it is `np.load(path)`, `np.save(path, y)`.
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("y.npy");
    write_npy(&path, &x * 2.0)?;
    let y: Tensor<Rank2<2, 3>> = read_npy(&path)?;
    println!("{:?}", y.as_array());

    let array = x.as_array_mut();
    array[0][0] = 10.0; // The tensor is this array.
    println!("{:?}", x[0][0]);
    Ok(())
}
