//! Failures out of a report that was written as JSON.
//!
//! A failure is recognised by stage and code. Its sentences are this library's own, whatever the report
//! says, as that comes from somewhere else.

use std::io;

use serde::Deserialize;

use super::{Code, DnsFailure, Failure, HelloFailure, HttpFailure, Stage, TcpFailure, TlsFailure};

/// What is not told of a connection that broke.
const KIND: io::ErrorKind = io::ErrorKind::Other;

/// A failure, as far as it is read.
#[derive(Debug, Deserialize)]
pub(crate) struct Written {
    code: String,
    #[serde(default)]
    message: String,
}

impl Written {
    /// The failure of a stage.
    pub(crate) fn of(&self, stage: Stage) -> Failure {
        // The message ends in the code of the service.
        let code = self.message.rsplit(' ').next().and_then(Code::read);
        if let (Stage::Hello, "rejected", Some(code)) = (stage, self.code.as_str(), code) {
            return HelloFailure::Rejected(code).into();
        }
        let found = ALL.iter().find(|it| it.stage() == stage && it.code() == self.code);
        found.cloned().unwrap_or(Failure::Unknown(stage))
    }
}

/// All but those that carry a code.
const ALL: [Failure; 43] = [
    Failure::Dns(DnsFailure::NotFound),
    Failure::Dns(DnsFailure::TimedOut),
    Failure::Dns(DnsFailure::Public),
    Failure::Dns(DnsFailure::Reserved),
    Failure::Dns(DnsFailure::OutsideSpace),
    Failure::Tcp(TcpFailure::Refused),
    Failure::Tcp(TcpFailure::Filtered),
    Failure::Tcp(TcpFailure::Unreachable),
    Failure::Tcp(TcpFailure::Failed(KIND)),
    Failure::Tls(TlsFailure::NotTls),
    Failure::Tls(TlsFailure::NotOffered),
    Failure::Tls(TlsFailure::Closed),
    Failure::Tls(TlsFailure::Silent),
    Failure::Tls(TlsFailure::Incompatible),
    Failure::Tls(TlsFailure::Expired),
    Failure::Tls(TlsFailure::NotValidYet),
    Failure::Tls(TlsFailure::UnknownAuthority),
    Failure::Tls(TlsFailure::WrongName),
    Failure::Tls(TlsFailure::WrongKey),
    Failure::Tls(TlsFailure::PinMismatch),
    Failure::Tls(TlsFailure::BadCertificate),
    Failure::Tls(TlsFailure::ClientCertificateMissing),
    Failure::Tls(TlsFailure::ClientCertificateRefused),
    Failure::Tls(TlsFailure::Failed),
    Failure::Hello(HelloFailure::WrongPassword),
    Failure::Hello(HelloFailure::NoPassword),
    Failure::Hello(HelloFailure::PasswordNotSent),
    Failure::Hello(HelloFailure::TooManyRounds),
    Failure::Hello(HelloFailure::NotAuthorized),
    Failure::Hello(HelloFailure::NoSuchDatabase),
    Failure::Hello(HelloFailure::TooManyConnections),
    Failure::Hello(HelloFailure::NotReady),
    Failure::Hello(HelloFailure::Closed),
    Failure::Hello(HelloFailure::ClosedInReply),
    Failure::Hello(HelloFailure::Silent),
    Failure::Hello(HelloFailure::Stalled),
    Failure::Hello(HelloFailure::NotUnderstood),
    Failure::Hello(HelloFailure::Incompatible),
    Failure::Hello(HelloFailure::Failed(KIND)),
    Failure::Http(HttpFailure::Closed),
    Failure::Http(HttpFailure::Silent),
    Failure::Http(HttpFailure::NotHttp),
    Failure::Http(HttpFailure::Failed(KIND)),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn again(failure: &Failure) -> Failure {
        let written = serde_json::to_string(failure).unwrap();
        serde_json::from_str::<Written>(&written).unwrap().of(failure.stage())
    }

    #[test]
    fn every_failure_is_read_as_what_it_was() {
        for failure in &ALL {
            assert_eq!(again(failure), *failure);
        }
        let rejected = HelloFailure::Rejected(Code::read("53300").unwrap()).into();
        assert_eq!(again(&rejected), rejected);
        let other = Failure::Tcp(TcpFailure::Failed(io::ErrorKind::AddrInUse));
        assert_eq!(again(&other), Failure::Tcp(TcpFailure::Failed(KIND)));
    }

    #[test]
    fn what_a_report_says_is_not_repeated() {
        for (code, message) in
            [("hunter2", "hunter2"), ("rejected", "hunter2"), ("refused", "hunter2")]
        {
            let written = Written { code: code.to_owned(), message: message.to_owned() };
            let read = written.of(Stage::Hello);
            assert_eq!(read, Failure::Unknown(Stage::Hello));
            assert!(!format!("{read} {read:?} {}", read.remedy()).contains("hunter2"));
        }
    }
}
