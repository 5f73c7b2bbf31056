//! The bodies of functions: named buffers, one call after the other.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Group, Literal, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::Ident;

use super::names::{self, Names, layer_type};
use crate::graph::{Graph, UnitId};
use crate::lower::{BufferId, Call, Function, Operand, Phase, Place, Program, Step, identifier};
use crate::plan::Plan;
use crate::sample::Sample;

/// A program with its plan, ready to be printed.
pub(super) struct Body<'a> {
    pub(super) graph: &'a Graph,
    pub(super) names: &'a Names,
    pub(super) program: &'a Program,
    pub(super) plan: Plan,
    /// The name of each buffer, no two the same.
    idents: Vec<Ident>,
}

/// A function that is being printed.
struct Printer<'b, 'a> {
    body: &'b Body<'a>,
    declared: HashSet<String>,
    tokens: TokenStream,
    /// Whether gradients are computed.
    backward: bool,
}

impl<'a> Body<'a> {
    pub(super) fn of(graph: &'a Graph, names: &'a Names, program: &'a Program) -> Self {
        let mut uses: HashMap<String, usize> = HashMap::new();
        // What the functions themselves call their arguments.
        for name in ["cx", "p", "dp", "memory", "layers", "state", "saved", "scratch", "y", "dy", "x", "dx"] {
            uses.insert(name.to_string(), 1);
        }
        let whole = |place: Place| !matches!(place, Place::Planned | Place::Part(..) | Place::Field(..));
        for buffer in program.buffers.iter().filter(|buffer| whole(buffer.place)) {
            uses.insert(buffer.name.clone(), 1);
        }
        let idents = program.buffers.iter().map(|buffer| {
            if whole(buffer.place) {
                return format_ident!("{}", buffer.name);
            }
            let name = identifier(&buffer.name);
            let count = uses.entry(name.clone()).or_insert(0);
            *count += 1;
            if *count == 1 { format_ident!("{name}") } else { format_ident!("{name}_{count}") }
        });
        let idents = idents.collect();
        Body { graph, names, program, plan: Plan::of(program), idents }
    }

    pub(super) fn forward(&self) -> TokenStream {
        self.print(0..self.program.split, false)
    }

    pub(super) fn backward(&self) -> TokenStream {
        self.print(self.program.split..self.program.steps.len(), true)
    }

    fn print(&self, steps: std::ops::Range<usize>, backward: bool) -> TokenStream {
        let mut printer =
            Printer { body: self, declared: HashSet::new(), tokens: TokenStream::new(), backward };
        let mut steps = steps.peekable();
        while let Some(i) = steps.next() {
            let mut optional = vec![i];
            if self.program.steps[i].for_input_gradient {
                while let Some(next) = steps.next_if(|next| self.program.steps[*next].for_input_gradient) {
                    optional.push(next);
                }
            }
            optional.iter().for_each(|i| printer.declare(&self.program.steps[*i]));
            let calls: TokenStream = optional.iter().map(|i| printer.call(*i)).collect();
            printer.tokens.extend(match self.program.steps[i].for_input_gradient {
                true => quote!(if dx.is_some() { #calls }),
                false => calls,
            });
        }
        printer.tokens
    }

    /// Whether the program has planned buffers.
    pub(super) fn has_buffers(&self) -> bool {
        self.plan.peak > 0
    }

    fn sample_of(&self, values: &[usize]) -> Sample {
        let sample =
            |value: &usize| self.graph.values[*value].sample.clone().unwrap_or(Sample::Tuple(Vec::new()));
        match values {
            [value] => sample(value),
            several => Sample::Tuple(several.iter().map(sample).collect()),
        }
    }
}

/// Numbers as a person writes them: the types of functions say that 28 is a `usize`.
fn unsuffixed(tokens: TokenStream) -> TokenStream {
    let plain = |token: TokenTree| match token {
        TokenTree::Group(group) => {
            let mut plain = Group::new(group.delimiter(), unsuffixed(group.stream()));
            plain.set_span(group.span());
            plain.into()
        }
        TokenTree::Literal(literal) => {
            let text = literal.to_string();
            let number = text.strip_suffix("usize").or_else(|| text.strip_suffix("u32"));
            number
                .and_then(|number| number.parse().ok())
                .map_or(TokenTree::Literal(literal), |number| Literal::u128_unsuffixed(number).into())
        }
        other => other,
    };
    tokens.into_iter().map(plain).collect()
}

impl Printer<'_, '_> {
    /// Names the memory that a step is the first to use.
    fn declare(&mut self, step: &Step) {
        for operand in &step.operands {
            match *operand {
                Operand::None | Operand::Parameter(..) | Operand::Gradient(..) | Operand::Table(_) => {}
                Operand::Read(buffer) | Operand::Write(buffer) | Operand::Update(buffer) => {
                    self.declare_buffer(buffer);
                }
            }
        }
    }

    fn declare_buffer(&mut self, buffer: BufferId) {
        let Body { graph, program, plan, idents, .. } = self.body;
        let name = &idents[buffer];
        let part = |whole: &str, i: usize, several: bool, values: &[usize], batch: &str| {
            let (whole, i, batch) =
                (format_ident!("{whole}"), Literal::usize_unsuffixed(i), format_ident!("{batch}"));
            let sample = self.body.sample_of(values);
            several.then(|| quote!(#whole.field(offset_of!(::castiron::#batch<#sample, CAP>, #i))))
        };
        let (inputs, outputs) = (&graph.inputs, &graph.outputs);
        let area = match program.buffers[buffer].place {
            Place::Input(i) => part("x", i, inputs.len() > 1, inputs, "Batch"),
            Place::Output(i) => part("y", i, outputs.len() > 1, outputs, "Batch"),
            Place::OutputGradient(i) => part("dy", i, outputs.len() > 1, outputs, "GradBatch"),
            Place::InputGradient(i) => part("dx", i, inputs.len() > 1, inputs, "GradBatch"),
            Place::Inputs | Place::InputsGradient => None,
            Place::Planned => {
                let offset = Literal::usize_unsuffixed(plan.offsets[buffer]);
                let floats = Literal::usize_unsuffixed(program.buffers[buffer].floats);
                let part = quote!(memory.part(CAP * #offset, CAP * #floats));
                Some(match program.input_bytes == Some(buffer) {
                    true => quote!(if BYTES { x } else { #part }),
                    false => part,
                })
            }
            Place::Part(whole, _) | Place::Field(whole, _) => {
                self.declare_buffer(whole);
                let (whole_name, i) = (
                    &idents[whole],
                    match program.buffers[buffer].place {
                        Place::Field(_, field) => format_ident!("{field}").to_token_stream(),
                        Place::Part(_, i) => Literal::usize_unsuffixed(i).to_token_stream(),
                        _ => unreachable!("that is what the arm is for"),
                    },
                );
                let sample = program.buffers[whole].sample.as_ref();
                let batch = if self.backward { quote!(GradBatch) } else { quote!(Batch) };
                Some(quote!(#whole_name.field(offset_of!(::castiron::#batch<#sample, CAP>, #i))))
            }
        };
        if let Some(area) = area
            && self.declared.insert(name.to_string())
        {
            self.tokens.extend(quote!(let #name = #area;));
        }
    }

    fn operand(&self, operand: &Operand) -> TokenStream {
        let Body { graph, names, program, idents, .. } = self.body;
        match *operand {
            Operand::None => quote!(Arg::none()),
            Operand::Parameter(unit, leaf) => {
                let at = names::leaf_at(graph, names, program.phase, unit, leaf);
                quote!(p.field(#at).read())
            }
            Operand::Gradient(unit, leaf) => {
                let at = names::gradient_at(graph, unit, leaf);
                quote!(dp.field(#at).write())
            }
            Operand::Table(table) => {
                let at = super::quantized::table_offset(names, &program.tables, table);
                quote!(p.field(#at).read())
            }
            Operand::Read(buffer) => {
                let name = &idents[buffer];
                quote!(#name.read())
            }
            Operand::Write(buffer) | Operand::Update(buffer) => {
                let name = &idents[buffer];
                quote!(#name.write())
            }
        }
    }

    fn call(&self, i: usize) -> TokenStream {
        let step = &self.body.program.steps[i];
        match &step.call {
            Call::Erased { function, arguments, child, element } => {
                let function: TokenStream = function
                    .split("::")
                    .map(|part| {
                        let part = format_ident!("{part}");
                        quote!(::#part)
                    })
                    .collect();
                let child = child.map(|child| {
                    let child = Literal::usize_unsuffixed(child);
                    quote!(.child(#child))
                });
                let of = element.is_half().then(|| quote!(.of::<#element>()));
                let cx = if child.is_some() || of.is_some() { quote!(&cx #child #of) } else { quote!(cx) };
                let skipped = step.in_place.filter(|_| self.body.plan.in_place[i]).map(|(read, _)| read);
                let operands = step.operands.iter().enumerate().map(|(i, operand)| {
                    self.operand(if Some(i) == skipped { &Operand::None } else { operand })
                });
                let arguments = unsuffixed(arguments.clone());
                let call = quote!(call #function(#cx, #arguments, #(#operands),*););
                let makes = |operand: &Operand| matches!(operand, Operand::Write(buffer) if Some(*buffer) == self.body.program.input_bytes);
                match step.operands.iter().any(makes) {
                    true => quote!(if !BYTES { #call }),
                    false => call,
                }
            }
            Call::Module { unit, node, function } => self.module(step, *unit, *node, *function),
        }
    }

    /// A call through types.
    fn module(&self, step: &Step, unit: UnitId, node: usize, function: Function) -> TokenStream {
        let Body { graph, names, idents, program, .. } = self.body;
        let layer = layer_type(graph, unit);
        let (x, y) = (
            self.body.sample_of(&graph.nodes[node].inputs),
            self.body.sample_of(&[graph.nodes[node].output]),
        );
        let member = member(graph, node);
        let child = Literal::usize_unsuffixed(node);
        let offset = match program.phase {
            Phase::Prepared => super::prepared::module_offset(graph, names, unit),
            Phase::Quantized => super::quantized::module_offset(graph, names, unit),
            Phase::Infer | Phase::Train => names::unit_at(graph, unit),
        };
        let p = quote!(unsafe { p.field(#offset).value::<#layer>() });
        let [batch, gradient] = [quote!(::castiron::Batch), quote!(::castiron::GradBatch)];
        let area = |operand: usize| step.operands[operand].buffer().map(|buffer| &idents[buffer]);
        let read = |operand: usize, of: &TokenStream, sample: &Sample| {
            let area = area(operand);
            quote!(unsafe { #area.value::<#of<#sample, CAP>>() })
        };
        let write = |operand: usize, of: &TokenStream, sample: &Sample| {
            let area = area(operand);
            quote!(unsafe { #area.value_mut::<#of<#sample, CAP>>() })
        };
        let (state, saved) = (&names.state, &names.saved);
        let layers = match program.phase {
            Phase::Infer => &names.infer_layers,
            Phase::Prepared => &names.prepared_layers,
            Phase::Quantized => &names.quantized_layers,
            Phase::Train => &names.train_layers,
        };
        let scratch = quote!(::castiron::member!(layers.reborrow(), #layers<CAP>, #member));
        let state = quote!(::castiron::part!(state, #state<CAP>, #member));
        let own = quote!(::castiron::part!(saved, #saved<CAP>, #member));
        let module = quote!(<#layer as ::castiron::Module<#x, #y>>);
        let input = read(0, &batch, &x);
        match function {
            Function::Infer | Function::Forward => {
                let output = write(1, &batch, &y);
                let (name, own) = match function {
                    Function::Infer => (quote!(infer), None),
                    _ => (quote!(forward), Some(quote!(#own,))),
                };
                quote!(#module::#name::<AnyDevice, CAP>(&cx.child(#child), #p, #input, #output, #state, #own #scratch);)
            }
            Function::Backward => {
                let (output, dy) = (read(1, &batch, &y), read(2, &gradient, &y));
                let dx = match step.operands[3].buffer() {
                    None => quote!(::core::option::Option::None),
                    Some(buffer) => {
                        let dx = write(3, &gradient, &x);
                        match program.buffers[buffer].place {
                            Place::InputGradient(_) | Place::InputsGradient => {
                                let area = &idents[buffer];
                                quote!(if #area.is_some() { ::core::option::Option::Some(#dx) } else { ::core::option::Option::None })
                            }
                            _ => quote!(::core::option::Option::Some(#dx)),
                        }
                    }
                };
                let (offset, gradient) = (names::unit_gradient_at(graph, unit), names::gradient_of(&layer));
                let dp = quote!(unsafe { dp.field(#offset).value_mut::<#gradient>() });
                quote! {
                    #module::backward::<AnyDevice, CAP>(
                        &cx.child(#child), #p, #input, #output, #own, #dy, #dx, #dp, #scratch,
                    );
                }
            }
        }
    }
}

/// The field that a module's call has in the structs of what is saved, carried and scribbled on.
pub(super) fn member(graph: &Graph, node: usize) -> Ident {
    format_ident!("{}_{node}", identifier(&graph.nodes[node].name))
}
