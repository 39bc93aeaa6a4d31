//! Heroku's side.

use heroku_data_link::model::{
    AllowedAccountStatus, ConfigVarName, ConnectionStatus, DataService, EndpointState,
    PrivateLinkStatus, VpcEndpointId,
};
use heroku_data_link::provider::{
    ConfigVars, EndpointServices, ErrorKind, PrivateLinks, SubnetQuery, VpcEndpoints, Vpcs,
};
use heroku_data_link_mock::{AddonSpec, Timings, VpcSpec};

use crate::fixture::{ACCOUNT, Site, kind, principals, secs};

#[tokio::test]
async fn operational_before_the_account_is_active() {
    let site = Site::new();
    let heroku = site.world.heroku();
    heroku.create_private_link(&site.addon, &principals(&[ACCOUNT])).await.unwrap();
    let look = async || {
        let link = heroku.private_link(&site.addon).await.unwrap().unwrap();
        let accounts = link.allowed_accounts.into_iter().map(|account| account.status);
        (link.status, link.service_name.is_some(), accounts.collect::<Vec<_>>())
    };
    let (waiting, active) = (AllowedAccountStatus::Provisioning, AllowedAccountStatus::Active);
    let provisioning = (PrivateLinkStatus::Provisioning, false, vec![waiting.clone()]);
    assert_eq!(look().await, provisioning);
    site.world.advance(secs(7 * 60 - 1));
    assert_eq!(look().await, provisioning);
    site.world.advance(secs(1));
    assert_eq!(look().await, (PrivateLinkStatus::Operational, true, vec![waiting.clone()]));
    site.world.advance(secs(60));
    assert_eq!(look().await, (PrivateLinkStatus::Operational, true, vec![active.clone()]));

    // One that is added later starts anew, and the first is not disturbed.
    heroku.allow(&site.addon, &principals(&[ACCOUNT, "210987654321"])).await.unwrap();
    assert_eq!(look().await.2, [active.clone(), waiting]);
    site.world.advance(secs(60));
    assert_eq!(look().await.2, [active.clone(), active]);
}

#[tokio::test]
async fn a_service_is_invisible_to_ec2_for_thirty_seconds() {
    let site = Site::new();
    let heroku = site.world.heroku();
    let user = "123456789101:user/abc.xyz";
    heroku.create_private_link(&site.addon, &principals(&[user, "210987654321"])).await.unwrap();
    site.world.advance(secs(7 * 60));
    let name = heroku.private_link(&site.addon).await.unwrap().unwrap().service_name.unwrap();
    assert_eq!(name.as_str(), "com.amazonaws.vpce.us-east-1.vpce-svc-0410a2e25933fe8ec");
    let aws = site.world.aws();
    let visible = async || aws.endpoint_service(&name).await.unwrap().is_some();

    site.world.advance(secs(59));
    assert!(!visible().await, "the principal is not active yet");
    site.world.advance(secs(1));
    assert!(visible().await, "any principal of the account will do");

    let other_account =
        site.world.aws_in("111111111111".parse().unwrap(), "us-east-1".parse().unwrap());
    assert!(other_account.endpoint_service(&name).await.unwrap().is_none());
    let elsewhere = site.world.aws_in(ACCOUNT.parse().unwrap(), "eu-west-1".parse().unwrap());
    assert!(elsewhere.endpoint_service(&name).await.unwrap().is_none());

    heroku.disallow(&site.addon, &principals(&[user])).await.unwrap();
    assert!(!visible().await);
}

#[tokio::test]
async fn visibility_takes_thirty_seconds_even_if_the_account_is_active_at_once() {
    let site = Site::new();
    let timings = Timings { account_activation: secs(0), ..Timings::default() };
    site.world.set_timings(timings);
    let heroku = site.world.heroku();
    heroku.create_private_link(&site.addon, &principals(&[ACCOUNT])).await.unwrap();
    site.world.advance(secs(7 * 60 + 29));
    let name = heroku.private_link(&site.addon).await.unwrap().unwrap().service_name.unwrap();
    assert_eq!(site.world.aws().endpoint_service(&name).await.unwrap(), None);
    site.world.advance(secs(1));
    assert!(site.world.aws().endpoint_service(&name).await.unwrap().is_some());
}

#[tokio::test]
async fn deprovisioned_until_404() {
    let site = Site::new();
    let heroku = site.world.heroku();
    let allowed = principals(&[ACCOUNT]);
    assert_eq!(heroku.private_link(&site.addon).await.unwrap(), None);
    site.service().await;
    assert_eq!(kind(heroku.create_private_link(&site.addon, &allowed).await), ErrorKind::Conflict);

    heroku.delete_private_link(&site.addon).await.unwrap();
    let status = async || heroku.private_link(&site.addon).await.unwrap().map(|link| link.status);
    assert_eq!(status().await, Some(PrivateLinkStatus::Deprovisioned));
    heroku.delete_private_link(&site.addon).await.unwrap();
    let again = heroku.create_private_link(&site.addon, &allowed).await;
    assert_eq!(kind(again), ErrorKind::Conflict);
    assert_eq!(kind(heroku.allow(&site.addon, &allowed).await), ErrorKind::NotFound);
    site.world.advance(secs(179));
    assert_eq!(status().await, Some(PrivateLinkStatus::Deprovisioned));
    site.world.advance(secs(1));
    assert_eq!(status().await, None);

    heroku.delete_private_link(&site.addon).await.unwrap();
    assert_eq!(
        kind(heroku.create_private_link(&site.addon, &principals(&[])).await),
        ErrorKind::InvalidRequest
    );
    heroku.create_private_link(&site.addon, &allowed).await.unwrap();
    assert_eq!(status().await, Some(PrivateLinkStatus::Provisioning));
}

#[tokio::test]
async fn a_deleted_service_rejects_its_endpoints() {
    let site = Site::new();
    let id = site.available_endpoint().await;
    site.world.advance(secs(60));
    let heroku = site.world.heroku();
    heroku.delete_private_link(&site.addon).await.unwrap();
    assert_eq!(site.state(&id).await, EndpointState::Rejected);
    let link = heroku.private_link(&site.addon).await.unwrap().unwrap();
    assert_eq!(link.connections, []);
    let vars = heroku.config_vars(&site.procedure.app).await.unwrap();
    assert!(!vars.keys().any(|name| name.belongs_to(&id)));
}

#[tokio::test]
async fn principals_that_no_call_can_name_are_listed_until_somebody_removes_them() {
    let site = Site::new();
    let heroku = site.world.heroku();
    assert!(site.world.list_odd_principals(site.addon, &["*"]).is_err(), "without a service");
    heroku.create_private_link(&site.addon, &principals(&[ACCOUNT])).await.unwrap();
    let before = site.world.fingerprint();
    let shown = async || {
        let link = heroku.private_link(&site.addon).await.unwrap().unwrap();
        link.allowed_accounts.iter().map(|it| it.principal.to_string()).collect::<Vec<_>>()
    };
    let account = "arn:aws:iam::123456789101:root";
    site.world.list_odd_principals(site.addon, &["arn:aws:iam::*:root", "*"]).unwrap();
    assert_eq!(shown().await, [account, "*", "arn:aws:iam::*:root"]);
    assert_ne!(site.world.fingerprint(), before);
    site.world.list_odd_principals(site.addon, &[]).unwrap();
    assert_eq!(shown().await, [account]);
    assert_eq!(site.world.fingerprint(), before);
}

#[tokio::test]
async fn principals_come_back_as_arns() {
    let site = Site::new();
    let heroku = site.world.heroku();
    let given = ["123456789101", "210987654321:user/abc.xyz", "021876802972:role/a"];
    heroku.create_private_link(&site.addon, &principals(&given)).await.unwrap();
    let shown = async || {
        let link = heroku.private_link(&site.addon).await.unwrap().unwrap();
        link.allowed_accounts.iter().map(|it| it.principal.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        shown().await,
        [
            "arn:aws:iam::021876802972:role/a",
            "arn:aws:iam::123456789101:root",
            "arn:aws:iam::210987654321:user/abc.xyz",
        ]
    );
    // Sets: adding what is there and removing what is not are no errors, and neither is none left.
    heroku.allow(&site.addon, &principals(&["123456789101:root"])).await.unwrap();
    assert_eq!(shown().await.len(), 3);
    heroku.disallow(&site.addon, &principals(&["111111111111"])).await.unwrap();
    heroku.disallow(&site.addon, &principals(&given)).await.unwrap();
    assert!(shown().await.is_empty());
}

#[tokio::test]
async fn private_links_are_of_private_data_add_ons() {
    let site = Site::new();
    let (heroku, allowed) = (site.world.heroku(), principals(&[ACCOUNT]));
    let unknown = "01234567-89ab-cdef-0123-456789abcdef".parse().unwrap();
    assert_eq!(heroku.private_link(&unknown).await.unwrap(), None);
    heroku.delete_private_link(&unknown).await.unwrap();
    assert_eq!(kind(heroku.create_private_link(&unknown, &allowed).await), ErrorKind::NotFound);
    assert_eq!(kind(heroku.allow(&unknown, &allowed).await), ErrorKind::NotFound);
    assert_eq!(kind(heroku.allow(&site.addon, &allowed).await), ErrorKind::NotFound);
    assert_eq!(kind(heroku.disallow(&site.addon, &allowed).await), ErrorKind::NotFound);

    let app = &site.procedure.app;
    let cases = [
        ("heroku-redis:premium-0", Some(ErrorKind::InvalidRequest)),
        ("heroku-postgresql:advanced-1", Some(ErrorKind::InvalidRequest)),
        ("papertrail:private-1", Some(ErrorKind::InvalidRequest)),
        ("heroku-postgresql:shield-2", None),
    ];
    for (number, (plan, expected)) in cases.into_iter().enumerate() {
        let name = format!("addon-{number}");
        let spec = AddonSpec::new(app, name, plan).attached_as(format!("ADDON_{number}"));
        let addon = site.world.add_addon(&spec).unwrap();
        let created = heroku.create_private_link(&addon, &allowed).await;
        assert_eq!(created.err().map(|error| error.kind().clone()), expected, "{plan}");
    }
}

#[tokio::test]
async fn heroku_lists_a_connection_late() {
    let site = Site::new();
    let id = site.available_endpoint().await;
    let heroku = site.world.heroku();
    let listed = async || heroku.private_link(&site.addon).await.unwrap().unwrap().connections;
    assert_eq!(listed().await, []);
    site.world.advance(secs(14));
    assert_eq!(listed().await, []);
    site.world.advance(secs(1));
    let [connection] = listed().await.try_into().unwrap();
    assert_eq!(connection.endpoint.as_ref(), Some(&id));
    assert_eq!(connection.status, ConnectionStatus::Available);
    assert_eq!(connection.owner.unwrap().to_string(), "arn:aws:iam::123456789101:root");
    assert!(connection.hostname.unwrap().starts_with("vpce-01c87ae3c05563935-"));

    site.world.aws().delete_endpoint(&id).await.unwrap();
    assert_eq!(listed().await[0].status, ConnectionStatus::Deleting);
    site.world.advance(secs(60));
    assert_eq!(listed().await, []);
}

#[tokio::test]
async fn config_vars_lag() {
    let cases = [
        (DataService::KeyValueStore, "REDIS", "redis://h:canary-1@{}:6379"),
        (
            DataService::Kafka,
            "KAFKA",
            "kafka+ssl://{}:10001,kafka+ssl://{}:10002,kafka+ssl://{}:10003",
        ),
        (DataService::Postgres, "DATABASE", "postgres://user:canary-1@{}:5432/db"),
    ];
    for (service, attachment, expected) in cases {
        let site = Site::of(service);
        site.world.set_password(site.addon, "canary-1").unwrap();
        let heroku = site.world.heroku();
        let read = async || heroku.config_vars(&site.procedure.app).await.unwrap();
        let base: ConfigVarName = format!("{attachment}_URL").parse().unwrap();
        assert!(read().await.contains_key(&base));

        let id = site.available_endpoint().await;
        site.world.advance(secs(59));
        assert!(!read().await.keys().any(|name| name.belongs_to(&id)));
        site.world.advance(secs(1));
        let vars = read().await;
        let name = format!("{attachment}_ENDPOINT_01C87AE3C05563935_URL").parse().unwrap();
        // The regional name is the shortest.
        let names = site.describe(&id).await.unwrap().dns_names;
        let host = names.iter().min_by_key(|name| name.len()).unwrap();
        assert_eq!(vars[&name].expose(), expected.replace("{}", host));
        let pooled: ConfigVarName =
            format!("{attachment}_ENDPOINT_01C87AE3C05563935_PGBOUNCER_URL").parse().unwrap();
        assert_eq!(vars.contains_key(&pooled), service == DataService::Postgres);

        site.world.aws().delete_endpoint(&id).await.unwrap();
        site.world.advance(secs(60));
        assert!(!read().await.keys().any(|name| name.belongs_to(&id)));
        assert!(read().await.contains_key(&base));
    }
}

#[tokio::test]
async fn an_endpoint_has_variables_of_the_first_attachment_only() {
    let site = Site::new();
    let world = &site.world;
    world.attach(site.addon, &site.procedure.app, "CACHE").unwrap();
    let other = world.add_app("other", None).unwrap();
    world.attach(site.addon, &other, "SHARED").unwrap();
    let id = site.available_endpoint().await;
    world.advance(secs(60));
    let names = async |app| {
        let vars = world.heroku().config_vars(app).await.unwrap();
        vars.into_keys().map(|name| name.to_string()).collect::<Vec<_>>()
    };
    let infix = id.config_var_infix();
    assert_eq!(
        names(&site.procedure.app).await,
        ["CACHE_URL".to_owned(), format!("REDIS_ENDPOINT_{infix}_URL"), "REDIS_URL".to_owned(),]
    );
    assert_eq!(names(&other).await, [format!("SHARED_ENDPOINT_{infix}_URL"), "SHARED_URL".into()]);
    let unknown = "nobody".parse().unwrap();
    assert_eq!(kind(world.heroku().config_vars(&unknown).await), ErrorKind::NotFound);
}

#[tokio::test]
async fn an_endpoint_service_can_stick() {
    let site = Site::new();
    site.world.next_private_link_sticks_at(&PrivateLinkStatus::from("Failed"));
    let heroku = site.world.heroku();
    heroku.create_private_link(&site.addon, &principals(&[ACCOUNT])).await.unwrap();
    site.world.advance(secs(86_400));
    let link = heroku.private_link(&site.addon).await.unwrap().unwrap();
    assert_eq!(link.status.as_str(), "Failed");
}

#[tokio::test]
async fn zone_names_mean_other_zones_in_another_account() {
    let site = Site::new();
    let world = &site.world;
    let name = site.service().await;
    let aws = world.aws();
    let service = aws.endpoint_service(&name).await.unwrap().unwrap();
    let zones = service.zones.unwrap();
    let region = &site.procedure.region;
    let called = |account: &str| {
        let account = account.parse().unwrap();
        let mut names: Vec<String> =
            zones.iter().map(|zone| world.zone_name(region, &account, zone).to_string()).collect();
        names.sort();
        names
    };
    assert_eq!(called("021876802972"), ["us-east-1a", "us-east-1b", "us-east-1c"]);
    assert_eq!(called(ACCOUNT), ["us-east-1a", "us-east-1b", "us-east-1f"]);

    // Comparing names would pick the last subnet, which EC2 refuses.
    let mut endpoint = site.new_endpoint_for(name).await;
    endpoint.subnets = [site.subnets[3].clone()].into();
    assert_eq!(kind(aws.create_endpoint(&endpoint).await), ErrorKind::InvalidRequest);

    // A participant of a shared VPC has other names for the same subnets.
    let account = "210987654321".parse().unwrap();
    let vpc = world.add_vpc(&VpcSpec::new(["10.9.0.0/16"]).shared_with(&account)).unwrap();
    world.add_subnet(&vpc, "us-east-1a", "10.9.0.0/24").unwrap();
    let query = SubnetQuery::InVpc(vpc);
    let participant = world.aws_in(account, region.clone());
    let (ours, theirs) =
        (aws.subnets(&query).await.unwrap(), participant.subnets(&query).await.unwrap());
    assert_eq!(ours[0].zone_id, theirs[0].zone_id);
    assert_ne!(ours[0].zone_name, theirs[0].zone_name);
}

#[tokio::test]
async fn zones_of_a_service_may_be_unpublished() {
    let site = Site::new();
    let spec = AddonSpec::new(&site.procedure.app, "other", "heroku-redis:private-3")
        .attached_as("OTHER")
        .offered_in(["use1-az2"])
        .zones_unpublished();
    let addon = site.world.add_addon(&spec).unwrap();
    let name = site.world.add_private_link(addon, &[ACCOUNT]).unwrap();
    let service = site.world.aws().endpoint_service(&name).await.unwrap().unwrap();
    assert_eq!(service.zones, None);
    // Not published is not nowhere: it is offered in this account's c.
    let mut endpoint = site.new_endpoint_for(name).await;
    endpoint.subnets = [site.subnets[3].clone()].into();
    let _: VpcEndpointId = site.world.aws().create_endpoint(&endpoint).await.unwrap();
}
