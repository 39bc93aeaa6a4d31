//! Text that is not printed.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};

/// What is printed in the place of a secret.
pub(crate) const MASK: &str = "***";

/// Secret text: debugged and serialized as `***`, wiped from memory when dropped.
///
/// It has no `Display`, and so no `to_string()`: [`expose`](Self::expose) is the one way to its text.
/// There is no way to deserialize one: a secret is read where it comes from, not from a report.
///
/// ```compile_fail
/// use heroku_data_link::model::Secret;
///
/// let text = Secret::new("hunter2").to_string();
/// ```
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes text as a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// Whether the text has `***` in it: what is printed in the place of a secret, and not the secret.
    pub fn is_masked(&self) -> bool {
        self.expose().contains(MASK)
    }

    /// The text. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_it() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "*** Some(***)");
        assert_eq!(serde_json::to_value(&secret).unwrap(), "***");
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn equality_is_of_the_text() {
        let secret = Secret::new("hunter2");
        assert_eq!(secret, secret.clone());
        assert_ne!(secret, Secret::new("hunter3"));
    }
}
