//! How cases are written:
//!
//! ```text
//! op!(table, "index_select_axis_0", (x, i) x.index_select::<0, _, _>(i),
//!     "4x3,3" f32 f64: ([4, 3] (i64 [3]));
//!     "5,4" f32: ([5] (i64 [4]));
//! );
//! ```
//! The operation in the fixture; the inputs' names and the call; then each case of the fixture with its element
//! types and the inputs' dimensions. The call may name the element type `E`. An input `(i64 [3])` has elements of
//! its own and no gradient; an input `(= Keep<[E; 4], 1>)` has that shape.

/// An array type of elements `$e`.
macro_rules! shape {
    ($e:ty;) => { $e };
    ($e:ty; $n:literal $(, $rest:literal)*) => { [shape!($e; $($rest),*); $n] };
}

macro_rules! element {
    (bool) => {
        castiron::Bool
    };
    (bf16) => {
        castiron::bf16
    };
    (f16) => {
        castiron::f16
    };
    ($e:ident) => {
        $e
    };
}

/// Binds each name to the next input.
macro_rules! inputs {
    ($run:ident $side:ident; ;) => {};
    ($run:ident $side:ident; $x:ident $($xs:ident)*; [$($n:literal),*] $($rest:tt)*) => {
        let $x = &$run.$side::<shape!(E; $($n),*)>();
        inputs!($run $side; $($xs)*; $($rest)*);
    };
    ($run:ident $side:ident; $x:ident $($xs:ident)*; (= $shape:ty) $($rest:tt)*) => {
        let $x = &$run.$side::<$shape>();
        inputs!($run $side; $($xs)*; $($rest)*);
    };
    ($run:ident $side:ident; $x:ident $($xs:ident)*; ($e:ident [$($n:literal),*]) $($rest:tt)*) => {
        let $x = &$run.plain::<shape!(element!($e); $($n),*)>();
        inputs!($run $side; $($xs)*; $($rest)*);
    };
}

/// The function of a case. Real numbers are on a tape.
macro_rules! case {
    (f32 on $($rest:tt)*) => { case!(@ f32 tracked $($rest)*) };
    (f64 on $($rest:tt)*) => { case!(@ f64 tracked $($rest)*) };
    (bf16 on $($rest:tt)*) => { case!(@ bf16 tracked $($rest)*) };
    (f16 on $($rest:tt)*) => { case!(@ f16 tracked $($rest)*) };
    ($e:ident $on:ident $($rest:tt)*) => { case!(@ $e plain $($rest)*) };
    (@ $e:ident $side:ident ($($x:ident),*) ($($input:tt)*) $body:expr) => {{
        #[allow(unused_variables, reason = "what is made of nothing has no inputs")]
        fn case(run: &mut $crate::harness::Run<'_>) {
            #[allow(dead_code, reason = "not every call names its elements")]
            type E = element!($e);
            inputs!(run $side; $($x)*; $($input)*);
            $crate::harness::Output::push($body, run);
        }
        case
    }};
}

macro_rules! cases {
    ($on:ident, $table:expr, $op:expr, $params:tt $body:expr, $($case:literal $($e:ident)+: $inputs:tt;)+) => {
        $table.add($op, stringify!($body), vec![$($($crate::table::Case {
            name: concat!($case, "/", stringify!($e)),
            run: case!($e $on $params $inputs $body),
        }),+),+])
    };
}

/// An operation.
macro_rules! op {
    ($($all:tt)*) => { cases!(on, $($all)*) };
}

/// An operation that takes no tensors on a tape.
macro_rules! off_tape {
    ($($all:tt)*) => { cases!(off, $($all)*) };
}
