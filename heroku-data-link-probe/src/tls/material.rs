//! Certificates and keys, out of PEM.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock};

use heroku_data_link::model::Secret;
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// One for all; none is installed for the process, as that is the application's business.
pub(super) static PROVIDER: LazyLock<Arc<CryptoProvider>> =
    LazyLock::new(|| Arc::new(ring::default_provider()));

/// The certificates of the authorities to trust: what `<ATTACHMENT>_TRUSTED_CERT` holds.
///
/// PEM is read as files have it, and as environment files and CI systems deliver it: with `\n` or
/// `\r\n` in the place of the ends of lines, and in quotes.
#[derive(Clone)]
pub struct Authorities {
    verifier: Arc<WebPkiServerVerifier>,
    count: usize,
}

impl Authorities {
    /// Reads PEM with one certificate or several: Heroku hands out two while it rotates an
    /// authority.
    ///
    /// # Errors
    /// When there is no certificate, or one cannot be read.
    pub fn from_pem(pem: &str) -> Result<Self, InvalidPem> {
        let certificates = certificates(pem)?;
        let count = certificates.len();
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            roots.add(certificate).map_err(|_| InvalidPem::Certificate)?;
        }
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), PROVIDER.clone())
                .build()
                .map_err(|_| InvalidPem::Certificate)?;
        Ok(Self { verifier, count })
    }

    /// How many there are, at least one.
    pub fn count(&self) -> usize {
        self.count
    }

    pub(super) fn verifier(&self) -> Arc<WebPkiServerVerifier> {
        self.verifier.clone()
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorities({})", self.count)
    }
}

/// A client certificate and its key: what `<ATTACHMENT>_CLIENT_CERT` and `…_CLIENT_CERT_KEY` hold.
#[derive(Clone)]
pub struct Identity(Arc<CertifiedKey>);

impl Identity {
    /// Reads PEM: the certificate, with its chain behind it if there is one, and the key in
    /// PKCS #8, PKCS #1 or SEC 1.
    ///
    /// # Errors
    /// When one of them cannot be read, or the key is not the certificate's.
    pub fn from_pem(certificate: &str, key: &Secret) -> Result<Self, InvalidPem> {
        let chain = certificates(certificate)?;
        let key = Secret::new(lines(key.expose()));
        let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes())
            .map_err(|_| InvalidPem::NoKey)?;
        let key = PROVIDER.key_provider.load_private_key(key).map_err(|_| InvalidPem::Key)?;
        let pair = CertifiedKey::new(chain, key);
        match pair.keys_match() {
            Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {
                Ok(Self(Arc::new(pair)))
            }
            Err(rustls::Error::InconsistentKeys(_)) => Err(InvalidPem::OtherKey),
            Err(_) => Err(InvalidPem::Certificate),
        }
    }

    pub(super) fn pair(&self) -> Arc<CertifiedKey> {
        self.0.clone()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(***)")
    }
}

/// The lines of PEM of which some end in `\n` or `\r\n`, written out, and which may stand in quotes.
/// Nothing in PEM has a backslash, so that there is no other way to read them.
fn lines(pem: &str) -> Cow<'_, str> {
    let pem = pem.trim().trim_matches(['"', '\'']);
    if !pem.contains('\\') {
        return pem.into();
    }
    let mut text = String::with_capacity(pem.len());
    for line in pem.split("\\n").flat_map(|line| line.split("\\r")) {
        text.push_str(line);
        text.push('\n');
    }
    text.into()
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, InvalidPem> {
    let lines = lines(pem);
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(lines.as_bytes()).collect();
    match read {
        Ok(certificates) if certificates.is_empty() => Err(InvalidPem::NoCertificate),
        Ok(certificates) => Ok(certificates),
        Err(_) => Err(InvalidPem::Certificate),
    }
}

/// What is wrong with a certificate or key. Nothing of it is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPem {
    /// No certificate is in it.
    #[error("it has no certificate; it must read -----BEGIN CERTIFICATE----- …")]
    NoCertificate,
    /// A certificate is damaged, or not X.509 version 3.
    #[error("a certificate in it cannot be read")]
    Certificate,
    /// No private key is in it.
    #[error("it has no private key; it must read -----BEGIN PRIVATE KEY----- …")]
    NoKey,
    /// The key is damaged, or of a kind that is not supported.
    #[error("the private key in it cannot be read, or is neither RSA, ECDSA nor Ed25519")]
    Key,
    /// Certificate and key belong to others.
    #[error("the private key does not belong to the certificate")]
    OtherKey,
}
