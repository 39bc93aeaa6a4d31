//! The operator as a program: prints the definitions, or waits for the lease and works.

#[cfg(feature = "live")]
mod live;

use std::error::Error;
use std::process::ExitCode;

use heroku_data_link_operator::manifests_as_yaml;

const HELP: &str = "\
Keeps links between AWS VPCs and Heroku's data as Kubernetes objects.

usage: heroku-data-link-operator [options]

  --crd               print the definitions of the objects, and end
  --namespace NAME    work the objects of one namespace (default: of all)
  --listen ADDRESS    where to answer /metrics, /healthz and /readyz (default: 0.0.0.0:8080)
  --help              print this

The lease is in the namespace of POD_NAMESPACE (default: the client's own), and its holder is called
POD_NAME. Heroku and AWS are those of the environment, HEROKU_API_KEY, HEROKU_HOST, AWS_REGION and
AWS_ENDPOINT_URL among it, where an object names no credentials of its own.";

/// What the program is told.
#[derive(Debug)]
#[cfg_attr(not(feature = "live"), allow(dead_code, reason = "only what works reads them"))]
struct Options {
    prints: bool,
    namespace: Option<String>,
    listen: std::net::SocketAddr,
}

fn options() -> Result<Option<Options>, Box<dyn Error>> {
    use lexopt::prelude::*;
    let listen = ([0, 0, 0, 0], 8080).into();
    let mut options = Options { prints: false, namespace: None, listen };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("crd") => options.prints = true,
            Long("namespace") => options.namespace = Some(parser.value()?.string()?),
            Long("listen") => options.listen = parser.value()?.parse()?,
            Long("help") | Short('h') => return Ok(None),
            _ => return Err(argument.unexpected().into()),
        }
    }
    Ok(Some(options))
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let (mut text, mut source) = (error.to_string(), error.source());
            while let Some(cause) = source {
                text = format!("{text}: {cause}");
                source = cause.source();
            }
            eprintln!("error: {text}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let Some(options) = options()? else {
        println!("{HELP}");
        return Ok(());
    };
    if options.prints {
        print!("{}", manifests_as_yaml()?);
        return Ok(());
    }
    #[cfg(feature = "live")]
    return live::run(&options);
    #[cfg(not(feature = "live"))]
    Err("this program was built without `--features live`, and can only print the definitions"
        .into())
}
