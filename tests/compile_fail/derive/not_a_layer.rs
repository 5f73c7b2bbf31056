use castiron::Module;

#[derive(Module)]
#[module(input = [784])]
#[repr(C)]
struct Net {
    #[module(output = [784])]
    name: String,
}

fn main() {}
