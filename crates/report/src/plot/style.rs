//! The style that a picture needs to be a file of its own: the page's light colours, written out.

use std::fmt::Write as _;

use super::COLOURS;

/// The page's style sheet, which names the colours once.
const SHEET: &str = include_str!("../../templates/style.css");

/// Rules for a picture alone; the letters are those that the PNG is drawn with, where they are there.
///
/// Variables are written out, since drawing libraries do not know them.
pub(crate) fn of_file() -> String {
    let (ink, soft, grid, paper) = (
        colour("ink"),
        colour("soft"),
        colour("grid"),
        colour("paper"),
    );
    let mut style = format!(
        "text{{font-family:'DejaVu Sans',Verdana,sans-serif;font-size:10.5px;fill:{ink}}}\
         .paper{{fill:{paper}}}.tick,.beside{{fill:{soft}}}.name,.series{{font-weight:bold}}\
         .grid{{stroke:{grid}}}.axis{{stroke:{soft}}}.thread,.line,.whisker{{fill:none}}\
         .thread{{stroke-width:1.2;opacity:.45}}.line{{stroke-width:2;stroke-linejoin:round}}\
         .whisker{{stroke-width:1.3;opacity:.75}}.band{{opacity:.1}}.leader{{stroke-width:1;opacity:.7}}\
         .mark{{stroke:{paper};stroke-width:1.2}}.reference-band{{fill:{soft};opacity:.1}}\
         .reference{{stroke:{soft};stroke-width:1.4;stroke-dasharray:5 4}}"
    );
    for kind in ['c', 'o'] {
        for nth in 0..COLOURS {
            let class = format!("{kind}{nth}");
            let colour = colour(&class);
            // Writing to a string cannot fail.
            let _ = write!(
                style,
                ".line.{class},.thread.{class},.{class} .whisker,.{class} .leader{{stroke:{colour}}}\
                 .band.{class},.{class} .mark,.{class} .series{{fill:{colour}}}"
            );
        }
    }
    style
}

/// The colour called `name`: the first that the style sheet gives is the light one.
fn colour(name: &str) -> &'static str {
    let begins = format!("--{name}: ");
    let rest = SHEET.split_once(&begins).map_or("", |(_, rest)| rest);
    rest.split(';').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_is_that_of_the_page() {
        assert_eq!(colour("c0"), "#0072b2");
        let style = of_file();
        assert!(
            !style.contains("var(") && !style.contains(":}") && !style.contains(":;"),
            "{style}"
        );
        assert!(style.contains(".o7 .mark"));
    }
}
