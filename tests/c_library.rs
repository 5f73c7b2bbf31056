//! `examples/c_library`, a model for C: a C and a C++ program link it, statically and as a shared library, and get the
//! numbers that Rust gets; wrong pointers are error codes.
#![cfg(all(unix, not(target_os = "macos")))]

#[path = "../examples/c_library/src/lib.rs"]
mod lenet;
#[path = "common/programs.rs"]
mod programs;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use castiron::export::Status;
use castiron::prelude::*;
use castiron::train::Workspace;
use lenet::{LeNet, lenet_header};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/c_library");

/// A digit that nobody wrote.
fn grey() -> [u8; 28 * 28] {
    std::array::from_fn(|i| if (8..20).contains(&(i % 28)) { (i * 37 % 256) as u8 } else { 0 })
}

fn image() -> Rank3<1, 28, 28> {
    let grey = grey();
    [std::array::from_fn(|row| std::array::from_fn(|column| f32::from(grey[28 * row + column]) / 255.0))]
}

/// The logits as Rust code gets them.
fn logits() -> [f32; 10] {
    let model = castiron::include_weights!(LeNet, "../examples/data/lenet.safetensors");
    let (mut y, mut workspace) = ([[0.0; 10]], Box::new(Workspace::<LeNet, 1>::zeroed()));
    castiron::train::infer(&Cpu::new(), &model, &[image()], 1, &mut y, &mut workspace).unwrap();
    y[0]
}

fn run(command: &mut Command) -> String {
    let output = command.stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The folder of the libraries and of their header.
fn libraries() -> PathBuf {
    let built = programs::build("examples/c_library");
    let header = run(&mut Command::new(built.join("header")));
    assert_eq!(header, lenet_header().to_string());
    std::fs::write(built.join("lenet.h"), header).unwrap();
    built
}

#[test]
fn c_gets_the_same_numbers() {
    let built = libraries();
    let want = logits();
    let compilers = [
        ("cc", "main.c", ["-std=c11", "-Wall", "-Wextra"]),
        ("c++", "main.c", ["-xc++", "-std=c++17", "-Wall"]),
    ];
    for (compiler, source, flags) in compilers {
        for shared in [false, true] {
            let program = built.join(format!("classify_{compiler}_{shared}"));
            let mut cc = Command::new(compiler);
            cc.args(flags).args(["-Werror", "-O2", "-I"]).arg(&built).arg(Path::new(FOLDER).join(source));
            cc.args(["-xnone", "-o"]).arg(&program);
            if shared {
                cc.arg("-L").arg(&built).arg("-llenet");
            } else {
                cc.arg(built.join("liblenet.a")).args(["-lm", "-lpthread", "-ldl"]);
            }
            run(&mut cc);
            let mut classify = Command::new(&program);
            classify.env("LD_LIBRARY_PATH", &built);
            let mut child = classify.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(&grey()).unwrap();
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{compiler}: {:?}", output.status);
            let said = String::from_utf8(output.stdout).unwrap();
            let got: Vec<f32> =
                said.lines().take(10).map(|line| line.split_once(' ').unwrap().1.parse().unwrap()).collect();
            assert_eq!(got, want, "{compiler}, shared: {shared}");
        }
    }
}

/// What can be checked of a pointer is.
#[test]
fn wrong_pointers_are_error_codes() {
    use lenet::{lenet_infer, lenet_infer_in, lenet_reset};
    let (image, mut logits) = (image(), [0.0_f32; 12]);
    let mut workspace = Box::new(Workspace::<LeNet, 1>::zeroed());
    let (x, y, w) = (image.as_ptr().cast::<f32>(), logits.as_mut_ptr(), &raw mut *workspace);
    let null = std::ptr::null_mut::<f32>();
    // SAFETY: pointers are wrong only in ways that are checked.
    unsafe {
        assert_eq!(lenet_infer(x, y), Status::Ok);
        assert_eq!(lenet_infer(null, y), Status::Null);
        assert_eq!(lenet_infer(x, null), Status::Null);
        assert_eq!(lenet_infer(x.byte_add(1), y), Status::Misaligned);
        assert_eq!(lenet_infer(x, y.byte_add(2)), Status::Misaligned);
        // The output within the input, and at its end, where nothing is shared.
        let mut both = [0.5_f32; 784 + 10];
        let both = both.as_mut_ptr();
        assert_eq!(lenet_infer(both, both.add(783)), Status::Overlap);
        assert_eq!(lenet_infer(both.add(9), both), Status::Overlap);
        assert_eq!(lenet_infer(both, both.add(784)), Status::Ok);
        assert_eq!(lenet_infer(both.add(10), both), Status::Ok);

        assert_eq!(lenet_infer_in(w, x, y), Status::Ok);
        assert_eq!(lenet_infer_in(std::ptr::null_mut(), x, y), Status::Null);
        assert_eq!(lenet_infer_in(w.byte_add(4), x, y), Status::Misaligned);
        assert_eq!(lenet_infer_in(w, w.cast(), y), Status::Overlap);
    }
    assert_eq!(lenet_reset(), Status::Ok);
}

/// Each thread has its own memory: they compute at once, and the same.
#[test]
fn threads_call_it_at_once() {
    let want = logits();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let image = image();
                for _ in 0..100 {
                    let mut logits = [0.0_f32; 10];
                    // SAFETY: as long as the header says.
                    let status = unsafe { lenet::lenet_infer(image.as_ptr().cast(), logits.as_mut_ptr()) };
                    assert_eq!((status, logits), (Status::Ok, want));
                }
            });
        }
    });
}
