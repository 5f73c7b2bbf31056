//! `include_weights!`: the value is what `files::load` reads, it is in read-only memory, and what is said of a file
//! that does not fit is what `files::load` says. What does not compile is in `compile_fail/weights`.

mod common;

use castiron::embed::{Embedded, Report};
use castiron::files::{self, Load};
use castiron::memory::Aligned;
use castiron::prelude::*;
use castiron::{Bool, Quantized, bf16, f16, flat};
use common::{Small, bits};

model! {
    pub LeNet: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Relu, MaxPool2d(2),
        conv2: Conv2d(16, kernel = 5),             Relu, MaxPool2d(2),
        fc1: Linear(120), Relu,
        fc2: Linear(84),  Relu,
        fc3: Linear(10),
    }
    pub Net: [4] -> [2] { fc1: Linear(3), Relu, fc2: Linear(2) }
}

#[unsafe(no_mangle)]
static LENET: LeNet = include_weights!(LeNet, "../examples/data/lenet.safetensors");
static INT8: Quantized<LeNet, u8> =
    include_weights!(Quantized<LeNet, u8>, "../examples/data/lenet.int8.safetensors");
static HALF: Prepared<LeNet, bf16> =
    include_weights!(Prepared<LeNet, bf16>, "../examples/data/lenet.bf16.safetensors");
const LENET_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/lenet.safetensors");

#[test]
fn the_static_is_what_the_file_holds() {
    let mut loaded = Tensor::<LeNet>::zeros();
    files::load(&mut *loaded, LENET_FILE).unwrap();
    assert!(bits(&LENET) == bits(&*loaded));
    assert!(core::ptr::from_ref(&LENET).addr().is_multiple_of(align_of::<LeNet>()));
    assert!(flat(&*LENET.fc1.weight).as_ptr().addr().is_multiple_of(64));
}

/// And that network is trained; on bytes it loses at most ten of 10,000 digits.
#[test]
fn the_lenet_of_the_repository_knows_its_digits() {
    let (scans, labels) = examples_common::mnist(examples_common::Part::Test).unwrap();
    let grey = |scan: &[[u8; 28]; 28]| [scan.map(|row| row.map(|grey| f32::from(grey) / 255.0))];
    let images: Vec<Rank3<1, 28, 28>> = scans.iter().map(grey).collect();
    let bytes: Vec<Rank3<1, 28, 28, u8>> = scans.into_iter().map(|scan| [scan]).collect();
    let mut logits = vec![[0.0; 10]; images.len()];
    let right = |logits: &[[f32; 10]]| {
        logits.iter().zip(&labels).filter(|(y, t)| examples_common::largest(y) == usize::from(**t)).count()
    };
    Predictor::<LeNet, 100>::new(Cpu::new(), &LENET).unwrap().predict(&images, &mut logits).unwrap();
    let floats = right(&logits);
    assert!(floats >= 9880, "{floats} of 10000");

    Predictor::<Prepared<LeNet, bf16>, 100>::new(Cpu::new(), &HALF)
        .unwrap()
        .predict(&images, &mut logits)
        .unwrap();
    let half = right(&logits);
    assert!(half + 5 >= floats, "{half} of 10000, {floats} with weights in f32");

    Predictor::<Quantized<LeNet, u8>, 100>::new(Cpu::new(), &INT8)
        .unwrap()
        .predict(&bytes, &mut logits)
        .unwrap();
    let int8 = right(&logits);
    assert!(int8 + 10 >= floats, "{int8} of 10000, {floats} on floats");
}

#[cfg(target_os = "linux")]
#[test]
fn it_is_in_read_only_memory_and_the_file_is_not_there_too() {
    use object::{Object, ObjectSection, ObjectSymbol};
    let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let elf = object::File::parse(&*program).unwrap();
    let symbol = elf.symbol_by_name("LENET").unwrap();
    let section = elf.section_by_index(symbol.section_index().unwrap()).unwrap();
    assert_eq!(section.name(), Ok(".rodata"));
    assert_eq!(symbol.size(), size_of::<LeNet>() as u64);

    let file = std::fs::read(LENET_FILE).unwrap();
    let header = &file[..8 + u64::from_le_bytes(*file.first_chunk().unwrap()) as usize];
    assert!(!program.windows(header.len()).any(|bytes| bytes == header));
}

/// What the reader of `include_weights!` says when it runs, which takes a larger stack than a test has.
fn report<M: Params>(model: &mut M, file: &Embedded) -> String {
    let read = || {
        let mut report = Report::new();
        file.fill(model, &mut report);
        report.as_str().to_owned()
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(64 << 20);
        thread.spawn_scoped(scope, read).unwrap().join().unwrap()
    })
}

/// Saves a model, and reads it as the compiler would.
fn survives<M: Params>(model: &M) -> Tensor<M> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    files::Save::default().num_batches_tracked(7).save(model, &path).unwrap();
    let file = std::fs::read(&path).unwrap();
    let mut again = Tensor::<M>::zeros();
    assert_eq!(report(&mut *again, &Embedded::new("model.safetensors", &file)), "");
    again
}

#[test]
fn models_and_prepared_models_survive() {
    let model = init::<Small>(9);
    assert!(bits(&*model) == bits(&*survives(&*model)));
    let many = init::<[Linear<[f32; 2], 3>; 500]>(1);
    assert!(bits(&*many) == bits(&*survives(&*many)));

    model! {
        /// Weights are packed in blocks of channels.
        Mobile: [3, 13, 18] -> [5] {
            stem: Conv2d(24, kernel = 3, stride = 2, padding = 1, bias = false), bn: BatchNorm2d, Relu6,
            last: Conv2d(32, kernel = 1), last_bn: BatchNorm2d, Relu,
            GlobalAvgPool2d,
            fc: Linear(5),
        }
    }
    let prepared = Prepared::of(&Cpu::new(), &*init::<Mobile>(1)).unwrap();
    assert!(bits(&*prepared) == bits(&*survives(&*prepared)));
    let prepared = Prepared::stored_in::<bf16>(&Cpu::new(), &*init::<Mobile>(1)).unwrap();
    assert!(bits(&*prepared) == bits(&*survives(&*prepared)));
}

/// Every element that a model can have.
#[derive(Params)]
#[repr(C)]
struct Elements {
    f32: Aligned<Rank1<3>>,
    f64: Aligned<Rank1<3, f64>>,
    bf16: Aligned<Rank2<1, 3, bf16>>,
    f16: Aligned<Rank1<3, f16>>,
    i8: Aligned<Rank1<3, i8>>,
    #[param(name = "deeper.u8")]
    u8: Aligned<Rank1<3, u8>>,
    i32: Aligned<i32>,
    i64: Aligned<Rank1<0, i64>>,
    bool: Aligned<Rank1<3, Bool>>,
}

#[test]
fn every_element_survives() {
    let mut model = Tensor::<Elements>::zeros();
    (*model.f32, *model.f64) = ([1.0, -2.5, f32::MIN_POSITIVE], [1e300, -0.0, f64::EPSILON]);
    *model.bf16 = [[1.0, 2.0, -3.0].map(bf16::from_f32)];
    *model.f16 = [1.0, 2.0, -3.0].map(f16::from_f32);
    (*model.i8, *model.u8, *model.i32) = ([-1, 2, -128], [1, 2, 255], -7);
    *model.bool = [true, false, true].map(Bool::from);
    let again = survives(&*model);
    assert_eq!((*again.f32, *again.f64, *again.bf16), (*model.f32, *model.f64, *model.bf16));
    assert_eq!((*again.f16, *again.i8, *again.u8), (*model.f16, *model.i8, *model.u8));
    assert_eq!((*again.i32, *again.i64, *again.bool), (-7, [], *model.bool));
}

/// The same differences in the same words, whatever their order.
fn says_the_same<M: Params>(file: &[u8]) -> usize {
    let mut model = Tensor::<M>::zeros();
    let at_run_time = match files::load_bytes(&mut *model, file) {
        Ok(()) => String::new(),
        Err(error) => error.to_string(),
    };
    let here = report(&mut *model, &Embedded::new("<bytes>", file));
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&here), sorted(&at_run_time));
    here.lines().count()
}

#[test]
fn differences_are_said_as_at_run_time() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/compile_fail/weights/");
    let lines =
        |name: &str| says_the_same::<Net>(&std::fs::read(format!("{folder}{name}.safetensors")).unwrap());
    assert_eq!(lines("good"), 0);
    for one in ["missing", "extra", "dims", "element"] {
        assert_eq!(lines(one), 1 + 1, "{one}");
    }
    assert_eq!(lines("several"), 1 + 4);
    assert_eq!(lines("other_names"), 1 + 8);
    // Hundreds of lines.
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    files::save(&*init::<[Linear<[f32; 2], 3>; 500]>(1), &path).unwrap();
    assert_eq!(says_the_same::<[Linear<[f32; 3], 2>; 600]>(&std::fs::read(&path).unwrap()), 1 + 1200);
}

#[test]
fn renames_are_of_whole_parts() {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let net = init::<Net>(5);
    files::save(&*net, &path).unwrap();
    let file = std::fs::read(&path).unwrap();
    let read = |renames: &[(&str, &str)]| {
        let mut model = Tensor::<Net>::zeros();
        let said = report(&mut *model, &Embedded::new("net", &file).rename(renames));
        (said, bits(&*model) == bits(&*net))
    };
    assert_eq!(read(&[("", "")]), (String::new(), true));
    assert_eq!(
        read(&[("fc1.weight", "fc1.weight"), ("fc1", "fc1"), ("fc2.", "fc2.")]),
        (String::new(), true)
    );
    // The first pair that fits counts, and one that does nothing is a mistake.
    for idle in [[("fc1", "fc1"), ("fc1.weight", "x")], [("fc1", "fc1"), ("fc", "x")]] {
        assert_eq!(
            read(&idle).0,
            format!("net: does not fit the model:\n  `{}` renames nothing in the model", idle[1].0)
        );
    }
    let (said, _) = read(&[("fc1", "fc2")]);
    assert!(said.contains("`fc2.weight` is [2, 3] in the file, but [3, 4] in the model"), "{said}");

    // As `Load` has it, of a file that has other names.
    let mut other = Tensor::<[Linear<[f32; 4], 3>; 1]>::zeros();
    let file = Embedded::new("net", &file).rename(&[("0", "fc1")]).allow_extra(&true);
    assert_eq!(report(&mut *other, &file), "");
    let mut same = Tensor::<[Linear<[f32; 4], 3>; 1]>::zeros();
    Load::default().rename(|name| name.replace("0.", "fc1.")).allow_extra().load(&mut *same, &path).unwrap();
    assert!(bits(&*other) == bits(&*same));
}
