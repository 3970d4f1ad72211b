//! A picture as the page shows it and as files hold it.

use minijinja::Value;
use serde::Serialize;

use crate::pictures::Picture;
use crate::plot::Plot;

/// Letters of the name of a file.
const LONGEST_SLUG: usize = 60;

/// A picture in the page; its `svg` is markup.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    title: String,
    caption: String,
    svg: Value,
    #[serde(skip)]
    plot: Plot,
}

impl From<Picture> for Shown {
    fn from(picture: Picture) -> Self {
        Self {
            title: picture.plot.title.clone(),
            caption: picture.caption,
            svg: Value::from_safe_string(picture.plot.svg()),
            plot: picture.plot,
        }
    }
}

impl Shown {
    /// The chart.
    pub(crate) fn plot(&self) -> &Plot {
        &self.plot
    }

    /// The title as the name of a file: small letters, digits and hyphens.
    pub(crate) fn slug(&self) -> String {
        let words = self.title.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<String> = words
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        let mut slug = words.join("-");
        slug.truncate(LONGEST_SLUG);
        slug.trim_end_matches('-').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_name_that_every_system_takes() {
        let slug = |title: &str| {
            let plot = Plot {
                title: title.to_owned(),
                ..Plot::default()
            };
            let caption = String::new();
            Shown::from(Picture { caption, plot }).slug()
        };
        assert_eq!(
            slug("accuracy by ../measured diversity (a|b)"),
            "accuracy-by-measured-diversity-a-b"
        );
        assert_eq!(slug("\u{e9}"), "");
        assert_eq!(slug(&"long ".repeat(30)).len(), 59);
    }
}
