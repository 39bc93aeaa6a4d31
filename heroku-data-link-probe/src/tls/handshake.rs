//! The TLS stage.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, ClientConfig, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::verifier::Verifier;
use super::{Identity, Policy, Tls, Trust};
use crate::Fingerprint;
use crate::failure::TlsFailure;
use crate::wire::Transport;

/// The length of the message, and the number that stands in the place of a version: `SSLRequest`
/// among the message formats of the Postgres manual.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// What protects a connection to a host; `None` when nothing does. Postgres `is_asked` for TLS first.
pub(crate) fn handshake<'a>(tls: &'a Tls, is_asked: bool, host: &'a str) -> Option<Handshake<'a>> {
    match &tls.0 {
        Policy::Off => None,
        Policy::On { trust, identity } => Some(Handshake {
            verifier: Verifier::new(trust.clone()),
            identity: identity.as_ref(),
            is_asked,
            host,
        }),
    }
}

pub(crate) struct Handshake<'a> {
    verifier: Arc<Verifier>,
    identity: Option<&'a Identity>,
    is_asked: bool,
    host: &'a str,
}

impl Handshake<'_> {
    /// The certificate that the server showed, once it did.
    pub(crate) fn shown(&self) -> Option<Fingerprint> {
        self.verifier.shown()
    }

    pub(crate) async fn run(&self, mut stream: TcpStream) -> Result<Transport, TlsFailure> {
        let config = self.config().map_err(|error| self.explain(&error))?;
        if self.is_asked {
            ask_for_tls(&mut stream).await?;
        }
        let connector = TlsConnector::from(Arc::new(config));
        let name = self.name(&stream)?;
        match connector.connect(name, stream).await {
            Ok(stream) => Ok(Transport::Tls(Box::new(stream))),
            Err(error) => {
                let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
                Err(tls.map_or_else(|| lost(&error), |tls| self.explain(tls)))
            }
        }
    }

    fn config(&self) -> Result<ClientConfig, Error> {
        let mut config = self.verifier.clone().config(self.identity)?;
        // A session that is resumed shows no certificate.
        config.resumption = Resumption::disabled();
        Ok(config)
    }

    fn name(&self, stream: &TcpStream) -> Result<ServerName<'static>, TlsFailure> {
        let peer = || stream.peer_addr().map(|it| ServerName::from(it.ip()));
        match self.host.parse::<IpAddr>() {
            Ok(address) => Ok(address.into()),
            // A host may have a name that no certificate can carry; it is then not sent.
            Err(_) => ServerName::try_from(self.host.to_owned())
                .or_else(|_| peer())
                .map_err(|error| lost(&error)),
        }
    }

    fn explain(&self, error: &Error) -> TlsFailure {
        match error {
            Error::InvalidCertificate(error) => match error {
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    TlsFailure::Expired
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    TlsFailure::NotValidYet
                }
                CertificateError::UnknownIssuer => TlsFailure::UnknownAuthority,
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => TlsFailure::WrongName,
                CertificateError::BadSignature => TlsFailure::WrongKey,
                CertificateError::ApplicationVerificationFailure
                    if matches!(self.verifier.trust(), Trust::Pinned(_)) =>
                {
                    TlsFailure::PinMismatch
                }
                _ => TlsFailure::BadCertificate,
            },
            Error::AlertReceived(alert) => refusal(*alert, self.identity.is_some()),
            Error::InvalidMessage(_) | Error::InappropriateMessage { .. } => TlsFailure::NotTls,
            Error::PeerIncompatible(_) => TlsFailure::Incompatible,
            _ => TlsFailure::Failed,
        }
    }
}

/// What the server's alert means to a client that showed a certificate, or did not.
pub(crate) fn refusal(alert: AlertDescription, identified: bool) -> TlsFailure {
    match alert {
        AlertDescription::CertificateRequired
        | AlertDescription::NoCertificate
        | AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::DecryptError
        | AlertDescription::AccessDenied => {
            if identified {
                TlsFailure::ClientCertificateRefused
            } else {
                TlsFailure::ClientCertificateMissing
            }
        }
        AlertDescription::HandshakeFailure
        | AlertDescription::ProtocolVersion
        | AlertDescription::InsufficientSecurity => TlsFailure::Incompatible,
        AlertDescription::CloseNotify => TlsFailure::Closed,
        _ => TlsFailure::Failed,
    }
}

fn lost(error: &io::Error) -> TlsFailure {
    match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => TlsFailure::Closed,
        _ => TlsFailure::Failed,
    }
}

async fn ask_for_tls(stream: &mut TcpStream) -> Result<(), TlsFailure> {
    stream.write_all(&SSL_REQUEST).await.map_err(|error| lost(&error))?;
    // One byte and no more: what comes with it in the clear must not pass for protected.
    match stream.read_u8().await {
        Ok(b'S') => Ok(()),
        Ok(b'N') => Err(TlsFailure::NotOffered),
        Ok(_) => Err(TlsFailure::NotTls),
        Err(error) => Err(lost(&error)),
    }
}
