//! What must hold for every file, whoever made it.

use castiron::embed::{Embedded, Header, Reason, Report};
use castiron::files::{Load, Position, resume as resume_from, save_checkpoint};
use castiron::params::visit;
use castiron::prelude::*;
use safetensors::SafeTensors;

model! {
    pub Net: [1, 2, 2] -> [1] {
        #[param(name = "a")]
        conv: Conv2d(2, kernel = 1), bn: BatchNorm2d, Tanh,
        fc: Linear(2), blocks: [Block; 2], b: Linear(1),
    }
    Block: [2] -> [2] { fc: Linear(2) }
}

/// Inputs are files, but for their length: most begin with two bytes that say how long the header is, so that a
/// change of the header's length does not make the whole file unreadable. Those that begin with 0xFF go on with a
/// file as it is.
fn file(input: &[u8]) -> Vec<u8> {
    match input {
        [0xFF, file @ ..] => file.to_vec(),
        [low, high, rest @ ..] => {
            let len = usize::from(u16::from_le_bytes([*low, *high])).min(rest.len());
            [&(len as u64).to_le_bytes(), rest].concat()
        }
        short => short.to_vec(),
    }
}

/// The input that is read as this file.
pub fn input(file: &[u8]) -> Vec<u8> {
    match file.split_first_chunk() {
        Some((len, rest)) if u64::from_le_bytes(*len) <= (rest.len() as u64).min(0xFEFF) => {
            [&len[..2], rest].concat()
        }
        _ => [&[0xFF], file].concat(),
    }
}

fn bytes<M: Params>(model: &M) -> Vec<u8> {
    let mut bytes = Vec::new();
    let base = core::ptr::from_ref(model).cast::<u8>();
    visit::<M>(|_, offset, leaf| {
        let len = leaf.dims.len() * leaf.dtype.size();
        // SAFETY: the tree says that a leaf of so many bytes lies there.
        bytes.extend_from_slice(unsafe { core::slice::from_raw_parts(base.add(offset), len) });
    });
    bytes
}

/// A file that is read is read alike by all; one that is refused leaves the model as it was.
pub fn load(input: &[u8]) {
    let file = file(input);
    let mut model = init::<Net>(1);
    let before = bytes(&*model);
    for choices in [Load::default(), Load::default().allow_extra(), Load::default().only("b.*")] {
        if choices.load_bytes(&mut *model, &file).is_err() {
            assert_eq!(bytes(&*model), before);
        } else {
            model = init::<Net>(1);
        }
    }
}

/// The compiler's reader never reads what safetensors refuses, refuses for reasons that it documents, sees the same
/// tensors, and says the same of a model that differs.
pub fn embedded(input: &[u8]) {
    let file = file(input);
    // In the compiler memory is no concern; here it is the stack.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(64 << 20);
        thread.spawn_scoped(scope, || readers_agree(&file)).unwrap().join().unwrap();
    });
}

fn readers_agree(file: &[u8]) {
    let reference = SafeTensors::deserialize(file);
    match (Header::<256>::read(file), &reference) {
        (Ok(header), Ok(reference)) => {
            assert_eq!(header.len(), reference.len());
            for i in 0..header.len() {
                let entry = header.entry(i);
                let name = header.name(entry);
                assert_eq!(header.find(name), Some(i));
                let view = reference.tensor(core::str::from_utf8(name).unwrap()).unwrap();
                assert_eq!(format!("{:?}", view.dtype()).as_bytes(), header.element(entry));
                let mut dims = header.dims(entry);
                let dims: Vec<usize> = core::iter::from_fn(|| dims.next()).map(|dim| dim as usize).collect();
                assert_eq!(view.shape(), dims);
                assert_eq!(view.data(), &header.data[entry.begin as usize..entry.end as usize]);
            }
            assert_eq!(header.find(b"no such tensor"), None);
        }
        (Ok(_), Err(error)) => panic!("refused by safetensors: {error}"),
        // Documented at `Header::read`.
        (Err(Reason::Expected { .. } | Reason::Twice { .. } | Reason::LongHeader { .. }), _) => return,
        // Of two tensors of one name safetensors sees only the last; here what is wrong with the first may be said.
        (Err(_), Ok(reference)) if descriptions(file) > reference.len() => return,
        (Err(reason), Ok(_)) => panic!("refused here only: {reason:?}"),
        (Err(_), Err(_)) => {}
    }

    let (mut model, mut same) = (init::<Net>(1), init::<Net>(1));
    let mut report = Report::new();
    Embedded::new("<bytes>", file).fill(&mut *model, &mut report);
    match Load::default().load_bytes(&mut *same, file) {
        Ok(_) => {
            assert_eq!(report.as_str(), "");
            assert_eq!(bytes(&*model), bytes(&*same));
        }
        Err(error) if reference.is_ok() => {
            let lines = |text: &str| {
                let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                lines.sort();
                lines
            };
            assert_eq!(lines(report.as_str()), lines(&error.to_string()));
        }
        Err(_) => assert!(report.as_str().starts_with("<bytes>: not a readable safetensors file: ")),
    }
}

/// How many tensors the header seems to describe.
fn descriptions(file: &[u8]) -> usize {
    file.windows(14).filter(|bytes| bytes == b"\"data_offsets\"").count()
}

/// A checkpoint that is refused leaves the trainer as it was, and after any other it goes on.
pub fn resume(input: &[u8]) {
    // A file is the only way in.
    let path = std::env::temp_dir().join(format!("castiron-fuzz-{}.safetensors", std::process::id()));
    let new =
        |seed| Trainer::<Net, _, _, 2>::new(Cpu::new(), &init::<Net>(seed), MseLoss, Adam::new(0.1)).unwrap();
    let mut trainer = new(1);
    std::fs::write(&path, file(input)).unwrap();
    if resume_from(&mut trainer, &path).is_err() {
        assert_eq!(bytes(&*trainer.model()), bytes(&*new(1).model()));
    }
    let (x, t) = ([[[[1.0, 2.0], [3.0, 4.0]]]; 2], [[0.5]; 2]);
    trainer.step(&x, &t).unwrap();
    save_checkpoint(&trainer, Position::default(), &path).unwrap();
    resume_from(&mut new(2), &path).unwrap();
    std::fs::remove_file(path).unwrap();
}
