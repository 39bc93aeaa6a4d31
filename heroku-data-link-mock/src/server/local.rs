//! Whom the control routes obey: programs of this machine, and no page in its browser.
//!
//! They need no token. A page of any site can make a browser send requests to this machine, and one
//! whose name resolves to this machine can read the answers, too. Both show in the headers: in the
//! second case `Host` is the site's name, in the first `Origin` is another than the server's.

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::{Host, Url};

use super::control::Refused;

const FOREIGN_HOST: &str = "the control routes obey this machine alone: ask for them by 127.0.0.1 or \
                            localhost, so that no other name is in the Host header";
const FOREIGN_ORIGIN: &str = "the control routes obey programs, and no page of another origin in a \
                              browser: send no Origin header";

/// Lets through what comes from a program of this machine.
pub(super) async fn only_local(request: Request, next: Next) -> Response {
    match check(request.uri().authority(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(message) => Refused(StatusCode::FORBIDDEN, message.to_owned()).into_response(),
    }
}

/// `authority`: that of a request for a whole URL, which counts as its `Host` does.
fn check(authority: Option<&Authority>, headers: &HeaderMap) -> Result<(), &'static str> {
    let host = only(headers, &header::HOST).ok().flatten().ok_or(FOREIGN_HOST)?;
    if !is_loopback(host) || authority.is_some_and(|named| !is_loopback(named.as_str())) {
        return Err(FOREIGN_HOST);
    }
    match only(headers, &header::ORIGIN) {
        Ok(None) => Ok(()),
        Ok(Some(origin)) if origin == format!("http://{host}") => Ok(()),
        Ok(Some(_)) | Err(()) => Err(FOREIGN_ORIGIN),
    }
}

/// The value of a header that may be there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(drop),
        (Some(_), Some(_)) => Err(()),
    }
}

/// Whether a `Host` names this machine, by whatever port: behind a tunnel it is another's. The
/// server listens on a loopback address, which is one of those.
fn is_loopback(host: &str) -> bool {
    let is_plain =
        host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:[]-".contains(&byte));
    let Ok(url) = Url::parse(&format!("http://{host}/")) else { return false };
    is_plain
        && match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
}
