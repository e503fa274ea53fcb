//! plotters backend on a 2D canvas.
//!
//! plotters uses whole pixels; its pixel is a [`FINE`]th of a CSS pixel here, so that lines are not rounded to pixels. Text
//! is measured by the canvas, without elements, which a strict content security policy allows. plotters' colours are
//! indices of an [`Ink`], whose colour is read from the stylesheet.

use crate::ui::canvas::{Surface, custom_properties, pixel_ratio};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};
use std::convert::Infallible;
use web_sys::CanvasRenderingContext2d;

/// plotters' pixels in a CSS pixel.
pub const FINE: i32 = 10;

/// Colours by their meaning; each is a custom property of the stylesheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ink {
    /// Grid lines.
    #[default]
    Grid,
    /// Labels of the axes.
    Label,
    /// The first of several lines.
    First,
    /// The second of several lines.
    Second,
    /// The third of several lines.
    Third,
    /// Errors.
    Error,
}

/// Inks by index, with their custom properties.
const INKS: [(Ink, &str); 6] = [
    (Ink::Grid, "--line"),
    (Ink::Label, "--ink-3"),
    (Ink::First, "--accent"),
    (Ink::Second, "--warn"),
    (Ink::Third, "--ink"),
    (Ink::Error, "--error"),
];

impl Ink {
    /// The colour that plotters is given.
    pub fn color(self) -> plotters::style::RGBColor {
        let number = INKS.iter().position(|(ink, _)| *ink == self).unwrap_or(0);
        plotters::style::RGBColor(0, 0, number as u8)
    }

    /// Value of `data-ink` in stylesheets.
    pub fn name(self) -> &'static str {
        match self {
            Ink::Grid => "grid",
            Ink::Label => "label",
            Ink::First => "first",
            Ink::Second => "second",
            Ink::Third => "third",
            Ink::Error => "error",
        }
    }
}

/// The backend. A new one for each drawing reads the colours of the current theme.
pub struct CanvasBackend<'a> {
    context: &'a CanvasRenderingContext2d,
    width: f64,
    height: f64,
    colors: Vec<String>,
    font: String,
}

impl<'a> CanvasBackend<'a> {
    /// Clears the surface and draws on it; sizes are CSS pixels.
    pub fn new(surface: &'a Surface, width: f64, height: f64) -> Self {
        let context = surface.context();
        // The transform of the last drawing would scale the clearing. Fails if the context is lost, which shows nothing.
        let _ = context.reset_transform();
        surface.clear(width, height);
        let scale = pixel_ratio() / f64::from(FINE);
        let _ = context.set_transform(scale, 0.0, 0.0, scale, 0.0, 0.0);
        context.set_line_join("round");
        context.set_line_cap("round");
        let names: Vec<&str> = INKS.iter().map(|(_, name)| *name).chain(["--font-text"]).collect();
        let mut colors = custom_properties(&names);
        let font = colors.pop().filter(|font| !font.is_empty()).unwrap_or_else(|| "sans-serif".to_owned());
        CanvasBackend { context, width, height, colors, font }
    }

    /// Width of a text of `size` CSS pixels, in CSS pixels.
    pub fn text_width(&self, text: &str, size: f64) -> f64 {
        self.set_font(size * f64::from(FINE));
        self.measure(text) / f64::from(FINE)
    }

    fn measure(&self, text: &str) -> f64 {
        self.context.measure_text(text).map_or(0.0, |metrics| metrics.width())
    }

    fn set_font(&self, size: f64) {
        self.context.set_font(&format!("{size}px {}", self.font));
    }

    fn css_color(&self, color: BackendColor) -> &str {
        self.colors.get(color.rgb.2 as usize).map_or("", String::as_str)
    }

    fn set_stroke<S: BackendStyle>(&self, style: &S) {
        self.context.set_global_alpha(style.color().alpha);
        self.context.set_stroke_style_str(self.css_color(style.color()));
        self.context.set_line_width(f64::from(style.stroke_width()));
    }

    fn set_fill(&self, color: BackendColor) {
        self.context.set_global_alpha(color.alpha);
        self.context.set_fill_style_str(self.css_color(color));
    }

    fn trace(&self, path: impl IntoIterator<Item = BackendCoord>) {
        self.context.begin_path();
        for (index, (x, y)) in path.into_iter().enumerate() {
            let (x, y) = (f64::from(x), f64::from(y));
            if index == 0 { self.context.move_to(x, y) } else { self.context.line_to(x, y) }
        }
    }
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for CanvasBackend<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        let fine = f64::from(FINE);
        ((self.width * fine) as u32, (self.height * fine) as u32)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn {
        self.set_fill(color);
        self.context.fill_rect(f64::from(point.0), f64::from(point.1), 1.0, 1.0);
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let (x, y) = (f64::from(upper_left.0), f64::from(upper_left.1));
        let (width, height) = (f64::from(bottom_right.0) - x, f64::from(bottom_right.1) - y);
        if fill {
            self.set_fill(style.color());
            self.context.fill_rect(x, y, width, height);
        } else {
            self.set_stroke(style);
            self.context.stroke_rect(x, y, width, height);
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        self.trace(path);
        self.set_stroke(style);
        self.context.stroke();
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        self.context.begin_path();
        let (x, y) = (f64::from(center.0), f64::from(center.1));
        // Only a negative radius is refused, and this one has no sign.
        let _ = self.context.arc(x, y, f64::from(radius), 0.0, std::f64::consts::TAU);
        if fill {
            self.set_fill(style.color());
            self.context.fill();
        } else {
            self.set_stroke(style);
            self.context.stroke();
        }
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        vert: I,
        style: &S,
    ) -> Drawn {
        self.trace(vert);
        self.context.close_path();
        self.set_fill(style.color());
        self.context.fill();
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Drawn {
        self.set_font(style.size());
        self.set_fill(style.color());
        self.context.set_text_align(match style.anchor().h_pos {
            HPos::Left => "left",
            HPos::Center => "center",
            HPos::Right => "right",
        });
        self.context.set_text_baseline(match style.anchor().v_pos {
            VPos::Top => "top",
            VPos::Center => "middle",
            VPos::Bottom => "bottom",
        });
        // A lost context draws nothing; the next drawing finds a new one.
        let _ = self.context.fill_text(text, f64::from(at.0), f64::from(at.1));
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        self.set_font(style.size());
        Ok((self.measure(text).ceil() as u32, style.size().ceil() as u32))
    }
}
