//! The whole job, for each of the data services.

use heroku_data_link::model::{DataService, TlsMode};
use heroku_data_link::provider::operation;
use heroku_data_link::reconcile::Verified;
use heroku_data_link_mock::Timings;

use crate::support::{driver, procedure};

#[tokio::test]
async fn every_service_is_linked_verified_and_torn_down() {
    // Variables, as the procedures print them, and what a client is given.
    let table: [(DataService, &[&str], &[u16], TlsMode); 3] = [
        (
            DataService::KeyValueStore,
            &["REDIS_ENDPOINT_01C87AE3C05563935_URL"],
            &[6379],
            TlsMode::Unverified,
        ),
        (
            DataService::Kafka,
            &["KAFKA_ENDPOINT_01C87AE3C05563935_URL"],
            &[10001, 10002, 10003],
            TlsMode::VerifyChain,
        ),
        (
            DataService::Postgres,
            &[
                "DATABASE_ENDPOINT_01C87AE3C05563935_PGBOUNCER_URL",
                "DATABASE_ENDPOINT_01C87AE3C05563935_URL",
            ],
            &[5433, 5432],
            TlsMode::Unverified,
        ),
    ];
    for (service, variables, ports, tls) in table {
        let (world, site, spec) = procedure(service);
        let before = world.fingerprint();
        let link = driver(&world, &spec);
        let output = link.establish().await.unwrap();

        assert_eq!(output.service, service);
        assert_eq!(output.endpoint.as_str(), "vpce-01c87ae3c05563935");
        assert_eq!(
            output.service_name.as_str(),
            "com.amazonaws.vpce.us-east-1.vpce-svc-0410a2e25933fe8ec"
        );
        let found: Vec<_> = output.connections.iter().map(|c| c.variable.as_str()).collect();
        assert_eq!(found, variables);
        let hosts = output.connections.iter().flat_map(|c| c.url.hosts());
        let found: Vec<u16> = hosts.clone().map(heroku_data_link::model::HostPort::port).collect();
        assert_eq!(found, ports);
        for host in hosts {
            assert!(output.dns_names.contains(host.host()), "{host}");
        }
        assert!(output.connections.iter().all(|connection| connection.tls == tls));
        // Two of the four subnets share a zone, and one is where the service is not.
        assert_eq!(output.subnets.len(), 2, "{:?} of {:?}", output.subnets, site.subnets);

        assert_eq!(link.verify().await.unwrap(), Verified::InSync(output));
        assert_eq!(world.orphans(), Vec::<String>::new());
        link.teardown().await.unwrap();
        assert_eq!(world.fingerprint(), before);
        assert_eq!(world.orphans(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn running_again_changes_nothing() {
    let (world, _, spec) = procedure(DataService::Postgres);
    let first = driver(&world, &spec).establish().await.unwrap();
    let made = world.mutations();
    assert_eq!(driver(&world, &spec).establish().await.unwrap(), first);
    assert_eq!(world.mutations(), made);
    driver(&world, &spec).teardown().await.unwrap();
    let gone = world.mutations();
    driver(&world, &spec).teardown().await.unwrap();
    assert_eq!(world.mutations(), gone);
}

#[tokio::test]
async fn a_key_value_store_url_is_given_with_tls() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    world.set_password(site.addon_id, "s3cret").unwrap();
    let output = driver(&world, &spec).establish().await.unwrap();
    let url = output.connections[0].url.expose_text();
    assert!(url.starts_with("rediss://h:s3cret@vpce-"), "{url}");
    assert!(output.connections[0].advice().contains("rediss"));
}

#[tokio::test]
async fn kafka_names_the_variables_of_its_certificates() {
    let (world, _, spec) = procedure(DataService::Kafka);
    let output = driver(&world, &spec).establish().await.unwrap();
    let names: Vec<_> =
        output.connections[0].certificates.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["KAFKA_TRUSTED_CERT", "KAFKA_CLIENT_CERT", "KAFKA_CLIENT_CERT_KEY"]);
}

#[tokio::test]
async fn a_pass_over_an_established_link_makes_five_reads_on_aws_and_two_on_heroku() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let link = driver(&world, &spec);
    link.establish().await.unwrap();
    let before = world.journal().len();
    link.verify().await.unwrap();
    let mut calls: Vec<_> = world.journal()[before..].iter().map(|call| call.operation).collect();
    calls.sort_unstable();
    assert_eq!(
        calls,
        [
            operation::DESCRIBE_NETWORK_ACLS,
            operation::DESCRIBE_SECURITY_GROUPS,
            operation::DESCRIBE_SUBNETS,
            operation::DESCRIBE_VPC_ENDPOINTS,
            operation::DESCRIBE_VPCS,
            operation::READ_CONFIG_VARS,
            operation::READ_PRIVATE_LINK,
        ]
    );
}

#[tokio::test]
async fn config_vars_are_not_read_before_the_endpoint_works_nor_for_a_teardown() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let link = driver(&world, &spec);
    link.establish().await.unwrap();
    let journal = world.journal();
    let reads: Vec<_> =
        journal.iter().filter(|call| call.operation == operation::READ_CONFIG_VARS).collect();
    let made =
        journal.iter().find(|call| call.operation == operation::CREATE_VPC_ENDPOINT).unwrap();
    assert!(reads.iter().all(|read| read.at > made.at));
    link.teardown().await.unwrap();
    let reads_after =
        world.journal().iter().filter(|call| call.operation == operation::READ_CONFIG_VARS).count();
    assert_eq!(reads_after, reads.len());
}

#[tokio::test]
async fn aws_is_not_asked_while_heroku_makes_the_endpoint_service() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    driver(&world, &spec).establish().await.unwrap();
    let journal = world.journal();
    let made =
        journal.iter().find(|call| call.operation == operation::CREATE_PRIVATE_LINK).unwrap().at;
    let named = made + Timings::default().service_provisioning;
    let count = |name| {
        let during = journal.iter().filter(|call| made < call.at && call.at < named);
        during.filter(|call| call.operation == name).count()
    };
    assert!(count(operation::READ_PRIVATE_LINK) > 3);
    let of_aws = journal.iter().filter(|call| !call.operation.starts_with("heroku:"));
    assert_eq!(of_aws.filter(|call| made < call.at && call.at < named).count(), 0);
    // Before anything is made on AWS, everything is looked at again.
    let groups = operation::DESCRIBE_SECURITY_GROUPS;
    assert!(journal.iter().any(|call| call.operation == groups && call.at > named));
}
