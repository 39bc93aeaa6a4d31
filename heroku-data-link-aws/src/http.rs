//! The one HTTP and TLS stack: hyper 1 with rustls on ring.

use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_types::timeout::TimeoutConfig;

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

/// An HTTP client for the AWS SDK on rustls with ring and the system's certificates, which obeys
/// `HTTPS_PROXY` and `NO_PROXY`. Give it to `aws_config` if you load an
/// [`SdkConfig`](crate::SdkConfig) yourself and do not want a second TLS stack.
///
/// Reads the system's certificates.
pub fn http_client() -> SharedHttpClient {
    client(Reach::Internet, default_timeouts().connect_timeout())
}

/// Where requests go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// To AWS, through a proxy where there is one.
    Internet,
    /// To an emulator close by, in clear text.
    Emulator,
}

pub(crate) fn client(reach: Reach, connect_timeout: Option<Duration>) -> SharedHttpClient {
    let proxy = match reach {
        Reach::Internet => ProxyConfig::from_env(),
        Reach::Emulator => ProxyConfig::disabled(),
    };
    let mut settings = HttpConnectorSettings::builder();
    settings.set_connect_timeout(connect_timeout);
    let connector = Connector::builder()
        .connector_settings(settings.build())
        .sleep_impl(TokioSleep::new())
        .proxy_config(proxy)
        .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
        .build();
    // One connector for all services and regions, and so one pool of connections.
    let connector = SharedHttpConnector::new(connector);
    http_client_fn(move |_, _| connector.clone())
}
