//! Serves the simulated clouds on one port of this machine.

use std::error::Error;
use std::num::NonZeroUsize;
use std::process::ExitCode;

use heroku_data_link::model::TextFilter;
use heroku_data_link_mock::{ServeOptions, Server, World, access_key};

const HELP: &str = "\
Simulates Heroku and AWS on one port of 127.0.0.1, and prints what to set for the clients of both.

usage: cargo run -p heroku-data-link-mock --features server -- [options]

  --port N         the port (default: any free one)
  --speed N        simulated seconds in a real one; 600 is ten minutes a second (default: 1)
  --page-size N    the most results on a page (default: 1000)
  --help           print this

In the world is what Heroku's five procedures begin with: apps with a Key-Value Store, a Kafka and
a Postgres in a Private Space, a VPC to connect to them, and a Private Space and a VPC to peer.
Time, faults, journal and reset are under /__world.";

/// The account of the VPC that [`World::of_the_peering_procedure`] peers.
const PEERING_ACCOUNT: &str = "435886841536";

fn options() -> Result<Option<ServeOptions>, Box<dyn Error>> {
    use lexopt::prelude::*;
    let mut options = ServeOptions { speed: 1, ..ServeOptions::default() };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("port") => options.port = parser.value()?.parse()?,
            Long("speed") => options.speed = parser.value()?.parse()?,
            Long("page-size") => options.page_size = parser.value()?.parse::<NonZeroUsize>()?,
            Long("help") | Short('h') => return Ok(None),
            _ => return Err(argument.unexpected().into()),
        }
    }
    Ok(Some(options))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // It may repeat an argument, and that be a URL with a password.
            eprintln!("error: {}", TextFilter::new().show(&error.to_string()));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let Some(options) = options()? else {
        println!("{HELP}");
        return Ok(());
    };
    let mut server = Server::of(World::of_all_procedures, options).await?;
    for (name, value) in server.environment() {
        println!("export {name}={value}");
    }
    println!("# The VPC of the peering procedure is in another account:");
    println!("# export AWS_ACCESS_KEY_ID={}", access_key(&PEERING_ACCOUNT.parse()?));
    eprintln!("the simulated clouds are at {}; stop them with Ctrl-C", server.url());
    server.wait().await;
    Ok(())
}
