//! The contrast of the colours named in the style, by the formula of WCAG 2.2.

use std::collections::HashMap;

use super::super::asset;

/// The colours of the light scheme and of the dark one.
fn schemes() -> [HashMap<String, [u8; 3]>; 2] {
    let style = std::str::from_utf8(asset("style.css").expect("the style").content).expect("text");
    let blocks: Vec<&str> =
        style.split(":root {").skip(1).map(|block| block.split('}').next().unwrap()).collect();
    let [light, dark] = blocks[..] else { panic!("one block per scheme") };
    [light, dark].map(|block| {
        let lines = block
            .lines()
            .filter_map(|line| line.trim().strip_prefix("--")?.strip_suffix(';')?.split_once(": #"));
        lines
            .map(|(name, hex)| {
                let number = u32::from_str_radix(hex, 16).expect("a colour of six digits");
                let [_, red, green, blue] = number.to_be_bytes();
                (name.to_owned(), [red, green, blue])
            })
            .collect()
    })
}

fn luminance(colour: [u8; 3]) -> f64 {
    let [red, green, blue] = colour.map(|channel| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn text_and_signs_stand_out_in_both_schemes() {
    assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
    for (scheme, colours) in ["light", "dark"].into_iter().zip(schemes()) {
        for text in ["ink", "quiet", "accent", "fault"] {
            for ground in ["paper", "raised"] {
                let found = contrast(colours[text], colours[ground]);
                assert!(found >= 4.5, "{scheme}: {text} on {ground} is {found:.2}");
            }
        }
        // Parts of drawings need 3 to 1 (SC 1.4.11); the head of the gauge has an edge of paper where it crosses a held span.
        for (sign, ground) in
            [("accent", "ground"), ("ink", "ground"), ("paper", "accent"), ("quiet", "paper")]
        {
            let found = contrast(colours[sign], colours[ground]);
            assert!(found >= 3.0, "{scheme}: {sign} on {ground} is {found:.2}");
        }
    }
}
