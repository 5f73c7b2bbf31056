//! What the cases of a family are, and how exact they must be.

use crate::compare::Tolerance;
use crate::harness::Run;

/// One operation of the fixture as castiron writes it.
pub struct Op {
    /// Its name in the fixture.
    pub name: String,
    /// The call, as the test writes it.
    pub call: &'static str,
    pub cases: Vec<Case>,
    tolerance: Tolerance,
    exceptions: Vec<(&'static str, f64)>,
    pub linear: bool,
}

impl Op {
    /// Allows gradients to be `ulps` units in the last place apart; `_why` says what from.
    pub fn gradient_within(&mut self, ulps: f64, _why: &str) -> &mut Self {
        self.tolerance.gradient = ulps;
        self
    }

    /// The same for one case, values too.
    pub fn case_within(&mut self, case: &'static str, ulps: f64, _why: &str) -> &mut Self {
        self.exceptions.push((case, ulps));
        self
    }

    /// Units in the last place are those of numbers not below `size`; `_why` says what cancels.
    pub fn of_size(&mut self, size: f64, why: &str) -> &mut Self {
        self.tolerance.size = size;
        self.gradient_of_size(size, why)
    }

    /// [`Op::of_size`] for gradients only.
    pub fn gradient_of_size(&mut self, size: f64, _why: &str) -> &mut Self {
        self.tolerance.gradient_size = size;
        self
    }

    /// Its gradient is linear in each input, so that differences of gradients are exact in f32.
    pub fn linear(&mut self) -> &mut Self {
        self.linear = true;
        self
    }

    pub fn tolerance(&self, case: &Case) -> Tolerance {
        let exception = self.exceptions.iter().find(|exception| exception.0 == case.name);
        exception.map_or(self.tolerance, |&(_, ulps)| Tolerance { ulps, gradient: ulps, ..self.tolerance })
    }
}

/// One set of inputs of one element type.
pub struct Case {
    /// `<case>/<dtype>`
    pub name: &'static str,
    pub run: fn(&mut Run<'_>),
}

/// The operations of a family.
#[derive(Default)]
pub struct Table {
    pub ops: Vec<Op>,
}

impl Table {
    pub fn add(&mut self, name: impl Into<String>, call: &'static str, cases: Vec<Case>) -> &mut Op {
        let tolerance = Tolerance::default();
        self.ops.push(Op {
            name: name.into(),
            call,
            cases,
            tolerance,
            exceptions: Vec::new(),
            linear: false,
        });
        self.ops.last_mut().unwrap()
    }
}
