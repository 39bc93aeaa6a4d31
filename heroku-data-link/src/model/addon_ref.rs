//! How a user names an add-on.

use std::str::FromStr;

use super::{AddonId, AddonName, AppName, InvalidValue};

const WHAT: &str = "add-on reference";

/// What a user writes to mean an add-on: its name `redis-haiku-12345`, its id, an attachment
/// `REDIS`, a config var `REDIS_URL`, or one of these within an app: `app::REDIS`.
///
/// Heroku resolves it; only ids are unique by themselves.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddonRef {
    text: Box<str>,
    name_at: usize,
    app: Option<AppName>,
    id: Option<AddonId>,
}

impl AddonRef {
    /// The text, as it parses; an id in lower case.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The app before `::`.
    pub fn app(&self) -> Option<&AppName> {
        self.app.as_ref()
    }

    /// The name, id, attachment or config var, without the app.
    pub fn name(&self) -> &str {
        &self.text[self.name_at..]
    }

    /// The add-on's id, if the reference is one.
    pub fn id(&self) -> Option<AddonId> {
        self.id
    }
}

impl FromStr for AddonRef {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (app, name) = match text.split_once("::") {
            None => (None, text),
            Some((app, name)) => {
                let app = app.parse::<AppName>().map_err(|error| {
                    let rule = format!("the app before \"::\" is no app name: {}", error.rule());
                    InvalidValue::new(WHAT, text, rule)
                })?;
                (Some(app), name)
            }
        };
        let name_at = text.len() - name.len();
        if let Ok(id) = name.parse::<AddonId>() {
            // Ids read in either case are one value, so they are stored in one.
            let text = format!("{}{id}", &text[..name_at]).into();
            return Ok(Self { text, name_at, app, id: Some(id) });
        }
        // Attachments and config vars follow the rule for add-on names.
        name.parse::<AddonName>()
            .map_err(|error| InvalidValue::new(WHAT, text, error.rule().to_owned()))?;
        Ok(Self { text: text.into(), name_at, app, id: None })
    }
}

impl From<AddonName> for AddonRef {
    fn from(name: AddonName) -> Self {
        Self { text: name.as_str().into(), name_at: 0, app: None, id: None }
    }
}

impl From<AddonId> for AddonRef {
    fn from(id: AddonId) -> Self {
        Self { text: id.to_string().into(), name_at: 0, app: None, id: Some(id) }
    }
}

text_traits!(AddonRef, "^([A-Za-z][A-Za-z0-9_-]*::)?[A-Za-z0-9][A-Za-z0-9_-]*$");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{accepts, refuses};

    const UUID: &str = "a1234567-89ab-cdef-0123-456789abcdef";

    #[test]
    fn names_ids_and_apps() {
        let in_app = format!("my-app::{UUID}");
        accepts::<AddonRef>(&[
            "redis-kvs-12345",
            "REDIS",
            "REDIS_URL",
            UUID,
            "my-app::REDIS",
            &in_app,
        ]);
        for (text, app, name, is_id) in [
            ("redis-kvs-12345", None, "redis-kvs-12345", false),
            ("REDIS_URL", None, "REDIS_URL", false),
            (UUID, None, UUID, true),
            ("my-app::REDIS", Some("my-app"), "REDIS", false),
            (&in_app, Some("my-app"), UUID, true),
        ] {
            let value: AddonRef = text.parse().unwrap();
            assert_eq!(value.app().map(AppName::as_str), app);
            assert_eq!(value.name(), name);
            assert_eq!(value.id(), is_id.then(|| UUID.parse().unwrap()));
        }
    }

    #[test]
    fn ids_are_equal_in_any_case() {
        let lower: AddonRef = UUID.parse().unwrap();
        assert_eq!(UUID.to_ascii_uppercase().parse(), Ok(lower.clone()));
        assert_eq!(AddonRef::from(UUID.parse::<AddonId>().unwrap()), lower);
        let name: AddonName = "redis-haiku".parse().unwrap();
        assert_eq!(AddonRef::from(name), "redis-haiku".parse().unwrap());
    }

    #[test]
    fn refusals() {
        let characters = "it must have only ASCII letters, digits, \"-\" and \"_\"";
        for (text, rule) in [
            ("", "it must not be empty"),
            ("my-app::", "it must not be empty"),
            ("::REDIS", "the app before \"::\" is no app name: it must not be empty"),
            ("a/b::REDIS", &*format!("the app before \"::\" is no app name: {characters}")),
            ("a::b::c", characters),
            ("a:b", characters),
            ("a/../b", characters),
            ("12345", "it must start with a letter"),
        ] {
            refuses::<AddonRef>(&[(text, &format!("{text:?} is not an add-on reference: {rule}"))]);
        }
    }
}
