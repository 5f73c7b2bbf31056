//! Jacobians, Hessians and products with them against PyTorch's.

use castiron::tape::{Tracked, hessian, hvp, jacobian, jvp, vjp};
use castiron::{Cpu, Error, Rank1, Rank2, Shape, Tensor, flat, flat_mut};

type X = Rank1<3, f64>;
type Numbers<S> = Tensor<S, Cpu, Tracked>;

struct Fixture(serde_json::Value);

impl Fixture {
    fn open() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/functional.json");
        Fixture(serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
    }

    fn tensor<S: Shape<Elem = f64>>(&self, name: &str) -> Tensor<S> {
        let numbers: Vec<f64> =
            self.0[name].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
        let mut tensor = Tensor::zeros();
        flat_mut::<S>(&mut tensor).copy_from_slice(&numbers);
        tensor
    }

    fn same<S: Shape<Elem = f64>>(&self, name: &str, ours: &Tensor<S>) {
        for (ours, theirs) in flat::<S>(ours).iter().zip(flat::<S>(&self.tensor::<S>(name))) {
            assert!((ours - theirs).abs() <= 1e-12 * theirs.abs().max(1.0), "{name}: {ours}, not {theirs}");
        }
    }
}

#[test]
fn derivatives_are_pytorchs() -> Result<(), Error> {
    let fixture = Fixture::open();
    let (x, v) = (fixture.tensor::<X>("x"), fixture.tensor::<X>("v"));
    let u = fixture.tensor::<Rank1<2, f64>>("u");
    let a = fixture.tensor::<Rank2<2, 3, f64>>("a");
    let vector = |x: Numbers<X>| -> Numbers<Rank1<2, f64>> {
        let norm = x.square().sum();
        (&a * &x).tanh().sum_axis::<1>() * norm
    };
    let scalar = |x: Numbers<X>| vector(x).square().sum();

    let (y, g) = vjp(vector, &x, &u)?;
    fixture.same("y", &y);
    fixture.same("vjp", &g);
    fixture.same("jvp", &jvp(vector, &x, &v)?.1);
    fixture.same::<Rank2<2, 3, f64>>("jacobian", &jacobian(vector, &x)?);
    fixture.same::<Rank2<3, 3, f64>>("hessian", &hessian(scalar, &x)?);
    fixture.same("hvp", &hvp(scalar, &x, &v)?.1);
    Ok(())
}
