//! The runner of programs, on the programs that every Unix has.
#![cfg(unix)]

use std::io::ErrorKind;
use std::time::Duration;

use super::super::environment::run_within;

const LONG: Duration = Duration::from_secs(60);

#[test]
fn what_a_program_prints_is_a_secret() {
    let printed = run_within(LONG, "printf", &["%s\\n", "hunter2 $HOME; *"]).unwrap();
    assert_eq!(printed.expose(), "hunter2 $HOME; *\n");
    assert_eq!(format!("{printed:?}"), "***");
}

#[test]
fn a_silent_or_failing_program_printed_nothing() {
    for program in ["true", "false", "cat"] {
        assert_eq!(run_within(LONG, program, &[]).unwrap().expose(), "", "{program}");
    }
}

#[test]
fn a_missing_program_is_not_found() {
    let error = run_within(LONG, "heroku-data-link-no-such-program", &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn a_program_that_hangs_is_given_up() {
    let error = run_within(Duration::from_millis(20), "sleep", &["600"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[test]
fn endless_output_is_cut() {
    let printed = run_within(LONG, "yes", &["x"]).unwrap();
    assert_eq!(printed.expose().len(), 64 * 1024);
}
