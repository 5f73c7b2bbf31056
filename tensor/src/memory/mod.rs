//! Memory as the compiler sees it: borrowed values in the memory of a device, and aligned leaves.

mod address;
mod aligned;
mod area;
mod either;
mod planned;

#[doc(hidden)]
pub use planned::copy_leaves;

#[doc(hidden)]
pub use address::same;
pub use address::{Arg, Mut, Project, Ref};
pub use aligned::Aligned;
pub use area::Area;
pub use either::Either;
