//! Reads a small text file whole, such as a grammar.

use std::fs;
use std::path::Path;

use crate::error::{Error, Result};
use crate::source::file_name;

/// The largest file that is read whole, in bytes.
const LARGEST: u64 = 64 << 20;

/// The text of the file at `path`, which must be UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    let name = file_name(path);
    let io = |cause| Error::io("read", path.display(), cause);
    let bytes = fs::metadata(path).map_err(io)?.len();
    if bytes > LARGEST {
        return Err(Error::new(format!(
            "{name} has {bytes} bytes, more than the {LARGEST} that are read whole"
        )));
    }
    String::from_utf8(fs::read(path).map_err(io)?).map_err(|cause| {
        let at = cause.utf8_error().valid_up_to();
        Error::new(format!("{name}: the byte at {at} is not UTF-8"))
            .with_hint("save it as UTF-8 first")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_whole_and_what_is_no_text_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("world.grammar");
        fs::write(&path, "rule a\n  é\n").expect("written");
        assert_eq!(read_text(&path).expect("read"), "rule a\n  é\n");
        fs::write(&path, b"a\xff").expect("written");
        let error = read_text(&path).expect_err("Latin-1");
        assert_eq!(
            error.to_string(),
            "world.grammar: the byte at 1 is not UTF-8"
        );
        assert!(read_text(&folder.path().join("none")).is_err());
    }
}
