//! Workloads whose names say all there is to know.

/// `product_64x784x128`: a row-major matrix of 64×784 by one of 784×128. `product_64x784x128_unaligned`: the same,
/// with no matrix at the start of a cache line.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    pub m: usize,
    pub k: usize,
    pub n: usize,
    pub aligned: bool,
}

impl Product {
    pub fn parse(name: &str) -> Option<Self> {
        let sizes = name.strip_prefix("product_")?;
        let (sizes, aligned) = sizes.strip_suffix("_unaligned").map_or((sizes, true), |sizes| (sizes, false));
        let [m, k, n] = numbers(sizes, 'x')?;
        Some(Product { m, k, n, aligned })
    }
}

/// `pass_softmax_64x1000`: a pass over memory, of what comes last.
#[derive(Clone, Debug)]
pub struct Pass<'a> {
    pub name: &'a str,
    pub sizes: Vec<usize>,
}

impl<'a> Pass<'a> {
    pub fn parse(name: &'a str) -> Option<Self> {
        let (name, sizes) = name.strip_prefix("pass_")?.split_once('_')?;
        let sizes = sizes.split('x').map(|size| size.parse().ok()).collect::<Option<_>>()?;
        Some(Pass { name, sizes })
    }
}

/// `forward_64_6x14x14_16x5x5_1_0_1`: 64 images of 6 channels and 14×14 pixels to 16 channels by kernels of 5×5
/// with stride 1, padding 0, in 1 group, with a bias. `backward_..` is its gradient with respect to image, weight and bias,
/// `weight_..` only to the latter two.
#[derive(Clone, Copy, Debug)]
pub struct Convolution {
    pub direction: Direction,
    pub images: usize,
    /// Channels, height, width.
    pub input: [usize; 3],
    /// Output channels, height, width.
    pub kernel: [usize; 3],
    pub stride: usize,
    pub padding: usize,
    pub groups: usize,
}

/// What of a convolution is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Forward,
    Backward,
    Weight,
}

impl Convolution {
    pub fn parse(name: &str) -> Option<Self> {
        let (direction, sizes) = name.split_once('_')?;
        let direction = match direction {
            "forward" => Direction::Forward,
            "backward" => Direction::Backward,
            "weight" => Direction::Weight,
            _ => return None,
        };
        let parts: Vec<&str> = sizes.split('_').collect();
        let [images, input, kernel, stride, padding, groups] = parts[..] else { return None };
        let number = |text: &str| text.parse().ok();
        Some(Convolution {
            direction,
            images: number(images)?,
            input: numbers(input, 'x')?,
            kernel: numbers(kernel, 'x')?,
            stride: number(stride)?,
            padding: number(padding)?,
            groups: number(groups)?,
        })
    }
}

fn numbers<const N: usize>(text: &str, separator: char) -> Option<[usize; N]> {
    let numbers: Option<Vec<usize>> = text.split(separator).map(|number| number.parse().ok()).collect();
    numbers?.try_into().ok()
}
