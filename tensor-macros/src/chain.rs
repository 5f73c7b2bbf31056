//! The front-end of `#[derive(Module)]`: a struct is a graph in which layers follow each other.

use quote::ToTokens;

use crate::graph::{Field, FrontEnd, Graph, Holds, Hop, Node, Struct, Unit, Value, ValueId, What};
use crate::layers::Layer;
use crate::parse::{Declaration, Written};
use crate::sample::Sample;

impl Graph {
    /// The graph of a struct: each field is a unit, and what one gives is what the next one gets.
    pub(crate) fn of_struct(declaration: Declaration) -> Self {
        let Declaration { model, visibility, fields, input, output } = declaration;
        let mut values = inputs(&format!("the input of `{model}`"), input.as_ref());
        let inputs: Vec<ValueId> = (0..values.len()).collect();
        let mut flow = inputs.clone();
        let (mut members, mut units, mut nodes) = (Vec::new(), Vec::new(), Vec::new());
        for (unit, field) in fields.into_iter().enumerate() {
            let (name, at) = (field.name(), field.ty.to_token_stream());
            units.push(Unit {
                path: vec![Hop::Field(0, field.ident.clone())],
                name: name.clone(),
                layer: Layer::of(&field.ty),
                ty: Some(field.ty),
                output: field.output,
                annotated: field.annotated,
                frozen: false,
                at: at.clone(),
            });
            members.push(Field {
                ident: field.ident,
                attributes: Vec::new(),
                saved_as: field.saved_as,
                holds: Holds::Unit(unit),
                count: None,
                frozen: false,
                inits: Vec::new(),
            });
            let output = values.len();
            values.push(Value { sample: None, from: format!("`{name}`") });
            let inputs = std::mem::replace(&mut flow, vec![output]);
            nodes.push(Node { what: What::Unit(unit), inputs, output, name, at });
        }
        let own = Struct { name: model.clone(), visibility, attributes: Vec::new(), fields: members };
        Graph {
            model,
            front_end: FrontEnd::Derive,
            structs: vec![own],
            units,
            values,
            nodes,
            inputs,
            outputs: flow,
            input,
            output,
            taps: Vec::new(),
            known: Default::default(),
        }
    }
}

/// A value for each part of the input. One that cannot be read is one value of a type that is not known.
fn inputs(from: &str, input: Option<&Written>) -> Vec<Value> {
    let parts = match input.map(|written| &written.sample) {
        Some(Sample::Tuple(parts)) => parts.iter().cloned().map(Some).collect(),
        other => vec![other.cloned()],
    };
    parts.into_iter().map(|sample| Value { sample, from: from.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use crate::errors::Errors;
    use crate::graph::{Graph, Hop};
    use crate::parse;

    fn graph(text: &str) -> Graph {
        let errors = Errors::new();
        let declaration = parse::declaration(&syn::parse_str(text).expect("parses"), &errors);
        assert!(errors.into_vec().is_empty());
        Graph::of_struct(declaration.expect("a model"))
    }

    #[test]
    fn is_a_chain() {
        let graph = graph(
            "#[module(input = [3])] #[repr(C)] pub struct Net { a: Relu, #[param(name = \"x.y\")] r#type: [Tanh; 2] }",
        );
        assert_eq!((graph.values.len(), &graph.inputs[..], &graph.outputs[..]), (3, &[0][..], &[2][..]));
        let edges: Vec<_> = graph.nodes.iter().map(|node| (&node.inputs[..], node.output)).collect();
        assert_eq!(edges, [(&[0][..], 1), (&[1][..], 2)]);
        assert_eq!(graph.units[1].name, "type");
        assert_eq!(graph.structs[0].fields[1].saved_as, "x.y");
        let Hop::Field(0, field) = &graph.units[1].path[0] else { panic!("{:?}", graph.units[1].path) };
        assert_eq!(field.to_string(), "r#type");
        let from: Vec<_> = graph.values.iter().map(|value| &value.from[..]).collect();
        assert_eq!(from, ["the input of `Net`", "`a`", "`type`"]);
    }

    #[test]
    fn takes_a_tuple_apart() {
        let graph = graph(
            "#[module(input = ([3, 8], [5, 8]))] #[repr(C)] struct Net { a: MultiheadAttention<8, 2>, b: Relu }",
        );
        assert_eq!(
            (graph.inputs.len(), &graph.nodes[0].inputs[..], &graph.nodes[1].inputs[..]),
            (2, &[0, 1][..], &[2][..])
        );
        assert_eq!(graph.values[1].sample.as_ref().expect("known").to_string(), "[5, 8]");
    }
}
