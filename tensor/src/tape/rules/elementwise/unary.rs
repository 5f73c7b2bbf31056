//! Functions of one number.

use castiron_kernels::unary::{Function, Kept};

use super::derivative::chain;
use crate::Error;
use crate::array::Array;
use crate::tape::{Backward, Rule, Var};

impl Var {
    /// f(x)
    pub(crate) fn unary(&self, f: Function) -> Var {
        Var::record_with(self.array.unary(f), &[self], |y| {
            let kept = match f.kept() {
                Kept::Nothing => vec![],
                Kept::Input => vec![self.save()],
                Kept::Output => vec![y.save()],
            };
            (Unary(f), kept)
        })
    }
}

struct Unary(Function);
impl Rule for Unary {
    fn name(&self) -> &'static str {
        self.0.name()
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        let f = self.0;
        let kept = (f.kept() != Kept::Nothing).then(|| cx.saved(0));
        let recording = cx.recording();
        cx.give(0, || {
            if recording {
                return chain(f, kept.unwrap_or(&dy), &dy);
            }
            Var::constant(Array::unary_backward(f, kept.map(|kept| &kept.array), dy.array))
        });
        Ok(())
    }
}
