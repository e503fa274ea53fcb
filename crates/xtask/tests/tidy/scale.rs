//! The sequential colour scale: steps differ in lightness, so that people who do not see hues can tell them apart.

/// The least difference in lightness between neighbouring steps, of 1.
const STEP: f64 = 0.075;
/// Steps of the scale.
const STEPS: usize = 6;

/// Complaints about the scale in the text of the tokens: first the light theme, then the dark one.
pub fn check_scale(tokens: &str) -> Vec<String> {
    let lightness: Vec<f64> = tokens.split("--scale-").skip(1).filter_map(lightness).collect();
    let [light, dark] = [lightness.get(..STEPS), lightness.get(STEPS..)].map(Option::unwrap_or_default);
    let mut complaints = Vec::new();
    for (theme, steps, sign) in [("light", light, -1.0), ("dark", dark, 1.0)] {
        if steps.len() != STEPS {
            complaints.push(format!("the {theme} theme has {} steps of the scale, not {STEPS}", steps.len()));
        }
        for (step, pair) in steps.windows(2).enumerate() {
            if (pair[1] - pair[0]) * sign < STEP {
                complaints.push(format!("{theme} theme: --scale-{} is too close to the next", step + 1));
            }
        }
    }
    complaints
}

/// The lightness of the colour that follows a token's name.
fn lightness(text: &str) -> Option<f64> {
    text.split("oklch(").nth(1)?.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(light: [f64; 6], dark: [f64; 6]) -> String {
        let theme = |steps: [f64; 6]| -> String {
            let token =
                |(step, light): (usize, &f64)| format!("--scale-{}: oklch({light} .1 200);", step + 1);
            steps.iter().enumerate().map(token).collect()
        };
        format!("a {{ {} }} b {{ {} }}", theme(light), theme(dark))
    }

    #[test]
    fn steps_that_look_alike_are_named() {
        let (light, dark) = ([0.8, 0.7, 0.6, 0.5, 0.4, 0.3], [0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
        assert_eq!(check_scale(&tokens(light, dark)), [""; 0]);
        let alike = check_scale(&tokens([0.8, 0.7, 0.68, 0.5, 0.4, 0.3], dark));
        assert_eq!(alike, ["light theme: --scale-2 is too close to the next"]);
        assert_eq!(check_scale(&tokens(light, light)).len(), 5, "the dark theme goes from dark to light");
        assert_eq!(check_scale("--scale-1: oklch(.8 .1 200);").len(), 2);
    }
}
