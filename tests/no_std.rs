//! `tests/bare`, a program without standard library, allocator and libc, computes what this one does.
//!
//! That it links is half of the proof: `alloc` would ask for an allocator and `std` for libc.
// The program makes the system calls of x86-64 Linux, and nobody else understands them.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

#[path = "common/programs.rs"]
mod programs;
#[path = "bare/src/recipe.rs"]
mod recipe;

use std::path::Path;
use std::process::Command;

use castiron::device::Isa;
use castiron::loss::CrossEntropyLoss;
use castiron::optim::Adam;
use castiron::train::{Trainer, Workspace, infer};
use castiron::{Cpu, Tensor};
use object::elf::{FileHeader64, PT_DYNAMIC, PT_INTERP, PT_LOAD};
use object::read::elf::{ElfFile, ProgramHeader};
use object::{Endianness, Object, ObjectSymbol};
use recipe::{Images, LeNet, Logits, fill, training};

/// The logits in integer arithmetic, from plain loops in Python.
const LOGITS: [f32; 10] =
    [44069.0, -58790.0, -35471.0, 30289.0, -46740.0, -93010.0, -129059.0, 21882.0, -16378.0, -26612.0];

/// The logits by the `std` build.
fn logits(cpu: &Cpu) -> [f32; 10] {
    let mut model = Tensor::<LeNet>::zeros();
    let mut images: Images = [[[[0.0; 28]; 28]]];
    fill(&mut model, &mut images, 1.0);
    let (mut logits, mut workspace): (Logits, _) = ([[0.0; 10]], Box::new(Workspace::zeroed()));
    infer(cpu, &*model, &images, 1, &mut logits, &mut workspace).unwrap();
    logits[0]
}

/// The numbers whose bits a program prints.
fn run(program: &Path) -> Vec<f32> {
    let output = Command::new(program).output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    let bits = |line| u32::from_str_radix(line, 16).unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(|line| f32::from_bits(bits(line))).collect()
}

#[test]
fn a_program_without_std_alloc_and_libc_trains_as_a_trainer() {
    let losses = run(&programs::build("tests/bare").join("train"));
    let mut model = Tensor::<LeNet>::zeros();
    let mut images: Images = [[[[0.0; 28]; 28]]];
    fill(&mut model, &mut images, training::SIZE);
    let (loss, adam) = (CrossEntropyLoss::<10>::new(), Adam::new(training::RATE));
    let mut trainer = Trainer::<LeNet, _, _, 1>::new(Cpu::new(), &model, loss, adam).unwrap();
    println!("{losses:?}");
    assert_eq!(losses.len(), training::STEPS);
    for loss in &losses {
        let want = trainer.step(&images, &[training::CLASS]).unwrap();
        // The program sums in another order.
        assert!((loss - want).abs() <= 1e-4 * want.max(0.1), "{losses:?}, not {want}");
    }
    assert!(losses[training::STEPS - 1] < 0.5 * losses[0], "{losses:?}");
}

#[test]
fn a_program_without_std_alloc_and_libc_infers_the_same() {
    let program = programs::build("tests/bare").join("bare");

    let data = std::fs::read(&program).unwrap();
    let elf = ElfFile::<FileHeader64<Endianness>>::parse(&*data).unwrap();
    let endian = elf.endian();
    let segments = |kind| elf.elf_program_headers().iter().filter(move |s| s.p_type(endian) == kind);
    assert_eq!(segments(PT_DYNAMIC).count() + segments(PT_INTERP).count(), 0, "statically linked");
    assert!(elf.symbol_by_name("_start").is_some(), "symbols were not stripped");
    let undefined: Vec<_> = elf
        .symbols()
        .filter(|s| s.is_undefined())
        .map(|s| s.name().unwrap())
        .filter(|n| !n.is_empty())
        .collect();
    assert!(undefined.is_empty(), "{undefined:?}");
    let (stored, used) = segments(PT_LOAD)
        .fold((0, 0), |(stored, used), s| (stored + s.p_filesz(endian), used + s.p_memsz(endian)));
    assert!(stored < 180_000, "{stored} bytes of code and data");
    println!(
        "{} bytes of file, {stored} of them code and data; {} bytes of zeroed statics: model {}, workspace {}",
        data.len(),
        used - stored,
        size_of::<LeNet>(),
        Workspace::<LeNet, 1>::BYTES,
    );

    let bare = run(&program);
    println!("{bare:?}");

    // The program packs into less memory than this one and so sums in another order, as does each
    // instruction set; the recipe's sums are exact in every order.
    assert_eq!(bare, LOGITS);
    for isa in [Isa::Portable, Isa::Avx2, Isa::Avx512] {
        assert_eq!(logits(&Cpu::new().with_isa(isa)), LOGITS, "{isa:?}");
    }
}
