//! Blocks of a constant number of elements, for loops whose rows are not whole blocks. For use within
//! `multiversion!`.

/// Elements that are computed at once: the longest vector.
pub(crate) const LANES: usize = 16;

pub(crate) type Block = [f32; LANES];

/// `x`, or its beginning, filled up with `rest` if it is shorter.
#[inline(always)]
pub(crate) fn load(x: &[f32], rest: f32) -> Block {
    match x.first_chunk() {
        Some(block) => *block,
        None => {
            let mut block = [rest; LANES];
            // One by one: a call of `memcpy` would take longer, and a load right after it wait.
            for (l, lane) in block.iter_mut().enumerate() {
                *lane = *x.get(l).unwrap_or(lane);
            }
            block
        }
    }
}

/// x ← block, or its beginning if x is shorter.
#[inline(always)]
pub(crate) fn store(block: &Block, x: &mut [f32]) {
    match x.first_chunk_mut() {
        Some(to) => *to = *block,
        None => {
            for (l, lane) in block.iter().enumerate() {
                if let Some(x) = x.get_mut(l) {
                    *x = *lane;
                }
            }
        }
    }
}
