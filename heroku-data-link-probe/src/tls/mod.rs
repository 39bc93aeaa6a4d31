//! How a connection is protected.

mod handshake;
mod material;
mod verifier;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use heroku_data_link::model::{ConfigVarName, Secret, TlsMode};
use rustls::ClientConfig;
use rustls::client::WebPkiServerVerifier;

use crate::Fingerprint;
use verifier::Verifier;

pub(crate) use handshake::{handshake, refusal};
pub use material::{Authorities, Identity, InvalidPem};

/// How to protect a connection: whom to trust, and as whom to come.
///
/// There is no default: each caller names the mode. What a service allows for is in
/// [`Connection::tls`](heroku_data_link::privatelink::Connection::tls).
///
/// | mode | verified | for |
/// | --- | --- | --- |
/// | [`verify_full`](Self::verify_full) | chain and host name | servers with certificates of their own name |
/// | [`verify_chain`](Self::verify_chain) | chain | Kafka, whose certificates carry no name to connect by |
/// | [`pinned`](Self::pinned) | it is the certificate of an earlier probe | Key-Value Store, Postgres |
/// | [`unverified`](Self::unverified) | nothing; the fingerprint is recorded | the first probe of those |
/// | [`off`](Self::off) | no TLS at all | servers without TLS |
///
/// In every mode but `off` the server proves that it has the key of the certificate that it shows.
///
/// In `unverified` and `off` anybody may answer. A Postgres server that then asks for the password
/// in clear text does not get it; SCRAM and MD5 send a digest. Key-Value Store knows no other way
/// than `AUTH` with the password, so pin its certificate after the first probe.
#[derive(Clone)]
pub struct Tls(Policy);

#[derive(Clone)]
enum Policy {
    Off,
    On { trust: Trust, identity: Option<Identity> },
}

#[derive(Debug, Clone)]
enum Trust {
    Full(Arc<WebPkiServerVerifier>),
    Chain(Arc<WebPkiServerVerifier>),
    Pinned(Arc<BTreeSet<Fingerprint>>),
    Nobody,
}

impl Tls {
    /// Chain and host name are verified.
    pub fn verify_full(authorities: &Authorities) -> Self {
        Self::on(Trust::Full(authorities.verifier()))
    }

    /// The chain is verified, the host name is not.
    pub fn verify_chain(authorities: &Authorities) -> Self {
        Self::on(Trust::Chain(authorities.verifier()))
    }

    /// The certificate must be one of these, whatever its chain, name and end: record it with
    /// [`HostReport::certificate`](crate::HostReport::certificate) on the first probe. Of no
    /// fingerprints at all, every certificate fails.
    pub fn pinned(fingerprints: impl IntoIterator<Item = Fingerprint>) -> Self {
        Self::on(Trust::Pinned(Arc::new(fingerprints.into_iter().collect())))
    }

    /// Encrypted, to whoever answers.
    pub fn unverified() -> Self {
        Self::on(Trust::Nobody)
    }

    /// Not encrypted: everything, the password too, travels in the clear.
    pub fn off() -> Self {
        Self(Policy::Off)
    }

    /// The mode of that name.
    ///
    /// # Errors
    /// [`TlsError::NoAuthorities`] for a mode that verifies a chain, without authorities.
    pub fn of_mode(mode: TlsMode, authorities: Option<&Authorities>) -> Result<Self, TlsError> {
        let given = || authorities.ok_or(TlsError::NoAuthorities(mode));
        Ok(match mode {
            TlsMode::VerifyFull => Self::verify_full(given()?),
            TlsMode::VerifyChain => Self::verify_chain(given()?),
            TlsMode::Unverified => Self::unverified(),
            TlsMode::Off => Self::off(),
        })
    }

    /// What [`Connection::tls`] and [`Connection::certificates`] ask for, out of the app's config
    /// variables: authorities, client certificate and key for Kafka, and nothing for others.
    ///
    /// # Errors
    /// When a variable that the connection names is missing or cannot be read.
    ///
    /// [`Connection::tls`]: heroku_data_link::privatelink::Connection::tls
    /// [`Connection::certificates`]: heroku_data_link::privatelink::Connection::certificates
    pub fn of_connection(
        connection: &heroku_data_link::privatelink::Connection,
        variables: &BTreeMap<ConfigVarName, Secret>,
    ) -> Result<Self, TlsError> {
        let value = |suffix: &str| {
            let name = connection.certificates.iter().find(|name| name.as_str().ends_with(suffix));
            name.map(|name| match variables.get(name) {
                Some(value) => Ok((name, value)),
                None => Err(TlsError::NoVariable(name.clone())),
            })
            .transpose()
        };
        let invalid = |name: &ConfigVarName, error| TlsError::Variable(name.clone(), error);
        let authorities = value("_TRUSTED_CERT")?
            .map(|(name, pem)| Authorities::from_pem(pem.expose()).map_err(|it| invalid(name, it)))
            .transpose()?;
        let tls = Self::of_mode(connection.tls, authorities.as_ref())?;
        match (value("_CLIENT_CERT")?, value("_CLIENT_CERT_KEY")?) {
            (Some((name, certificate)), Some((key_name, key))) => {
                let identity = Identity::from_pem(certificate.expose(), key);
                let identity = identity.map_err(|error| match error {
                    InvalidPem::NoCertificate | InvalidPem::Certificate => invalid(name, error),
                    InvalidPem::NoKey | InvalidPem::Key | InvalidPem::OtherKey => {
                        invalid(key_name, error)
                    }
                })?;
                Ok(tls.with_identity(identity))
            }
            _ => Ok(tls),
        }
    }

    /// The same, with a client certificate. Without TLS there is nothing to show it with.
    #[must_use]
    pub fn with_identity(self, identity: Identity) -> Self {
        match self.0 {
            Policy::Off => self,
            Policy::On { trust, .. } => Self(Policy::On { trust, identity: Some(identity) }),
        }
    }

    /// What any client on rustls is set up with to be protected so, in every mode but `off`. It has
    /// ring for its crypto provider, and none is installed for the process.
    ///
    #[doc = include_str!("clients.md")]
    ///
    /// # Errors
    /// [`TlsError::Off`] where there is no TLS to set up, and [`TlsError::Rustls`] if rustls refuses.
    pub fn client_config(&self) -> Result<ClientConfig, TlsError> {
        match &self.0 {
            Policy::Off => Err(TlsError::Off),
            Policy::On { trust, identity } => {
                Ok(Verifier::new(trust.clone()).config(identity.as_ref())?)
            }
        }
    }

    /// The mode's name; a pinned certificate counts as `unverified`, as in the model.
    pub fn mode(&self) -> TlsMode {
        match &self.0 {
            Policy::Off => TlsMode::Off,
            Policy::On { trust: Trust::Full(_), .. } => TlsMode::VerifyFull,
            Policy::On { trust: Trust::Chain(_), .. } => TlsMode::VerifyChain,
            Policy::On { trust: Trust::Pinned(_) | Trust::Nobody, .. } => TlsMode::Unverified,
        }
    }

    /// Whether there is no TLS at all.
    pub fn is_off(&self) -> bool {
        matches!(&self.0, Policy::Off)
    }

    /// Whether the certificate must be one of an earlier probe.
    pub fn is_pinned(&self) -> bool {
        matches!(&self.0, Policy::On { trust: Trust::Pinned(_), .. })
    }

    /// Whether a server that passes is the one that the caller trusts, and no other. Where it is
    /// not, a password is not sent in clear text if the protocol has another way.
    pub fn proves_server(&self) -> bool {
        match &self.0 {
            Policy::Off | Policy::On { trust: Trust::Nobody, .. } => false,
            Policy::On { trust: Trust::Full(_) | Trust::Chain(_) | Trust::Pinned(_), .. } => true,
        }
    }

    /// Whether there is a client certificate.
    pub fn has_identity(&self) -> bool {
        matches!(&self.0, Policy::On { identity: Some(_), .. })
    }

    fn on(trust: Trust) -> Self {
        Self(Policy::On { trust, identity: None })
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("mode", &self.mode())
            .field("pinned", &self.is_pinned())
            .field("identity", &self.has_identity())
            .finish()
    }
}

/// Why a mode cannot be used. Nothing of a certificate or key is repeated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The mode verifies a chain.
    #[error("TLS mode {0} needs the certificates of the authorities that it trusts")]
    NoAuthorities(TlsMode),
    /// The connection needs a config variable that is not there.
    #[error("config variable {0} is missing, which the connection needs")]
    NoVariable(ConfigVarName),
    /// A config variable does not hold what it should.
    #[error("config variable {0}: {1}")]
    Variable(ConfigVarName, #[source] InvalidPem),
    /// A client's TLS was to be set up, and the mode has none.
    #[error("TLS mode off has no TLS that a client could be set up with")]
    Off,
    /// rustls refused the set-up.
    #[error("TLS cannot be set up")]
    Rustls(#[from] rustls::Error),
}
