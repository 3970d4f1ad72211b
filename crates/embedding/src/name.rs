//! What an embedder is called on the command line.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// `hashed-ngrams`, the directory of an encoder, or `hf://OWNER/NAME`.
///
/// It is displayed, and so stands in a provenance, without the folder that a directory lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Name {
    fn default() -> Self {
        Self(crate::NAMED[0].to_owned())
    }
}

impl FromStr for Name {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.starts_with("hf://") {
            return f.write_str(&self.0);
        }
        let last = self.0.trim_end_matches('/').rsplit('/').next();
        f.write_str(last.unwrap_or(&self.0))
    }
}

impl serde::Serialize for Name {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_not_told() {
        let shown = |text: &str| text.parse::<Name>().map(|name| name.to_string());
        assert_eq!(shown("/models/minilm/"), Ok("minilm".to_owned()));
        assert_eq!(shown("hf://owner/name"), Ok("hf://owner/name".to_owned()));
        assert_eq!(Name::default().as_str(), "hashed-ngrams");
    }
}
