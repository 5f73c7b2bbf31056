//! The number of threads, set where something else is going on.

#![cfg(feature = "rayon")]

use castiron::op::{Memory, Spec};
use castiron::tape::{detect_anomaly, run_op};
use castiron::{Cpu, Error, Op, num_threads, set_num_threads, tensor};

#[test]
fn anomalies_are_still_looked_for() {
    let anomaly = detect_anomaly(|| {
        set_num_threads(2).unwrap();
        tensor![0.0].log()
    });
    assert_eq!((anomaly.is_err(), num_threads()), (true, 2));
}

/// Sets it within an operation.
struct Sets;
impl Op for Sets {
    const NAME: &'static str = "sets";
    type Args = ();
    fn memory(_: &(), _: &mut Spec) {}
    fn cpu(_: &Cpu, _: &(), _: &mut Memory<'_>) {
        assert!(set_num_threads(2).is_err());
    }
}

#[test]
fn within_an_operation_it_is_an_error() -> Result<(), Error> {
    run_op::<Sets, 0>(&(), [])?;
    assert_eq!(num_threads(), 1);
    Ok(())
}
