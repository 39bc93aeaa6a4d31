//! The worlds of Heroku's published procedures, and fleets.

use heroku_data_link::model::{
    AccountId, AddonId, AddonName, AppName, AwsRegion, DataService, RouteTableId, SecurityGroupId,
    SpaceName, SubnetId, VpcId,
};

use crate::setup::owner;
use crate::space_spec::SpaceSpec;
use crate::specs::{AddonSpec, RouteTableSpec, VpcSpec};
use crate::state::known;
use crate::world::{World, default_caller};

/// What Heroku's article on a data service starts from.
#[derive(Debug, Clone)]
pub struct Procedure {
    /// The data service.
    pub service: DataService,
    /// The space, in Heroku's region `virginia`.
    pub space: SpaceName,
    /// The app in the space.
    pub app: AppName,
    /// The add-on's name.
    pub addon: AddonName,
    /// The add-on's id.
    pub addon_id: AddonId,
    /// The AWS account.
    pub account: AccountId,
    /// The region of space and VPC.
    pub region: AwsRegion,
    /// The VPC, with two blocks.
    pub vpc: VpcId,
    /// Its subnets: two in one zone, one in another, and one where the service is not offered.
    pub subnets: Vec<SubnetId>,
}

/// What Heroku's article on peering a Private Space starts from.
#[derive(Debug, Clone)]
pub struct PeeringProcedure {
    /// The space, in Heroku's region `tokyo`.
    pub space: SpaceName,
    /// The account of the space's VPC.
    pub space_account: AccountId,
    /// The region of the space's VPC.
    pub space_region: AwsRegion,
    /// The space's VPC.
    pub space_vpc: VpcId,
    /// The AWS account of the other VPC; [`World::aws`] is another one's.
    pub account: AccountId,
    /// The region of the other VPC, which is not that of the space.
    pub region: AwsRegion,
    /// The other VPC.
    pub vpc: VpcId,
    /// Its subnets.
    pub subnets: Vec<SubnetId>,
    /// Its route tables: the main one, and one for each of the first two subnets, which both
    /// carry the tag `tier` with the value `private`.
    pub tables: Vec<RouteTableId>,
    /// A security group in it, without rules.
    pub group: SecurityGroupId,
}

/// One of many sites of a fleet.
#[derive(Debug, Clone)]
pub struct Site {
    /// The app.
    pub app: AppName,
    /// The name of its Key-Value Store.
    pub addon: AddonName,
    /// The VPC.
    pub vpc: VpcId,
    /// Its subnets, one in each zone that the service is offered in.
    pub subnets: Vec<SubnetId>,
}

/// Name and plan of the add-on that an article is about.
fn data_addon(service: DataService) -> (&'static str, &'static str) {
    match service {
        DataService::KeyValueStore => ("redis-kvs-12345", "heroku-redis:private-7"),
        DataService::Kafka => ("kafka-sushi-12345", "heroku-kafka:private-standard-2"),
        DataService::Postgres => ("postgresql-cubed-12345", "heroku-postgresql:private-4"),
    }
}

/// The space of all sites.
const FLEET: &str = "fleet";

impl World {
    /// The world before one follows Heroku's article on connecting a VPC to a data service.
    ///
    /// The endpoint service and the VPC endpoint made first get the ids of the article:
    /// `vpce-svc-0410a2e25933fe8ec` and `vpce-01c87ae3c05563935`.
    pub fn of_the_procedures(service: DataService) -> (Self, Procedure) {
        let world = Self::new();
        let (space, app) = world.begin_in_space("privatelink-vpc-endpoint-demo");
        let (name, plan) = data_addon(service);
        let addon_id = known(world.add_addon(&AddonSpec::new(&app, name, plan)));
        let (vpc, subnets) = world.begin_network();
        let caller = default_caller();
        let procedure = Procedure {
            service,
            space,
            app,
            addon: known(name.parse()),
            addon_id,
            account: caller.account,
            region: caller.region,
            vpc,
            subnets,
        };
        (world, procedure)
    }

    /// An app in the space that all but one of the procedures are about.
    pub(crate) fn begin_in_space(&self, app: &str) -> (SpaceName, AppName) {
        let space: SpaceName = known("procedures".parse());
        if !self.lock().state.heroku.spaces.contains_key(&space) {
            known(self.add_space(&space, "virginia"));
        }
        (space, known(self.add_app(app, Some("procedures"))))
    }

    /// The VPC that is connected, and the ids of the articles for what is made first.
    fn begin_network(&self) -> (VpcId, Vec<SubnetId>) {
        let vpc = VpcSpec::new(["10.20.0.0/16", "10.21.0.0/16"]).with_id("vpc-0a1b2c3d4e5f60718");
        let vpc = known(self.add_vpc(&vpc));
        let subnets = [
            ("us-east-1a", "10.20.1.0/24"),
            ("us-east-1a", "10.20.2.0/24"),
            ("us-east-1b", "10.20.3.0/24"),
            ("us-east-1c", "10.20.4.0/24"),
        ];
        let subnets =
            subnets.into_iter().map(|(zone, cidr)| known(self.add_subnet(&vpc, zone, cidr)));
        let subnets = subnets.collect();
        known(self.fix_next_service_id("vpce-svc-0410a2e25933fe8ec"));
        self.fix_next_endpoint_id(known("vpce-01c87ae3c05563935".parse()));
        (vpc, subnets)
    }

    /// The world before one follows any of Heroku's procedures: everything that
    /// [`of_the_procedures`](Self::of_the_procedures) begins with for the three services,
    /// [`of_the_peering_procedure`](Self::of_the_peering_procedure) and
    /// [`of_the_encryption_procedure`](Self::of_the_encryption_procedure), and the Key-Value Store
    /// `redis-sushi-12345` of the older edition of the first article.
    ///
    /// Only the first endpoint service, VPC endpoint and peering connection get the ids of the
    /// articles.
    pub fn of_all_procedures() -> Self {
        let world = Self::new();
        let (_, app) = world.begin_in_space("privatelink-vpc-endpoint-demo");
        let older = ("redis-sushi-12345", "heroku-redis:private-7");
        let addons = DataService::ALL.into_iter().map(data_addon).chain([older]);
        for (name, plan) in addons {
            known(world.add_addon(&AddonSpec::new(&app, name, plan)));
        }
        world.begin_network();
        world.begin_encryption(&DataService::ALL);
        world.begin_peering();
        world
    }

    /// The world before one follows the article on peering a Private Space with a VPC.
    ///
    /// The connection made first gets the id of the article: `pcx-01f31cfb89521de9c`.
    pub fn of_the_peering_procedure() -> (Self, PeeringProcedure) {
        let world = Self::new();
        let procedure = world.begin_peering();
        (world, procedure)
    }

    fn begin_peering(&self) -> PeeringProcedure {
        let spec = SpaceSpec::new("enablement-jp", "tokyo").with_vpc("vpc-b39527d4");
        let space = known(self.add_space_of(&spec));
        let vpc = VpcSpec::new(["172.16.0.0/16"]).with_id("vpc-0cb1a66017eed9372");
        let vpc = known(self.add_vpc(&vpc.in_account("435886841536")));
        let subnets = [
            ("us-east-1a", "172.16.0.0/20"),
            ("us-east-1b", "172.16.16.0/20"),
            ("us-east-1c", "172.16.32.0/20"),
        ];
        let subnets: Vec<SubnetId> = subnets
            .into_iter()
            .map(|(zone, cidr)| known(self.add_subnet(&vpc, zone, cidr)))
            .collect();
        let main = known(self.main_route_table(&vpc));
        known(self.add_route(&main, "0.0.0.0/0", "igw-0a1b2c3d4e5f60718"));
        let mut tables = vec![main];
        for subnet in &subnets[..2] {
            let table = RouteTableSpec::new(&vpc).for_subnet(subnet).tagged("tier", "private");
            let table = table.with_route("0.0.0.0/0", "nat-0a1b2c3d4e5f60718");
            tables.push(known(self.add_route_table(&table)));
        }
        let group = known(self.add_security_group(&vpc, "app", &[]));
        self.fix_next_peering_id(known("pcx-01f31cfb89521de9c".parse()));
        let network = known(self.space_vpc(&space).ok_or("it was added"));
        let inner = self.lock();
        let space_home = known(owner(&inner.state.aws, &network));
        let home = known(owner(&inner.state.aws, &vpc));
        drop(inner);
        PeeringProcedure {
            space,
            space_account: space_home.account,
            space_region: space_home.region,
            space_vpc: network,
            account: home.account,
            region: home.region,
            vpc,
            subnets,
            tables,
            group,
        }
    }

    /// One more site of a fleet: an app with a Key-Value Store, and a VPC with three subnets.
    /// Every number gives another one; the same number cannot be added twice.
    pub fn add_link_site(&self, number: u16) -> Site {
        let new = !self.lock().state.heroku.spaces.contains_key(&known(FLEET.parse()));
        if new {
            known(self.add_space(FLEET, "virginia"));
        }
        let name = format!("redis-site-{number}");
        let app = known(self.add_app(format!("site-{number}"), Some(FLEET)));
        known(self.add_addon(&AddonSpec::new(&app, &name, "heroku-redis:private-7")));
        let [high, low] = number.to_be_bytes();
        let vpc = known(self.add_vpc(&VpcSpec::new([format!("10.{high}.{low}.0/24")])));
        // Where this account calls them a, b and f, Heroku's calls them b, c and a.
        let subnets =
            [("us-east-1a", 0), ("us-east-1b", 32), ("us-east-1f", 64)].map(|(zone, at)| {
                known(self.add_subnet(&vpc, zone, format!("10.{high}.{low}.{at}/27")))
            });
        Site { app, addon: known(name.parse()), vpc, subnets: subnets.into() }
    }
}
