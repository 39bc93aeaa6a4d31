//! Who calls which service where, as the signature's credential scope says.

use axum::http::{HeaderMap, header};
use heroku_data_link::model::{AccountId, AwsRegion};

use super::error::AwsError;
use crate::server::access_key;

/// The services that the simulated AWS has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Ec2,
    Kms,
    Sts,
}

impl Service {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Ec2 | Self::Sts => "text/xml;charset=UTF-8",
            Self::Kms => "application/x-amz-json-1.1",
        }
    }
}

/// `AKIA…/20260101/us-east-1/ec2/aws4_request`.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) account: AccountId,
    pub(super) region: AwsRegion,
    pub(super) service: Service,
}

impl Scope {
    pub(super) fn read(headers: &HeaderMap, query: Option<&str>) -> Result<Self, AwsError> {
        if query.is_some_and(|query| !query.is_empty()) {
            return Err(AwsError::unsupported("a query string: actions are POSTed"));
        }
        let missing = || AwsError::unauthenticated("Request is missing Authentication Token");
        let value = headers.get(header::AUTHORIZATION).ok_or_else(missing)?;
        let value = value.to_str().map_err(|_| missing())?;
        let rest = value.strip_prefix("AWS4-HMAC-SHA256 ").ok_or_else(missing)?;
        let part = |name: &str| {
            let parts = rest.split(',').map(str::trim);
            parts.filter_map(|part| part.split_once('=')).find(|(key, _)| *key == name)
        };
        let lacking = |what| AwsError::incomplete_signature(&format!("it has no {what}"));
        let (_, credential) = part("Credential").ok_or_else(|| lacking("Credential"))?;
        for name in ["SignedHeaders", "Signature"] {
            part(name).filter(|(_, text)| !text.is_empty()).ok_or_else(|| lacking(name))?;
        }
        let mut parts = credential.split('/');
        let mut next = || parts.next().unwrap_or_default();
        let (key, _date, region, service, end) = (next(), next(), next(), next(), next());
        if end != "aws4_request" || parts.next().is_some() {
            return Err(AwsError::incomplete_signature("its scope is malformed"));
        }
        let service = match service {
            "ec2" => Service::Ec2,
            "kms" => Service::Kms,
            "sts" => Service::Sts,
            other => return Err(AwsError::unsupported(&format!("the service {other}"))),
        };
        let account = account(key).ok_or_else(|| AwsError::unknown_key(service))?;
        let region = region.parse().map_err(|_| AwsError::unknown_key(service))?;
        Ok(Self { account, region, service })
    }
}

/// Whose access key this is.
fn account(key: &str) -> Option<AccountId> {
    let account = key.get(4..16)?.parse().ok()?;
    (access_key(&account) == key).then_some(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &'static str) -> Result<Scope, AwsError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        Scope::read(&headers, None)
    }

    #[test]
    fn account_and_region_come_from_the_scope() {
        let scope = read(
            "AWS4-HMAC-SHA256 Credential=AKIA012345678910MOCK/20260101/eu-west-1/kms/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=00",
        );
        let scope = scope.unwrap();
        assert_eq!(scope.account.as_str(), "012345678910");
        assert_eq!(scope.region.as_str(), "eu-west-1");
        assert_eq!(scope.service, Service::Kms);
    }

    #[test]
    fn what_is_not_signed_for_this_world_is_refused() {
        let malformed = [
            "Bearer x",
            "AWS4-HMAC-SHA256 Credential=AKIA012345678910MOCK/20260101/eu-west-1/kms/aws4_request",
            "AWS4-HMAC-SHA256 Credential=AKIA012345678910MOCK, SignedHeaders=a, Signature=0",
            "AWS4-HMAC-SHA256 Credential=AKIA01234567891/1/eu-west-1/kms/aws4_request, \
             SignedHeaders=a, Signature=0",
            "AWS4-HMAC-SHA256 Credential=AKIA012345678910MOCK/1/../kms/aws4_request, \
             SignedHeaders=a, Signature=0",
            "AWS4-HMAC-SHA256 Credential=AKIA012345678910MOCK/1/eu-west-1/s3/aws4_request, \
             SignedHeaders=a, Signature=0",
        ];
        for value in malformed {
            assert!(read(value).is_err(), "{value}");
        }
    }
}
