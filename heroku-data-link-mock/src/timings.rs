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
    /// AWS looks at a request for a peering connection: until `pending-acceptance` or `failed`.
    pub peering_initiation: Duration,
    /// Heroku lists a request; after 1–3 minutes, as Terraform's provider for Heroku says.
    pub peering_listing: Duration,
    /// AWS makes an accepted peering connection active; Terraform waits up to 20 minutes for it.
    pub peering_provisioning: Duration,
    /// EC2 shows the requester what the accepter did, and that the connection is active.
    pub peering_shown_by_aws: Duration,
    /// Heroku shows what AWS or the requester did, and that the connection is active.
    pub peering_shown_by_heroku: Duration,
    /// AWS deletes a connection between two regions; within one it takes no time.
    pub peering_deletion: Duration,
    /// A request that nobody accepts expires: 168 hours, a fixed quota of AWS.
    pub peering_request_life: Duration,
    /// A failed connection is described, to the requester only: 2 hours, as AWS documents.
    pub peering_failed_described: Duration,
    /// What expired, or was ended by the other side, is described: 2 days, as AWS documents.
    pub peering_ended_described: Duration,
    /// What a side ended itself is described to it: 2 hours, as AWS documents.
    pub peering_deleted_described: Duration,
    /// Heroku makes an add-on: until `provisioned`, or until it fails.
    pub addon_provisioning: Duration,
    /// The service knows an add-on, from its creation on.
    pub service_listing: Duration,
    /// The service behind an add-on is ready, from `provisioned` on.
    pub service_start: Duration,
    /// A fork or follower catches up with its source, from `provisioned` on.
    pub catching_up: Duration,
    /// A follower becomes an add-on of its own.
    pub unfollowing: Duration,
    /// An add-on that failed is still shown as `deprovisioned`.
    pub failed_addon: Duration,
    /// An add-on that somebody destroyed is still shown as `deprovisioning`.
    pub addon_deprovisioning: Duration,
    /// The config variables of an app follow its attachments.
    pub attachment: Duration,
    /// An app has Kafka's certificates, from the time on at which it has Kafka's URL; of what was always
    /// there, from the beginning of the world.
    pub certificates: Duration,
    /// A copy that was deleted from the world's [sink](crate::World::sink) keeps its name.
    pub copy_deletion: Duration,
    /// The policy of a KMS key that was replaced is still in force.
    pub key_policy: Duration,
    /// Heroku does nothing about a key that cannot be used.
    pub key_grace: Duration,
    /// The services under a key that cannot be used have stopped, from then on.
    pub key_shutdown: Duration,
    /// The services under a key that can be used again are back.
    pub key_restart: Duration,
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
            peering_initiation: 5 * second,
            peering_listing: 2 * minute,
            peering_provisioning: 2 * minute,
            peering_shown_by_aws: 20 * second,
            peering_shown_by_heroku: 40 * second,
            peering_deletion: minute,
            peering_request_life: 7 * 24 * 60 * minute,
            peering_failed_described: 2 * 60 * minute,
            peering_ended_described: 2 * 24 * 60 * minute,
            peering_deleted_described: 2 * 60 * minute,
            addon_provisioning: 4 * minute,
            service_listing: 20 * second,
            service_start: minute,
            catching_up: 10 * minute,
            unfollowing: minute,
            failed_addon: 10 * minute,
            addon_deprovisioning: minute,
            attachment: 5 * second,
            certificates: Duration::ZERO,
            copy_deletion: Duration::ZERO,
            key_policy: minute,
            key_grace: 10 * minute,
            key_shutdown: 20 * minute,
            key_restart: 5 * minute,
        }
    }
}
