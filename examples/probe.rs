//! Proves a connection to a Heroku data service, from where it runs: DNS, TCP, TLS, and the hello
//! of the service.
//!
//! ```sh
//! cargo run --example probe -- --help
//! heroku config:get REDIS_ENDPOINT_01C87AE3C05563935_URL -a my-app | cargo run --example probe -- -
//! ```

use std::env;
use std::error::Error;
use std::io::{IsTerminal, Read};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use heroku_data_link::model::{ConnectionUrl, InvalidValue, Secret, TlsMode};
use heroku_data_link_examples::{documents, exit_code, say};
use heroku_data_link_probe::{Authorities, Deadlines, Fingerprint, Identity, Probe, Tls};

const HELP: &str = "\
Connects to a Heroku data service and says how far it gets: DNS, TCP, TLS, and the hello of the
service (Key-Value Store: AUTH and PING; Postgres, pooled too: log-in and SELECT 1; Kafka: ApiVersions
and Metadata). Changes nothing, and shows no password.

usage: cargo run --example probe -- URL [options]

  URL                the connection URL, or - to read it from standard input, so that its password
                     does not stand in the shell's history: redis[s]://…, postgres[ql]://…, or a list
                     kafka+ssl://…,kafka+ssl://…
  --variable NAME    take the URL from this environment variable instead
  --json             print one JSON document instead of a table
  --help             print this

TLS:
  --tls MODE         verify-full     chain and host name
                     verify-chain    chain only (default for Kafka)
                     unverified      any certificate (default for Key-Value Store and Postgres)
                     off             no TLS; never the default, whatever the URL's scheme
  --pin FINGERPRINT  accept only the certificate with this SHA-256, as an earlier probe printed it;
                     several may be named; instead of --tls
  --ca FILE          the authorities to trust, in PEM
  --cert FILE        the client's certificate, in PEM
  --key FILE         its key, in PEM
  --certificates A   take these three from the environment variables A_TRUSTED_CERT, A_CLIENT_CERT
                     and A_CLIENT_CERT_KEY, as Heroku names them for attachment A (KAFKA)

bounds and names:
  --deadline SECONDS for everything; each stage gets a third of it (default: 15)
  --name NAME        also look this name up, such as a zonal name of the endpoint; several may be
                     named

The exit code is 0 when everything passed, else 1.";

/// What the command line says.
#[derive(Default)]
struct Options {
    url: Option<Secret>,
    json: bool,
    mode: Option<TlsMode>,
    pins: Vec<Fingerprint>,
    authorities: Option<Secret>,
    certificate: Option<Secret>,
    key: Option<Secret>,
    deadline: Option<Duration>,
    names: Vec<String>,
}

fn options() -> Result<Option<Options>, Box<dyn Error>> {
    use lexopt::prelude::*;
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Value(url) if options.url.is_none() => {
                options.url = Some(match url.string()?.as_str() {
                    "-" => standard_input()?,
                    url => Secret::new(url),
                });
            }
            Long("variable") => options.url = Some(variable(&parser.value()?.string()?)?),
            Long("json") => options.json = true,
            Long("tls") => options.mode = Some(parser.value()?.parse()?),
            Long("pin") => options.pins.push(parser.value()?.parse()?),
            Long("ca") => options.authorities = Some(file(&parser.value()?.string()?)?),
            Long("cert") => options.certificate = Some(file(&parser.value()?.string()?)?),
            Long("key") => options.key = Some(file(&parser.value()?.string()?)?),
            Long("certificates") => {
                let prefix = parser.value()?.string()?;
                options.authorities = Some(variable(&format!("{prefix}_TRUSTED_CERT"))?);
                options.certificate = Some(variable(&format!("{prefix}_CLIENT_CERT"))?);
                options.key = Some(variable(&format!("{prefix}_CLIENT_CERT_KEY"))?);
            }
            Long("deadline") => {
                let seconds: f64 = parser.value()?.parse()?;
                options.deadline = Some(Duration::try_from_secs_f64(seconds)?);
            }
            Long("name") => options.names.push(parser.value()?.string()?),
            Long("help") | Short('h') => return Ok(None),
            // It may be a URL with a password.
            Value(_) => return Err("there is more than one URL; see --help".into()),
            _ => return Err(argument.unexpected().into()),
        }
    }
    Ok(Some(options))
}

fn standard_input() -> Result<Secret, Box<dyn Error>> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(Secret::new(text.trim()))
}

fn variable(name: &str) -> Result<Secret, Box<dyn Error>> {
    let rule = "it is not set, or not text";
    let value = env::var(name);
    let value = value.map_err(|_| InvalidValue::new("variable of the environment", name, rule))?;
    Ok(Secret::new(value))
}

fn file(path: &str) -> Result<Secret, Box<dyn Error>> {
    Ok(Secret::new(documents::text(Path::new(path))?))
}

fn tls(options: &Options, url: &ConnectionUrl) -> Result<Tls, Box<dyn Error>> {
    let authorities = options.authorities.as_ref().map(|pem| Authorities::from_pem(pem.expose()));
    let authorities = authorities.transpose().map_err(|error| format!("authorities: {error}"))?;
    let tls = match (options.pins.as_slice(), options.mode) {
        ([], mode) => {
            let mode = mode.unwrap_or_else(|| url.with_tls().tls_mode());
            Tls::of_mode(mode, authorities.as_ref())?
        }
        (pins, None) => Tls::pinned(pins.iter().copied()),
        (_, Some(_)) => return Err("--pin and --tls exclude each other".into()),
    };
    match (&options.certificate, &options.key) {
        (Some(certificate), Some(key)) => {
            let identity = Identity::from_pem(certificate.expose(), key)
                .map_err(|error| format!("client certificate: {error}"))?;
            Ok(tls.with_identity(identity))
        }
        (None, None) => Ok(tls),
        _ => Err("a client certificate needs its key, and a key its certificate".into()),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> Result<ExitCode, Box<dyn Error>> {
    let Some(options) = options()? else {
        say(&format!("{HELP}\n"));
        return Ok(ExitCode::SUCCESS);
    };
    let Some(url) = &options.url else {
        return Err("a URL is missing; see --help".into());
    };
    let url: ConnectionUrl = url.expose().parse()?;
    let mut probe = Probe::new(&url, tls(&options, &url)?).also_look_up(options.names);
    if let Some(deadline) = options.deadline {
        probe = probe.with_deadlines(Deadlines::of(deadline / 3, deadline));
    }
    if std::io::stderr().is_terminal() {
        eprintln!("connecting to {url} …");
    }
    let report = probe.run().await;
    if options.json {
        say(&format!("{}\n", serde_json::to_string_pretty(&report)?));
    } else {
        say(&report.to_string());
    }
    Ok(if report.passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
