//! A history as a picture.

use std::fs;
use std::ops::Range;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use super::{HistoryErrorKind, Record};

/// Its name is not one that programs choose for fonts of their own, as the table of fonts is global; a
/// viewer of the SVG that lacks it takes the second.
const FONT: &str = "DejaVu Sans, sans-serif";
const FONT_FILE: &[u8] = include_bytes!("DejaVuSans-ascii.ttf");

const HEIGHT: u32 = 420;
const PANEL: u32 = 560;
/// Bitmaps are drawn this many times larger and then averaged, which smooths the lines.
const SMOOTH: u32 = 3;
/// One bitmap pixel for each unit would look coarse on most screens.
const DENSITY: u32 = 2;

/// Blue and vermilion, which the colour-blind can tell apart too (Okabe and Ito).
const TRAIN: RGBColor = RGBColor(0, 114, 178);
const TEST: RGBColor = RGBColor(213, 94, 0);
const TEXT: RGBColor = RGBColor(50, 50, 50);
const GRID: RGBColor = RGBColor(225, 225, 225);

pub(super) fn plot(records: &[Record], path: &Path) -> Result<(), HistoryErrorKind> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let bitmap = match ending.to_ascii_lowercase().as_str() {
        "svg" => false,
        "png" => true,
        _ => return Err(HistoryErrorKind::Ending),
    };
    let panels = panels(records);
    if records.is_empty() {
        return Err(HistoryErrorKind::Empty);
    }
    // Were it to fail, drawing would say that there is no such font.
    let _ = register_font(FONT, FontStyle::Normal, FONT_FILE);
    // So that a path that cannot be written is reported as such, not as a failure to encode.
    fs::File::create(path).map_err(HistoryErrorKind::Io)?;
    let size = (PANEL * panels.len() as u32, HEIGHT);
    if bitmap { png(&panels, size, path) } else { svg(&panels, size, path) }
}

fn svg(panels: &[Panel], size: (u32, u32), path: &Path) -> Result<(), HistoryErrorKind> {
    let mut text = String::new();
    draw(SVGBackend::with_string(&mut text, size).into_drawing_area(), panels, 1).map_err(failed)?;
    fs::write(path, text).map_err(HistoryErrorKind::Io)
}

fn png(panels: &[Panel], (width, height): (u32, u32), path: &Path) -> Result<(), HistoryErrorKind> {
    let (width, height) = (width * DENSITY, height * DENSITY);
    let large = (width * SMOOTH, height * SMOOTH);
    let mut pixels = vec![0; 3 * large.0 as usize * large.1 as usize];
    let area = BitMapBackend::with_buffer(&mut pixels, large).into_drawing_area();
    draw(area, panels, DENSITY * SMOOTH).map_err(failed)?;

    let smooth = SMOOTH as usize;
    let average = |(x, y, channel): (usize, usize, usize)| {
        let at = |i: usize| ((y * smooth + i / smooth) * large.0 as usize + x * smooth + i % smooth) * 3;
        let sum: u32 = (0..smooth * smooth).map(|i| u32::from(pixels[at(i) + channel])).sum();
        (sum / (SMOOTH * SMOOTH)) as u8
    };
    let (columns, rows) = (width as usize, height as usize);
    let averages = (0..rows * columns * 3).map(|i| average((i / 3 % columns, i / 3 / columns, i % 3)));
    let image = BitMapElement::with_owned_buffer((0, 0), (width, height), averages.collect())
        .ok_or_else(|| HistoryErrorKind::Draw("the picture has another size".into()))?;
    let area = BitMapBackend::new(path, (width, height)).into_drawing_area();
    area.draw(&image).and_then(|()| area.present()).map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> HistoryErrorKind {
    HistoryErrorKind::Draw(error.to_string())
}

/// A curve for each of training and test, and what they are of.
struct Panel {
    title: &'static str,
    unit: &'static str,
    /// Only a loss has no upper bound.
    top: Option<f64>,
    curves: [Curve; 2],
}

struct Curve {
    name: &'static str,
    colour: RGBColor,
    /// Epochs and values.
    points: Vec<(f64, f64)>,
}

fn panels(records: &[Record]) -> Vec<Panel> {
    let curve = |value: &dyn Fn(&Record) -> Option<f32>, scale: f64| {
        let points = records.iter().filter_map(|r| Some((r.epoch as f64, f64::from(value(r)?) * scale)));
        // A diverged loss has no place on the chart.
        points.filter(|(_, y)| y.is_finite()).collect::<Vec<_>>()
    };
    let panel = |title, unit, top, train, test| {
        let train = Curve { name: "training", colour: TRAIN, points: train };
        let curves = [train, Curve { name: "test", colour: TEST, points: test }];
        Panel { title, unit, top, curves }
    };
    let mut panels =
        vec![panel("Loss", "loss", None, curve(&|r| Some(r.train_loss), 1.0), curve(&|r| r.test_loss, 1.0))];
    let (train, test) = (curve(&|r| r.train_accuracy, 100.0), curve(&|r| r.test_accuracy, 100.0));
    if !train.is_empty() || !test.is_empty() {
        panels.push(panel("Accuracy", "accuracy in %", Some(100.0), train, test));
    }
    panels
}

impl Panel {
    fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        self.curves.iter().flat_map(|curve| &curve.points).copied()
    }

    fn epochs(&self) -> Range<f64> {
        let (first, last) = extent(self.points().map(|(x, _)| x)).unwrap_or((0.0, 1.0));
        if first == last { first - 1.0..last + 1.0 } else { first..last }
    }

    fn values(&self) -> Range<f64> {
        let (low, high) = extent(self.points().map(|(_, y)| y)).unwrap_or((0.0, 1.0));
        let margin = ((high - low) * 0.08).max(high.abs() * 1e-3).max(1e-6);
        match self.top {
            Some(top) => (low - margin).max(0.0)..(high + margin).min(top).max(low + margin),
            // A loss is seen best against zero.
            None => low.min(0.0)..high + margin,
        }
    }

    /// A value with as many decimals as tell two labels apart.
    fn label(&self, value: f64) -> String {
        if value.abs() >= 1e6 {
            return format!("{value:.1e}");
        }
        let Range { start, end } = self.values();
        let decimals = (1.0 - ((end - start) / 6.0).log10().floor()).clamp(1.0, 9.0) as usize;
        let label = format!("{value:.decimals$}");
        label.trim_end_matches('0').trim_end_matches('.').to_owned()
    }

    /// The corner with the fewest points, so that the legend hides none if possible.
    fn legend(&self) -> SeriesLabelPosition {
        let (epochs, values) = (self.epochs(), self.values());
        let place = |range: &Range<f64>, at: f64| (at - range.start) / (range.end - range.start);
        let corners = [
            (SeriesLabelPosition::UpperRight, true, true),
            (SeriesLabelPosition::LowerRight, true, false),
            (SeriesLabelPosition::UpperLeft, false, true),
            (SeriesLabelPosition::LowerLeft, false, false),
        ];
        let hidden = |right: bool, upper: bool| {
            let near = |at: f64, end: bool, part: f64| if end { at > 1.0 - part } else { at < part };
            let near = |(x, y)| near(place(&epochs, x), right, 0.3) && near(place(&values, y), upper, 0.25);
            self.points().filter(|point| near(*point)).count()
        };
        let best = corners.into_iter().min_by_key(|(_, right, upper)| hidden(*right, *upper));
        best.map_or(SeriesLabelPosition::UpperRight, |(corner, ..)| corner)
    }
}

fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.map(|value| (value, value)).reduce(|(low, high), (value, _)| (low.min(value), high.max(value)))
}

fn draw<B: DrawingBackend>(
    area: DrawingArea<B, Shift>,
    panels: &[Panel],
    scale: u32,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    area.fill(&WHITE)?;
    for (area, panel) in area.split_evenly((1, panels.len())).iter().zip(panels) {
        draw_panel(area, panel, scale)?;
    }
    area.present()
}

fn draw_panel<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    panel: &Panel,
    scale: u32,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let font = |size: u32| (FONT, size * scale).into_font().color(&TEXT);
    let mut chart = ChartBuilder::on(area)
        .margin(14 * scale)
        .margin_right(22 * scale)
        .caption(panel.title, font(20))
        .x_label_area_size(44 * scale)
        .y_label_area_size(62 * scale)
        .build_cartesian_2d(panel.epochs(), panel.values())?;
    let labels = (panel.epochs().end - panel.epochs().start).clamp(1.0, 10.0) as usize + 1;
    chart
        .configure_mesh()
        .x_desc("epoch")
        .y_desc(panel.unit)
        .x_labels(labels)
        .y_labels(7)
        .x_label_formatter(&|x| if x.fract() == 0.0 { format!("{x}") } else { String::new() })
        .y_label_formatter(&|y| panel.label(*y))
        .axis_style(TEXT.stroke_width(scale))
        .bold_line_style(GRID.stroke_width(scale))
        .light_line_style(TRANSPARENT)
        .set_all_tick_mark_size(4 * scale)
        .label_style(font(13))
        .axis_desc_style(font(14))
        .draw()?;
    for Curve { name, colour, points } in &panel.curves {
        if points.is_empty() {
            continue;
        }
        let style = colour.stroke_width(2 * scale);
        let line = chart.draw_series(LineSeries::new(points.iter().copied(), style))?;
        let length = 22 * scale as i32;
        line.label(*name).legend(move |(x, y)| PathElement::new([(x, y), (x + length, y)], style));
        // Many points would hide the line; a single one has no line.
        if points.len() <= 30 {
            let point = |&at| Circle::new(at, 3 * scale, colour.filled());
            chart.draw_series(points.iter().map(point))?;
        }
    }
    if panel.points().next().is_none() {
        return Ok(());
    }
    chart
        .configure_series_labels()
        .position(panel.legend())
        .margin(10 * scale)
        .legend_area_size(30 * scale)
        .label_font(font(13))
        .background_style(WHITE.mix(0.85))
        .border_style(GRID.stroke_width(scale))
        .draw()?;
    Ok(())
}
