use std::error::Error;
use std::fmt::{self, Display};

use heroku_data_link::model::InvalidValue;

/// Something that cannot be put into a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupError(Reason);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reason {
    Invalid(InvalidValue),
    Unknown(&'static str, String),
    Taken(&'static str, String),
}

impl SetupError {
    pub(crate) fn unknown(what: &'static str, name: impl Display) -> Self {
        Self(Reason::Unknown(what, name.to_string()))
    }

    pub(crate) fn taken(what: &'static str, name: impl Display) -> Self {
        Self(Reason::Taken(what, name.to_string()))
    }
}

impl Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::Invalid(error) => Display::fmt(error, f),
            Reason::Unknown(what, name) => write!(f, "there is no {what} {name:?} in this world"),
            Reason::Taken(what, name) => write!(f, "the {what} {name:?} is taken in this world"),
        }
    }
}

impl Error for SetupError {}

impl From<InvalidValue> for SetupError {
    fn from(error: InvalidValue) -> Self {
        Self(Reason::Invalid(error))
    }
}
