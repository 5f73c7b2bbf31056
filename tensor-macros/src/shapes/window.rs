//! Windows that slide over images.

use super::place::Place;
use crate::graph::FrontEnd;
use crate::layers::Window;
use crate::sample::Sample;

impl Window {
    /// From its first position to its last.
    pub(super) fn extent(&self) -> usize {
        self.dilation.saturating_mul(self.size.value.saturating_sub(1)).saturating_add(1)
    }

    /// The padding with which an image keeps its size, if there is one.
    pub(super) fn padding_to_keep(&self) -> Option<usize> {
        (self.stride == 1 && !self.extent().is_multiple_of(2)).then(|| self.extent() / 2)
    }
}

impl Place<'_> {
    /// Height and width of what a window gives.
    pub(super) fn slide(
        &self,
        what: &str,
        window: &Window,
        [channels, height, width]: [usize; 3],
    ) -> Option<[usize; 2]> {
        let (size, dilation, extent) = (window.size.value, window.dilation, window.extent());
        let padded = |side: usize| side.saturating_add(window.padding.saturating_mul(2));
        let over = |side: usize| Some(padded(side).checked_sub(extent)? / window.stride + 1);
        let sides = over(height).zip(over(width)).map(|(height, width)| [height, width]);
        if sides.is_none() {
            let spread = match dilation {
                1 => String::new(),
                _ => format!(" with dilation {dilation}, which spans {extent}×{extent},"),
            };
            let fits = match self.front_end {
                FrontEnd::Derive => format!("use a smaller {what} or more padding"),
                FrontEnd::Model => {
                    let largest = (padded(height.min(width)) - 1) / dilation + 1;
                    let keep = match window.padding_to_keep() {
                        Some(padding) if what == "kernel" => {
                            format!(", or use padding = {padding} to keep {height}×{width}")
                        }
                        _ => String::new(),
                    };
                    format!("a {what} of at most {largest} fits{keep}")
                }
            };
            let (padding, input) = (window.padding, Sample::real([channels, height, width]));
            let from = match self.front_end {
                FrontEnd::Derive => String::new(),
                FrontEnd::Model => format!(" {}", self.from),
            };
            self.wrong(
                &window.size.at,
                format!(
                    "a {size}×{size} {what}{spread} does not fit its input {input}{from} with padding {padding}: \
                     {fits}"
                ),
            );
        }
        sides
    }

    /// A window that lies in the padding alone has no largest number.
    pub(super) fn padding_of_pool(&self, window: &Window) {
        let (size, padding) = (window.size.value, window.padding);
        if padding > size / 2 {
            let hint = match self.front_end {
                FrontEnd::Derive => "use less padding".to_string(),
                FrontEnd::Model => format!("use padding = {} at most", size / 2),
            };
            let name = self.name;
            let message =
                format!("`{name}` pads by {padding}, more than half of its {size}×{size} window: {hint}");
            self.errors.at(self.at, message);
        }
    }
}
