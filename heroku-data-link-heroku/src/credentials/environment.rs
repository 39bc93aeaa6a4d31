use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use heroku_data_link::model::Secret;

use super::lossy;

/// A credential store that asks its user for a password answers no sooner; waiting longer would
/// look like a program that hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// More than any token.
const LONGEST_OUTPUT: u64 = 64 * 1024;

/// Runs a program with arguments and gives what it printed.
type Runner = dyn Fn(&str, &[&str]) -> io::Result<Secret> + Send + Sync;

/// Whose rules say where credentials are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// Secret Service.
    Linux,
    /// Keychain.
    MacOs,
    /// Password Vault, which is not read.
    Windows,
    /// No credential store.
    Other,
}

impl Platform {
    fn this() -> Self {
        if cfg!(target_os = "linux") {
            Self::Linux
        } else if cfg!(target_os = "macos") {
            Self::MacOs
        } else if cfg!(windows) {
            Self::Windows
        } else {
            Self::Other
        }
    }
}

/// What a token is looked for in: variables, directories, and the programs of a credential store.
///
/// `Debug` shows no value of a variable.
#[derive(Clone)]
pub struct Environment {
    vars: BTreeMap<String, Secret>,
    home: Option<PathBuf>,
    data_dir: Option<PathBuf>,
    platform: Platform,
    run: Arc<Runner>,
}

impl Environment {
    /// The environment of this process: its `HEROKU_…` variables as they are now.
    pub fn real() -> Self {
        let path = |name: &str| {
            std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
        };
        let platform = Platform::this();
        let windows = platform == Platform::Windows;
        let home = path("HOME").or_else(|| windows.then(|| path("USERPROFILE")).flatten());
        // The rule of oclif, the framework of the official CLI.
        let data_dir = path("HEROKU_DATA_DIR").or_else(|| {
            path("XDG_DATA_HOME")
                .or_else(|| windows.then(|| path("LOCALAPPDATA")).flatten())
                .or_else(|| Some(home.as_ref()?.join(".local").join("share")))
                .map(|base| base.join("heroku"))
        });
        let vars = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, _)| name.starts_with("HEROKU_"))
            .map(|(name, value)| (name, Secret::new(lossy(value.into_encoded_bytes()))))
            .collect();
        Self { vars, home, data_dir, platform, run: Arc::new(run) }
    }

    /// An environment in which there is nothing.
    pub fn empty(platform: Platform) -> Self {
        let run = |_: &str, _: &[&str]| Err(io::ErrorKind::NotFound.into());
        Self { vars: BTreeMap::new(), home: None, data_dir: None, platform, run: Arc::new(run) }
    }

    /// Sets a variable.
    #[must_use]
    pub fn with_var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.vars.insert(name.into(), Secret::new(value));
        self
    }

    /// Sets the home directory, where netrc is.
    #[must_use]
    pub fn with_home(mut self, path: impl Into<PathBuf>) -> Self {
        self.home = Some(path.into());
        self
    }

    /// Sets the official CLI's directory, where it keeps `login.json`.
    #[must_use]
    pub fn with_data_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(path.into());
        self
    }

    /// Sets what runs a program and gives what it printed.
    #[must_use]
    pub fn with_runner(
        mut self,
        run: impl Fn(&str, &[&str]) -> io::Result<Secret> + Send + Sync + 'static,
    ) -> Self {
        self.run = Arc::new(run);
        self
    }

    /// The value of a variable.
    pub fn var(&self, name: &str) -> Option<&Secret> {
        self.vars.get(name)
    }

    pub(super) fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    pub(super) fn data_dir(&self) -> Option<&Path> {
        self.data_dir.as_deref()
    }

    pub(super) fn platform(&self) -> Platform {
        self.platform
    }

    pub(super) fn run(&self, program: &str, arguments: &[&str]) -> io::Result<Secret> {
        (self.run)(program, arguments)
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("vars", &self.vars)
            .field("home", &self.home)
            .field("data_dir", &self.data_dir)
            .field("platform", &self.platform)
            .finish_non_exhaustive()
    }
}

fn run(program: &str, arguments: &[&str]) -> io::Result<Secret> {
    run_within(PATIENCE, program, arguments)
}

/// What a program prints before it closes its output or the time is up; its exit code says no
/// more than that.
pub(super) fn run_within(
    patience: Duration,
    program: &str,
    arguments: &[&str],
) -> io::Result<Secret> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let output = child.stdout.take();
    let (sender, receiver) = mpsc::channel();
    // Detached: if a grandchild keeps the pipe open, nobody waits for it.
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = match output {
            Some(output) => output.take(LONGEST_OUTPUT).read_to_end(&mut bytes),
            None => Ok(0),
        };
        let _ = sender.send(read.map(|_| Secret::new(lossy(bytes))));
    });
    let result =
        receiver.recv_timeout(patience).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    // It has said what it had to say, or will not.
    let _ = child.kill();
    let _ = child.wait();
    result
}
