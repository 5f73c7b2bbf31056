//! Saving the state of a model and loading it into another.

use std::error::Error;

use castiron::prelude::*;
use castiron::{files, params};

use crate::network::{Net, counted};

pub fn run() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("model.safetensors");
    let model = counted();
    files::save(&*model, &path)?;

    let mut other = init::<Net>(1);
    files::load(&mut *other, &path)?;
    params::visit::<Net>(|name, _, leaf| println!("{name} {:?}", leaf.dims));
    let x = Tensor::<Rank2<1, 4>>::ones();
    let y: Tensor<Rank2<1, 2>> = model.forward(&x)?;
    println!("{}", y == other.forward(&x)?);
    Ok(())
}
