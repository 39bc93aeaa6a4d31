//! Whom Heroku lists as allowed, readable or not.

use std::fmt;

use super::{AwsPrincipal, TextFilter};

/// What stands for everybody.
const ANYONE: &str = "*";

/// Who may connect to an endpoint service, as Heroku lists it.
///
/// What cannot be read is data: a list without it would look safer than the service is. Prints as
/// Heroku lists it, made fit to be shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AllowedPrincipal {
    /// An account, user or role.
    Known(AwsPrincipal),
    /// `*`: every AWS account there is.
    Anyone,
    /// Something else, such as `arn:aws:iam::*:root` or the session of a role. The text passed a
    /// [`TextFilter`], and is empty where nothing was listed.
    Unreadable(String),
}

impl AllowedPrincipal {
    /// Reads what Heroku lists. There is no text that this fails on.
    pub fn read(text: &str) -> Self {
        match text.trim() {
            ANYONE => Self::Anyone,
            text => text.parse().map_or_else(
                |_| Self::Unreadable(TextFilter::new().show(text)),
                |principal: AwsPrincipal| Self::Known(principal),
            ),
        }
    }

    /// The account, user or role, if it is one.
    pub fn known(&self) -> Option<&AwsPrincipal> {
        match self {
            Self::Known(principal) => Some(principal),
            Self::Anyone | Self::Unreadable(_) => None,
        }
    }

    /// Whether it stands for more than one account: `*`, or something else with a wildcard.
    pub fn is_wildcard(&self) -> bool {
        match self {
            Self::Known(_) => false,
            Self::Anyone => true,
            Self::Unreadable(text) => text.contains('*'),
        }
    }
}

impl From<AwsPrincipal> for AllowedPrincipal {
    fn from(principal: AwsPrincipal) -> Self {
        Self::Known(principal)
    }
}

impl fmt::Display for AllowedPrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(principal) => principal.fmt(f),
            Self::Anyone => f.write_str(ANYONE),
            Self::Unreadable(text) if text.is_empty() => f.write_str("an entry without a name"),
            Self::Unreadable(text) => f.write_str(text),
        }
    }
}

impl serde::Serialize for AllowedPrincipal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_kept_and_a_star_is_everybody() {
        for (text, shown, is_known, is_wildcard) in [
            ("123456789012", "arn:aws:iam::123456789012:root", true, false),
            (" arn:aws:iam::123456789012:role/x ", "arn:aws:iam::123456789012:role/x", true, false),
            ("*", "*", false, true),
            ("arn:aws:iam::*:root", "arn:aws:iam::*:root", false, true),
            (
                "arn:aws:sts::123456789012:assumed-role/Admin/me",
                "arn:aws:sts::123456789012:assumed-role/Admin/me",
                false,
                false,
            ),
            ("\u{1b}[2Jgone", "\\u{1b}[2Jgone", false, false),
            ("", "an entry without a name", false, false),
        ] {
            let read = AllowedPrincipal::read(text);
            assert_eq!(read.to_string(), shown);
            assert_eq!(serde_json::to_value(&read).unwrap(), shown);
            assert_eq!((read.known().is_some(), read.is_wildcard()), (is_known, is_wildcard));
        }
        assert_eq!(AllowedPrincipal::read("*"), AllowedPrincipal::Anyone);
    }
}
