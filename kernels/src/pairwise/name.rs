//! What PyTorch calls the functions.

use super::PairOp;

impl PairOp {
    /// PyTorch's name.
    pub const fn name(self) -> &'static str {
        use PairOp::*;
        match self {
            Add => "add",
            Sub => "sub",
            Mul => "mul",
            Div => "div",
            Pow => "pow",
            Rem => "remainder",
            Fmod => "fmod",
            DivFloor => "floor_divide",
            Maximum => "maximum",
            Minimum => "minimum",
            Atan2 => "atan2",
            Eq => "eq",
            Ne => "ne",
            Lt => "lt",
            Le => "le",
            Gt => "gt",
            Ge => "ge",
            And => "bitwise_and",
            Or => "bitwise_or",
            Xor => "bitwise_xor",
        }
    }
}
