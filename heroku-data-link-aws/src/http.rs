//! The one HTTP and TLS stack: hyper 1 with rustls on ring.

use std::net::IpAddr;
use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::limits::Meter;

/// What a connection may take; the SDK's own default, in whole seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
/// What a whole call may take, a page of a list included. EC2 answers within seconds.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// How long connecting, and how long one call, may take unless it is set otherwise: 4 and 30
/// seconds.
pub fn default_timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT)
        .build()
}

/// An HTTP client for the AWS SDK on rustls with ring and the system's certificates. Give it to
/// `aws_config` if you load an [`SdkConfig`](crate::SdkConfig) yourself and do not want a second TLS
/// stack.
///
/// It obeys `HTTPS_PROXY` and `NO_PROXY` for `https` to other machines. Requests in clear text, and
/// those to this machine, go through no proxy. Its answers are bounded, and a session token does not
/// leave the machine in clear text, as a [`Client`](crate::Client) has it with any HTTP client.
///
/// Reads the system's certificates.
pub fn http_client() -> SharedHttpClient {
    guarded(own_client(default_timeouts().connect_timeout()))
}

/// The client without the guards.
pub(crate) fn own_client(connect_timeout: Option<Duration>) -> SharedHttpClient {
    let connector = |proxy| {
        let mut settings = HttpConnectorSettings::builder();
        settings.set_connect_timeout(connect_timeout);
        let connector = Connector::builder()
            .connector_settings(settings.build())
            .sleep_impl(TokioSleep::new())
            .proxy_config(proxy)
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .build();
        SharedHttpConnector::new(connector)
    };
    // One connector for all services and regions, and so one pool of connections.
    let connector = SharedHttpConnector::new(Routed {
        direct: connector(ProxyConfig::disabled()),
        proxied: connector(ProxyConfig::from_env()),
    });
    http_client_fn(move |_, _| connector.clone())
}

/// The client with bounded answers, and without session tokens in clear text.
pub(crate) fn guarded(client: SharedHttpClient) -> SharedHttpClient {
    http_client_fn(move |settings, components| {
        SharedHttpConnector::new(Guarded(client.http_connector(settings, components)))
    })
}

/// Which way a request goes. A proxy reads what is sent in clear text, the session token too, and
/// reaches another machine than this one by the name `localhost`.
#[derive(Debug)]
struct Routed {
    direct: SharedHttpConnector,
    proxied: SharedHttpConnector,
}

impl HttpConnector for Routed {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if is_clear_text(request.uri()) || is_this_machine(request.uri()) {
            self.direct.call(request)
        } else {
            self.proxied.call(request)
        }
    }
}

/// Why a request was not sent.
#[derive(Debug, thiserror::Error)]
#[error(
    "a session token is not sent over plain http to another machine: set an https endpoint, or one \
     on this machine"
)]
struct TokenInClearText;

#[derive(Debug)]
struct Guarded(SharedHttpConnector);

impl HttpConnector for Guarded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri = request.uri();
        if is_clear_text(uri)
            && !is_this_machine(uri)
            && request.headers().get("x-amz-security-token").is_some()
        {
            let refused = ConnectorError::user(TokenInClearText.into());
            return HttpConnectorFuture::ready(Err(refused));
        }
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async {
            let mut answer = answer.await?;
            let body = answer.take_body();
            *answer.body_mut() = Meter::of_answer().bounded(body);
            Ok(answer)
        })
    }
}

fn is_clear_text(uri: &str) -> bool {
    let https = "https://";
    !uri.get(..https.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(https))
}

/// Whether the host is this machine, by its address or by a name that cannot mean another one.
fn is_this_machine(uri: &str) -> bool {
    let authority = uri.split_once("://").map_or("", |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    match host.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => {
            let name = host.to_ascii_lowercase();
            let name = name.strip_suffix('.').unwrap_or(&name);
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_this_machine() {
        for (uri, expected) in [
            ("http://127.0.0.1:4566/", true),
            ("http://127.8.9.1", true),
            ("http://[::1]:4566/a@b", true),
            ("http://[::ffff:127.0.0.1]/", true),
            ("https://LOCALHOST:1", true),
            ("http://localhost.", true),
            ("http://s3.localhost:4566/?x=/", true),
            ("http://localhost@example.com/", false),
            ("http://127.0.0.1.example.com/", false),
            ("http://localhost.example.com", false),
            ("http://example.com/@localhost", false),
            ("http://example.com?@localhost", false),
            ("http://10.0.0.1/", false),
            ("http://[2001:db8::1]/", false),
            ("http://169.254.169.254/latest", false),
            ("localhost", false),
        ] {
            assert_eq!(is_this_machine(uri), expected, "{uri}");
        }
    }

    #[test]
    fn all_but_https_is_clear_text() {
        for (uri, expected) in [
            ("https://ec2.us-east-1.amazonaws.com/", false),
            ("HTTPS://ec2", false),
            ("http://ec2", true),
            ("/", true),
            ("", true),
        ] {
            assert_eq!(is_clear_text(uri), expected, "{uri}");
        }
    }
}
