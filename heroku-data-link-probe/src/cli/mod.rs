//! The program: what the command line says, and what came of it.

pub mod arguments;

use std::env;
use std::error::Error;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use heroku_data_link::model::{Cidr, CidrSet, ConnectionUrl, InvalidValue, Secret, TlsMode};
use lexopt::Parser;

use crate::{Authorities, Deadlines, Fingerprint, Identity, Probe, SpaceBlocks, Tls};

const HELP: &str = "\
Connects to a Heroku data service and says how far it gets: DNS, TCP, TLS, and the hello of the
service (Key-Value Store: AUTH and PING; Postgres, pooled too: log-in and SELECT 1; Kafka: ApiVersions
and Metadata). Or asks web apps with internal routing through a peering: DNS, TCP, TLS, HEAD /. Changes
nothing, and shows no password.

usage: heroku-data-link-probe URL [options]
       heroku-data-link-probe --http APP [options]

  URL                the connection URL, or - to read it from standard input, so that its password
                     does not stand in the shell's history: redis[s]://…, postgres[ql]://…, or a list
                     kafka+ssl://…,kafka+ssl://…
  --variable NAME    take the URL from this environment variable instead
  --json             print one JSON document instead of a table: what --probe-report takes
  --help             print this

a peering, from inside the VPC:
  --http APP         a web app, by host name (my-app-0123.herokuapp.com), over HTTP on port 80; several
                     may be named
  --https APP        the same over HTTPS on port 443, with --ca, --pin or --tls unverified
  --space CIDR       the block that the peering leads to, where the names must lead; several may be named
                     (default: 10.0.0.0/16)
  --reserved CIDR    a block that Heroku keeps for itself, where they must not lead; several may be named
                     (default, without --space: 10.1.0.0/16 and 172.17.0.0/16)

TLS:
  --tls MODE         verify-full     chain and host name (default for --https)
                     verify-chain    chain only (default for Kafka)
                     unverified      any certificate (default for Key-Value Store and Postgres)
                     off             no TLS; never the default, whatever the URL's scheme
                     The sslmode of a Postgres URL is its default.
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

/// The longest file, and the longest standard input, in bytes.
const LONGEST: u64 = 1 << 20;

type Failed = Box<dyn Error>;

/// What the command line says.
#[derive(Default)]
struct Options {
    url: Option<Secret>,
    http: Vec<String>,
    https: Vec<String>,
    space: CidrSet,
    reserved: CidrSet,
    json: bool,
    mode: Option<TlsMode>,
    pins: Vec<Fingerprint>,
    authorities: Option<Secret>,
    certificate: Option<Secret>,
    key: Option<Secret>,
    deadline: Option<Duration>,
    names: Vec<String>,
}

/// Does what the command line says. Whatever is wrong is shown.
pub fn main() -> ExitCode {
    match run(Parser::from_env()) {
        Ok(code) => code,
        Err(error) => {
            let sentence = match error.downcast_ref::<lexopt::Error>() {
                Some(error) => arguments::explain(error),
                None => error.to_string(),
            };
            eprintln!("error: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run(parser: Parser) -> Result<ExitCode, Failed> {
    let Some(options) = options(parser)? else {
        say(&format!("{HELP}\n"));
        return Ok(ExitCode::SUCCESS);
    };
    let json = options.json;
    let probe = probe(options)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let report = runtime.block_on(probe.run());
    // A look-up that is past its deadline is not waited for.
    runtime.shutdown_background();
    if json {
        say(&format!("{}\n", serde_json::to_string_pretty(&report)?));
    } else {
        say(&report.to_string());
    }
    Ok(if report.passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints a text. Whoever closed the pipe has seen enough.
fn say(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

fn options(mut parser: Parser) -> Result<Option<Options>, Failed> {
    use lexopt::prelude::*;
    let mut options = Options::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Value(url) if options.url.is_none() => {
                options.url = Some(match url.string()?.as_str() {
                    "-" => bounded(io::stdin(), "standard input")?,
                    url => Secret::new(url),
                });
            }
            Long("variable") => options.url = Some(variable(&parser.value()?.string()?)?),
            Long("http") => options.http.push(parser.value()?.string()?),
            Long("https") => options.https.push(parser.value()?.string()?),
            Long("space") => drop(options.space.insert(parser.value()?.parse::<Cidr>()?)),
            Long("reserved") => drop(options.reserved.insert(parser.value()?.parse::<Cidr>()?)),
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

fn bounded(source: impl Read, what: &str) -> Result<Secret, Failed> {
    let mut text = String::new();
    source
        .take(LONGEST + 1)
        .read_to_string(&mut text)
        .map_err(|error| format!("{what} cannot be read: {}", error.kind()))?;
    if text.len() as u64 > LONGEST {
        return Err(format!("{what} is longer than 1 MiB").into());
    }
    Ok(Secret::new(text.trim()))
}

fn variable(name: &str) -> Result<Secret, Failed> {
    let rule = "it is not set, or not text";
    let value = env::var(name);
    let value = value.map_err(|_| InvalidValue::new("variable of the environment", name, rule))?;
    Ok(Secret::new(value))
}

fn file(path: &str) -> Result<Secret, Failed> {
    let opened = File::open(path);
    let opened = opened
        .map_err(|error| InvalidValue::new("readable file", path, error.kind().to_string()))?;
    bounded(opened, "a file of --ca, --cert or --key")
}

fn probe(options: Options) -> Result<Probe, Failed> {
    let probe = match (&options.url, options.http.as_slice(), options.https.as_slice()) {
        (Some(url), [], []) => {
            if !options.space.is_empty() || !options.reserved.is_empty() {
                return Err("--space and --reserved need --http or --https; see --help".into());
            }
            let url: ConnectionUrl = url.expose().parse()?;
            if io::stderr().is_terminal() {
                eprintln!("connecting to {url} …");
            }
            Probe::new(&url, tls(&options, url.with_tls().tls_mode())?)
        }
        (None, [], []) => return Err("a URL is missing; see --help".into()),
        (None, apps, []) => {
            if options.mode.is_some_and(|mode| mode != TlsMode::Off) || !options.pins.is_empty() {
                return Err("--http has no TLS; --https has".into());
            }
            of_apps(&options, apps, Tls::off())?
        }
        (None, [], apps) => {
            if options.mode == Some(TlsMode::Off) {
                return Err("--https has TLS; --http has none".into());
            }
            of_apps(&options, apps, tls(&options, TlsMode::VerifyFull)?)?
        }
        _ => return Err("a URL, --http and --https exclude each other".into()),
    };
    let probe = probe.also_look_up(options.names);
    Ok(match options.deadline {
        Some(deadline) => probe.with_deadlines(Deadlines::of(deadline / 3, deadline)),
        None => probe,
    })
}

fn of_apps(options: &Options, apps: &[String], tls: Tls) -> Result<Probe, InvalidValue> {
    let mut blocks = SpaceBlocks::default();
    if !options.space.is_empty() {
        blocks = SpaceBlocks::new(options.space.clone(), CidrSet::new());
    }
    if !options.reserved.is_empty() {
        blocks.reserved.clone_from(&options.reserved);
    }
    Probe::of_apps(apps.iter().map(String::as_str), blocks, tls)
}

fn tls(options: &Options, usual: TlsMode) -> Result<Tls, Failed> {
    let authorities = options.authorities.as_ref().map(|pem| Authorities::from_pem(pem.expose()));
    let authorities = authorities.transpose().map_err(|error| format!("authorities: {error}"))?;
    let tls = match (options.pins.as_slice(), options.mode) {
        ([], mode) => Tls::of_mode(mode.unwrap_or(usual), authorities.as_ref())?,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Probe, String> {
        let said = |error: Failed| match error.downcast_ref::<lexopt::Error>() {
            Some(error) => arguments::explain(error),
            None => error.to_string(),
        };
        let options = options(Parser::from_args(words)).map_err(said)?;
        probe(options.unwrap()).map_err(said)
    }

    #[test]
    fn each_mode_is_named_or_follows_from_the_url() {
        let url = "redis://:hunter2@host";
        for (words, expected) in [
            (&[url][..], TlsMode::Unverified),
            (&[url, "--tls", "off"], TlsMode::Off),
            (&["postgres://u:hunter2@host/d"], TlsMode::Unverified),
            (&["postgres://u:hunter2@host/d?sslmode=disable"], TlsMode::Unverified),
            (&["--http", "app.example"], TlsMode::Off),
            (&["--https", "app.example", "--tls", "unverified"], TlsMode::Unverified),
        ] {
            assert_eq!(read(words).unwrap().tls.mode(), expected, "{words:?}");
        }
        let pin = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert!(read(&["--https", "app.example", "--pin", pin]).unwrap().tls.is_pinned());
    }

    #[test]
    fn what_makes_no_sense_is_refused_and_no_password_repeated() {
        let needs = "needs the certificates of the authorities";
        for (words, expected) in [
            (&[][..], "a URL is missing"),
            (&["kafka+ssl://host:1"], needs),
            (&["postgres://u:hunter2@host/d?sslmode=verify-full"], needs),
            (&["--https", "app.example"], needs),
            (&["--http", "redis://h:hunter2@host"], "not a host and port"),
            (&["--http", "app.example", "--tls", "unverified"], "--http has no TLS"),
            (&["--https", "app.example", "--tls", "off"], "--https has TLS"),
            (&["--http", "a.example", "--https", "b.example"], "exclude each other"),
            (&["redis://:hunter2@host", "--http", "app.example"], "exclude each other"),
            (&["redis://:hunter2@host", "--space", "10.0.0.0/16"], "need --http or --https"),
            (&["redis://:hunter2@host", "redis://:hunter2@host"], "more than one URL"),
            (&["--space", "10.0.0.1/16"], "use 10.0.0.0/16"),
            (&["--ca", "redis://h:hunter2@host"], "not a readable file"),
            (&["--redis://h:hunter2@host"], "not a known option"),
            (&["--deadline", "-1"], "negative"),
        ] {
            let refused = read(words).unwrap_err();
            assert!(refused.contains(expected), "{words:?}: {refused}");
            assert!(!refused.contains("hunter2"), "{words:?}: {refused}");
        }
    }

    #[test]
    fn what_is_read_is_bounded() {
        assert_eq!(bounded(&b" text\n"[..], "it").unwrap().expose(), "text");
        let refused = bounded(io::repeat(b'a'), "it").unwrap_err();
        assert_eq!(refused.to_string(), "it is longer than 1 MiB");
        let refused = bounded(&b"hunter2\xff"[..], "it").unwrap_err().to_string();
        assert!(!refused.contains("hunter2"), "{refused}");
    }
}
