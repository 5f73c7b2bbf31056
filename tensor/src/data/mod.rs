//! Data: reading it from files, and serving it in batches.
//!
//! A [`Dataset`] writes single samples, a [`Loader`] puts them into batches: shuffled, augmented, and if
//! wanted ahead of time on a thread of its own.
//!
//! ```
//! use castiron::data::{Loader, Samples};
//!
//! let images = vec![[[0u8, 51], [102, 255]]; 100];
//! let labels: Vec<u8> = (0..100).map(|i| i % 10).collect();
//! let dataset = Samples::new(images, labels)?.map(|image: &[[u8; 2]; 2], label, x: &mut [[f32; 2]; 2], t| {
//!     for (x, pixel) in x.as_flattened_mut().iter_mut().zip(image.as_flattened()) {
//!         *x = f32::from(*pixel) / 255.0;
//!     }
//!     *t = i32::from(*label);
//! });
//! let loader = Loader::new(dataset).batch_size(32).shuffle(42).prefetch(2);
//! for epoch in 0..3 {
//!     for batch in loader.epoch(epoch) {
//!         assert_eq!(batch.x().len(), batch.t().len());
//!         assert_eq!(batch.x()[0], [[0.0, 0.2], [0.4, 1.0]]);
//!     }
//! }
//! # Ok::<(), castiron::data::LengthError>(())
//! ```

mod batch;
mod dataset;
#[cfg(feature = "files")]
pub mod idx;
mod loader;
mod prefetch;

pub use batch::Batch;
pub use dataset::{Dataset, LengthError, Map, SampleRng, Samples};
pub use loader::{Epoch, Loader};
