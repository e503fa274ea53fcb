//! Service colours: each can be seen on every background of a row, and told from every other, in both themes.
//!
//! Contrast by WCAG 2.1 (relative luminance of linear sRGB); distance as that of two colours in OKLab.

/// Contrast that WCAG asks of graphics.
const LEAST_CONTRAST: f64 = 3.0;
/// Distance in OKLab (black to white is 1) from which on two swatches beside each other are told apart; 0.02 is just noticeable.
const LEAST_DISTANCE: f64 = 0.08;
/// Backgrounds of rows: plain, under the pointer, selected.
const BACKGROUNDS: [&str; 3] = ["--paper", "--wash", "--select"];

/// A colour in linear sRGB.
type Linear = [f64; 3];

/// Complaints about the service colours of a stylesheet with the selectors of both themes.
pub fn check(tokens: &str, slots: usize) -> Vec<String> {
    let mut complaints = Vec::new();
    for (theme, selector) in [("light", ":root {"), ("dark", ":root[data-theme=\"dark\"] {")] {
        let Some(block) = tokens.split(selector).nth(1).and_then(|rest| rest.split('}').next()) else {
            complaints.push(format!("no {selector}"));
            continue;
        };
        let colour = |name: &str| value(block, name).as_deref().and_then(linear);
        let named: Vec<(String, Linear)> = (1..=slots)
            .filter_map(|slot| {
                let name = format!("--span-{slot}");
                let found = colour(&name);
                if found.is_none() {
                    complaints.push(format!("{theme}: {name} is no colour"));
                }
                Some((name, found?))
            })
            .collect();
        for background in BACKGROUNDS {
            let Some(behind) = colour(background) else {
                complaints.push(format!("{theme}: {background} is no colour"));
                continue;
            };
            for (name, colour) in &named {
                let found = contrast(*colour, behind);
                if found < LEAST_CONTRAST {
                    complaints.push(format!("{theme}: {name} on {background} has a contrast of {found:.2}"));
                }
            }
        }
        for (index, (name, one)) in named.iter().enumerate() {
            for (other_name, other) in &named[index + 1..] {
                let apart = distance(*one, *other);
                if apart < LEAST_DISTANCE {
                    complaints.push(format!("{theme}: {name} and {other_name} are {apart:.3} apart"));
                }
            }
        }
    }
    complaints
}

/// The value of a custom property in a block of declarations.
fn value(block: &str, name: &str) -> Option<String> {
    let mut declarations = block.split(';').filter_map(|declaration| declaration.rsplit_once(':'));
    let is_named = |property: &str| property.split_whitespace().next_back() == Some(name);
    declarations.find(|(property, _)| is_named(property)).map(|(_, value)| value.trim().to_owned())
}

/// Reads `#rrggbb` and `oklch(l c h)`.
fn linear(text: &str) -> Option<Linear> {
    if let Some(hex) = text.strip_prefix('#') {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()?) / 255.0;
            Some(if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) })
        };
        return Some([channel(0)?, channel(2)?, channel(4)?]);
    }
    let inner = text.strip_prefix("oklch(")?.strip_suffix(')')?;
    let numbers: Vec<f64> = inner.split_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
    let [lightness, chroma, hue] = numbers[..] else { return None };
    let (a, b) = (chroma * hue.to_radians().cos(), chroma * hue.to_radians().sin());
    // Björn Ottosson's OKLab: https://bottosson.github.io/posts/oklab/
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
    let rgb = [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701 * s,
    ];
    // Browsers clip what a screen cannot show.
    Some(rgb.map(|channel| channel.clamp(0.0, 1.0)))
}

fn luminance([r, g, b]: Linear) -> f64 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(one: Linear, other: Linear) -> f64 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

fn distance(one: Linear, other: Linear) -> f64 {
    let (one, other) = (oklab(one), oklab(other));
    one.iter().zip(&other).map(|(one, other)| (one - other).powi(2)).sum::<f64>().sqrt()
}

fn oklab([r, g, b]: Linear) -> [f64; 3] {
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    [
        0.210_454_255_3 * l + 0.793_617_785 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766 * s,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_contrasts_are_found() {
        let colour = |text: &str| linear(text).unwrap();
        assert!((contrast(colour("#ffffff"), colour("#000000")) - 21.0).abs() < 1e-9);
        // WebAIM's checker says 4.54.
        assert!((contrast(colour("#767676"), colour("#ffffff")) - 4.54).abs() < 0.01);
        assert!(distance(colour("oklch(.5 .1 100)"), colour("oklch(.5 .1 100)")) < 1e-9);
        assert!((distance(colour("#000000"), colour("#ffffff")) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn pale_and_equal_colours_are_complained_of() {
        let block = "--paper: #ffffff; --wash: #ffffff; --select: #ffffff;";
        let sheet = |colours: &str| {
            format!(":root {{ {block} {colours} }}\n:root[data-theme=\"dark\"] {{ {block} {colours} }}")
        };
        let good = sheet("--span-1: #333333; --span-2: #1144cc;");
        assert_eq!(check(&good, 2), Vec::<String>::new());
        let pale = sheet("--span-1: #333333; --span-2: #eeeeee;");
        assert_eq!(check(&pale, 2).len(), 6, "on three backgrounds in two themes");
        let equal = sheet("--span-1: #333333; --span-2: #343434;");
        assert_eq!(check(&equal, 2).len(), 2);
        assert_eq!(check(&good, 3).len(), 2, "a third one is missing");
    }
}
