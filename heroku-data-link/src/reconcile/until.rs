//! How the official clients show that a step without a call is done.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::seconds::Seconds;
use crate::model::{SubnetId, ZoneId, ZoneName};
use crate::provider::{Command, Word};

/// What an open step without a call waits for, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Until {
    /// All of them.
    pub(crate) signs: Vec<Sign>,
    /// How long to wait before giving up; serialised as seconds.
    #[serde(with = "Seconds")]
    pub(crate) deadline: Duration,
}

/// What a command of an official client says once a step is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Sign {
    pub(crate) command: Command,
    #[serde(flatten)]
    pub(crate) answer: Answer,
}

/// How the answer to a command is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub(crate) enum Answer {
    /// AWS's client finds one of these words there, and nothing else; without words, nothing.
    Found { query: String, words: Vec<String> },
    /// A line begins with this word, and has one of these.
    Line { first: Word, words: Vec<String> },
    /// A line begins with this word, and has none of these.
    LineWithout { first: Word, words: Vec<String> },
    /// The last word of the line with this label begins so, and a variable keeps it.
    Told { label: String, start: String, variable: Word },
    /// The command fails and says this word.
    Refused { word: String },
    /// Among the names of an app's config variables is one for this endpoint.
    Variable { endpoint: Word },
    /// The zones of an endpoint service, and a variable keeps those of these subnets that are in them.
    Zones { subnets: Vec<(ZoneId, ZoneName, SubnetId)>, variable: Word },
}

impl Until {
    /// One command shows it.
    pub(crate) fn one(command: Command, answer: Answer, deadline: Duration) -> Self {
        Self { signs: vec![Sign { command, answer }], deadline }
    }
}

impl Answer {
    /// An add-on says that it is provisioned.
    pub(crate) fn provisioned() -> Self {
        Self::line("State:", ["created"])
    }

    /// The service behind an add-on says that it can be used.
    pub(crate) fn available() -> Self {
        Self::line("Status:", ["available", "Available"])
    }

    /// It says anything else than that, or that it is about to stop.
    pub(crate) fn stopped() -> Self {
        let words = ["available", "Available", "stopping", "Stopping"].map(str::to_owned);
        Self::LineWithout { first: "Status:".into(), words: words.into() }
    }

    /// AWS's client finds nothing there.
    pub(crate) fn nothing(query: &str) -> Self {
        Self::found(query, [])
    }

    /// AWS's client finds one of these words there.
    pub(crate) fn found<const N: usize>(query: impl Into<String>, words: [&str; N]) -> Self {
        Self::Found { query: query.into(), words: words.map(str::to_owned).into() }
    }

    /// A line begins with this word, and has one of these.
    pub(crate) fn line<const N: usize>(first: impl Into<Word>, words: [&str; N]) -> Self {
        Self::Line { first: first.into(), words: words.map(str::to_owned).into() }
    }
}
