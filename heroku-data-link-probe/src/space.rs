//! Where the web apps of a space are, as the other end of a peering sees it.

use std::net::{IpAddr, Ipv4Addr};

use heroku_data_link::model::{Cidr, CidrSet, HostPort, InvalidValue};
use heroku_data_link::peering::PeeringOutput;

use crate::failure::DnsFailure;
use crate::probe::Probe;
use crate::resolve::is_private;
use crate::tls::Tls;

/// The blocks of a space.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpaceBlocks {
    /// Where its apps are, and the peering leads to.
    pub space: CidrSet,
    /// What Heroku keeps for itself beside them.
    pub reserved: CidrSet,
}

impl SpaceBlocks {
    /// These blocks.
    pub fn new(space: CidrSet, reserved: CidrSet) -> Self {
        Self { space, reserved }
    }

    /// What is wrong with the addresses of an app, if anything is.
    pub(crate) fn judge(&self, addresses: &[IpAddr]) -> Result<(), DnsFailure> {
        addresses.iter().try_for_each(|&address| {
            let host = match address.to_canonical() {
                IpAddr::V4(address) => Some(Cidr::host(address)),
                IpAddr::V6(_) => None,
            };
            if !is_private(address) {
                Err(DnsFailure::Public)
            } else if host.is_some_and(|host| self.reserved.covers(&host)) {
                Err(DnsFailure::Reserved)
            } else if host.is_some_and(|host| self.space.covers(&host)) {
                Ok(())
            } else {
                Err(DnsFailure::OutsideSpace)
            }
        })
    }
}

/// What Heroku takes unless a space was made with other blocks.
impl Default for SpaceBlocks {
    fn default() -> Self {
        let blocks = |networks: &[[u8; 4]]| {
            networks.iter().filter_map(|&it| Cidr::new(Ipv4Addr::from(it), 16).ok()).collect()
        };
        Self {
            space: blocks(&[[10, 0, 0, 0]]),
            reserved: blocks(&[[10, 1, 0, 0], [172, 17, 0, 0]]),
        }
    }
}

/// What an established peering is probed with, from inside the VPC.
pub trait Peered {
    /// A probe of web apps of the space with internal routing, by their host names, as
    /// [`Probe::of_apps`] has it: their names must lead to the blocks that the peering leads to.
    ///
    /// # Errors
    /// When a name is no host name.
    fn probe_apps<'a>(
        &self,
        apps: impl IntoIterator<Item = &'a str>,
        tls: Tls,
    ) -> Result<Probe, InvalidValue>;

    /// The blocks that the peering leads to, and those that Heroku keeps for itself.
    fn blocks(&self) -> SpaceBlocks;
}

impl Peered for PeeringOutput {
    fn probe_apps<'a>(
        &self,
        apps: impl IntoIterator<Item = &'a str>,
        tls: Tls,
    ) -> Result<Probe, InvalidValue> {
        Probe::of_apps(apps, self.blocks(), tls)
    }

    fn blocks(&self) -> SpaceBlocks {
        SpaceBlocks::new(self.routed_cidrs.clone(), self.unavailable_cidrs.clone())
    }
}

/// Host and port of an app: `my-app-0123.herokuapp.com`, whose port is then 80 or 443.
///
/// # Errors
/// When it is no host name.
pub(crate) fn app(name: &str, tls: &Tls) -> Result<HostPort, InvalidValue> {
    let port = if tls.is_off() { 80 } else { 443 };
    if name.contains(':') { name.parse() } else { format!("{name}:{port}").parse() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_in_the_space_and_nowhere_else() {
        let blocks = SpaceBlocks::default();
        let judge = |addresses: &[&str]| {
            let addresses: Vec<_> = addresses.iter().map(|it| it.parse().unwrap()).collect();
            blocks.judge(&addresses)
        };
        // Those of the published procedure.
        assert_eq!(judge(&["10.0.25.212", "10.0.15.133"]), Ok(()));
        for (address, expected) in [
            ("52.1.2.3", DnsFailure::Public),
            ("2600:1f18::1", DnsFailure::Public),
            ("10.1.0.9", DnsFailure::Reserved),
            ("172.17.0.1", DnsFailure::Reserved),
            ("10.2.0.1", DnsFailure::OutsideSpace),
            ("192.168.0.1", DnsFailure::OutsideSpace),
            ("127.0.0.1", DnsFailure::OutsideSpace),
            ("fd00::1", DnsFailure::OutsideSpace),
        ] {
            assert_eq!(judge(&[address]), Err(expected), "{address}");
            // One wrong answer among right ones is one too many: clients take any.
            assert_eq!(judge(&["10.0.25.212", address]), Err(expected), "{address}");
        }
        // A reserved block inside of the space's.
        let blocks = SpaceBlocks::new(
            ["10.0.0.0/8".parse().unwrap()].into_iter().collect(),
            blocks.reserved.clone(),
        );
        assert_eq!(blocks.judge(&["10.1.0.1".parse().unwrap()]), Err(DnsFailure::Reserved));
    }

    #[test]
    fn an_app_is_a_host_name_or_host_and_port() {
        for (name, tls, expected) in [
            ("App.herokuapp.com", Tls::off(), "app.herokuapp.com:80"),
            ("app.herokuapp.com", Tls::unverified(), "app.herokuapp.com:443"),
            ("app.herokuapp.com:8080", Tls::unverified(), "app.herokuapp.com:8080"),
        ] {
            assert_eq!(app(name, &tls).unwrap().to_string(), expected);
        }
        for name in ["", "http://app", "app/path", "a\r\nb", "h:hunter2@host"] {
            let refused = app(name, &Tls::off()).unwrap_err().to_string();
            assert!(!refused.contains("hunter2"), "{refused}");
        }
    }
}
