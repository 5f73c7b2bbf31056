//! Sorting at compile time.

/// The numbers below a length in the order of their keys.
pub(super) struct Order<const N: usize> {
    pub(super) nth: [u32; N],
}

impl<const N: usize> Order<N> {
    /// Of the first `len` keys.
    pub(super) const fn of(keys: &[u128; N], len: usize) -> Self {
        let mut nth = [0; N];
        let (mut i, mut sorted) = (0, true);
        while i < len {
            nth[i] = i as u32;
            sorted = sorted && (i == 0 || keys[i - 1] <= keys[i]);
            i += 1;
        }
        if !sorted {
            heap_sort(keys, &mut nth, len);
        }
        Order { nth }
    }
}

/// No order of the keys makes it slow.
const fn heap_sort<const N: usize>(keys: &[u128; N], nth: &mut [u32; N], len: usize) {
    // From `root` to `end` nobody is less than its children; from `end` on everything is sorted.
    let (mut root, mut end) = (len / 2, len);
    while end > 1 {
        let moving;
        if root > 0 {
            root -= 1;
            moving = nth[root];
        } else {
            end -= 1;
            moving = nth[end];
            nth[end] = nth[0];
        }
        let mut parent = root;
        // Larger children move up until `moving` has its place.
        while 2 * parent + 1 < end {
            let mut child = 2 * parent + 1;
            if child + 1 < end && keys[nth[child] as usize] < keys[nth[child + 1] as usize] {
                child += 1;
            }
            if keys[moving as usize] >= keys[nth[child] as usize] {
                break;
            }
            nth[parent] = nth[child];
            parent = child;
        }
        nth[parent] = moving;
    }
}

#[cfg(test)]
mod tests {
    use super::Order;

    #[test]
    fn keys_are_in_order() {
        let mut state = 1_u128;
        for len in 0..=100 {
            for range in [3, 1000, u128::MAX] {
                let mut keys = [0; 100];
                for key in &mut keys {
                    state = state.wrapping_mul(0xDA94_2042_E4DD_58B5) + 1;
                    *key = state.rotate_left(64) % range;
                }
                let order = Order::of(&keys, len);
                let mut all: Vec<u32> = order.nth[..len].to_vec();
                assert!(all.windows(2).all(|pair| keys[pair[0] as usize] <= keys[pair[1] as usize]));
                all.sort();
                assert!(all.into_iter().eq(0..len as u32));
            }
        }
    }
}
