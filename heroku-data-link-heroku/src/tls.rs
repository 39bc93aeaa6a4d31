use std::error::Error;
use std::io;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::client::BuildError;

/// TLS with ring, and the certificates of the system, which take milliseconds to read and are not
/// needed for a loopback server that is asked in clear text.
///
/// The provider is given by hand: installing one for the process would be the application's
/// business.
pub(crate) fn config(clear_text: bool) -> Result<ClientConfig, BuildError> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(BuildError::Certificates)?;
    let config = if clear_text {
        config.with_root_certificates(RootCertStore::empty())
    } else {
        config.with_platform_verifier().map_err(BuildError::Certificates)?
    };
    Ok(config.with_no_client_auth())
}

/// Whether a connection failed for what the server showed: trying again cannot help.
pub(crate) fn is_distrust(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let tls = error
            .downcast_ref::<rustls::Error>()
            .or_else(|| inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()));
        if let Some(rustls::Error::InvalidCertificate(_)) = tls {
            return true;
        }
        next = error.source();
    }
    false
}
