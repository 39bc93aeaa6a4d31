//! What the headers of a request want: the variant of the API, and more or less in an answer.

use axum::http::{HeaderMap, header};

/// A variant of the API; they differ in some shapes and routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variant {
    /// `version=3`, and `application/json`.
    V3,
    /// `version=3.sdk`
    Sdk,
    /// `version=3.fir`
    Fir,
    /// `version=3.dogwood`
    Dogwood,
    /// `version=3.actions`
    Actions,
}

/// What a client wants.
#[derive(Debug, Clone)]
pub(super) struct Wants {
    pub(super) variant: Variant,
    /// What is wanted in full where it is referred to.
    expansion: Vec<String>,
    /// What is shown only on demand.
    inclusion: Vec<String>,
    /// Whether add-ons are to say how their making goes.
    pub(super) messages: bool,
}

impl Wants {
    /// `None` if the client accepts nothing that there is.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let accept = headers.get(header::ACCEPT)?.to_str().ok()?;
        let variant = accept.split(',').find_map(variant)?;
        Some(Self {
            variant,
            expansion: words(headers, "accept-expansion"),
            inclusion: words(headers, "accept-inclusion"),
            messages: words(headers, "x-heroku-legacy-provider-messages") == ["true"],
        })
    }

    /// Whether services, plans or regions are wanted in full.
    pub(super) fn expands(&self, kind: &str) -> bool {
        self.expansion.iter().any(|it| it == kind)
    }

    /// Whether something is wanted that is shown only on demand.
    pub(super) fn includes(&self, field: &str) -> bool {
        self.inclusion.iter().any(|it| it == field)
    }
}

/// The variant of one alternative of an Accept header.
fn variant(accepted: &str) -> Option<Variant> {
    let mut parts = accepted.split(';').map(str::trim);
    match parts.next()? {
        "application/json" => return Some(Variant::V3),
        "application/vnd.heroku+json" => {}
        _ => return None,
    }
    let version = parts.find_map(|parameter| parameter.strip_prefix("version="))?;
    Some(match version {
        "3" => Variant::V3,
        "3.sdk" => Variant::Sdk,
        "3.fir" => Variant::Fir,
        "3.dogwood" => Variant::Dogwood,
        "3.actions" => Variant::Actions,
        _ => return None,
    })
}

fn words(headers: &HeaderMap, name: &str) -> Vec<String> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|word| word.trim().to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accept_header_names_a_variant() {
        for (accept, expected) in [
            ("application/vnd.heroku+json; version=3", Some(Variant::V3)),
            ("application/vnd.heroku+json;version=3.sdk", Some(Variant::Sdk)),
            ("text/html, application/vnd.heroku+json; q=1; version=3.fir", Some(Variant::Fir)),
            ("application/vnd.heroku+json; version=3.dogwood", Some(Variant::Dogwood)),
            ("application/vnd.heroku+json; version=3.actions", Some(Variant::Actions)),
            ("application/json", Some(Variant::V3)),
            ("application/vnd.heroku+json; version=2", None),
            ("application/vnd.heroku+json; version=3.nothing", None),
            ("application/vnd.heroku+json", None),
            ("*/*", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            assert_eq!(Wants::of(&headers).map(|wants| wants.variant), expected, "{accept}");
        }
        assert!(Wants::of(&HeaderMap::new()).is_none());
    }
}
