//! Slices of a few bytes.

/// Copies a short slice without calling `memcpy`: in pieces, the last of which may overlap.
#[inline(always)]
pub(super) fn copy(from: &[u8], to: &mut [u8]) {
    #[inline(always)]
    fn pieces<const N: usize>(from: &[u8], to: &mut [u8]) {
        let last = to.len() - N;
        for at in (0..last).step_by(N) {
            to[at..][..N].copy_from_slice(&from[at..][..N]);
        }
        to[last..].copy_from_slice(&from[last..][..N]);
    }
    match to.len() {
        0..4 => to.iter_mut().zip(from).for_each(|(to, x)| *to = *x),
        4..8 => pieces::<4>(from, to),
        8..16 => pieces::<8>(from, to),
        16..32 => pieces::<16>(from, to),
        _ => pieces::<32>(from, to),
    }
}
