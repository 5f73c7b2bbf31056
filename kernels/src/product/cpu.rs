//! Which kernel computes which product.

use half::{bf16, f16};

use super::Args;
#[cfg(target_arch = "x86_64")]
use super::blocked::SCRATCH;
use super::blocked::{Factor, Product, product as blocked};
use super::kernel::{self, Kernel};
use super::pack::{Lines, Pack, pack};
#[cfg(target_arch = "x86_64")]
use super::put::put_bf16;
use super::put::{Put, put};
#[cfg(target_arch = "x86_64")]
use super::tiles;
#[cfg(target_arch = "x86_64")]
use super::word::{Bytes, Pairs};
use super::word::{One, Sum};
#[cfg(target_arch = "x86_64")]
use crate::Isa;
#[cfg(target_arch = "x86_64")]
use crate::cpu::Beyond;
use crate::element::Element;
use crate::op::Memory;
use crate::{Cpu, DType};

/// A kernel, and what packs A and B for it.
type Choice<W> = (&'static Kernel<W>, Pack<W>, Pack<W>);

/// The best kernel that the device has.
macro_rules! best {
    ($cpu:expr, $avx512:ident $avx2:ident $portable:ident) => {
        match $cpu.isa() {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => kernel::$avx512,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => kernel::$avx2,
            _ => kernel::$portable,
        }
    };
}

pub(super) fn product(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    match args.dtype {
        // What has as many bits as it is summed in is packed as it is, and so as integers are.
        DType::F32 => {
            let kernel = best!(cpu, F32_AVX512 F32_AVX2 F32);
            run(cpu, args, memory, one::<i32, i32>(kernel), put::<f32, f32>);
        }
        DType::F16 => {
            run(cpu, args, memory, f32s::<f16>(cpu), either(args, put::<f32, f32>, put::<f32, f16>));
        }
        DType::Bf16 => {
            let rounded = match cpu.beyond() {
                #[cfg(target_arch = "x86_64")]
                Beyond::Tiles => put_bf16,
                _ => put::<f32, bf16>,
            };
            run(cpu, args, memory, bf16s(cpu), either(args, put::<f32, f32>, rounded));
        }
        DType::F64 => {
            let kernel = best!(cpu, F64_AVX512 F64_AVX2 F64);
            run(cpu, args, memory, one::<i64, i64>(kernel), put::<f64, f64>);
        }
        DType::I64 => {
            let kernel = match cpu.beyond() {
                // It multiplies with AVX512-DQ.
                #[cfg(target_arch = "x86_64")]
                Beyond::Vnni | Beyond::Tiles => kernel::I64_AVX512,
                _ => best!(cpu, I64_AVX2 I64_AVX2 I64),
            };
            run(cpu, args, memory, one::<i64, i64>(kernel), put::<i64, i64>);
        }
        DType::I32 => run(cpu, args, memory, i32s::<i32>(cpu), put::<i32, i32>),
        DType::I8 => run(cpu, args, memory, i8s(cpu), either(args, put::<i32, i32>, put::<i32, i8>)),
        DType::U8 => run(cpu, args, memory, u8s(cpu), either(args, put::<i32, i32>, put::<i32, u8>)),
        // Reported by the operation.
        DType::Bool => {}
    }
}

/// The sums themselves where they are asked for, else rounded.
fn either<W>(args: &Args, sums: Put<W>, rounded: Put<W>) -> Put<W> {
    if args.output == args.dtype { rounded } else { sums }
}

fn one<E: Element + Default, S: Sum>(kernel: &'static Kernel<S::Word>) -> Choice<S::Word> {
    (kernel, pack::<One<E, S>>, pack::<One<E, S>>)
}

fn f32s<E: Element + Default>(cpu: &Cpu) -> Choice<u32> {
    one::<E, f32>(best!(cpu, F32_AVX512 F32_AVX2 F32))
}

fn i32s<E: Element + Default>(cpu: &Cpu) -> Choice<u32> {
    one::<E, i32>(best!(cpu, I32_AVX512 I32_AVX2 I32))
}

fn bf16s(cpu: &Cpu) -> Choice<u32> {
    match cpu.beyond() {
        #[cfg(target_arch = "x86_64")]
        Beyond::Tiles if SCRATCH => (tiles::BF16, pack::<Pairs>, pack::<Pairs>),
        _ => f32s::<bf16>(cpu),
    }
}

fn i8s(cpu: &Cpu) -> Choice<u32> {
    match cpu.beyond() {
        #[cfg(target_arch = "x86_64")]
        Beyond::Tiles if SCRATCH => (tiles::I8, pack::<Bytes<0>>, pack::<Bytes<0>>),
        #[cfg(target_arch = "x86_64")]
        Beyond::Vnni | Beyond::Tiles => (kernel::I8_VNNI, pack::<Bytes<0>>, pack::<Bytes<0x8080_8080>>),
        _ => i32s::<i8>(cpu),
    }
}

fn u8s(cpu: &Cpu) -> Choice<u32> {
    match cpu.beyond() {
        #[cfg(target_arch = "x86_64")]
        Beyond::Tiles if SCRATCH => (tiles::U8, pack::<Bytes<0>>, pack::<Bytes<0>>),
        #[cfg(target_arch = "x86_64")]
        Beyond::Vnni | Beyond::Tiles => (kernel::U8_VNNI, pack::<Bytes<0>>, pack::<Bytes<0x8080_8080>>),
        _ => i32s::<u8>(cpu),
    }
}

fn run<W: Copy + Default + Send + Sync>(
    cpu: &Cpu,
    args: &Args,
    memory: &mut Memory<'_>,
    (kernel, pack_a, pack_b): Choice<W>,
    put: Put<W>,
) {
    let &Args { m, n, k, batch, a, b, accumulate, .. } = args;
    let (x, y, c) = (memory.read(0), memory.read(1), memory.write(2));
    if k == 0 {
        if !accumulate {
            c.fill(0);
        }
        return;
    }
    if c.is_empty() {
        return;
    }
    let lines = |bytes, line, depth| Lines { bytes, start: 0, line, depth };
    let a = Factor { lines: lines(x, a.row, a.column), batch: a.batch, pack: pack_a };
    let b = Factor { lines: lines(y, b.column, b.row), batch: b.batch, pack: pack_b };
    let in_place = args.output == Args::sums(args.dtype);
    let product = Product { size: [m, n, k], batch, accumulate, a, b, kernel, put, in_place };
    blocked(cpu, &product, c, args.output.size());
}
