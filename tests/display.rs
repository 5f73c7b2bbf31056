//! `Display` of tensors against what PyTorch prints.

use castiron::{Bool, DynTensor, Element, Rank3, Rank6, Tape, Tensor, bf16, f16, tensor};

/// The tensor of a case of `display.txt`: `kind` and `dims`, and its line of numbers.
fn tensor_of(kind: &str, dims: &[usize], line: &str) -> DynTensor {
    let len = dims.iter().product();
    let words: Vec<&str> = line.split_whitespace().collect();
    let number = |word: &str| word.parse::<f64>().unwrap();
    let whole = |word: &str| word.parse::<i64>().unwrap();
    let real = |i: usize| match words[..] {
        ["linear", a, b] => number(a) + number(b) * i as f64,
        _ => number(words[i]),
    };
    let integer = |i: usize| match words[..] {
        ["linear", a, b] => whole(a) + whole(b) * i as i64,
        _ => whole(words[i]),
    };
    fn make<E: Element>(dims: &[usize], values: impl Iterator<Item = E>) -> DynTensor {
        DynTensor::from_vec(dims, values.collect()).unwrap()
    }
    match kind {
        "f32" => make(dims, (0..len).map(|i| real(i) as f32)),
        "f64" => make(dims, (0..len).map(real)),
        "f16" => make(dims, (0..len).map(|i| f16::from_f64(real(i)))),
        "bf16" => make(dims, (0..len).map(|i| bf16::from_f64(real(i)))),
        "i8" => make(dims, (0..len).map(|i| integer(i) as i8)),
        "u8" => make(dims, (0..len).map(|i| integer(i) as u8)),
        "i32" => make(dims, (0..len).map(|i| integer(i) as i32)),
        "i64" => make(dims, (0..len).map(integer)),
        "bool" => make(dims, (0..len).map(|i| Bool::from(integer(i) != 0))),
        other => panic!("{other}"),
    }
}

#[test]
fn prints_what_pytorch_prints() {
    let cases = include_str!("fixtures/display.txt");
    let mut count = 0;
    for case in cases.split("== ").skip(1) {
        let (head, rest) = case.split_once('\n').unwrap();
        let (line, want) = rest.split_once('\n').unwrap();
        let (kind, rest) = head.split_once(" [").unwrap();
        let (dims, digits) = rest.split_once("] ").unwrap();
        let dims: Vec<usize> =
            dims.split(", ").filter(|d| !d.is_empty()).map(|d| d.parse().unwrap()).collect();
        let digits: usize = digits.parse().unwrap();
        let x = tensor_of(kind, &dims, line);

        // Python's names of the truth values, and our note of type and shape.
        let want = want.trim_end().replace("True", "true").replace("False", "false");
        let want = want.strip_suffix(')').unwrap();
        let got = format!("{x:.digits$}");
        let note = got.strip_prefix(want).unwrap_or_else(|| panic!("{head}\n{got}\nPyTorch:\n{want})"));
        let dims = if dims.is_empty() { String::new() } else { format!(" {dims:?}") };
        assert!(
            [format!(", {kind}{dims})"), format!(",\n       {kind}{dims})")].contains(&note.to_owned()),
            "{got}"
        );
        if digits == 4 {
            assert_eq!(x.to_string(), got);
        }
        count += 1;
    }
    assert!(count > 100, "{count} cases");
}

#[test]
fn tensors_of_every_kind_say_what_they_are() {
    let x = tensor![[1.0, 2.0]];
    assert_eq!(x.to_string(), "tensor([[1., 2.]], f32 [1, 2])");
    assert_eq!(Tensor::from(2.5f64).to_string(), "tensor(2.5000, f64)");
    assert_eq!(tensor![f64; 0.5].to_string(), "tensor([0.5000], f64 [1])");
    let tape = Tape::new();
    let x = tape.watch(&x);
    assert_eq!(x.to_string(), "tensor([[1., 2.]], f32 [1, 2], tracked)");
    assert_eq!(x.sum_keep::<1>().to_string(), "tensor([[3.]], f32 [1, 1], tracked)");
    assert_eq!(x.sum().to_string(), "tensor(3., f32, tracked)");
    let deep = Tensor::<Rank6<1, 1, 1, 1, 1, 1>>::zeros();
    assert_eq!(deep.to_string(), "tensor([[[[[[0.]]]]]], f32 [1, 1, 1, 1, 1, 1])");
    // Where the note does not fit, it takes a line of its own, as PyTorch's do.
    let wide = Tensor::<[f32; 18]>::zeros();
    assert!(wide.to_string().ends_with("0., 0., 0.],\n       f32 [18])"), "{wide}");
}

#[test]
fn debug_is_one_line_with_all_digits() {
    let x = tensor![[0.1, 1e-7], [2.0, f32::NAN]];
    assert_eq!(format!("{x:?}"), "tensor([[0.1, 1e-7], [2.0, NaN]], f32 [2, 2])");
    assert_eq!(format!("{x:.1?}"), "tensor([[0.1, 0.0], [2.0, NaN]], f32 [2, 2])");
    let x = tensor![bf16; bf16::from_f32(0.1), bf16::from_f32(3.0)];
    assert_eq!(format!("{x:?}"), "tensor([0.1, 3.0], bf16 [2])");
    assert_eq!(format!("{:?}", tensor![i8; -3, 4]), "tensor([-3, 4], i8 [2])");
    assert_eq!(format!("{:?}", Tensor::from(Bool::from(true))), "tensor(true, bool)");
    let x = Tensor::<Rank3<2, 3, 400>>::zeros();
    let row = "[0.0, 0.0, 0.0, ..., 0.0, 0.0, 0.0]";
    let rows = format!("[{row}, {row}, {row}]");
    assert_eq!(format!("{x:?}"), format!("tensor([{rows}, {rows}], f32 [2, 3, 400])"));
    // What is not numbers alone is shown as it always was.
    let pair = Tensor::<([f32; 2], i64)>::zeros();
    assert_eq!(format!("{pair:?}"), "([0.0, 0.0], 0)");
}
