//! The program that is run inside the VPC.

use std::process::ExitCode;

fn main() -> ExitCode {
    heroku_data_link_probe::cli::main()
}
