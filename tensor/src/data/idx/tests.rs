use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use super::*;

/// A file of 2 items of 3 bytes.
const FILE: [u8; 18] = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn header(code: u8, dims: &[u32]) -> Vec<u8> {
    let mut file = vec![0, 0, code, dims.len() as u8];
    file.extend(dims.iter().flat_map(|dim| dim.to_be_bytes()));
    file
}

fn message<T: IdxItem + std::fmt::Debug>(file: &[u8]) -> String {
    from_bytes::<T>(file).unwrap_err().to_string()
}

#[test]
fn plain_and_gzip_by_content() {
    for file in [FILE.to_vec(), gzip(&FILE)] {
        assert_eq!(from_bytes::<[u8; 3]>(&file).unwrap(), [[1, 2, 3], [4, 5, 6]]);
        let mut named = tempfile::NamedTempFile::new().unwrap();
        named.write_all(&file).unwrap();
        assert_eq!(read::<[u8; 3]>(named.path()).unwrap(), [[1, 2, 3], [4, 5, 6]]);
    }
    let parts = [gzip(&FILE[..7]), gzip(&FILE[7..])].concat();
    assert_eq!(from_bytes::<[u8; 3]>(&parts).unwrap().len(), 2);
}

#[test]
fn every_element_type_is_big_endian() {
    macro_rules! check {
        ($($element:ty: $code:literal),+) => { $(
            let mut file = header($code, &[2, 1, 2]);
            for value in [1, 2, 3, 100] {
                file.extend((value as $element).to_be_bytes());
            }
            let want = [[[1 as $element, 2 as $element]], [[3 as $element, 100 as $element]]];
            assert_eq!(from_bytes::<[[$element; 2]; 1]>(&file).unwrap(), want);
        )+ };
    }
    check!(u8: 8, i8: 9, i16: 11, i32: 12, f32: 13, f64: 14);
}

#[test]
fn several_blocks_and_no_items() {
    let mut file = header(11, &[30_000, 7]);
    file.extend((0..210_000i32).flat_map(|i| (i as i16).to_be_bytes()));
    let items = from_bytes::<[i16; 7]>(&file).unwrap();
    assert_eq!(items.len(), 30_000);
    assert!(items.as_flattened().iter().zip(0..).all(|(&item, i): (_, i32)| item == i as i16));
    assert!(from_bytes::<[i16; 7]>(&header(11, &[0, 7])).unwrap().is_empty());
}

#[test]
fn wrong_headers() {
    assert_eq!(
        message::<u8>(b"PK\x03\x04"),
        "IDX data, byte 0: starts with the bytes [50, 4b], but an IDX file with [00, 00]"
    );
    assert_eq!(
        message::<u8>(&header(0x0a, &[0])),
        "IDX data, byte 2: the element code is 0x0a, but can be 0x08, 0x09, 0x0b, 0x0c, 0x0d or 0x0e"
    );
    assert_eq!(message::<[f32; 3]>(&FILE), "IDX data, byte 2: the elements are u8, but f32 was asked for");
    assert_eq!(
        message::<[u8; 4]>(&FILE),
        "IDX data, byte 4: the dimensions are [2, 3], but [n, 4] was asked for"
    );
    assert_eq!(message::<u8>(&FILE), "IDX data, byte 4: the dimensions are [2, 3], but [n] was asked for");
    assert_eq!(
        message::<u8>(&header(8, &[])),
        "IDX data, byte 4: the dimensions are [], but [n] was asked for"
    );
}

#[test]
fn wrong_lengths() {
    assert_eq!(
        message::<u8>(b""),
        "IDX data, byte 0: the content ends after 0 bytes, but the header asks for 4"
    );
    let cut = "IDX data, byte 10: the content ends after 10 bytes, but the header asks for 12";
    assert_eq!(message::<[u8; 3]>(&FILE[..10]), cut);
    for cut in 0..FILE.len() {
        let error = from_bytes::<[u8; 3]>(&FILE[..cut]).unwrap_err();
        assert_eq!(error.offset, cut as u64);
        assert!(matches!(error.kind, IdxErrorKind::Truncated { got, .. } if got == cut as u64));
    }
    let long = [&FILE[..], &[7]].concat();
    let goes_on = "IDX data, byte 18: the content goes on, but the header asks for 18 bytes";
    assert_eq!(message::<[u8; 3]>(&long), goes_on);
    assert_eq!(message::<[u8; 3]>(&gzip(&long)), goes_on);
}

#[test]
fn a_hostile_header_allocates_nothing() {
    assert_eq!(
        message::<[f64; 65_536]>(&header(14, &[u32::MAX, 65_536])),
        "IDX data, byte 12: the content ends after 12 bytes, but the header asks for 2251799813160972"
    );
    type Huge = [[[u8; 1 << 15]; 1 << 15]; 1 << 10];
    assert_eq!(
        message::<Huge>(&header(8, &[u32::MAX, 1 << 10, 1 << 15, 1 << 15])),
        "IDX data, byte 4: 4294967295 items of 1099511627776 bytes are more than can be addressed"
    );
}

#[test]
fn broken_gzip() {
    let file = gzip(&FILE);
    let mut wrong_sum = file.clone();
    let sum = wrong_sum.len() - 8;
    wrong_sum[sum] ^= 1;
    let garbage = [&file[..], b"garbage"].concat();
    for broken in [&file[..5], &file[..file.len() / 2], &file[..file.len() - 1], &wrong_sum, &garbage] {
        let error = from_bytes::<[u8; 3]>(broken).unwrap_err();
        assert!(matches!(error.kind, IdxErrorKind::Gzip(_)), "{error}");
        assert!(error.to_string().contains(": the gzip stream is broken: "), "{error}");
    }
}

#[test]
fn the_path_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("labels.idx");
    let error = read::<u8>(&path).unwrap_err();
    assert!(matches!(error.kind, IdxErrorKind::Io(_)));
    assert!(error.to_string().starts_with(&format!("{}, byte 0: ", path.display())));
    std::fs::write(&path, [0, 0, 8]).unwrap();
    let error = read::<u8>(&path).unwrap_err();
    assert_eq!(error.path.as_deref(), Some(&*path));
    assert_eq!(error.offset, 3);
}
