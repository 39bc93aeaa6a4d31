use std::collections::BTreeSet;
use std::fmt::Display;
use std::time::Duration;

use heroku_data_link::model::{KeyArn, SubnetId, VpcId};
use heroku_data_link::provider::{AclEntry, Tags};

use crate::state::network_acls::AclEntries;

/// An add-on to be put into a world.
#[derive(Debug, Clone)]
pub struct AddonSpec {
    pub(crate) app: String,
    pub(crate) name: String,
    pub(crate) plan: String,
    pub(crate) attachment: Option<String>,
    pub(crate) provisioned_after: Option<Duration>,
    pub(crate) offered: Option<Vec<String>>,
    pub(crate) zones_unpublished: bool,
    pub(crate) encryption_key: Option<KeyArn>,
}

impl AddonSpec {
    /// An add-on of an app, ready for use, of a plan such as `heroku-redis:private-7`.
    pub fn new(app: impl Display, name: impl Display, plan: impl Display) -> Self {
        Self {
            app: app.to_string(),
            name: name.to_string(),
            plan: plan.to_string(),
            attachment: None,
            provisioned_after: None,
            offered: None,
            zones_unpublished: false,
            encryption_key: None,
        }
    }

    /// Attached under this name. Without this: `REDIS`, `KAFKA` or `DATABASE`, or a name with a
    /// colour where that is taken.
    #[must_use]
    pub fn attached_as(self, name: impl Display) -> Self {
        Self { attachment: Some(name.to_string()), ..self }
    }

    /// Still provisioning, for so long from now.
    #[must_use]
    pub fn provisioned_after(self, delay: Duration) -> Self {
        Self { provisioned_after: Some(delay), ..self }
    }

    /// Encrypted with a customer's own key.
    #[must_use]
    pub fn encrypted_with(self, key: &KeyArn) -> Self {
        Self { encryption_key: Some(key.clone()), ..self }
    }

    /// Its endpoint service is offered in the zones of these ids, such as `use1-az4`. Without
    /// this: in those that Heroku's own account calls a, b and c.
    #[must_use]
    pub fn offered_in<Z: Display>(self, zones: impl IntoIterator<Item = Z>) -> Self {
        Self { offered: Some(zones.into_iter().map(|zone| zone.to_string()).collect()), ..self }
    }

    /// EC2 does not say in which zones its endpoint service is offered.
    #[must_use]
    pub fn zones_unpublished(self) -> Self {
        Self { zones_unpublished: true, ..self }
    }
}

/// A VPC to be put into a world.
#[derive(Debug, Clone)]
pub struct VpcSpec {
    pub(crate) cidrs: Vec<String>,
    pub(crate) id: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) shared_with: Vec<String>,
    pub(crate) without_dns_hostnames: bool,
}

impl VpcSpec {
    /// A VPC with these IPv4 blocks, of account 123456789101 in us-east-1.
    pub fn new<C: Display>(cidrs: impl IntoIterator<Item = C>) -> Self {
        Self {
            cidrs: cidrs.into_iter().map(|cidr| cidr.to_string()).collect(),
            id: None,
            account: None,
            region: None,
            shared_with: Vec::new(),
            without_dns_hostnames: false,
        }
    }

    /// With this id.
    #[must_use]
    pub fn with_id(self, id: impl Display) -> Self {
        Self { id: Some(id.to_string()), ..self }
    }

    /// Of this account.
    #[must_use]
    pub fn in_account(self, account: impl Display) -> Self {
        Self { account: Some(account.to_string()), ..self }
    }

    /// In this region.
    #[must_use]
    pub fn in_region(self, region: impl Display) -> Self {
        Self { region: Some(region.to_string()), ..self }
    }

    /// Another account can see and use it, too.
    #[must_use]
    pub fn shared_with(mut self, account: impl Display) -> Self {
        self.shared_with.push(account.to_string());
        self
    }

    /// With DNS host names switched off, so that its names cannot be resolved through a peering.
    #[must_use]
    pub fn without_dns_hostnames(self) -> Self {
        Self { without_dns_hostnames: true, ..self }
    }
}

/// A route table to be put into a world, beside the main one of its VPC.
#[derive(Debug, Clone)]
pub struct RouteTableSpec {
    pub(crate) vpc: VpcId,
    pub(crate) id: Option<String>,
    pub(crate) subnets: BTreeSet<SubnetId>,
    pub(crate) tags: Tags,
    pub(crate) routes: Vec<(String, String)>,
    pub(crate) unread_routes: usize,
}

impl RouteTableSpec {
    /// A route table of a VPC, with its local routes.
    pub fn new(vpc: &VpcId) -> Self {
        Self {
            vpc: vpc.clone(),
            id: None,
            subnets: BTreeSet::new(),
            tags: Tags::new(),
            routes: Vec::new(),
            unread_routes: 0,
        }
    }

    /// With this id.
    #[must_use]
    pub fn with_id(self, id: impl Display) -> Self {
        Self { id: Some(id.to_string()), ..self }
    }

    /// Associated with a subnet, which then uses it and not the main table.
    #[must_use]
    pub fn for_subnet(mut self, subnet: &SubnetId) -> Self {
        self.subnets.insert(subnet.clone());
        self
    }

    /// With a tag.
    #[must_use]
    pub fn tagged(mut self, key: impl Display, value: impl Display) -> Self {
        self.tags.insert(key.to_string(), value.to_string());
        self
    }

    /// With a route, as [`World::add_route`](crate::World::add_route) makes it.
    #[must_use]
    pub fn with_route(mut self, destination: impl Display, target: impl Display) -> Self {
        self.routes.push((destination.to_string(), target.to_string()));
        self
    }

    /// With so many routes to IPv6 blocks and prefix lists, which only count.
    #[must_use]
    pub fn with_unread_routes(self, unread_routes: usize) -> Self {
        Self { unread_routes, ..self }
    }
}

/// A network ACL to be put into a world, beside the default one of its VPC.
#[derive(Debug, Clone)]
pub struct NetworkAclSpec {
    pub(crate) vpc: VpcId,
    pub(crate) subnets: BTreeSet<SubnetId>,
    pub(crate) entries: AclEntries,
}

impl NetworkAclSpec {
    /// One that lets nothing pass, as AWS makes them.
    pub fn closed(vpc: &VpcId) -> Self {
        Self { vpc: vpc.clone(), subnets: BTreeSet::new(), entries: AclEntries::default() }
    }

    /// One that lets everything pass, by entries of the number 100.
    pub fn open(vpc: &VpcId) -> Self {
        Self { entries: AclEntries::open(), ..Self::closed(vpc) }
    }

    /// Associated with a subnet, which then has it and not the default one.
    #[must_use]
    pub fn for_subnet(mut self, subnet: &SubnetId) -> Self {
        self.subnets.insert(subnet.clone());
        self
    }

    /// With an entry for what enters its subnets.
    #[must_use]
    pub fn inbound(mut self, entry: AclEntry) -> Self {
        self.entries.ingress.push(entry);
        self
    }

    /// With an entry for what leaves its subnets.
    #[must_use]
    pub fn outbound(mut self, entry: AclEntry) -> Self {
        self.entries.egress.push(entry);
        self
    }
}
