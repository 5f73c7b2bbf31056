//! Windows that slide over images and signals.

use super::place::Place;
use crate::graph::FrontEnd;
use crate::layers::{Space, Window};
use crate::sample::Sample;

impl Window {
    /// From its first position to its last.
    pub(super) fn extent(&self) -> usize {
        self.dilation.saturating_mul(self.size.value.saturating_sub(1)).saturating_add(1)
    }

    /// "a 5×5 kernel", "a kernel of 5"
    fn called(&self, what: &str) -> String {
        match self.over {
            Space::Signal => format!("a {what} of {}", self.size.value),
            Space::Image => format!("a {} {what}", self.over.by(self.size.value)),
        }
    }

    /// The padding with which what it slides over keeps its size, if there is one.
    pub(super) fn padding_to_keep(&self) -> Option<usize> {
        (self.stride == 1 && !self.extent().is_multiple_of(2)).then(|| self.extent() / 2)
    }
}

impl Place<'_> {
    /// Height and width of what a window gives.
    pub(super) fn slide(&self, what: &str, window: &Window, input: [usize; 3]) -> Option<[usize; 2]> {
        let [_, height, width] = input;
        let (dilation, extent) = (window.dilation, window.extent());
        let padded = |side: usize| side.saturating_add(window.padding.saturating_mul(2));
        let over = |side: usize| Some(padded(side).checked_sub(extent)? / window.stride + 1);
        // A signal is one high, and no window has anything to do with that.
        let down = if window.over == Space::Signal { Some(1) } else { over(height) };
        let sides = down.zip(over(width)).map(|(height, width)| [height, width]);
        if sides.is_none() {
            let spread = match dilation {
                1 => String::new(),
                _ => format!(" with dilation {dilation}, which spans {},", window.over.by(extent)),
            };
            let fits = match self.front_end {
                FrontEnd::Derive => format!("use a smaller {what} or more padding"),
                FrontEnd::Model => {
                    let given = &window.over.dims(input)[1..];
                    let least = given.iter().copied().min().unwrap_or(0);
                    let largest = (padded(least) - 1) / dilation + 1;
                    let keep = match window.padding_to_keep() {
                        Some(padding) if what == "kernel" => {
                            format!(", or use padding = {padding} to keep {}", by(given))
                        }
                        _ => String::new(),
                    };
                    format!("a {what} of at most {largest} fits{keep}")
                }
            };
            let (padding, input) = (window.padding, Sample::real(window.over.dims(input)));
            let from = match self.front_end {
                FrontEnd::Derive => String::new(),
                FrontEnd::Model => format!(" {}", self.from),
            };
            self.wrong(
                &window.size.at,
                format!(
                    "{}{spread} does not fit its input {input}{from} with padding {padding}: {fits}",
                    window.called(what)
                ),
            );
        }
        sides
    }

    /// Height and width of what slides to the input when a window goes over it.
    pub(super) fn spread(
        &self,
        window: &Window,
        output_padding: usize,
        input: [usize; 3],
    ) -> Option<[usize; 2]> {
        let [_, height, width] = input;
        if output_padding >= window.stride {
            let message =
                format!("output_padding = {output_padding} must be less than stride = {}", window.stride);
            self.wrong(self.at, message);
            return None;
        }
        let over = |side: usize| {
            let positions = side.checked_sub(1)?.saturating_mul(window.stride);
            let whole = positions.saturating_add(window.extent()).saturating_add(output_padding);
            whole.checked_sub(window.padding.saturating_mul(2)).filter(|side| *side > 0)
        };
        let down = if window.over == Space::Signal { Some(1) } else { over(height) };
        let sides = down.zip(over(width)).map(|(height, width)| [height, width]);
        if sides.is_none() {
            let (padding, input) = (window.padding, Sample::real(window.over.dims(input)));
            let whole = window.called("kernel");
            self.wrong(
                &window.size.at,
                format!("padding = {padding} leaves nothing of what {whole} makes of {input} {}", self.from),
            );
        }
        sides
    }

    /// A window that lies in the padding alone has no largest number.
    pub(super) fn padding_of_pool(&self, window: &Window) {
        let (size, padding, whole) = (window.size.value, window.padding, window.called("window"));
        if padding > size / 2 {
            let hint = match self.front_end {
                FrontEnd::Derive => "use less padding".to_string(),
                FrontEnd::Model => format!("use padding = {} at most", size / 2),
            };
            let name = self.name;
            let whole = whole.trim_start_matches("a ");
            let message = format!("`{name}` pads by {padding}, more than half of its {whole}: {hint}");
            self.errors.at(self.at, message);
        }
    }
}

impl Space {
    /// Something as long along each axis: "9×9", "9".
    fn by(self, side: usize) -> String {
        by(&vec![side; self.axes() as usize])
    }
}

/// "28×24", "28"
pub(super) fn by(sides: &[usize]) -> String {
    sides.iter().map(ToString::to_string).collect::<Vec<_>>().join("×")
}
