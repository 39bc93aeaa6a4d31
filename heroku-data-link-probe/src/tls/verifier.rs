//! Whom to trust, as rustls asks it.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::SingleCertAndKey;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use super::material::PROVIDER;
use super::{Identity, Trust};
use crate::Fingerprint;

/// The verifier of one handshake, or of all handshakes of a client.
///
/// Signatures are checked in every mode: without them anybody could show a certificate that they
/// have seen, a pinned one as well.
#[derive(Debug)]
pub(super) struct Verifier {
    trust: Trust,
    /// What the server of the first handshake showed, whether or not it was accepted.
    shown: OnceLock<Fingerprint>,
}

impl Verifier {
    pub(super) fn new(trust: Trust) -> Arc<Self> {
        Arc::new(Self { trust, shown: OnceLock::new() })
    }

    pub(super) fn trust(&self) -> &Trust {
        &self.trust
    }

    pub(super) fn shown(&self) -> Option<Fingerprint> {
        self.shown.get().copied()
    }

    /// What a client is set up with that trusts so, and comes as `identity`.
    pub(super) fn config(
        self: Arc<Self>,
        identity: Option<&Identity>,
    ) -> Result<ClientConfig, Error> {
        let builder = ClientConfig::builder_with_provider(PROVIDER.clone())
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(self);
        Ok(match identity {
            Some(identity) => {
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity.pair())))
            }
            None => builder.with_no_client_auth(),
        })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = Fingerprint::of(end_entity);
        // A client has many handshakes, and each is judged by its own certificate.
        let _ = self.shown.set(shown);
        let webpki = |verifier: &WebPkiServerVerifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        match &self.trust {
            Trust::Full(verifier) => webpki(verifier),
            Trust::Chain(verifier) => forgive_name(webpki(verifier)),
            Trust::Pinned(pins) => pinned(pins, shown),
            Trust::Nobody => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &PROVIDER.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &PROVIDER.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        PROVIDER.signature_verification_algorithms.supported_schemes()
    }
}

/// Accepts a certificate with which nothing but the name is wrong.
///
/// The verifier looks at the name last, once the chain, its signatures and its times have passed;
/// a test holds it to that.
fn forgive_name(verified: Result<ServerCertVerified, Error>) -> Result<ServerCertVerified, Error> {
    match verified {
        Err(Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        )) => Ok(ServerCertVerified::assertion()),
        other => other,
    }
}

fn pinned(pins: &BTreeSet<Fingerprint>, shown: Fingerprint) -> Result<ServerCertVerified, Error> {
    if pins.contains(&shown) {
        Ok(ServerCertVerified::assertion())
    } else {
        Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }
}
