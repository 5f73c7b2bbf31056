use proptest::prelude::*;

use super::*;
use crate::check::{Checked, Data, Random, gradient};
use crate::{Fault, Raw};

/// One row: the activated gates, c and h.
fn cell(gates: &[f64], c_prev: &[f64]) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let hidden = c_prev.len();
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let is_cell_gate = |k: usize| k / hidden == 2;
    let active: Vec<f64> =
        gates.iter().enumerate().map(|(k, &x)| if is_cell_gate(k) { x.tanh() } else { sigmoid(x) }).collect();
    let c: Vec<f64> =
        (0..hidden).map(|j| active[hidden + j] * c_prev[j] + active[j] * active[2 * hidden + j]).collect();
    let h = (0..hidden).map(|j| active[3 * hidden + j] * c[j].tanh()).collect();
    (active, c, h)
}

fn rows() -> BoxedStrategy<(usize, usize)> {
    prop_oneof![8 => (0..7usize, 0..12usize), 1 => Just((40, 33))].boxed()
}

impl Checked for LstmGates {
    fn cases() -> BoxedStrategy<Args> {
        (rows(), prop::array::uniform4(0..6usize))
            .prop_map(|((rows, hidden), gaps)| Args {
                rows,
                hidden,
                gates_stride: 4 * hidden + gaps[0],
                c_prev_stride: if gaps[1] == 0 { 0 } else { hidden + gaps[1] },
                c_stride: hidden + gaps[2],
                h_stride: hidden + gaps[3],
            })
            .boxed()
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let &Args { rows, hidden, .. } = args;
        for r in 0..rows {
            let gates = r * args.gates_stride..r * args.gates_stride + 4 * hidden;
            let c_prev = &memory[1][r * args.c_prev_stride..][..hidden];
            let (active, c, h) = cell(&memory[0][gates.clone()], c_prev);
            memory[0][gates].copy_from_slice(&active);
            memory[2][r * args.c_stride..][..hidden].copy_from_slice(&c);
            memory[3][r * args.h_stride..][..hidden].copy_from_slice(&h);
        }
    }
}

/// Gates before their activation, and the previous cell state, that the reference can make again.
fn inputs(args: &BackwardArgs, r: usize) -> (Vec<f64>, Vec<f64>) {
    let mut random = Random::new(r as u64);
    let mut draw = |len: usize| (0..len).map(|_| (2.0 * random.signed()) as f64).collect::<Vec<_>>();
    (draw(4 * args.hidden), draw(args.hidden))
}

impl Checked for LstmGatesBackward {
    fn cases() -> BoxedStrategy<BackwardArgs> {
        (rows(), prop::array::uniform5(0..6usize))
            .prop_map(|((rows, hidden), gaps)| BackwardArgs {
                rows,
                hidden,
                gates_stride: 4 * hidden + gaps[0],
                c_prev_stride: hidden + gaps[1],
                c_stride: hidden + gaps[2],
                dh_stride: hidden + gaps[3],
                dgates_stride: 4 * hidden + gaps[4],
            })
            .boxed()
    }
    fn fill(args: &BackwardArgs, i: usize, len: usize, random: &mut Random) -> Data {
        let mut values: Vec<f32> = (0..len).map(|_| random.signed()).collect();
        for r in 0..args.rows {
            let (gates, c_prev) = inputs(args, r);
            let (active, c, _) = cell(&gates, &c_prev);
            let (row, stride) = match i {
                0 => (active, args.gates_stride),
                1 => (c_prev, args.c_prev_stride),
                2 => (c, args.c_stride),
                _ => continue,
            };
            for (to, value) in values[r * stride..].iter_mut().zip(row) {
                *to = value as f32;
            }
        }
        Data::F32(values)
    }
    fn reference(args: &BackwardArgs, memory: &mut [Vec<f64>]) {
        let &BackwardArgs { rows, hidden, .. } = args;
        for r in 0..rows {
            let (gates, c_prev) = inputs(args, r);
            // h and c are the outputs.
            let mut d = memory[3][r * args.dh_stride..][..hidden].to_vec();
            d.extend(&memory[4][r * hidden..][..hidden]);
            let outputs = |gates: &[f64], c_prev: &[f64]| {
                let (_, c, h) = cell(gates, c_prev);
                [h, c].concat()
            };
            let dgates = gradient(&gates, &d, |gates| outputs(gates, &c_prev));
            let dc = gradient(&c_prev, &d, |c_prev| outputs(&gates, c_prev));
            memory[5][r * args.dgates_stride..][..4 * hidden].copy_from_slice(&dgates);
            memory[4][r * hidden..][..hidden].copy_from_slice(&dc);
        }
    }
}

fn run(rows: usize, stride: usize) -> (f32, Option<Fault>) {
    let args =
        Args { rows, hidden: 1, gates_stride: 4, c_prev_stride: stride, c_stride: stride, h_stride: stride };
    let (mut gates, c_prev, mut c, mut h) = ([0.0f32; 8], [1.0f32; 2], [0.0f32; 2], [0.0f32; 2]);
    let cpu = Cpu::new();
    let arguments = &mut [Raw::write(&mut gates), Raw::read(&c_prev), Raw::write(&mut c), Raw::write(&mut h)];
    cpu.run::<LstmGates>(&args, arguments);
    (c[0], cpu.take_fault())
}

#[test]
fn rows_that_overlap_are_a_fault_and_the_stride_of_a_single_row_does_not_matter() {
    assert!(matches!(run(2, 0), (0.0, Some(Fault::Memory { op: "lstm gates", argument: 2, .. }))));
    assert_eq!(run(1, 0), (0.5, None));
    assert_eq!(run(1, usize::MAX), (0.5, None));
    assert_eq!(run(2, 1), (0.5, None));
}
