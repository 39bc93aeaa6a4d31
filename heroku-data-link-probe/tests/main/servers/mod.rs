//! Real servers, started on loopback for the tests and the bench.

pub(crate) mod kafka;
pub(crate) mod postgres;
pub(crate) mod redis;

use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;
use std::{env, fs, thread};

/// Set to `1`, a server that cannot be started is a failure. Otherwise its tests are skipped.
const REQUIRED: &str = "HEROKU_DATA_LINK_REQUIRE_SERVERS";
/// Making a cluster of Postgres, or installing a package of Python, on a machine that is busy.
const START: Duration = Duration::from_secs(540);
/// Debian keeps these out of people's way.
const FOLDERS: [&str; 2] = ["/usr/sbin", "/usr/lib/postgresql"];

/// Runs a command until this process lets go of its input, which is when it ends at the latest.
/// Then the folder goes as well.
const UNTIL_LET_GO: &str = r#"
    folder=$1; shift
    "$@" </dev/null 2>&1 & child=$!
    exec >/dev/null 2>&1
    cat
    kill -INT $child; wait $child
    rm -rf "$folder"
"#;

/// A folder of a server's own, which goes with the server.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Whom it belongs to, when that is another than who runs the tests.
    owner: Option<(u32, u32)>,
}

impl Folder {
    /// A new one. Postgres and pgbouncer refuse to run as root, and get another owner.
    pub(crate) fn new(never_root: bool) -> Result<Self, String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("heroku-data-link-probe-{}-{number}", std::process::id());
        // Where any user may look, unlike the folder of the sources.
        let path = env::temp_dir().join(name);
        let is_root = fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0);
        let owner = if never_root && is_root { Some(somebody()?) } else { None };
        let folder = Self { path, owner };
        fs::create_dir(&folder.path).map_err(|error| error.to_string())?;
        folder.hand_over(&folder.path, 0o700)?;
        Ok(folder)
    }

    /// Writes a file that only its owner may read, and returns its path.
    pub(crate) fn write(&self, name: &str, content: &str) -> Result<String, String> {
        let path = self.path(name);
        fs::write(&path, content).map_err(|error| format!("{path}: {error}"))?;
        self.hand_over(Path::new(&path), 0o600)?;
        Ok(path)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.path.join(name).to_string_lossy().into_owned()
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, program: &Path, args: &[&str]) -> Result<(), String> {
        let mut command = Command::new(program);
        self.become_owner(command.args(args).current_dir(&self.path));
        let output = command.output().map_err(|error| error.to_string())?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("{}: {}", program.display(), String::from_utf8_lossy(&output.stderr)))
    }

    fn hand_over(&self, path: &Path, mode: u32) -> Result<(), String> {
        let changed = fs::set_permissions(path, fs::Permissions::from_mode(mode));
        let (user, group) = self.owner.unzip();
        changed.and_then(|()| chown(path, user, group)).map_err(|error| error.to_string())
    }

    fn become_owner(&self, command: &mut Command) {
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
    }
}

/// User and group of an account that can do little.
fn somebody() -> Result<(u32, u32), String> {
    let accounts = fs::read_to_string("/etc/passwd").map_err(|error| error.to_string())?;
    let find = |name: &str| {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map_while(|number| number.parse().ok());
        Some((numbers.next()?, numbers.next()?))
    };
    find("postgres").or_else(|| find("nobody")).ok_or_else(|| "nobody to run it as".to_owned())
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

impl Server {
    /// Starts a server, and waits for a line that has this in it.
    pub(crate) fn start(
        folder: &Folder,
        program: &Path,
        args: &[&str],
        ready: &str,
    ) -> Result<(Self, String), String> {
        let mut command = Command::new("sh");
        command.args(["-c", UNTIL_LET_GO, "sh"]).arg(&folder.path).arg(program).args(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        folder.become_owner(command.current_dir(&folder.path));
        let mut process = command.spawn().map_err(|error| format!("sh cannot be run: {error}"))?;
        let output = process.stdout.take().ok_or("its output cannot be read")?;
        let server = Self { process };
        let (sender, receiver) = mpsc::channel();
        // To the end, as a server stops whose output nobody reads.
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut said = Vec::new();
        loop {
            match receiver.recv_timeout(START) {
                Ok(line) if line.contains(ready) => return Ok((server, line)),
                Ok(line) => said.push(line),
                Err(_) => {
                    let name = program.display();
                    return Err(format!("{name} did not start: {}", said.join("\n    ")));
                }
            }
        }
    }
}

/// A program of that name, where Debian puts it if it is not on the path.
pub(crate) fn program(name: &str) -> Result<PathBuf, String> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    folders.extend(FOLDERS.map(PathBuf::from));
    // One for each version of Postgres, the newest first.
    let mut versions: Vec<_> = fs::read_dir(FOLDERS[1])
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    folders
        .into_iter()
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| format!("there is no {name}; .ci/install_servers installs it"))
}

/// A port of loopback that was free a moment ago.
pub(crate) fn free_port() -> Result<u16, String> {
    let listener = std::net::TcpListener::bind(crate::fakes::LOOPBACK);
    let address = listener.and_then(|it| it.local_addr()).map_err(|error| error.to_string())?;
    Ok(address.port())
}

pub(crate) fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// What was started; `None` means that the test is skipped, which is said.
pub(crate) fn or_skipped<T>(started: Result<T, String>) -> Option<T> {
    let reason = match started {
        Ok(server) => return Some(server),
        Err(reason) => reason,
    };
    assert!(
        env::var_os(REQUIRED).is_none_or(|value| value != "1"),
        "{REQUIRED} is set, and a server is missing: {reason}"
    );
    let test = thread::current().name().unwrap_or("a test").to_owned();
    let notice = format!("\n!! {test} was SKIPPED, as a server is missing: {reason}\n");
    // Past the harness, which shows only failing tests' `eprintln!`.
    let _ = io::stderr().write_all(notice.as_bytes());
    None
}
