use std::collections::BTreeSet;
use std::hash::Hasher;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use siphasher::sip128::{Hasher128, SipHasher13};

use super::snapshot::{Snapshot, group_name};
use super::spec::PrivateLinkSpec;
use crate::model::{
    AwsPrincipal, EndpointServiceName, LinkId, SecurityGroupId, SubnetId, VpcEndpointId, VpcId,
};
use crate::provider::{EndpointChange, IngressRule, NewEndpoint, NewSecurityGroup, Tags};

/// One mutating call of the PrivateLink workflow.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// Create the add-on's endpoint service.
    CreateService(BTreeSet<AwsPrincipal>),
    /// Allow principals.
    Allow(BTreeSet<AwsPrincipal>),
    /// Disallow principals.
    Disallow(BTreeSet<AwsPrincipal>),
    /// Make the link's own security group.
    CreateGroup(NewSecurityGroup),
    /// Tag the link's own security group with what it is for.
    TagGroup(SecurityGroupId, Tags),
    /// Add a rule to the link's own security group.
    Authorize(SecurityGroupId, IngressRule),
    /// Remove a rule from the link's own security group.
    Revoke(SecurityGroupId, IngressRule),
    /// Make the endpoint.
    CreateEndpoint(EndpointPlan),
    /// Tag an endpoint as the link's own.
    TagEndpoint(VpcEndpointId, Tags),
    /// Change the link's own endpoint.
    ModifyEndpoint(VpcEndpointId, EndpointChange),
    /// Delete an endpoint of the link's own.
    DeleteEndpoint(VpcEndpointId),
    /// Delete the link's own security group.
    DeleteGroup(SecurityGroupId),
    /// Delete the add-on's endpoint service.
    DeleteService,
}

/// What an endpoint is made of, but for the token, which depends on the time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EndpointPlan {
    /// The service.
    pub service: EndpointServiceName,
    /// One subnet per zone.
    pub subnets: BTreeSet<SubnetId>,
    /// At least one security group.
    pub groups: BTreeSet<SecurityGroupId>,
    /// Set in the same call.
    pub tags: Tags,
    /// Endpoints of this link that are deleted and still described.
    pub tombstones: BTreeSet<VpcEndpointId>,
}

/// How long one client token is used.
///
/// A token that never changes forbids making an endpoint again after somebody deleted it, for as
/// long as EC2 remembers the token (24 hours are documented for instances). One that changes with
/// every call protects against nothing. So a token holds for one hour.
const TOKEN_LIFE: Duration = Duration::from_secs(3600);

/// How long nothing is created after a token has changed: by then every read shows what was made
/// with the former token, so no crash can make a second endpoint. Twice the usual lag of reads.
const TOKEN_QUIET: Duration = Duration::from_secs(60);

/// How long creating an endpoint must still be held back at `now`.
pub(super) fn hold(now: SystemTime) -> Option<Duration> {
    let since_change = since_epoch(now).as_secs() % TOKEN_LIFE.as_secs();
    let left = TOKEN_QUIET.as_secs().saturating_sub(since_change);
    (left > 0).then(|| Duration::from_secs(left))
}

fn since_epoch(now: SystemTime) -> Duration {
    now.duration_since(UNIX_EPOCH).unwrap_or_default()
}

impl EndpointPlan {
    /// The same for everyone who plans the same endpoint within the same hour. An endpoint that
    /// was seen deleted makes it another one.
    pub(super) fn client_token(&self, link: &LinkId, vpc: &VpcId, now: SystemTime) -> String {
        let mut hasher = SipHasher13::new();
        let mut add = |text: &str| {
            hasher.write(text.as_bytes());
            hasher.write_u8(0);
        };
        add(link.as_str());
        add(vpc.as_str());
        add(self.service.as_str());
        self.subnets.iter().for_each(|id| add(id.as_str()));
        self.groups.iter().for_each(|id| add(id.as_str()));
        self.tombstones.iter().for_each(|id| add(id.as_str()));
        hasher.write_u64(since_epoch(now).as_secs() / TOKEN_LIFE.as_secs());
        format!("{:032x}", hasher.finish128().as_u128())
    }

    pub(super) fn request(&self, spec: &PrivateLinkSpec, now: SystemTime) -> NewEndpoint {
        NewEndpoint {
            vpc: spec.vpc.clone(),
            service: self.service.clone(),
            subnets: self.subnets.clone(),
            groups: self.groups.clone(),
            tags: self.tags.clone(),
            client_token: self.client_token(&spec.link, &spec.vpc, now),
        }
    }
}

pub(super) fn group_description(spec: &PrivateLinkSpec) -> String {
    format!("Clients of the endpoint of link {}", spec.link)
}

pub(super) fn group_request(spec: &PrivateLinkSpec, seen: &Snapshot) -> NewSecurityGroup {
    NewSecurityGroup {
        vpc: spec.vpc.clone(),
        name: group_name(spec),
        description: group_description(spec),
        tags: seen.owner(spec).tags(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> EndpointPlan {
        EndpointPlan {
            service: "com.amazonaws.vpce.us-east-1.vpce-svc-1".parse().unwrap(),
            subnets: BTreeSet::from(["subnet-1".parse().unwrap()]),
            groups: BTreeSet::from(["sg-1".parse().unwrap()]),
            tags: Tags::new(),
            tombstones: BTreeSet::new(),
        }
    }

    fn token(plan: &EndpointPlan, seconds: u64) -> String {
        let now = UNIX_EPOCH + Duration::from_secs(seconds);
        plan.client_token(&"a".parse().unwrap(), &"vpc-1".parse().unwrap(), now)
    }

    #[test]
    fn a_token_holds_for_an_hour_and_not_for_ever() {
        assert_eq!(token(&plan(), 3600), token(&plan(), 7199));
        assert_ne!(token(&plan(), 7199), token(&plan(), 7200));
        assert!(token(&plan(), 0).len() <= 64);
    }

    #[test]
    fn a_token_changes_with_what_is_made_and_with_what_was_deleted() {
        let mut other = plan();
        other.subnets.insert("subnet-2".parse().unwrap());
        assert_ne!(token(&plan(), 0), token(&other, 0));
        let mut after_deletion = plan();
        after_deletion.tombstones.insert("vpce-1".parse().unwrap());
        assert_ne!(token(&plan(), 0), token(&after_deletion, 0));
    }

    #[test]
    fn nothing_is_created_while_a_token_is_young() {
        let hold_at = |seconds: u64| hold(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(hold_at(7200), Some(Duration::from_secs(60)));
        assert_eq!(hold_at(7259), Some(Duration::from_secs(1)));
        assert_eq!(hold_at(7260), None);
        assert_eq!(hold_at(7199), None);
    }
}
