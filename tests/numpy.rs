//! Files of NumPy: those in `fixtures/npy`, which NumPy has written, and ours, which NumPy reads.

use std::path::{Path, PathBuf};
use std::process::Command;

use castiron::files::{NpyError, Npz, read_npy, write_npy, write_npz, write_npz_compressed};
use castiron::{Bool, DynTensor, Element, Rank2, Tensor, bf16, f16, tensor};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/npy").join(name)
}

/// The numbers of `npy.py`.
fn numbers(kind: &str, dims: &[usize]) -> DynTensor {
    fn make<E: Element>(dims: &[usize], f: impl Fn(i64) -> E) -> DynTensor {
        let len: usize = dims.iter().product();
        DynTensor::from_vec(dims, (0..len as i64).map(f).collect()).unwrap()
    }
    match kind {
        "f2" => make(dims, |i| f16::from_f64((i * 7 - 10) as f64 / 4.0)),
        "f4" => make(dims, |i| (i * 7 - 10) as f32 / 4.0),
        "f8" => make(dims, |i| (i * 7 - 10) as f64 / 4.0),
        "i1" => make(dims, |i| (i * 7 - 10) as i8),
        "i4" => make(dims, |i| (i * 7 - 10) as i32),
        "i8" => make(dims, |i| i * 7 - 10),
        "u1" => make(dims, |i| (i * 7) as u8),
        "b1" => make(dims, |i| Bool::from(i % 3 == 0)),
        other => panic!("{other}"),
    }
}

const KINDS: [&str; 8] = ["f2", "f4", "f8", "i1", "i4", "i8", "u1", "b1"];

fn read(name: &str) -> Result<DynTensor, NpyError> {
    read_npy(fixture(name))
}

#[test]
fn reads_every_element_order_and_version() {
    for kind in KINDS {
        assert_eq!(read(&format!("{kind}.npy")).unwrap(), numbers(kind, &[2, 3]), "{kind}");
        assert_eq!(read(&format!("fortran_{kind}.npy")).unwrap(), numbers(kind, &[2, 3, 2]), "{kind}");
    }
    for kind in ["f2", "f4", "f8", "i4", "i8"] {
        assert_eq!(read(&format!("big_{kind}.npy")).unwrap(), numbers(kind, &[2, 3]), "{kind}");
    }
    assert_eq!(read("big_fortran.npy").unwrap(), numbers("f4", &[4, 3, 2, 1]));
    assert_eq!(read("rank_8.npy").unwrap(), numbers("i4", &[1, 2, 1, 2, 1, 2, 1, 2]));
    assert_eq!(read("scalar.npy").unwrap(), numbers("f8", &[]));
    assert_eq!(read("vector.npy").unwrap(), numbers("f4", &[5]));
    assert_eq!(read("empty.npy").unwrap(), numbers("f4", &[0, 3]));
    assert_eq!(read("empty_fortran.npy").unwrap(), numbers("f4", &[2, 0, 3]));
    assert_eq!(read("version_2.npy").unwrap(), numbers("f4", &[2, 3]));
    assert_eq!(read("version_3.npy").unwrap(), numbers("f4", &[2, 3]));

    let transposed: Tensor<Rank2<5, 3, i32>> = read_npy(fixture("transposed.npy")).unwrap();
    assert_eq!((transposed[0], transposed[4]), ([-10, 25, 60], [18, 53, 88]));
    let strided: Tensor<Rank2<2, 2, i32>> = read_npy(fixture("strided.npy")).unwrap();
    assert_eq!(*strided, [[-10, 11], [74, 95]]);
}

#[test]
fn reads_archives_stored_and_compressed() {
    for name in ["stored.npz", "compressed.npz"] {
        let mut file = Npz::open(fixture(name)).unwrap();
        for kind in KINDS {
            assert_eq!(file.read::<DynTensor>(kind).unwrap(), numbers(kind, &[2, 3]), "{name} {kind}");
        }
        assert_eq!(file.read::<DynTensor>("fortran").unwrap(), numbers("i8", &[3, 4]));
    }
    let mut file = Npz::open(fixture("compressed.npz")).unwrap();
    assert_eq!(file.names(), [&KINDS[..], &["fortran", "zeros"]].concat());
    // Deflate at its best: 40,000 zeros in some 50 bytes.
    assert_eq!(file.read::<Tensor<Rank2<100, 100>>>("zeros").unwrap(), Tensor::zeros());
    let unnamed: Tensor<[f32; 4]> = Npz::open(fixture("stored.npz")).unwrap().read("arr_0").unwrap();
    assert_eq!(*unnamed, [-2.5, -0.75, 1.0, 2.75]);
}

#[test]
fn errors_name_the_file_the_array_and_what_is_wrong() {
    let says = |error: NpyError, parts: &[&str]| {
        let text = error.to_string();
        parts.iter().for_each(|part| assert!(text.contains(part), "{part:?} is not in: {text}"));
    };
    says(
        read_npy::<Tensor<[f32; 6]>>(fixture("f4.npy")).unwrap_err(),
        &["f4.npy: this is f32 [2, 3], but f32 [6]"],
    );
    says(
        read_npy::<Tensor<Rank2<2, 3>>>(fixture("i8.npy")).unwrap_err(),
        &["this is i64 [2, 3], but f32 [2, 3]"],
    );
    for (name, part) in [
        ("complex", "'<c8'"),
        ("u2", "'<u2'"),
        ("text", "'<U2'"),
        ("record", "records"),
        ("object", "'|O'"),
        ("raw", "'|V2'"),
        ("rank_9", "9 dimensions, but a tensor has at most 8"),
    ] {
        says(read(&format!("{name}.npy")).unwrap_err(), &[&format!("{name}.npy: "), part]);
    }
    says(read("stored.npz").unwrap_err(), &["stored.npz: not an array of NumPy"]);
    says(read("none.npy").unwrap_err(), &["none.npy: "]);
    assert!(matches!(read("none.npy").unwrap_err(), NpyError::Io { .. }));

    says(Npz::open(fixture("f4.npy")).unwrap_err(), &["f4.npy: not a readable zip archive"]);
    let mut file = Npz::open(fixture("stored.npz")).unwrap();
    says(
        file.read::<DynTensor>("f16").unwrap_err(),
        &["stored.npz: there is no array `f16`; it has [\"f2\", \"f4\""],
    );
    says(
        file.read::<Tensor<[f32; 2]>>("f8").unwrap_err(),
        &["stored.npz, array `f8`: this is f64 [2, 3], but f32 [2]"],
    );

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let half = DynTensor::from(tensor![bf16; bf16::ONE]);
    says(write_npy(&path, &half).unwrap_err(), &["x.npz: NumPy has no bf16: cast"]);
    let arrays = [("a", numbers("f4", &[2])), ("half", half)];
    says(write_npz(&path, arrays).unwrap_err(), &["x.npz, array `half`: NumPy has no bf16"]);
    let twice = [("a", numbers("f4", &[2])), ("a", numbers("f4", &[2]))];
    says(write_npz(&path, twice).unwrap_err(), &["x.npz, array `a`"]);
    assert!(!path.exists(), "nothing is left of a file that was not finished");
}

#[test]
fn damaged_files_are_errors_and_take_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.npy");
    let error = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let error = read_npy::<DynTensor>(&path).unwrap_err();
        assert!(matches!(error, NpyError::Format { .. }), "{error:?}");
        error.to_string()
    };
    for name in ["f4.npy", "fortran_f8.npy", "version_2.npy"] {
        let whole = std::fs::read(fixture(name)).unwrap();
        for len in 0..whole.len() {
            let text = error(&whole[..len]);
            assert!(text.contains("it is cut off"), "{name} of {len} bytes: {text}");
        }
    }
    let whole = std::fs::read(fixture("f4.npy")).unwrap();
    let claims = |header: &str| {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend([0; 64]);
        error(&bytes)
    };
    let shape =
        |shape: &str| claims(&format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"));
    let cut_off = shape("(1000000000000,)");
    assert!(
        cut_off.contains("f32 [1000000000000], which takes 4000000000000 bytes, but has only"),
        "{cut_off}"
    );
    for all in [
        "(4294967296, 4294967296, 4294967296)",
        "(9223372036854775807, 3)",
        "(0, 9223372036854775807, 9223372036854775807)",
        "(18446744073709551616,)",
        "(99999999999999999999999999999999,)",
    ] {
        let text = shape(all);
        assert!(text.contains("more numbers than any memory holds"), "{text}");
    }
    for odd in [
        "(-1,)",
        "(2.0,)",
        "('2',)",
        "(0xffffffffffffffff, 0xff)",
        "2",
        "(2, 3",
        "[(2, 3), 1]",
        "(1 + 1,)",
        "(4 - 1,)",
    ] {
        let text = shape(odd);
        assert!(text.contains("header"), "{odd}: {text}");
    }
    let nested = format!("{}{}", "(".repeat(4000), ")".repeat(4000));
    assert!(shape(&nested).contains("nests too deeply"));
    assert!(claims("[1, 2]").contains("header is damaged"));
    assert!(claims("{'descr': '<f4'}").contains("header is damaged"));
    assert!(claims("\u{0}\u{1}\u{fffd}").contains("header is damaged"));
    let mut long = b"\x93NUMPY\x02\x00".to_vec();
    long.extend(u32::MAX.to_le_bytes());
    assert!(error(&long).contains("claims 4294967295 bytes"));
    let mut version = whole.clone();
    version[6] = 9;
    error(&version);

    // Every byte of the header turned into another: whatever it is then, nothing panics.
    for i in 0..128 {
        for byte in [0, b'(', b'9', b'\'', 0xff] {
            let mut bytes = whole.clone();
            bytes[i] = byte;
            std::fs::write(&path, &bytes).unwrap();
            let _ = read_npy::<DynTensor>(&path);
        }
    }
}

#[test]
fn damaged_archives_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.npz");
    for name in ["stored.npz", "compressed.npz"] {
        let whole = std::fs::read(fixture(name)).unwrap();
        for len in (0..whole.len()).step_by(7) {
            std::fs::write(&path, &whole[..len]).unwrap();
            let error = Npz::open(&path).unwrap_err();
            assert!(matches!(error, NpyError::Format { .. }), "{error:?}");
        }
        let (mut right, mut wrong) = (0, 0);
        for i in (0..whole.len()).step_by(3) {
            let mut bytes = whole.clone();
            bytes[i] ^= 0x41;
            std::fs::write(&path, &bytes).unwrap();
            let Ok(mut file) = Npz::open(&path) else { continue };
            for kind in KINDS {
                match file.read::<DynTensor>(kind) {
                    // The checksum lets no other numbers through.
                    Ok(x) if x == numbers(kind, &[2, 3]) => right += 1,
                    Ok(x) => panic!("byte {i} of {name}: {kind} is {x}"),
                    Err(_) => wrong += 1,
                }
            }
        }
        assert!(right > wrong && wrong > 0, "{name}: {right} right, {wrong} wrong");
    }
}

/// A Python that has NumPy: `CASTIRON_PYTHON`, or the one there is.
fn python() -> Option<String> {
    let python = std::env::var("CASTIRON_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let found = Command::new(&python).args(["-c", "import numpy"]).output();
    if found.is_ok_and(|found| found.status.success()) {
        return Some(python);
    }
    assert!(std::env::var_os("CASTIRON_REQUIRE_NUMPY").is_none(), "`{python}` has no NumPy");
    None
}

#[test]
fn numpy_reads_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let written = |name: &str, x: &DynTensor| {
        write_npy(path(name), x).unwrap();
        assert_eq!(&read_npy::<DynTensor>(path(name)).unwrap(), x);
    };
    for kind in KINDS {
        written(&format!("{kind}.npy"), &numbers(kind, &[2, 3]));
        written(&format!("scalar_{kind}.npy"), &numbers(kind, &[]));
        written(&format!("empty_{kind}.npy"), &numbers(kind, &[0, 3]));
        written(&format!("rank_4_{kind}.npy"), &numbers(kind, &[2, 1, 3, 2]));
        // The bytes that NumPy writes itself.
        let ours = std::fs::read(path(&format!("{kind}.npy"))).unwrap();
        assert_eq!(ours.len(), std::fs::read(fixture(&format!("{kind}.npy"))).unwrap().len());
    }
    written("large.npy", &numbers("i8", &[300, 1000]));
    let arrays = || {
        let typed: Tensor<Rank2<2, 3>> = numbers("f4", &[2, 3]).try_into().unwrap();
        let of = |kind: &&'static str| (*kind, numbers(kind, &[2, 3]));
        KINDS.iter().map(of).chain([("a name.with/more", typed.into())])
    };
    write_npz(path("stored.npz"), arrays()).unwrap();
    write_npz_compressed(path("compressed.npz"), arrays()).unwrap();
    for name in ["stored.npz", "compressed.npz"] {
        let mut file = Npz::open(path(name)).unwrap();
        assert!(arrays().all(|(name, x)| file.read::<DynTensor>(name).unwrap() == x));
    }

    let Some(python) = python() else {
        println!("not checked with NumPy: no Python has it; set CASTIRON_PYTHON to one that does");
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/npy.py");
    let check = Command::new(python).arg(script).arg("--check").arg(folder.path()).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}
