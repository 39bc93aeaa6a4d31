//! The flat parameters of the query protocol: `SubnetId.1=…&Filter.1.Name=…`.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, header};
use heroku_data_link::model::InvalidValue;

use super::error::AwsError;

/// The most elements of a list that are read.
const LONGEST_LIST: usize = 1000;

/// Parameters that have not been read yet, or those of them below a prefix.
///
/// Whoever reads one takes it; [`finish`](Self::finish) then refuses what nobody knows, as AWS does.
#[derive(Debug, Clone)]
pub(super) struct Params {
    left: Arc<Mutex<BTreeMap<String, String>>>,
    prefix: String,
}

impl Params {
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, AwsError> {
        let form = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
        if !form && !body.is_empty() {
            return Err(AwsError::unsupported("a body that is no form"));
        }
        let mut left = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(body) {
            if left.insert(name.to_string(), value.into_owned()).is_some() {
                let message = format!("The parameter {name} is given twice");
                return Err(AwsError::new("InvalidParameterCombination", message));
            }
        }
        Ok(Self { left: Arc::new(Mutex::new(left)), prefix: String::new() })
    }

    /// One parameter.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.take(&format!("{}{name}", self.prefix))
    }

    /// One that must be there.
    pub(super) fn required(&self, name: &str) -> Result<String, AwsError> {
        self.text(name).ok_or_else(|| AwsError::missing(&format!("{}{name}", self.prefix)))
    }

    /// One that is something else than text. `code` is what AWS calls a malformed one.
    pub(super) fn parsed<T>(&self, name: &str, code: &'static str) -> Result<Option<T>, AwsError>
    where
        T: FromStr<Err = InvalidValue>,
    {
        self.text(name).map(|text| parse(&text, code)).transpose()
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, AwsError> {
        self.number_like(name, "a boolean", |text| match text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        })
    }

    pub(super) fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, AwsError> {
        self.number_like(name, "a number", |text| text.parse().ok())
    }

    /// `name.1`, `name.2`, …
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        (1..=LONGEST_LIST).map_while(|index| self.text(&format!("{name}.{index}"))).collect()
    }

    /// The same, of something else than text.
    pub(super) fn parsed_list<T>(&self, name: &str, code: &'static str) -> Result<Vec<T>, AwsError>
    where
        T: FromStr<Err = InvalidValue>,
    {
        self.list(name).iter().map(|text| parse(text, code)).collect()
    }

    /// What is below `name.1.`, `name.2.`, …
    pub(super) fn structs(&self, name: &str) -> Vec<Self> {
        (1..=LONGEST_LIST).map_while(|index| self.inner(&format!("{name}.{index}"))).collect()
    }

    /// What is below `name.`; `None` where nothing is.
    pub(super) fn inner(&self, name: &str) -> Option<Self> {
        let prefix = format!("{}{name}.", self.prefix);
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let some =
            left.range(prefix.clone()..).next().is_some_and(|(key, _)| key.starts_with(&prefix));
        drop(left);
        some.then(|| Self { left: Arc::clone(&self.left), prefix })
    }

    /// Refuses what nobody read.
    pub(super) fn finish(&self) -> Result<(), AwsError> {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        match left.keys().next() {
            None => Ok(()),
            Some(name) => {
                let message = format!("The parameter {name} is not recognized");
                Err(AwsError::new("UnknownParameter", message))
            }
        }
    }

    fn take(&self, key: &str) -> Option<String> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).remove(key)
    }

    fn number_like<T>(
        &self,
        name: &str,
        what: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, AwsError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match read(&text) {
            Some(value) => Ok(Some(value)),
            None => Err(invalid_value(&text, &format!("{}{name} is {what}", self.prefix))),
        }
    }
}

fn parse<T: FromStr<Err = InvalidValue>>(text: &str, code: &'static str) -> Result<T, AwsError> {
    text.parse().map_err(|_| AwsError::new(code, format!("Invalid id: \"{text}\"")))
}

pub(super) fn invalid_value(text: &str, why: &str) -> AwsError {
    AwsError::new("InvalidParameterValue", format!("Value ({text}) is invalid: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Params, AwsError> {
        let mut headers = HeaderMap::new();
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        headers.insert(header::CONTENT_TYPE, form.parse().unwrap());
        Params::read(&headers, body.as_bytes())
    }

    #[test]
    fn lists_and_structures_are_read_by_index() {
        let params =
            read("SubnetId.1=a&SubnetId.2=b%20c&Filter.1.Name=n&Filter.1.Value.1=v").unwrap();
        assert_eq!(params.list("SubnetId"), ["a", "b c"]);
        let filters = params.structs("Filter");
        assert_eq!(filters.len(), 1);
        assert_eq!(filters[0].required("Name").unwrap(), "n");
        assert_eq!(filters[0].list("Value"), ["v"]);
        params.finish().unwrap();
    }

    #[test]
    fn what_nobody_reads_is_refused() {
        let params = read("Action=X&Fliter.1.Name=n").unwrap();
        assert_eq!(params.required("Action").unwrap(), "X");
        let refused = params.finish().unwrap_err();
        assert_eq!(refused.code, "UnknownParameter");
        assert!(refused.message.contains("Fliter.1.Name"), "{}", refused.message);
    }

    #[test]
    fn what_is_missing_twice_or_no_number_is_refused() {
        assert_eq!(read("A=1&A=2").unwrap_err().code, "InvalidParameterCombination");
        let params = read("Max=many&DryRun=perhaps").unwrap();
        assert_eq!(params.required("Action").unwrap_err().code, "MissingParameter");
        assert_eq!(params.number::<u32>("Max").unwrap_err().code, "InvalidParameterValue");
        assert_eq!(params.flag("DryRun").unwrap_err().code, "InvalidParameterValue");
    }
}
