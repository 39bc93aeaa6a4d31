use std::time::Duration;

/// How long the simulated clouds take. The defaults are what people report of the real ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// Heroku makes an endpoint service: until `Operational`.
    pub service_provisioning: Duration,
    /// Heroku lets a principal in: until `Active`, from `Operational` on.
    pub account_activation: Duration,
    /// An endpoint service can be seen by EC2, from `Operational` on.
    pub service_visibility: Duration,
    /// A deleted endpoint service is still answered as `Deprovisioned`.
    pub deprovisioning: Duration,
    /// Heroku accepts a VPC endpoint.
    pub acceptance: Duration,
    /// AWS makes an accepted VPC endpoint available.
    pub pending: Duration,
    /// AWS changes a VPC endpoint.
    pub modification: Duration,
    /// AWS deletes a VPC endpoint.
    pub deleting: Duration,
    /// A deleted VPC endpoint is still described; at least as long as its interfaces linger.
    pub described_after_deletion: Duration,
    /// The interfaces of a deleted VPC endpoint linger.
    pub interface_lingering: Duration,
    /// EC2 remembers a client token.
    pub token_memory: Duration,
    /// Heroku lists a VPC endpoint as a connection, from `available` on.
    pub connection_listing: Duration,
    /// Heroku sets the config variables of a VPC endpoint, from `available` on.
    pub config_var: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        Self {
            service_provisioning: 7 * minute,
            account_activation: minute,
            service_visibility: 30 * second,
            deprovisioning: 3 * minute,
            acceptance: 4 * minute,
            pending: 2 * minute,
            modification: 30 * second,
            deleting: minute,
            described_after_deletion: 10 * minute,
            interface_lingering: 90 * second,
            token_memory: 24 * 60 * minute,
            connection_listing: 15 * second,
            config_var: minute,
        }
    }
}
