//! `tests/build_step` prepares its model in a build script and holds the result: the program computes, bit for bit,
//! what a program does that prepares when it runs.

#[path = "build_step/src/model.rs"]
mod model;
#[path = "common/programs.rs"]
mod programs;

use std::io::Write;
use std::process::{Command, Stdio};

use castiron::files::Load;
use castiron::prelude::*;
use castiron::{Infer, bf16};
use model::LeNet;

#[test]
fn what_a_build_script_prepares_is_what_is_prepared_at_run_time() {
    let program = programs::build("tests/build_step").join("build_step");

    let mut lenet = Tensor::<LeNet>::zeros();
    let names = |ours: &str| format!("lenet_bn/sgd/final/{ours}");
    let checkpoint = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/parity.safetensors");
    Load::default().rename(names).allow_extra().load(&mut *lenet, checkpoint).unwrap();
    let grey: [u8; 28 * 28] = std::array::from_fn(|i| (i * 37 % 256) as u8);
    let mut image = [[[[0.0; 28]; 28]; 1]];
    for (pixel, grey) in image.as_flattened_mut().as_flattened_mut().as_flattened_mut().iter_mut().zip(grey) {
        *pixel = f32::from(grey) / 255.0;
    }
    let want = [
        logits(&*Prepared::of(&Cpu::new(), &*lenet).unwrap(), &image),
        logits(&*Prepared::stored_in::<bf16>(&Cpu::new(), &*lenet).unwrap(), &image),
    ];

    let mut child = Command::new(program);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&grey).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    // `{:?}` prints as many digits as tell a number from all others.
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        want.map(|logits| format!("{logits:?}\n")).concat()
    );
}

fn logits<N: Infer<Input = Rank3<1, 28, 28>, Output = Rank1<10>>>(
    net: &N,
    image: &[Rank3<1, 28, 28>; 1],
) -> Rank1<10> {
    let mut logits = [[0.0; 10]];
    Predictor::<N, 1>::new(Cpu::new(), net).unwrap().predict(image, &mut logits).unwrap();
    logits[0]
}
