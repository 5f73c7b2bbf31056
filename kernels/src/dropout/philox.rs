//! The counter-based generator of Salmon et al., *Parallel Random Numbers: As Easy as 1, 2, 3* (2011):
//! any element's random bits follow from its place, so masks are made again instead of being kept.

/// Philox4x32-10: four random words, a function of the counter and the key alone.
///
/// ```
/// use castiron_kernels::dropout::philox::philox4x32_10;
/// let words = philox4x32_10([0; 4], [0; 2]);
/// assert_eq!(words, [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
/// ```
pub fn philox4x32_10(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    lanes(counter.map(|word| [word.into()]), key).map(|[word]| word as u32)
}

/// The generator on `L` counters at once, each word of theirs in an array: a loop that LLVM vectorises. Words are
/// the low halves of 64 bits, which is how vector instructions multiply them; the high halves mean nothing.
#[inline(always)]
pub(super) fn lanes<const L: usize>(mut counter: [[u64; L]; 4], key: [u32; 2]) -> [[u64; L]; 4] {
    const LOW: u64 = 0xFFFF_FFFF;
    let mut key = key.map(u64::from);
    for _ in 0..10 {
        let [a, b, c, d] = &mut counter;
        for l in 0..L {
            let first = 0xD251_1F53 * (a[l] & LOW);
            let second = 0xCD9E_8D57 * (c[l] & LOW);
            a[l] = (second >> 32) ^ b[l] ^ key[0];
            b[l] = second;
            c[l] = (first >> 32) ^ d[l] ^ key[1];
            d[l] = first;
        }
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that are published with Random123, in its file `kat_vectors`.
    #[test]
    fn known_answers() {
        let answers = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (counter, key, words) in answers {
            assert_eq!(philox4x32_10(counter, key), words);
        }
    }
}
