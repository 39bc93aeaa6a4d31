//! Proves a connection to a Heroku data service, or to web apps behind a peering, from where it runs: the
//! program `heroku-data-link-probe`.
//!
//! ```sh
//! cargo run --example probe -- --help
//! heroku config:get REDIS_ENDPOINT_01C87AE3C05563935_URL -a my-app | cargo run --example probe -- -
//! ```

use std::process::ExitCode;

fn main() -> ExitCode {
    heroku_data_link_probe::cli::main()
}
