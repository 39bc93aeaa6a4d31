use heroku_data_link::model::{
    AddonId, AllowedAccountStatus, AllowedPrincipal, AwsPrincipal, ConnectionStatus,
    PrivateLinkStatus,
};
use heroku_data_link::provider::{
    EndpointConnection, ErrorKind, PrivateLink, PrivateLinks, operation,
};

use crate::AddonSpec;
use crate::contract::Start;
use crate::contract::expect::{kind, ok, only, secs, some, sorted, value};
use crate::contract::failures::{self, Cloud, lose_answer, probe};
use crate::contract::sites::{Network, Store, principals};

const NOBODYS: &str = "01234567-89ab-cdef-0123-456789abcdef";

async fn look(client: &dyn PrivateLinks, addon: AddonId) -> PrivateLink {
    some(ok(client.private_link(&addon).await))
}

async fn status(client: &dyn PrivateLinks, addon: AddonId) -> Option<PrivateLinkStatus> {
    ok(client.private_link(&addon).await).map(|link| link.status)
}

async fn allowed(client: &dyn PrivateLinks, addon: AddonId) -> Vec<String> {
    let accounts = look(client, addon).await.allowed_accounts;
    sorted(accounts.into_iter().map(|account| account.principal.to_string()))
}

/// Minutes later it is operational and has a name; its accounts may follow later still.
pub async fn a_service_is_made_and_read_back(start: &Start, client: &dyn PrivateLinks) {
    let addon = Store::new(start).addon;
    assert_eq!(ok(client.private_link(&addon).await), None);
    ok(client.create_private_link(&addon, &principals(["123456789101"])).await);
    let states = async || {
        let link = look(client, addon).await;
        let account = only(link.allowed_accounts);
        assert_eq!(account.principal, AwsPrincipal::root_of(value("123456789101")).into());
        assert_eq!(link.connections, []);
        (link.status, link.service_name.is_some(), account.status)
    };
    let waiting = AllowedAccountStatus::Provisioning;
    assert_eq!(states().await, (PrivateLinkStatus::Provisioning, false, waiting.clone()));
    start.world.advance(secs(7 * 60));
    assert_eq!(states().await, (PrivateLinkStatus::Operational, true, waiting));
    start.world.advance(secs(60));
    let expected = (PrivateLinkStatus::Operational, true, AllowedAccountStatus::Active);
    assert_eq!(states().await, expected);
}

/// In whichever form they were given; of users and roles, too.
pub async fn principals_come_back_in_one_spelling(start: &Start, client: &dyn PrivateLinks) {
    let addon = Store::new(start).addon;
    let given = [
        "123456789101",
        "arn:aws:iam::210987654321:root",
        "210987654321:user/abc.xyz",
        "arn:aws:iam::021876802972:role/a",
    ];
    ok(client.create_private_link(&addon, &principals(given)).await);
    let shown = [
        "arn:aws:iam::021876802972:role/a",
        "arn:aws:iam::123456789101:root",
        "arn:aws:iam::210987654321:root",
        "arn:aws:iam::210987654321:user/abc.xyz",
    ];
    assert_eq!(allowed(client, addon).await, shown);
}

/// Somebody may have allowed everybody: a list that leaves it out looks safer than the service is.
pub async fn principals_that_cannot_be_read_are_listed(start: &Start, client: &dyn PrivateLinks) {
    let store = Store::new(start);
    store.service(start);
    let session = "arn:aws:sts::123456789101:assumed-role/Admin/me@example.com";
    let odd = ["*", "arn:aws:iam::*:root", session, "nobody\u{1b}[2J"];
    ok(start.world.list_odd_principals(store.addon, &odd));
    let accounts = look(client, store.addon).await.allowed_accounts;
    let odd = accounts.iter().filter(|account| account.principal.known().is_none());
    assert_eq!(
        sorted(odd.map(|account| account.principal.to_string())),
        ["*", "arn:aws:iam::*:root", session, "nobody\\u{1b}[2J"]
    );
    assert!(accounts.iter().any(|account| account.principal == AllowedPrincipal::Anyone));
    assert!(accounts.iter().any(|account| account.principal.known().is_some()));
}

/// What is there is added, and what is not is removed, without an error.
pub async fn principals_are_a_set(start: &Start, client: &dyn PrivateLinks) {
    let addon = Store::new(start).addon;
    ok(client.create_private_link(&addon, &principals(["123456789101"])).await);
    start.world.advance(secs(8 * 60));
    let more = principals(["123456789101:root", "210987654321", "021876802972:role/a"]);
    ok(client.allow(&addon, &more).await);
    ok(client.allow(&addon, &more).await);
    let link = look(client, addon).await;
    let statuses = link.allowed_accounts.iter().map(|account| &account.status);
    let active = statuses.filter(|status| **status == AllowedAccountStatus::Active).count();
    assert_eq!((link.allowed_accounts.len(), active), (3, 1), "{link:?}");
    let fewer = principals(["arn:aws:iam::123456789101:root", "111111111111"]);
    ok(client.disallow(&addon, &fewer).await);
    ok(client.disallow(&addon, &fewer).await);
    let left = ["arn:aws:iam::021876802972:role/a", "arn:aws:iam::210987654321:root"];
    assert_eq!(allowed(client, addon).await, left);
    ok(client.disallow(&addon, &more).await);
    assert_eq!(allowed(client, addon).await, [""; 0]);
}

/// Whatever the first one's state is.
pub async fn a_second_service_is_a_conflict(start: &Start, client: &dyn PrivateLinks) {
    let addon = Store::new(start).addon;
    let who = principals(["123456789101"]);
    ok(client.create_private_link(&addon, &who).await);
    let again = async || kind(client.create_private_link(&addon, &who).await);
    assert_eq!(again().await, ErrorKind::Conflict, "provisioning");
    start.world.advance(secs(8 * 60));
    assert_eq!(again().await, ErrorKind::Conflict, "operational");
    ok(client.delete_private_link(&addon).await);
    assert_eq!(again().await, ErrorKind::Conflict, "going away");
    start.world.advance(secs(5 * 60));
    ok(client.create_private_link(&addon, &who).await);
}

/// Deleting it again is fine, before and after.
pub async fn a_deleted_service_is_answered_until_it_is_gone(
    start: &Start,
    client: &dyn PrivateLinks,
) {
    let store = Store::new(start);
    store.service(start);
    let addon = store.addon;
    ok(client.delete_private_link(&addon).await);
    assert_eq!(status(client, addon).await, Some(PrivateLinkStatus::Deprovisioned));
    ok(client.delete_private_link(&addon).await);
    start.world.advance(secs(3 * 60));
    assert_eq!(status(client, addon).await, None);
    ok(client.delete_private_link(&addon).await);
}

/// Absence is data; what has to be there for a change is not found.
pub async fn without_a_service_nothing_can_be_changed(start: &Start, client: &dyn PrivateLinks) {
    let store = Store::new(start);
    let who = principals(["123456789101"]);
    for addon in [store.addon, value(NOBODYS)] {
        assert_eq!(ok(client.private_link(&addon).await), None);
        ok(client.delete_private_link(&addon).await);
        assert_eq!(kind(client.allow(&addon, &who).await), ErrorKind::NotFound);
        assert_eq!(kind(client.disallow(&addon, &who).await), ErrorKind::NotFound);
    }
    let created = client.create_private_link(&value(NOBODYS), &who).await;
    assert_eq!(kind(created), ErrorKind::NotFound);
}

/// Nobody to let in, and a plan that has no private network.
pub async fn what_heroku_refuses_is_an_invalid_request(start: &Start, client: &dyn PrivateLinks) {
    let store = Store::new(start);
    let nobody = client.create_private_link(&store.addon, &principals([])).await;
    assert_eq!(kind(nobody), ErrorKind::InvalidRequest);
    let spec = AddonSpec::new(&store.app, "redis-2", "heroku-redis:premium-0");
    let addon = ok(start.world.add_addon(&spec.attached_as("PUBLIC")));
    let public = client.create_private_link(&addon, &principals(["123456789101"])).await;
    assert_eq!(kind(public), ErrorKind::InvalidRequest);
}

/// Whoever has connected, each endpoint once.
pub async fn endpoints_are_listed_as_connections(start: &Start, client: &dyn PrivateLinks) {
    let (store, network) = (Store::new(start), Network::new(start));
    let service = store.service(start);
    let group = ok(start.world.add_security_group(&network.vpc, "clients", &[]));
    let mut endpoints = Vec::new();
    for subnet in &network.subnets[..2] {
        let (subnets, groups) = ([subnet.clone()], [group.clone()]);
        let made = start.world.add_endpoint(&network.vpc, &service, &subnets, &groups, &[]);
        endpoints.push(ok(made));
    }
    let link = look(client, store.addon).await;
    assert_eq!(link.service_name, Some(service));
    let listed = link.connections.iter().map(|connection| connection.endpoint.clone());
    assert_eq!(sorted(listed.flatten()), sorted(endpoints));
    for EndpointConnection { hostname, owner, status, .. } in link.connections {
        assert_eq!(owner, Some(AwsPrincipal::root_of(start.account.clone())));
        assert_eq!(status, ConnectionStatus::Available);
        assert!(some(hostname).starts_with("vpce-"));
    }
}

/// Clouds get new words without asking.
pub async fn a_status_may_be_a_word_that_nobody_knows(start: &Start, client: &dyn PrivateLinks) {
    let addon = Store::new(start).addon;
    for word in ["failed", "resting"] {
        let expected = PrivateLinkStatus::from(word);
        start.world.next_private_link_sticks_at(&expected);
        ok(client.create_private_link(&addon, &principals(["123456789101"])).await);
        start.world.advance(secs(60 * 60));
        assert_eq!(status(client, addon).await, Some(expected));
        ok(client.delete_private_link(&addon).await);
        start.world.advance(secs(60 * 60));
    }
}

/// So that a creation is refused though nothing is seen yet.
pub async fn reads_lag_and_mutations_do_not(start: &Start, client: &dyn PrivateLinks) {
    let addon = Store::new(start).addon;
    let who = principals(["123456789101"]);
    start.world.set_read_lag(secs(30));
    ok(client.create_private_link(&addon, &who).await);
    assert_eq!(status(client, addon).await, None);
    let again = kind(client.create_private_link(&addon, &who).await);
    // Heroku does not say why it refuses, and a client that looks sees nothing yet.
    assert!(matches!(again, ErrorKind::Conflict | ErrorKind::InvalidRequest), "{again}");
    start.world.advance(secs(30));
    assert_eq!(status(client, addon).await, Some(PrivateLinkStatus::Provisioning));
}

/// Nobody learns of it but by looking again.
pub async fn a_lost_answer_leaves_its_effect(start: &Start, client: &dyn PrivateLinks) {
    let addon = Store::new(start).addon;
    let (who, more) = (principals(["123456789101"]), principals(["210987654321"]));
    lose_answer(start, client.create_private_link(&addon, &who)).await;
    assert_eq!(status(client, addon).await, Some(PrivateLinkStatus::Provisioning));
    start.world.advance(secs(8 * 60));
    lose_answer(start, client.allow(&addon, &more)).await;
    assert_eq!(allowed(client, addon).await.len(), 2);
    lose_answer(start, client.disallow(&addon, &who)).await;
    assert_eq!(allowed(client, addon).await, ["arn:aws:iam::210987654321:root"]);
    lose_answer(start, client.delete_private_link(&addon)).await;
    assert_eq!(status(client, addon).await, Some(PrivateLinkStatus::Deprovisioned));
}

/// In terms that a caller can act on.
pub async fn a_failed_call_says_why_and_is_one_attempt(start: &Start, client: &dyn PrivateLinks) {
    let addon = Store::new(start).addon;
    let who = principals(["123456789101"]);
    let probes = [
        probe(operation::READ_PRIVATE_LINK, || client.private_link(&addon)),
        probe(operation::CREATE_PRIVATE_LINK, || client.create_private_link(&addon, &who)),
        probe(operation::ALLOW_PRINCIPALS, || client.allow(&addon, &who)),
        probe(operation::DISALLOW_PRINCIPALS, || client.disallow(&addon, &who)),
        probe(operation::DELETE_PRIVATE_LINK, || client.delete_private_link(&addon)),
    ];
    failures::check(start, Cloud::Heroku, &probes).await;
    assert_eq!(status(client, addon).await, None, "a call that failed had no effect");
}
