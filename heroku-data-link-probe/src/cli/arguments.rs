//! What is said of arguments that are wrong. Each of them may be a connection URL, or a part of
//! one, in the wrong place: it is not repeated then.

use heroku_data_link::model::InvalidValue;
use lexopt::Error;

const HELP: &str = "see --help";

/// An option that there is not, with its dashes.
pub fn unknown_option(option: &str) -> InvalidValue {
    InvalidValue::new("known option", option, HELP)
}

/// What is wrong with the command line.
///
/// The error's own `Display` repeats every argument as it is.
pub fn explain(error: &Error) -> String {
    match error {
        Error::MissingValue { .. } | Error::Custom(_) => error.to_string(),
        Error::UnexpectedOption(option) => unknown_option(option).to_string(),
        Error::UnexpectedArgument(value) => {
            InvalidValue::new("known argument", value.to_string_lossy(), HELP).to_string()
        }
        Error::UnexpectedValue { option, .. } => format!("option {option} takes no value"),
        Error::NonUnicodeValue(_) => "an argument is not Unicode text".to_owned(),
        Error::ParsingFailed { value, error } => match error.downcast_ref::<InvalidValue>() {
            Some(error) => error.to_string(),
            None => InvalidValue::new("usable value", value, error.to_string()).to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::num::ParseIntError;

    use heroku_data_link::model::AppName;
    use lexopt::prelude::*;

    use super::*;

    fn complaint(words: &[&str]) -> String {
        let read = || {
            let mut parser = lexopt::Parser::from_args(words);
            while let Some(argument) = parser.next()? {
                match argument {
                    Long("app") => drop(parser.value()?.parse::<AppName>()?),
                    Long("number") => {
                        parser
                            .value()?
                            .parse_with(|text| -> Result<u8, ParseIntError> { text.parse() })?;
                    }
                    Long("json") => {}
                    _ => return Err(argument.unexpected()),
                }
            }
            Ok(())
        };
        explain(&read().unwrap_err())
    }

    #[test]
    fn an_argument_that_may_hold_a_password_is_not_repeated() {
        for url in ["redis://h:hunter2@host", "h:hunter2@host", "hunter2@host", "h:a hunter2@host"]
        {
            let with_value = ["--json=", url].concat();
            let as_option = ["--", url].concat();
            for words in [
                &["--app", url][..],
                &["--number", url],
                &[url],
                &["--json", url],
                &[&with_value],
                &[&as_option],
            ] {
                let said = complaint(words);
                assert!(!said.contains("hunter2"), "{words:?}: {said}");
            }
        }
    }

    #[test]
    fn other_arguments_are_named() {
        for (words, expected) in [
            (&["--app", "a b"][..], "\"a b\" is not an app name: "),
            (&["--app"], "missing argument for option '--app'"),
            (&["--number", "x"], "\"x\" is not a usable value: "),
            (&["x"], "\"x\" is not a known argument: see --help"),
            (&["--sped"], "\"--sped\" is not a known option: see --help"),
            (&["--json=1"], "option --json takes no value"),
        ] {
            let said = complaint(words);
            assert!(said.starts_with(expected), "{words:?}: {said}");
        }
    }
}
