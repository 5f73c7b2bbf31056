//! Photographs as networks that were trained on ImageNet want them, and their answers in words.
//!
//! The same as torchvision's preset: the shorter side to 256 pixels, bilinear with antialiasing; the 224×224
//! pixels in the middle; mean 0 and deviation 1 over ImageNet.

use std::path::Path;
use std::sync::LazyLock;

use castiron::{Rank3, Tensor};
use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageDecoder, ImageReader, RgbImage};

/// Red, green and blue of a square picture, one after the other, as bytes.
pub type Crop<const SIDE: usize> = [[[u8; SIDE]; SIDE]; 3];

/// ImageNet's 1000 classes, in the order of logits.
pub static CLASSES: LazyLock<Vec<String>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/imagenet/classes.json")).expect("a list of names")
});

/// Reads an image file. A photograph that a camera took lying on its side is set upright.
pub fn read(path: impl AsRef<Path>) -> image::ImageResult<RgbImage> {
    let mut decoder = ImageReader::open(path)?.with_guessed_format()?.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(image.into_rgb8())
}

/// The middle of an image whose shorter side is first made `shorter` pixels long.
///
/// PyTorch: `center_crop(resize(image, shorter, antialias=True), SIDE)` on a PIL image. PIL rounds to bytes
/// between its two passes, so that some bytes differ by one.
pub fn crop<const SIDE: usize>(image: &RgbImage, shorter: u32) -> Tensor<Crop<SIDE>> {
    assert!(SIDE as u32 <= shorter, "a square of {SIDE} pixels does not fit into {shorter}");
    let (width, height) = image.dimensions();
    let side = |length: u32| (u64::from(shorter) * u64::from(length) / u64::from(width.min(height))) as u32;
    let small = imageops::resize(image, side(width), side(height), FilterType::Triangle);
    // Python rounds halves to even.
    let margin = |length: u32| (f64::from(length - SIDE as u32) / 2.0).round_ties_even() as u32;
    let (left, top) = (margin(small.width()), margin(small.height()));
    let mut crop = Tensor::<Crop<SIDE>>::zeros();
    for (colour, plane) in crop.iter_mut().enumerate() {
        for (y, row) in (top..).zip(plane) {
            for (x, byte) in (left..).zip(row) {
                *byte = small.get_pixel(x, y).0[colour];
            }
        }
    }
    crop
}

/// Bytes as a network sees them: mean 0 and deviation 1 over ImageNet.
pub fn normalize<const SIDE: usize>(crop: &Crop<SIDE>, image: &mut Rank3<3, SIDE, SIDE>) {
    let (means, deviations) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
    for (colour, (plane, bytes)) in image.iter_mut().zip(crop).enumerate() {
        for (x, byte) in plane.as_flattened_mut().iter_mut().zip(bytes.as_flattened()) {
            *x = (f32::from(*byte) / 255.0 - means[colour]) / deviations[colour];
        }
    }
}

/// The `count` classes of the largest logits with their probabilities, the likeliest first.
pub fn top(logits: &[f32], count: usize) -> Vec<(usize, f32)> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|logit| (logit - largest).exp()).sum();
    let probability = |(class, logit): (usize, &f32)| (class, (logit - largest).exp() / sum);
    let mut classes: Vec<(usize, f32)> = logits.iter().enumerate().map(probability).collect();
    classes.sort_by(|a, b| b.1.total_cmp(&a.1));
    classes.truncate(count);
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(name: &str) -> RgbImage {
        read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
    }

    #[test]
    fn a_crop_is_pils_but_for_single_steps() {
        let (got, want) = (crop::<56>(&fixture("photo.png"), 64), fixture("photo_crop.png"));
        let mut off = 0;
        for (x, y, pixel) in want.enumerate_pixels() {
            for colour in 0..3 {
                let difference = got[colour][y as usize][x as usize].abs_diff(pixel.0[colour]);
                assert!(difference <= 1, "byte {colour} of pixel ({x}, {y}) is off by {difference}");
                off += usize::from(difference);
            }
        }
        assert!(off < 56 * 56 * 3 / 20, "{off} bytes are off");
    }

    #[test]
    fn an_upright_image_is_as_good_as_a_wide_one() {
        let wide = RgbImage::from_fn(31, 17, |x, y| image::Rgb([(8 * x) as u8, (15 * y) as u8, 0]));
        let upright = imageops::rotate90(&wide);
        let (wide, upright) = (crop::<8>(&wide, 10), crop::<8>(&upright, 10));
        for i in 0..8 {
            for j in 0..8 {
                // 18 and 18 or 10 and 18 pixels: both margins are whole numbers.
                assert!(wide[0][i][j].abs_diff(upright[0][j][7 - i]) <= 1);
            }
        }
    }

    #[test]
    fn the_mean_is_0_and_a_deviation_1() {
        let mut image = [[[0.0; 1]; 1]; 3];
        normalize(&[[[0]], [[255]], [[128]]], &mut image);
        let want = [-0.485 / 0.229, (1.0 - 0.456) / 0.224, (128.0 / 255.0 - 0.406) / 0.225];
        for (got, want) in image.as_flattened().as_flattened().iter().zip(want) {
            assert!((got - want).abs() < 1e-6, "{got}, not {want}");
        }
    }

    #[test]
    fn the_likeliest_come_first_and_large_logits_do_no_harm() {
        let top = top(&[1000.0, 998.0, f32::MIN, 1001.0], 2);
        assert_eq!(top.iter().map(|(class, _)| *class).collect::<Vec<_>>(), [3, 0]);
        let sum = 1.0 + (-1.0f32).exp() + (-3.0f32).exp();
        assert!((top[0].1 - 1.0 / sum).abs() < 1e-6 && (top[1].1 - (-1.0f32).exp() / sum).abs() < 1e-6);
    }

    #[test]
    fn there_are_1000_classes() {
        assert_eq!((CLASSES.len(), &*CLASSES[0], &*CLASSES[999]), (1000, "tench", "toilet tissue"));
    }
}
