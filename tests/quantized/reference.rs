//! What tables of a quantized model say, in plain loops over whole numbers.

use castiron::castiron_kernels::quantized::Pair;
use castiron::files;
use castiron::params::Params;
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

/// The tables, as a file has them.
pub struct Tables(Vec<u8>);

/// An image of bytes: channels, height, width.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    pub dims: [usize; 3],
    pub bytes: Vec<i64>,
}

/// ⌊sum·factor + ½⌋, by the bits of the factor.
fn times(sum: i64, factor: f32) -> i64 {
    let (significand, shift) =
        (i128::from(factor.to_bits() & 0x7F_FFFF | 0x80_0000), 150 - (factor.to_bits() >> 23) as i32);
    let product = 2 * i128::from(sum) * significand;
    ((product + (1 << shift)) >> (shift + 1)) as i64
}

impl Image {
    /// Nothing outside.
    fn at(&self, [c, y, x]: [usize; 3], [down, right]: [isize; 2]) -> Option<i64> {
        let [_, height, width] = self.dims;
        let (y, x) = (y.checked_add_signed(down)?, x.checked_add_signed(right)?);
        (y < height && x < width).then(|| self.bytes[(c * height + y) * width + x])
    }

    fn of(dims: [usize; 3], byte: impl Fn([usize; 3]) -> i64) -> Self {
        let [channels, height, width] = dims;
        let all =
            (0..channels).flat_map(|c| (0..height).flat_map(move |y| (0..width).map(move |x| [c, y, x])));
        Image { dims, bytes: all.map(byte).collect() }
    }

    pub fn largest(&self) -> Self {
        let [channels, height, width] = self.dims;
        Image::of([channels, height / 2, width / 2], |[c, y, x]| {
            let at = |down, right| self.at([c, 2 * y, 2 * x], [down, right]).unwrap();
            at(0, 0).max(at(0, 1)).max(at(1, 0)).max(at(1, 1))
        })
    }

    pub fn channels(&self, range: std::ops::Range<usize>) -> Self {
        let [_, height, width] = self.dims;
        Image::of([range.len(), height, width], |[c, y, x]| self.at([range.start + c, y, x], [0, 0]).unwrap())
    }

    pub fn transposed(&self) -> Self {
        let [channels, height, width] = self.dims;
        Image::of([channels, width, height], |[c, y, x]| self.at([c, x, y], [0, 0]).unwrap())
    }
}

impl Tables {
    pub fn of<M: Params>(model: &M) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tables.safetensors");
        files::save(model, &path).unwrap();
        Tables(std::fs::read(path).unwrap())
    }

    fn whole(&self, name: &str) -> Vec<i64> {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = file.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        let data = tensor.data();
        match tensor.dtype() {
            Dtype::U8 => data.iter().map(|byte| i64::from(*byte)).collect(),
            Dtype::I8 => data.iter().map(|byte| i64::from(*byte as i8)).collect(),
            Dtype::I32 => data.as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes).into()).collect(),
            other => panic!("{name} is {other:?}"),
        }
    }

    pub fn floats(&self, name: &str) -> Vec<f32> {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = file.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(tensor.dtype(), Dtype::F32, "{name}");
        tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    }

    /// [z_x, z_y, low, high]
    fn points(&self, table: &str) -> [i64; 4] {
        self.whole(&format!("{table}.points")).try_into().unwrap()
    }

    pub fn quantize(&self, table: &str, dims: [usize; 3], x: &[f32]) -> Image {
        let (scale, zero) =
            (self.floats(&format!("{table}.scale"))[0], self.whole(&format!("{table}.zero_point"))[0]);
        let byte = |x: &f32| ((x * (1.0 / scale)).round_ties_even() as i64 + zero).clamp(0, 255);
        Image { dims, bytes: x.iter().map(byte).collect() }
    }

    pub fn conv2d(
        &self,
        table: &str,
        kernel: usize,
        stride: usize,
        padding: isize,
        groups: usize,
        x: &Image,
    ) -> Image {
        let [z_x, z_y, low, high] = self.points(table);
        let (weight, bias) = (self.whole(&format!("{table}.weight")), self.whole(&format!("{table}.bias")));
        let factors = self.floats(&format!("{table}.factor"));
        let ([channels, height, width], outputs) = (x.dims, bias.len());
        let inputs = channels / groups;
        let size = |length: usize| (length + 2 * padding as usize - kernel) / stride + 1;
        Image::of([outputs, size(height), size(width)], |[o, row, column]| {
            let (first, mut sum) = (o / (outputs / groups) * inputs, bias[o]);
            for i in 0..inputs {
                for (u, v) in (0..kernel).flat_map(|u| (0..kernel).map(move |v| (u, v))) {
                    let shift = [u as isize - padding, v as isize - padding];
                    let x = x.at([first + i, row * stride, column * stride], shift).unwrap_or(z_x);
                    sum += weight[((o * inputs + i) * kernel + u) * kernel + v] * x;
                }
            }
            (z_y + times(sum, factors[o])).clamp(low, high)
        })
    }

    fn sums(&self, table: &str, x: &[i64]) -> Vec<i64> {
        let (weight, bias) = (self.whole(&format!("{table}.weight")), self.whole(&format!("{table}.bias")));
        let factors = self.floats(&format!("{table}.factor"));
        let sum = |(o, bias): (usize, &i64)| {
            let weights = &weight[o * x.len()..][..x.len()];
            times(bias + weights.iter().zip(x).map(|(w, x)| w * x).sum::<i64>(), factors[o])
        };
        bias.iter().enumerate().map(sum).collect()
    }

    pub fn linear(&self, table: &str, x: &Image) -> Image {
        let [_, z_y, low, high] = self.points(table);
        let bytes: Vec<i64> = self.sums(table, &x.bytes).iter().map(|y| (z_y + y).clamp(low, high)).collect();
        Image { dims: [bytes.len(), 1, 1], bytes }
    }

    pub fn logits(&self, table: &str, x: &Image) -> Vec<f32> {
        let scale = self.floats(&format!("{table}.scale"))[0];
        self.sums(table, &x.bytes).iter().map(|y| scale * *y as f32).collect()
    }

    pub fn add(&self, table: &str, a: &Image, b: &Image) -> Image {
        let points: [i64; 5] = self.whole(&format!("{table}.points")).try_into().unwrap();
        let [z_a, z_b, z_y, low, high] = points;
        let pair = Pair::new(self.floats(&format!("{table}.factor")).try_into().unwrap());
        let sum = |(a, b): (&i64, &i64)| {
            (z_y + i64::from(pair.sum((a - z_a) as i32, (b - z_b) as i32))).clamp(low, high)
        };
        Image { dims: a.dims, bytes: a.bytes.iter().zip(&b.bytes).map(sum).collect() }
    }

    pub fn lookup(&self, table: &str, x: &Image) -> Image {
        let images = self.whole(&format!("{table}.table"));
        Image { dims: x.dims, bytes: x.bytes.iter().map(|x| images[*x as usize]).collect() }
    }

    pub fn mean(&self, table: &str, x: &Image) -> Image {
        let ([z_x, z_y, low, high], factor) =
            (self.points(table), self.floats(&format!("{table}.factor"))[0]);
        let [channels, height, width] = x.dims;
        Image::of([channels, height / 2, width / 2], |[c, row, column]| {
            let at = |down, right| x.at([c, 2 * row, 2 * column], [down, right]).unwrap() - z_x;
            (z_y + times(at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1), factor)).clamp(low, high)
        })
    }

    /// Images one behind the other, each by its table.
    pub fn concat(&self, parts: [(&str, &Image); 2]) -> Image {
        let part = |(table, x): (&str, &Image)| {
            let ([z_x, z_y, low, high], factor) =
                (self.points(table), self.floats(&format!("{table}.factor"))[0]);
            x.bytes.iter().map(|x| (z_y + times(x - z_x, factor)).clamp(low, high)).collect::<Vec<_>>()
        };
        let [_, height, width] = parts[0].1.dims;
        let channels = parts.iter().map(|(_, x)| x.dims[0]).sum();
        Image { dims: [channels, height, width], bytes: parts.into_iter().flat_map(part).collect() }
    }
}
