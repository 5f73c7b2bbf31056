//! Choices between two numbers, and other element types.

use castiron_kernels::DType;

use crate::Error;
use crate::tape::{Backward, Rule, Var};

impl Var {
    /// mask ? a : b, broadcast. The mask has no gradient.
    pub(crate) fn select(mask: &Var, a: &Var, b: &Var) -> Var {
        let y = mask.array.select(&a.array, &b.array);
        Var::record(y, &[a, b], || (Select, vec![mask.save()]))
    }

    /// The same numbers as another element type; where that is an integer, constant to backward.
    pub(crate) fn cast(&self, to: DType) -> Var {
        if to == self.array.dtype {
            return self.clone();
        }
        let y = self.array.cast(to);
        if !to.is_float() {
            return Var::constant(y);
        }
        Var::record(y, &[self], || (Cast { from: self.array.dtype }, vec![]))
    }
}

struct Select;
impl Rule for Select {
    fn name(&self) -> &'static str {
        "where"
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        let (mask, zero) = (cx.saved(0), dy.number(0.0));
        cx.give_summed(0, || Var::select(mask, &dy, &zero));
        cx.give_summed(1, || Var::select(mask, &zero, &dy));
        Ok(())
    }
}

struct Cast {
    from: DType,
}
impl Rule for Cast {
    fn name(&self) -> &'static str {
        "to"
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        cx.give(0, || dy.cast(self.from));
        Ok(())
    }
}
