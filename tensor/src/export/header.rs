//! The C header of a model.

use core::fmt::{Display, Formatter, Result};

use super::{CArray, Status};
use crate::Infer;
use crate::shape::{DType, Element};
use crate::train::Workspace;

/// What a C or C++ program includes: sizes as constants, and the functions. Print it into a file:
///
/// ```
/// use castiron::prelude::*;
///
/// model! { pub Xor: [2] -> [1] { fc1: Linear(8), Tanh, fc2: Linear(1) } }
///
/// #[castiron::export]
/// static XOR: Xor = castiron::zeroed();
///
/// let header = xor_header().to_string();
/// assert!(header.contains("#define XOR_INPUT_LEN 2"));
/// assert!(header.contains("enum castiron_status xor_infer(const float *input, float *output);"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Header {
    prefix: &'static str,
    about: &'static str,
    input: Side,
    output: Side,
    workspace: [usize; 2],
}

/// Input or output.
#[derive(Clone, Copy, Debug)]
struct Side {
    ty: &'static str,
    dims: &'static [usize],
    len: usize,
    dtype: DType,
}

impl Side {
    const fn of<S: CArray>() -> Self {
        Side { ty: S::C, dims: S::DIMS, len: S::LEN, dtype: S::Elem::DTYPE }
    }
}

impl Display for Side {
    /// `float[1][28][28]`
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self.dtype {
            DType::Bf16 => "bfloat16",
            DType::F16 => "float16",
            _ => self.ty,
        })?;
        self.dims.iter().try_for_each(|dim| write!(f, "[{dim}]"))
    }
}

impl Header {
    /// The header of model `M`, whose functions begin with `prefix`.
    #[doc(hidden)]
    pub const fn of<M, X, Y>(prefix: &'static str, about: &'static str) -> Self
    where
        M: Infer<Input = X, Output = Y>,
        X: CArray,
        Y: CArray,
    {
        Header {
            prefix,
            about,
            input: Side::of::<X>(),
            output: Side::of::<Y>(),
            workspace: [size_of::<Workspace<M, 1>>(), align_of::<Workspace<M, 1>>()],
        }
    }

    /// The functions that have memory of their own.
    fn per_thread(&self, f: &mut Formatter<'_>) -> Result {
        let Header { prefix, input, output, .. } = self;
        let (from, to) = (input.ty, output.ty);
        write!(
            f,
            "
/* Computes the output for one input. Any number of threads may call it: each has working memory of its own, which its
   first call makes. Later calls allocate nothing and take no lock. */
enum castiron_status {prefix}_infer(const {from} *input, {to} *output);

/* Starts recurrent layers from zero again, in the memory of the calling thread. */
enum castiron_status {prefix}_reset(void);
"
        )
    }
}

impl Display for Header {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Header { prefix, about, input, output, workspace: [bytes, align] } = *self;
        let upper = Upper(prefix);
        writeln!(f, "/* {prefix}: {input} to {output}.")?;
        for line in about.lines().map(str::trim).filter(|line| !line.is_empty()) {
            writeln!(f, "   {}", Comment(line))?;
        }
        write!(
            f,
            "   Written by castiron. */
#ifndef {upper}_H
#define {upper}_H

#include <stdint.h>

#ifdef __cplusplus
extern \"C\" {{
#define CASTIRON_ALIGN(bytes) alignas(bytes)
#else
#define CASTIRON_ALIGN(bytes) _Alignas(bytes)
#endif

#define {upper}_INPUT_LEN {}
#define {upper}_OUTPUT_LEN {}
#define {upper}_WORKSPACE_BYTES {bytes}

#ifndef CASTIRON_STATUS
#define CASTIRON_STATUS
enum castiron_status {{
",
            input.len, output.len
        )?;
        for (status, meaning) in Status::ALL {
            writeln!(f, "  {} = {}, /* {meaning} */", Name(status), status as i32)?;
        }
        writeln!(f, "}};\n#endif")?;
        if cfg!(feature = "std") {
            self.per_thread(f)?;
        }
        let (from, to) = (input.ty, output.ty);
        write!(
            f,
            "
/* Working memory for {prefix}_infer_in. All its bytes are zero before the first call; zeros again start recurrent layers
   anew. */
typedef struct {{
  CASTIRON_ALIGN({align}) unsigned char bytes[{upper}_WORKSPACE_BYTES];
}} {prefix}_workspace;

/* Computes the output for one input in working memory of the caller's, which one thread uses at a time. */
enum castiron_status {prefix}_infer_in({prefix}_workspace *workspace, const {from} *input, {to} *output);

#undef CASTIRON_ALIGN
#ifdef __cplusplus
}}
#endif

#endif
"
        )
    }
}

/// In capitals, as constants of C are.
struct Upper(&'static str);

impl Display for Upper {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.0.chars().try_for_each(|c| write!(f, "{}", c.to_ascii_uppercase()))
    }
}

/// Within a comment of C.
struct Comment<'a>(&'a str);

impl Display for Comment<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (i, part) in self.0.split("*/").enumerate() {
            write!(f, "{}{part}", if i == 0 { "" } else { "* /" })?;
        }
        Ok(())
    }
}

/// A status as C calls it.
struct Name(Status);

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self.0 {
            Status::Ok => "CASTIRON_OK",
            Status::Null => "CASTIRON_NULL",
            Status::Misaligned => "CASTIRON_MISALIGNED",
            Status::Overlap => "CASTIRON_OVERLAP",
            Status::OutOfMemory => "CASTIRON_OUT_OF_MEMORY",
            Status::Fault => "CASTIRON_FAULT",
            Status::Busy => "CASTIRON_BUSY",
        })
    }
}
