//! Links that are found by what they made, and torn down without their specs.

use heroku_data_link::discover::{Discovered, DiscoveredResource, discover, duplicates};
use heroku_data_link::encryption::EncryptionSpec;
use heroku_data_link::key_access::KeyAccessSpec;
use heroku_data_link::link::{LinkOutput, LinkSpec, Options};
use heroku_data_link::model::{
    AddonId, DataService, KeyState, LinkKind, NonEmptySet, SecurityGroupId, VpcId,
};
use heroku_data_link::peering::{Inbound, PeeringSpec, RouteTableChoice};
use heroku_data_link::privatelink::PrivateLinkSpec;
use heroku_data_link::provider::{
    Clouds, EndpointQuery, ErrorKind, GroupQuery, Tags, VpcEndpoints, operation,
};
use heroku_data_link::reconcile::ownership::{
    KIND_TAG, LINK_TAG, TARGET_NAME_TAG, TARGET_TAG, VERSION_TAG,
};
use heroku_data_link_mock::{Fault, World};

use crate::canary::CANARY;
use crate::support::{driver, procedure};

const ADDON: &str = "redis-kvs-12345";
const VPC: &str = "vpc-0a1b2c3d4e5f60718";
const SPACE: &str = "enablement-jp";
const PEERED_VPC: &str = "vpc-0cb1a66017eed9372";

/// The world of all procedures, as the owners of its two VPCs see it.
struct Estate {
    world: World,
    /// Of the PrivateLink and the keys.
    home: Clouds,
    /// Of the peering.
    network: Clouds,
}

impl Estate {
    fn new() -> Self {
        let world = World::of_all_procedures();
        let account = "435886841536".parse().unwrap();
        let network = world.aws_in(account, "us-east-1".parse().unwrap());
        Self {
            home: Clouds::new(world.heroku(), world.aws()),
            network: Clouds::new(world.heroku(), network),
            world,
        }
    }

    async fn establish(&self, clouds: &Clouds, spec: impl Into<LinkSpec>) -> LinkOutput {
        let link = spec.into().open(clouds, self.world.clock(), Options::default()).unwrap();
        link.establish().await.unwrap()
    }

    async fn tear_down(&self, clouds: &Clouds, spec: LinkSpec) {
        let link = spec.open(clouds, self.world.clock(), Options::default()).unwrap();
        link.teardown().await.unwrap();
    }

    /// One of each kind. The specs of those that a teardown deletes.
    async fn establish_all(&self) -> (LinkSpec, LinkSpec) {
        let cache = LinkSpec::from(private_link());
        self.establish(&self.home, cache.clone()).await;
        let group = self.add_group("web");
        let network = LinkSpec::from(peering(&group));
        self.establish(&self.network, network.clone()).await;
        let app = "your-app-name".parse().unwrap();
        let plan = "heroku-redis:private-7".parse().unwrap();
        let vault = EncryptionSpec::new(id("vault"), app, plan, "vaulted".parse().unwrap());
        let LinkOutput::Encryption(vault) = self.establish(&self.home, vault).await else {
            panic!("of another kind")
        };
        self.establish(&self.home, KeyAccessSpec::new(id("access"), vault.key)).await;
        (cache, network)
    }

    fn add_group(&self, name: &str) -> SecurityGroupId {
        let vpc: VpcId = PEERED_VPC.parse().unwrap();
        self.world.add_security_group(&vpc, name, &[]).unwrap()
    }
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn private_link() -> PrivateLinkSpec {
    let addon: heroku_data_link::model::AddonName = id(ADDON);
    PrivateLinkSpec::new(id("cache"), addon, id(VPC))
}

fn peering(group: &SecurityGroupId) -> PeeringSpec {
    let mut spec = PeeringSpec::new(id("network"), id(SPACE), id(PEERED_VPC));
    spec.route_tables = RouteTableChoice::All;
    let ports = NonEmptySet::new(["443", "5432-5433"].map(id)).unwrap();
    spec.inbound = Some(Inbound { security_group: group.clone(), ports });
    spec
}

async fn addon_id(clouds: &Clouds) -> AddonId {
    clouds.heroku.resolve(None, &id(ADDON)).await.unwrap()[0].id
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The only one, in the account of the procedures.
async fn only(world: &World) -> Discovered {
    let mut found = discover(&*world.aws()).await.unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[tokio::test]
async fn links_of_every_kind_are_found_by_what_they_made() {
    let estate = Estate::new();
    estate.establish_all().await;
    let mutations = estate.world.mutations();
    let found = discover(&*estate.home.aws).await.unwrap();
    let [cache, vault] = found.as_slice() else { panic!("{found:?}") };

    assert_eq!((cache.link.as_str(), cache.kind), ("cache", Some(LinkKind::PrivateLink)));
    assert_eq!(cache.target, Some(addon_id(&estate.home).await.to_string()));
    assert_eq!(cache.target_name.as_deref(), Some(ADDON));
    assert_eq!(cache.vpc, Some(id(VPC)));
    assert_eq!(cache.versions.len(), 1);
    let ids: Vec<_> = cache.resources.iter().map(DiscoveredResource::id).collect();
    assert!(ids[0].starts_with("sg-") && ids[1] == "vpce-01c87ae3c05563935", "{ids:?}");
    let states: Vec<_> = cache.resources.iter().map(DiscoveredResource::state).collect();
    assert_eq!(states, [None, Some("available")]);

    assert_eq!((vault.link.as_str(), vault.kind), ("vault", Some(LinkKind::Encryption)));
    assert_eq!((vault.target.as_deref(), &vault.vpc), (Some("vaulted"), &None));
    let [DiscoveredResource::Key { state: KeyState::Enabled, .. }] = vault.resources.as_slice()
    else {
        panic!("{vault:?}")
    };
    assert!(vault.teardown_specs().is_empty(), "key and data stay");

    let found = discover(&*estate.network.aws).await.unwrap();
    let [network] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((network.link.as_str(), network.kind), ("network", Some(LinkKind::Peering)));
    assert_eq!(network.target_name.as_deref(), Some(SPACE));
    assert_eq!(network.vpc, Some(id(PEERED_VPC)));
    let text = network.to_string();
    let lines: Vec<_> = text.lines().collect();
    assert!(
        lines[0].starts_with(&format!("link network (peering) from {PEERED_VPC} to {SPACE} ("))
    );
    let record = "pcx-01f31cfb89521de9c: active, routes: 12, inbound rules: 8";
    assert_eq!(lines[1..], [format!("  peering connection {record}")]);

    // Nothing was changed, and what was found can be written down and read again.
    assert_eq!(estate.world.mutations(), mutations);
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json[0]["resources"][0]["type"], "peering");
    assert_eq!(serde_json::from_value::<Vec<Discovered>>(json).unwrap(), found);
}

#[tokio::test]
async fn what_was_found_is_torn_down_as_its_own_spec_would() {
    let twin = Estate::new();
    let (mut cache, network) = twin.establish_all().await;
    if let LinkSpec::PrivateLink(spec) = &mut cache {
        spec.heroku_teardown = heroku_data_link::privatelink::HerokuTeardown::Keep;
    }
    twin.tear_down(&twin.home, cache).await;
    twin.tear_down(&twin.network, network).await;

    let estate = Estate::new();
    estate.establish_all().await;
    for clouds in [&estate.home, &estate.network] {
        for link in discover(&*clouds.aws).await.unwrap() {
            for spec in link.teardown_specs() {
                assert_eq!((spec.link().as_str(), Some(spec.kind())), (&*link.link, link.kind));
                estate.tear_down(clouds, spec).await;
            }
        }
    }
    assert_eq!(estate.world.orphans(), Vec::<String>::new());
    assert_eq!(estate.world.fingerprint(), twin.world.fingerprint());
    // AWS still describes what was deleted; that is no link.
    let left = discover(&*estate.home.aws).await.unwrap();
    assert_eq!(left.iter().map(|it| it.link.as_str()).collect::<Vec<_>>(), ["vault"]);
    assert_eq!(discover(&*estate.network.aws).await.unwrap(), []);
}

#[tokio::test]
async fn rules_of_every_recorded_group_go_before_the_connection() {
    let estate = Estate::new();
    let groups = [estate.add_group("one"), estate.add_group("two")];
    for group in &groups {
        estate.establish(&estate.network, peering(group)).await;
    }
    let found = discover(&*estate.network.aws).await.unwrap();
    let specs = found[0].teardown_specs();
    assert_eq!(specs.len(), 2);
    for spec in specs {
        estate.tear_down(&estate.network, spec).await;
    }
    let query = GroupQuery::Ids(groups.into());
    for group in estate.network.aws.security_groups(&query).await.unwrap() {
        assert!(group.ingress.is_empty(), "{group:?}");
    }
    assert_eq!(discover(&*estate.network.aws).await.unwrap(), []);
    assert_eq!(estate.world.orphans(), Vec::<String>::new());
}

#[tokio::test]
async fn a_link_whose_addon_was_destroyed_is_torn_down() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    driver(&world, &spec).establish().await.unwrap();
    world.destroy_addon(site.addon_id).unwrap();
    world.advance(std::time::Duration::from_secs(24 * 60 * 60));
    let found = only(&world).await;
    assert_eq!(found.target, Some(site.addon_id.to_string()));
    let clouds = Clouds::new(world.heroku(), world.aws());
    for spec in found.teardown_specs() {
        let link = spec.open(&clouds, world.clock(), Options::default()).unwrap();
        link.teardown().await.unwrap();
    }
    assert_eq!(discover(&*world.aws()).await.unwrap(), []);
    assert_eq!(world.orphans(), Vec::<String>::new());
}

#[tokio::test]
async fn what_carries_no_tag_of_a_link_is_not_found() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let foreign = [("Name", "cache"), ("heroku-data-link:target", "x"), ("link", LINK_TAG)];
    world.make_security_group(&site.vpc, "foreign", &tags(&foreign)).unwrap();
    assert_eq!(discover(&*world.aws()).await.unwrap(), []);
    let endpoint = driver(&world, &spec).establish().await.unwrap().endpoint;
    assert_eq!(only(&world).await.resources.len(), 2);
    // A tag cleaner was there.
    world.replace_tags(endpoint.as_str(), &Tags::new()).unwrap();
    let found = only(&world).await;
    let [DiscoveredResource::SecurityGroup { .. }] = found.resources.as_slice() else {
        panic!("{found:?}")
    };
    // The teardown is the one of any spec: what somebody else's endpoint may use stays.
    let clouds = Clouds::new(world.heroku(), world.aws());
    let [spec] = &found.teardown_specs()[..] else { panic!("{found:?}") };
    let link = spec.clone().open(&clouds, world.clock(), Options::default()).unwrap();
    let error = link.teardown().await.unwrap_err();
    crate::support::assert_blocker(error.blockers(), "security-group-in-use", &[endpoint.as_str()]);
}

#[tokio::test]
async fn what_carries_the_id_alone_has_no_kind_and_no_teardown() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let output = driver(&world, &spec).establish().await.unwrap();
    let alone = tags(&[(LINK_TAG, "demo")]);
    for resource in &only(&world).await.resources {
        world.replace_tags(resource.id(), &alone).unwrap();
    }
    let found = only(&world).await;
    assert_eq!((found.kind, &found.target, found.resources.len()), (None, &None, 2));
    assert!(found.versions.is_empty() && found.teardown_specs().is_empty());
    assert!(found.to_string().starts_with("link demo (of unknown kind) from vpc-"), "{found}");

    // Nor has what this version cannot read.
    let said = found_tags(&world, &output.endpoint).await;
    for (key, value) in [(LINK_TAG, "de mo"), (KIND_TAG, "teleport"), (TARGET_TAG, "redis")] {
        let mut odd = said.clone();
        odd.extend(tags(&[(KIND_TAG, "privatelink"), (TARGET_TAG, "x"), (key, value)]));
        world.replace_tags(output.endpoint.as_str(), &odd).unwrap();
        let all = discover(&*world.aws()).await.unwrap();
        assert!(all.iter().all(|it| it.teardown_specs().is_empty()), "{all:?}");
        assert_eq!(all.len(), 2, "the group is still of unknown kind");
        assert!(duplicates(&all).is_empty(), "{all:?}");
    }

    // Establishing the link again brings the tags back.
    world.replace_tags(output.endpoint.as_str(), &alone).unwrap();
    driver(&world, &spec).establish().await.unwrap();
    assert_eq!(only(&world).await.kind, Some(LinkKind::PrivateLink));
}

async fn found_tags(world: &World, endpoint: &heroku_data_link::model::VpcEndpointId) -> Tags {
    let query = EndpointQuery::Id(endpoint.clone());
    world.aws().endpoints(&query).await.unwrap().remove(0).tags
}

#[tokio::test]
async fn a_link_id_that_is_used_twice_is_named() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let output = driver(&world, &spec).establish().await.unwrap();
    assert!(duplicates(&[only(&world).await]).is_empty());
    let mut copied = found_tags(&world, &output.endpoint).await;
    copied.insert(TARGET_TAG.to_owned(), "another".to_owned());
    copied.insert(VERSION_TAG.to_owned(), "9.9.9".to_owned());
    world.make_security_group(&site.vpc, "another", &copied).unwrap();
    let found = discover(&*world.aws()).await.unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(duplicates(&found).into_iter().collect::<Vec<_>>(), ["demo"]);
}

#[tokio::test]
async fn a_key_that_is_to_be_deleted_is_listed_as_such() {
    let estate = Estate::new();
    estate.establish_all().await;
    let found = discover(&*estate.home.aws).await.unwrap();
    let DiscoveredResource::Key { id: key, .. } = &found[1].resources[0] else {
        panic!("{found:?}")
    };
    estate.home.aws.schedule_key_deletion(key, 7).await.unwrap();
    let found = discover(&*estate.home.aws).await.unwrap();
    assert_eq!(found[1].resources[0].state(), Some("PendingDeletion"));
    assert!(found[1].to_string().ends_with(": PendingDeletion"), "{}", found[1]);
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_an_error_and_never_a_shorter_list() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    driver(&world, &spec).establish().await.unwrap();
    for of in [
        operation::DESCRIBE_VPC_ENDPOINTS,
        operation::DESCRIBE_SECURITY_GROUPS,
        operation::DESCRIBE_VPC_PEERING_CONNECTIONS,
        operation::LIST_KEYS,
    ] {
        world.fault(Fault::on(of).before(ErrorKind::Forbidden));
        let error = discover(&*world.aws()).await.unwrap_err();
        assert_eq!((error.operation(), error.kind()), (of, &ErrorKind::Forbidden));
    }
}

#[tokio::test]
async fn a_password_in_a_tag_is_not_shown() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    driver(&world, &spec).establish().await.unwrap();
    let url = format!("redis://h:{CANARY}@host");
    let careless = [LINK_TAG, KIND_TAG, TARGET_TAG, TARGET_NAME_TAG, VERSION_TAG];
    let careless = careless.map(|key| (key, url.as_str()));
    world.make_security_group(&site.vpc, &url, &tags(&careless)).unwrap();
    let found = discover(&*world.aws()).await.unwrap();
    let json = serde_json::to_string(&found).unwrap();
    let mut text = format!("{found:?} {json} {:?}", duplicates(&found));
    for link in &found {
        text += &link.to_string();
    }
    assert!(text.contains("***") && !text.contains(CANARY), "{text}");
}
