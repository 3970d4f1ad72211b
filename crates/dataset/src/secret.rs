//! Reads a key from a file that nobody else may read.

use std::fs;
use std::path::Path;

use crate::error::{Error, Result};
use crate::source::file_name;

/// The first line of the file at `path`, without the white space around it.
///
/// A file that its group or others may read is refused, and so is an empty one. Errors name the
/// file and never what is in it.
pub fn read_secret(path: &Path) -> Result<String> {
    let name = file_name(path);
    let io = |cause| Error::io("read", &name, cause);
    refuse_shared(&name, &fs::metadata(path).map_err(io)?)?;
    let text = fs::read_to_string(path).map_err(io)?;
    let secret = text.lines().next().unwrap_or_default().trim();
    if secret.is_empty() {
        return Err(Error::new(format!(
            "{name} is empty, and a key is expected in it"
        )));
    }
    Ok(secret.to_owned())
}

#[cfg(unix)]
fn refuse_shared(name: &str, file: &fs::Metadata) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.permissions().mode() & 0o777;
    if mode.is_multiple_of(0o100) {
        return Ok(());
    }
    Err(Error::new(format!(
        "{name} holds a key and has mode {mode:04o}, so others may read it"
    ))
    .with_hint(format!("chmod 600 {name}")))
}

#[cfg(not(unix))]
fn refuse_shared(_: &str, _: &fs::Metadata) -> Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_that_others_may_read_is_refused_without_being_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        fs::write(&path, " sk-secret \n\n").expect("written");
        let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode));
        mode(0o640).expect("set");
        let error = read_secret(&path).expect_err("shared");
        assert_eq!(
            error.to_string(),
            "key holds a key and has mode 0640, so others may read it"
        );
        mode(0o600).expect("set");
        assert_eq!(read_secret(&path).expect("own"), "sk-secret");
        fs::write(&path, "\n").expect("written");
        assert!(read_secret(&path).is_err());
    }
}
