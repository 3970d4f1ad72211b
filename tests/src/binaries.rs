//! Where the stages under test are: built once a process, so that `cargo test` alone is enough.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The root of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this crate lies in the workspace")
}

/// The folder of the binaries, built in the profile and target directory of this very test.
///
/// `POLYCULTURE_BINARIES` names a folder of ready ones, such as an installation, to test instead.
pub fn binaries() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| match std::env::var_os("POLYCULTURE_BINARIES") {
        Some(folder) => std::path::absolute(folder).expect("a folder"),
        None => built(),
    })
}

/// The stage called `name`, with nothing to read.
pub fn stage(name: &str) -> Command {
    let mut command = Command::new(binaries().join(name));
    command.stdin(Stdio::null());
    command
}

/// The folder of fixtures; without one a test says so and returns.
pub fn fixtures() -> Option<PathBuf> {
    let folder = std::env::var_os("POLYCULTURE_FIXTURES").map(PathBuf::from);
    if folder.is_none() {
        let told = "skipped: POLYCULTURE_FIXTURES is not set\n";
        // A message that cannot be delivered changes nothing.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes());
    }
    folder
}

fn built() -> PathBuf {
    // target/PROFILE/deps/workspace-HASH
    let own = std::env::current_exe().expect("this test has a path");
    let folder = own
        .ancestors()
        .nth(2)
        .expect("a test lies in target/PROFILE/deps");
    let profile = folder.file_name().expect("a profile").to_string_lossy();
    let profile = if profile == "debug" { "dev" } else { &profile };
    let target = folder
        .parent()
        .expect("a profile lies in the target directory");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args([
            "build",
            "--locked",
            "--workspace",
            "--bins",
            "--profile",
            profile,
            "--target-dir",
        ])
        .arg(target)
        .current_dir(root())
        .status()
        .expect("cargo runs");
    assert!(
        status.success(),
        "the binaries could not be built: {status}"
    );
    folder.to_owned()
}
