//! The server process, and requests to it that the adapter does not make.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;
use std::{env, thread};

/// Set to `1`, a server that cannot be started is a failure. Otherwise the tests are skipped.
const REQUIRED: &str = "HEROKU_DATA_LINK_REQUIRE_MOTO";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/moto_server.py");
/// Runs the script with what it needs.
const ENVIRONMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.ci/python_environment.py");
/// Where the server is installed, once for all test processes.
const FOLDER: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/moto");
/// More than the script gives the installation.
const START: Duration = Duration::from_mins(10);
/// The first request of a service has moto import it, on a machine that may be busy.
const ANSWER: Duration = Duration::from_mins(1);

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    /// It ends when its standard input does, which is when this process ends at the latest.
    process: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// The server that all tests share; `None` means that the test is skipped, which was said.
    pub(super) fn shared() -> Option<Arc<Self>> {
        static SHARED: OnceLock<Result<Arc<Server>, String>> = OnceLock::new();
        or_skipped(SHARED.get_or_init(|| Self::start().map(Arc::new)).clone())
    }

    /// A server for one test alone, which may change how it behaves.
    pub(super) fn own() -> Option<Arc<Self>> {
        // One after the other: what cannot be started once is not tried again.
        Self::shared()?;
        or_skipped(Self::start().map(Arc::new))
    }

    fn start() -> Result<Self, String> {
        let mut command = Command::new("python3");
        command.args(["-I", ENVIRONMENT, FOLDER, SCRIPT]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("MOTO_") {
                command.env_remove(name);
            }
        }
        let mut process =
            command.spawn().map_err(|error| format!("python3 cannot be run: {error}"))?;
        let output = process.stdout.take().ok_or("its output cannot be read")?;
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            let read = BufReader::new(output).read_line(&mut line);
            // Nobody listens any more after the time for the start.
            let _ = sender.send(read.map(|_| line));
        });
        let mut server = Self { address: SocketAddr::from(([127, 0, 0, 1], 0)), process };
        let line = receiver
            .recv_timeout(START)
            .map_err(|_| format!("it did not start within {} s", START.as_secs()))?
            .map_err(|error| format!("its output cannot be read: {error}"))?;
        let line = line.trim();
        let address = line.strip_prefix("http://").and_then(|address| address.parse().ok());
        server.address = address.ok_or_else(|| match line {
            "" => "it ended without a word".to_owned(),
            reason => reason.to_owned(),
        })?;
        match server.request("GET", "/moto-api/data.json", &[], "") {
            Ok((200, _)) => Ok(server),
            Ok((status, _)) => Err(format!("it answers with status {status}")),
            Err(error) => Err(format!("it does not answer: {error}")),
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Status and body of the answer to a request.
    pub(super) fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> io::Result<(u16, String)> {
        let mut connection = TcpStream::connect_timeout(&self.address, ANSWER)?;
        connection.set_read_timeout(Some(ANSWER))?;
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        let length = body.len().to_string();
        let always = [("Connection", "close"), ("Content-Length", length.as_str())];
        for (name, value) in always.iter().chain(headers) {
            request.extend([name, ": ", value, "\r\n"]);
        }
        request.extend(["\r\n", body]);
        connection.write_all(request.as_bytes())?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        let malformed = || io::Error::other(format!("no answer of HTTP: {answer:?}"));
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        let (_, body) = answer.split_once("\r\n\r\n").ok_or_else(malformed)?;
        Ok((status.ok_or_else(malformed)?, body.to_owned()))
    }
}

fn or_skipped(server: Result<Arc<Server>, String>) -> Option<Arc<Server>> {
    let reason = match server {
        Ok(server) => return Some(server),
        Err(reason) => reason,
    };
    assert!(
        env::var_os(REQUIRED).is_none_or(|value| value != "1"),
        "{REQUIRED} is set, and there is no moto server: {reason}"
    );
    let test = thread::current().name().unwrap_or("a test against moto").to_owned();
    let notice = format!("\n!! {test} was SKIPPED, as there is no moto server: {reason}\n");
    // Past the harness, which shows only failing tests' `eprintln!`.
    let _ = io::stderr().write_all(notice.as_bytes());
    None
}
