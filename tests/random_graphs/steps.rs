//! One more node: what may be done with a value.

use super::blocks;
use super::draw::{Draw, TOKENS};
use super::graph::{Form, Function, Kind, Op, Side, ValueId, What, Window, broadcast};

/// Values and parameters stay small, so that differences stay cheap.
const LARGEST: usize = 96;
const WEIGHTS: usize = 160;

pub(super) fn embedding(draw: &mut Draw, value: ValueId) -> ValueId {
    let width = draw.rng.between(2, 4);
    draw.call("embedding", Kind::Embedding { tokens: TOKENS, width }, &[value])
}

/// A node on this value, or nothing if what was drawn does not fit.
pub(super) fn any(draw: &mut Draw, x: ValueId) -> Option<ValueId> {
    // Convolutions have the most options.
    if let [c, h, w] = *draw.graph.values[x].dims.as_slice()
        && draw.rng.chance(35)
    {
        let kind = (0..6).find_map(|_| conv2d(draw, c, h, w))?;
        return Some(draw.call("conv", kind, &[x]));
    }
    match draw.rng.between(0, 26) {
        0..=6 => layer(draw, x),
        7 | 20 | 21 => shared(draw, x),
        8 | 22 => function(draw, x),
        9 | 10 => binary(draw, x),
        11 => number(draw, x),
        12 => concat(draw, x),
        13 => slice(draw, x),
        14 => split(draw, x),
        15 => reshape(draw, x),
        16 => permute(draw, x),
        17 => reduce(draw, x),
        18 => divide(draw, x),
        19 => attention(draw, x),
        _ => layer(draw, x),
    }
}

/// A layer of its own.
pub(super) fn layer(draw: &mut Draw, x: ValueId) -> Option<ValueId> {
    let dims = draw.graph.values[x].dims.clone();
    if draw.graph.values[x].integer {
        return Some(embedding(draw, x));
    }
    let (name, kind) = match (draw.rng.between(0, 15), dims.as_slice()) {
        (0 | 1, [c, h, w]) => ("conv", (0..6).find_map(|_| conv2d(draw, *c, *h, *w))?),
        (2..=4, [_, h, w]) if h.min(w) >= &2 => {
            let kernel = draw.rng.between(2, 3.min(*h.min(w)));
            let padding = if kernel == 3 { draw.rng.between(0, 1) } else { 0 };
            let window = Window { kernel, stride: draw.rng.between(1, kernel), padding, dilation: 1 };
            ("pool", if draw.rng.chance(50) { Kind::MaxPool2d(window) } else { Kind::AvgPool2d(window) })
        }
        // Statistics of few numbers are too sharp for differences.
        (5..=7, [_, h, w]) if h * w >= 4 => ("norm", Kind::BatchNorm2d { custom: draw.rng.chance(30) }),
        (10, [_, _, _]) => ("pool", Kind::GlobalAvgPool2d),
        (8 | 14, [len]) if *len > 12 => return None,
        (8 | 14, _) => return template(draw, x, &dims),
        (0..=3, [_, _]) if draw.rng.chance(25) => ("lstm", Kind::Lstm { hidden: draw.rng.between(2, 3) }),
        (0..=6, [_, ..]) => {
            let (out, bias) = (draw.rng.between(2, 6), draw.rng.chance(75));
            let taken = if let [_, width] = dims.as_slice() { *width } else { dims.iter().product() };
            if taken * out > WEIGHTS {
                return None;
            }
            ("fc", Kind::Linear { out, bias })
        }
        (9, _) => ("drop", Kind::Dropout),
        (15, [_, _, ..]) => ("flat", Kind::Flatten),
        (9..=11, [6]) => ("squash", Kind::Squash),
        (11, _) if draw.rng.chance(50) => ("half", Kind::Half),
        (11, _) => ("same", Kind::Identity),
        (12, [_, ..]) => ("act", Kind::Function(draw.rng.pick(&Function::ALL))),
        (13 | 15, [len]) if *len <= 12 => {
            // An array of vector layers.
            let kind = match draw.rng.between(0, 2) {
                0 => Kind::Linear { out: *len, bias: true },
                1 if draw.nested => blocks::dense(*len),
                _ if draw.nested => draw.part(*len),
                _ => return None,
            };
            return Some(array(draw, kind, x));
        }
        (13, [c, h, w]) if c * c * 9 <= WEIGHTS && h.min(w) >= &3 => {
            let window = Window { kernel: 3, stride: 1, padding: 1, dilation: 1 };
            return Some(array(draw, Kind::Conv2d { out: *c, window, groups: 1, bias: true }, x));
        }
        _ => return None,
    };
    Some(draw.call(name, kind, &[x]))
}

fn conv2d(draw: &mut Draw, c: usize, h: usize, w: usize) -> Option<Kind> {
    let rng = &mut draw.rng;
    let kernel = rng.pick(&[1, 2, 2, 3, 3]);
    let (stride, padding) = (rng.between(1, 2), rng.between(0, kernel / 2));
    let dilation = if kernel > 1 && rng.chance(35) { 2 } else { 1 };
    let groups: Vec<usize> = (1..=c).filter(|groups| c.is_multiple_of(*groups)).collect();
    let groups = if rng.chance(40) { 1 } else { rng.pick(&groups[1.min(groups.len() - 1)..]) };
    let out = groups * if rng.chance(30) { 1 } else { rng.between(2, (6 / groups).max(2)) };
    let bias = rng.chance(70);
    let window = Window { kernel, stride, padding, dilation };
    let fits = h.min(w) + 2 * padding > dilation * (kernel - 1);
    let small = out * c / groups * kernel * kernel <= WEIGHTS && out * h * w <= 2 * LARGEST;
    (fits && small).then_some(Kind::Conv2d { out, window, groups, bias })
}

fn template(draw: &mut Draw, x: ValueId, dims: &[usize]) -> Option<ValueId> {
    if !draw.nested {
        return None;
    }
    let kind = match dims {
        [c, h, w] if h * w >= 4 && (draw.rng.chance(50) || h.min(w) < &2 || *c > 2) => {
            let middle = draw.rng.between(1, 2);
            blocks::bottleneck(&[*c, *h, *w], middle)
        }
        [_, h, w] if h.min(w) >= &2 => blocks::halves(dims),
        [_, _] => blocks::mixer(dims),
        [len] if draw.rng.chance(50) => blocks::dense(*len),
        [len] => draw.part(*len),
        _ => return None,
    };
    Some(draw.call("block", kind, &[x]))
}

/// All of an array, or its layers in another order.
fn array(draw: &mut Draw, kind: Kind, x: ValueId) -> ValueId {
    let dims = draw.graph.values[x].dims.clone();
    let name = format!("blocks{}", draw.graph.layers.len());
    let layer = draw.graph.declare(name, kind, &dims);
    let count = draw.rng.between(2, 3);
    draw.graph.layers[layer].count = Some(count);
    // A chain has no names to index.
    if draw.bodied && draw.rng.chance(60) {
        return (0..count).rev().fold(x, |x, index| draw.graph.one(What::Layer(layer, Some(index)), &[x]));
    }
    draw.graph.one(What::Layer(layer, None), &[x])
}

/// A layer that is there already: its gradients add up. Or a linear layer with an embedding's weight.
fn shared(draw: &mut Draw, x: ValueId) -> Option<ValueId> {
    let dims = draw.graph.values[x].dims.clone();
    let width = dims.last().copied()?;
    let layers = 0..draw.graph.layers.len();
    if draw.rng.chance(60) && dims.len() <= 2 {
        let tied = layers.clone().find_map(|to| match (&draw.graph.layers[to].kind, dims.as_slice()) {
            (Kind::Embedding { tokens, width: given }, _) if *given == width => Some((to, *tokens)),
            (Kind::Linear { out, .. }, _) if draw.graph.layers[to].input == [width] => Some((to, *out)),
            _ => None,
        });
        if let Some((to, out)) = tied {
            if draw.graph.layers[to].count.is_some() {
                return None;
            }
            return Some(draw.call("tied", Kind::Tied { to, out }, &[x]));
        }
    }
    let alike: Vec<usize> = layers
        .filter(|layer| {
            let layer = &draw.graph.layers[*layer];
            let once =
                matches!(layer.kind, Kind::Lstm { .. } | Kind::Attention { .. } | Kind::Embedding { .. });
            layer.input == dims && !once
        })
        .collect();
    let layer = (!alike.is_empty()).then(|| draw.rng.pick(&alike))?;
    Some(draw.graph.one(What::Layer(layer, None), &[x]))
}

fn function(draw: &mut Draw, x: ValueId) -> Option<ValueId> {
    let function = draw.rng.pick(&Function::ALL);
    if draw.graph.values[x].dims.is_empty() && matches!(function, Function::Softmax | Function::LogSoftmax) {
        return None;
    }
    Some(draw.graph.one(What::Function(function), &[x]))
}

/// Real values that some test accepts.
fn others(draw: &Draw, such: impl Fn(&[usize]) -> bool) -> Vec<ValueId> {
    let values = draw.graph.values.iter().enumerate();
    values.filter(|(_, value)| !value.integer && such(&value.dims)).map(|(id, _)| id).collect()
}

fn binary(draw: &mut Draw, x: ValueId) -> Option<ValueId> {
    let dims = draw.graph.values[x].dims.clone();
    let fits = others(draw, |other| {
        broadcast(&dims, other).is_some_and(|dims| dims.iter().product::<usize>() <= LARGEST)
    });
    if fits.is_empty() {
        return None;
    }
    // Rather another value than itself, and rather one that nobody uses yet.
    let sinks = draw.sinks();
    let better: Vec<ValueId> = fits.iter().copied().filter(|y| *y != x && sinks.contains(y)).collect();
    let y = if better.is_empty() { draw.rng.pick(&fits) } else { draw.rng.pick(&better) };
    let op = draw.rng.pick(&[Op::Add, Op::Add, Op::Sub, Op::Mul]);
    let (a, b) = if draw.rng.chance(50) { (x, y) } else { (y, x) };
    // x − x is zero, and nothing is learned from it.
    let op = if a == b && op == Op::Sub { Op::Add } else { op };
    let made = draw.graph.one(What::Binary(op), &[a, b]);
    // Products of products grow.
    Some(if op == Op::Mul { draw.graph.one(What::Function(Function::Tanh), &[made]) } else { made })
}

fn number(draw: &mut Draw, x: ValueId) -> Option<ValueId> {
    let what = match draw.rng.between(0, 6) {
        0 => What::Negate,
        1 => What::Number(Op::Add, Side::Right, 0.5),
        2 => What::Number(Op::Sub, Side::Right, 1.5),
        3 => What::Number(Op::Sub, Side::Left, 0.25),
        4 => What::Number(Op::Mul, Side::Right, 1.5),
        5 => What::Number(Op::Mul, Side::Left, 0.5),
        _ => What::Number(Op::Div, Side::Left, 2.0),
    };
    Some(draw.graph.one(what, &[x]))
}

/// Divides by something that is far from zero.
fn divide(draw: &mut Draw, x: ValueId) -> Option<ValueId> {
    if draw.graph.values[x].dims.iter().product::<usize>() > LARGEST {
        return None;
    }
    let sigmoid = draw.graph.one(What::Function(Function::Sigmoid), &[x]);
    let below = draw.graph.one(What::Number(Op::Add, Side::Left, 0.5), &[sigmoid]);
    if draw.rng.chance(40) {
        return Some(draw.graph.one(What::Number(Op::Div, Side::Right, 2.0), &[below]));
    }
    let dims = draw.graph.values[below].dims.clone();
    let above = others(draw, |other| {
        broadcast(&dims, other).is_some_and(|dims| dims.iter().product::<usize>() <= LARGEST)
    });
    let above = draw.rng.pick(&above);
    Some(draw.graph.one(What::Binary(Op::Div), &[above, below]))
}

fn concat(draw: &mut Draw, x: ValueId) -> Option<ValueId> {
    let dims = draw.graph.values[x].dims.clone();
    if dims.is_empty() || 3 * dims.iter().product::<usize>() > LARGEST {
        return None;
    }
    let axis = draw.rng.between(0, dims.len() - 1);
    let fits = others(draw, |other| {
        let same = other.len() == dims.len() && (0..dims.len()).all(|i| i == axis || other[i] == dims[i]);
        same && other[axis] <= 2 * dims[axis]
    });
    let mut parts = vec![x, draw.rng.pick(&fits)];
    if draw.rng.chance(25) {
        parts.push(draw.rng.pick(&fits));
    }
    let total: usize = parts.iter().map(|id| draw.graph.values[*id].dims.iter().product::<usize>()).sum();
    (total <= LARGEST).then(|| draw.graph.one(What::Concat { axis }, &parts))
}

fn slice(draw: &mut Draw, x: ValueId) -> Option<ValueId> {
    let dims = draw.graph.values[x].dims.clone();
    let axis = draw.rng.between(0, dims.len().checked_sub(1)?);
    let len = draw.rng.between(1, dims[axis]);
    let start = draw.rng.between(0, dims[axis] - len);
    let form = match draw.rng.between(0, 2) {
        0 if axis == 0 => Form::Index,
        1 => Form::Slice,
        _ => Form::Narrow,
    };
    Some(draw.graph.one(What::Narrow { axis, start, len, form }, &[x]))
}

fn split(draw: &mut Draw, x: ValueId) -> Option<ValueId> {
    let dims = draw.graph.values[x].dims.clone();
    let axis = draw.rng.between(0, dims.len().checked_sub(1)?);
    let len = dims[axis];
    let parts = (2..=3).find(|parts| len.is_multiple_of(*parts) && draw.rng.chance(70));
    let (sizes, even) = match parts {
        Some(parts) => (vec![len / parts; parts], true),
        None if len >= 2 => {
            let first = draw.rng.between(1, len - 1);
            (vec![first, len - first], false)
        }
        None => return None,
    };
    Some(draw.graph.push(What::Split { axis, sizes, even }, &[x])[0])
}

fn reshape(draw: &mut Draw, x: ValueId) -> Option<ValueId> {
    let total: usize = draw.graph.values[x].dims.iter().product();
    if draw.rng.chance(25) && draw.graph.values[x].dims.len() > 1 {
        return Some(draw.graph.one(What::Flatten, &[x]));
    }
    let mut dims = Vec::new();
    let mut rest = total;
    for _ in 0..draw.rng.between(0, 2) {
        let divisors: Vec<usize> = (1..=rest).filter(|divisor| rest.is_multiple_of(*divisor)).collect();
        let dim = draw.rng.pick(&divisors);
        dims.push(dim);
        rest /= dim;
    }
    dims.push(rest);
    let inferred = draw.rng.chance(50).then(|| draw.rng.between(0, dims.len() - 1));
    Some(draw.graph.one(What::Reshape { dims, inferred }, &[x]))
}

fn permute(draw: &mut Draw, x: ValueId) -> Option<ValueId> {
    let rank = draw.graph.values[x].dims.len();
    if rank < 2 {
        return None;
    }
    if draw.rng.chance(40) {
        return Some(draw.graph.one(What::Transpose, &[x]));
    }
    let mut left: Vec<usize> = (0..rank).collect();
    let mut axes = Vec::new();
    while !left.is_empty() {
        let index = draw.rng.between(0, left.len() - 1);
        axes.push(left.remove(index));
    }
    Some(draw.graph.one(What::Permute(axes), &[x]))
}

fn reduce(draw: &mut Draw, x: ValueId) -> Option<ValueId> {
    let rank = draw.graph.values[x].dims.len();
    let (axis, mean) = (draw.rng.between(0, rank.checked_sub(1)?), draw.rng.chance(60));
    Some(draw.graph.one(What::Reduce { axis, mean }, &[x]))
}

fn attention(draw: &mut Draw, x: ValueId) -> Option<ValueId> {
    let [_, width] = *draw.graph.values[x].dims.as_slice() else { return None };
    if 4 * width * width > WEIGHTS {
        return None;
    }
    let memories = others(draw, |other| matches!(other, [_, last] if *last == width));
    let memory = draw.rng.pick(&memories);
    let heads: Vec<usize> = (1..=width).filter(|heads| width.is_multiple_of(*heads)).collect();
    let heads = draw.rng.pick(&heads);
    Some(draw.call("attention", Kind::Attention { heads }, &[x, memory]))
}
