//! Where the Hub is, who asks, and where its files are kept: the environment variables of Python's `huggingface_hub`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A secret that no message ever shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token in `text`, without white space around it; none where nothing is left.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The secret itself, for the one header that carries it.
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// How the Hub is reached and where its files are kept.
#[derive(Debug, Clone)]
pub struct HubSettings {
    /// The Hub's address, `https://huggingface.co` by default.
    pub endpoint: String,
    /// Who asks; sent to the endpoint and to no other host.
    pub token: Option<Token>,
    /// The folder that holds `models--OWNER--NAME` and its like, shared with Python's `huggingface_hub`.
    pub cache_dir: PathBuf,
    /// Whether nothing may be asked of the network.
    pub offline: bool,
    /// The wait before a request is repeated for the first time; it doubles with every further one.
    pub retry_wait: Duration,
}

impl HubSettings {
    /// Anonymous, online settings.
    pub fn new(endpoint: impl Into<String>, cache_dir: impl Into<PathBuf>) -> Self {
        Self {
            endpoint: endpoint.into(),
            token: None,
            cache_dir: cache_dir.into(),
            offline: false,
            retry_wait: Duration::from_millis(500),
        }
    }

    /// What `HF_ENDPOINT`, `HF_TOKEN`, `HF_HOME`, `HF_HUB_CACHE`, `HF_HUB_OFFLINE` and their like say.
    pub fn from_env() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let user = set("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from);
        let folder = |name: &str| set(name).map(|value| expand(&value, &user));
        let home = folder("HF_HOME").unwrap_or_else(|| {
            folder("XDG_CACHE_HOME")
                .unwrap_or_else(|| user.join(".cache"))
                .join("huggingface")
        });
        let cache_dir = folder("HF_HUB_CACHE")
            .or_else(|| folder("HUGGINGFACE_HUB_CACHE"))
            .unwrap_or_else(|| home.join("hub"));
        let endpoint = set("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".to_owned());
        let flag = |name: &str| set(name).is_some_and(|value| is_true(&value));
        let token_file = folder("HF_TOKEN_PATH").unwrap_or_else(|| home.join("token"));
        let token = if flag("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
            None
        } else {
            set("HF_TOKEN")
                .or_else(|| set("HUGGING_FACE_HUB_TOKEN"))
                .and_then(|text| Token::new(&text))
                .or_else(|| Token::new(&std::fs::read_to_string(token_file).ok()?))
        };
        Self {
            token,
            offline: flag("HF_HUB_OFFLINE") || flag("TRANSFORMERS_OFFLINE"),
            ..Self::new(endpoint.trim().trim_end_matches('/'), cache_dir)
        }
    }
}

fn is_true(value: &str) -> bool {
    matches!(
        value.trim().to_ascii_uppercase().as_str(),
        "1" | "ON" | "YES" | "TRUE"
    )
}

fn expand(value: &str, user: &Path) -> PathBuf {
    match value.strip_prefix("~/") {
        Some(rest) => user.join(rest),
        None => PathBuf::from(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> HubSettings {
        HubSettings::from_variables(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn an_empty_environment_means_the_public_hub_and_the_usual_cache() {
        let settings = settings(&[("HOME", "/nowhere/u")]);
        assert_eq!(settings.endpoint, "https://huggingface.co");
        assert_eq!(
            settings.cache_dir,
            Path::new("/nowhere/u/.cache/huggingface/hub")
        );
        assert_eq!(settings.token, None);
        assert!(!settings.offline);
    }

    #[test]
    fn the_more_special_folder_wins() {
        let home = [
            ("HOME", "/u"),
            ("XDG_CACHE_HOME", "/x"),
            ("HF_HOME", "~/h"),
            ("HF_HUB_CACHE", "/c"),
        ];
        assert_eq!(settings(&home).cache_dir, Path::new("/c"));
        assert_eq!(settings(&home[..3]).cache_dir, Path::new("/u/h/hub"));
        assert_eq!(
            settings(&home[..2]).cache_dir,
            Path::new("/x/huggingface/hub")
        );
    }

    #[test]
    fn offline_is_read_as_python_reads_it() {
        for (value, expected) in [
            ("1", true),
            ("yes", true),
            ("On", true),
            ("TRUE", true),
            ("0", false),
            ("", false),
            ("no", false),
        ] {
            assert_eq!(
                settings(&[("HF_HUB_OFFLINE", value)]).offline,
                expected,
                "{value:?}"
            );
        }
    }

    #[test]
    fn the_token_comes_from_the_variable_then_from_the_file_and_is_never_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("token");
        std::fs::write(&file, "hf_file\n").expect("written");
        let file = file.to_str().expect("a plain path");
        let both = [("HF_TOKEN_PATH", file), ("HF_TOKEN", " hf_variable\n")];
        assert_eq!(settings(&both).token, Token::new("hf_variable"));
        assert_eq!(settings(&both[..1]).token, Token::new("hf_file"));
        assert!(!format!("{:?}", settings(&both)).contains("hf_variable"));
        let disabled = [both[0], both[1], ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")];
        assert_eq!(settings(&disabled).token, None);
    }
}
