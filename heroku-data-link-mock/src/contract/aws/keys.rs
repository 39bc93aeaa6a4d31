use std::time::Duration;

use heroku_data_link::model::{KeyAlias, KeyArn, KeyState};
use heroku_data_link::provider::{
    ErrorKind, Key, Keys, NewKey, ProviderResult, Rotation, operation,
};

use crate::contract::Start;
use crate::contract::expect::{kind, ok, only, refused, secs, some, sorted, tag, tags, value};
use crate::contract::failures::{self, Cloud, lose_answer, probe};
use crate::{KeyQuirks, KeySpec};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A policy that lets the account do everything, and another one see the key.
fn policy(start: &Start, also: &str) -> String {
    let statement = |account: &str, action: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{account}:root"}},"Action":"{action}","Resource":"*"}}"#
        )
    };
    let statements =
        [statement(start.account.as_str(), "kms:*"), statement(also, "kms:DescribeKey")];
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}

fn new(start: &Start, link: &str) -> NewKey {
    NewKey {
        policy: policy(start, "021876802972"),
        description: "data of a <b> & \"c\"".to_owned(),
        tags: tags([("link", link), ("note", "a = b/c:d+e@f_g-h.i")]),
    }
}

/// A key of the client's account and region that was there before.
fn add(start: &Start, spec: KeySpec) -> KeyArn {
    ok(start.world.add_key(&spec.in_account(&start.account).in_region(&start.region)))
}

fn unknown(start: &Start) -> KeyArn {
    let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
    value(&format!("arn:aws:kms:{}:{}:key/{id}", start.region, start.account))
}

fn alias(name: &str) -> KeyAlias {
    value(&format!("alias/{name}"))
}

async fn find(client: &dyn Keys, key: &KeyArn) -> Key {
    some(ok(client.key(key).await))
}

async fn arn_of(client: &dyn Keys, name: &str) -> Option<KeyArn> {
    ok(client.key_by_alias(&alias(name)).await).map(|key| key.arn)
}

/// The one that the client was made for.
pub async fn the_region_is_the_clients(start: &Start, client: &dyn Keys) {
    assert_eq!(client.region(), &start.region);
}

/// With its tags and policy; each is another one.
pub async fn what_is_made_is_read_back(start: &Start, client: &dyn Keys) {
    let wanted = new(start, "a");
    let arn = ok(client.create_key(&wanted).await);
    let expected = Key {
        arn: arn.clone(),
        state: KeyState::Enabled,
        usage: "ENCRYPT_DECRYPT".to_owned(),
        spec: "SYMMETRIC_DEFAULT".to_owned(),
        origin: "AWS_KMS".to_owned(),
        description: wanted.description.clone(),
        is_aws_managed: false,
        is_multi_region: false,
        created_at: Some(start.world.now()),
        deletion_at: None,
    };
    assert_eq!(ok(client.key(&arn).await), Some(expected));
    assert_eq!(ok(client.key_tags(&arn).await), wanted.tags);
    assert_eq!(ok(client.key_policy(&arn).await), wanted.policy);
    assert_ne!(ok(client.create_key(&wanted).await), arn);
}

/// Key pairs, imported material, AWS's own, and those with copies.
pub async fn every_kind_of_key_is_told(start: &Start, client: &dyn Keys) {
    let pair = find(client, &add(start, KeySpec::new().asymmetric().multi_region())).await;
    assert_eq!((pair.usage.as_str(), pair.spec.as_str()), ("SIGN_VERIFY", "RSA_2048"));
    assert!(pair.is_multi_region && !pair.is_aws_managed);
    let imported = find(client, &add(start, KeySpec::new().of_imported_material())).await;
    assert_eq!(imported.origin, "EXTERNAL");
    let managed = add(start, KeySpec::new().aws_managed().rotated_every(365));
    assert!(find(client, &managed).await.is_aws_managed);
    assert_eq!(kind(client.disable_key(&managed).await), ErrorKind::Forbidden);
    for word in ["Creating", "Unavailable", "PendingImport", "Resting"] {
        let arn = add(start, KeySpec::new().in_state(KeyState::from(word)));
        assert_eq!(find(client, &arn).await.state, KeyState::from(word));
    }
}

/// Absence is data, where a call does not need what is absent.
pub async fn what_is_not_there_is_no_error(start: &Start, client: &dyn Keys) {
    let missing = unknown(start);
    assert_eq!(ok(client.key(&missing).await), None);
    assert_eq!(ok(client.key_by_alias(&alias("nobody")).await), None);
    assert_eq!(ok(client.keys_tagged(&tag("link", "a")).await), []);
    let (policy, not_found) = (policy(start, "021876802972"), ErrorKind::NotFound);
    assert_eq!(kind(client.key_tags(&missing).await), not_found);
    assert_eq!(kind(client.tag_key(&missing, &tags([("a", "b")])).await), not_found);
    assert_eq!(kind(client.key_policy(&missing).await), not_found);
    assert_eq!(kind(client.put_key_policy(&missing, &policy).await), not_found);
    assert_eq!(kind(client.create_key_alias(&alias("a"), &missing).await), not_found);
    assert_eq!(kind(client.key_rotation(&missing).await), not_found);
    assert_eq!(kind(client.cancel_key_deletion(&missing).await), not_found);
}

/// "There is none" would make a second one.
pub async fn a_key_that_is_listed_and_not_described_is_no_absence(
    start: &Start,
    client: &dyn Keys,
) {
    let quirks = KeyQuirks { describes_nothing: true, ..KeyQuirks::default() };
    start.world.set_key_quirks(quirks);
    let arn = ok(client.create_key(&new(start, "a")).await);
    assert_eq!(ok(client.key(&arn).await), None);
    assert_eq!(kind(client.keys_tagged(&tag("link", "a")).await), ErrorKind::Transient);
    assert_eq!(kind(client.keys_with_tag("link").await), ErrorKind::Transient);
    assert_eq!(ok(client.keys_tagged(&tag("link", "b")).await), []);
    assert_eq!(ok(client.keys_with_tag("a").await), []);
    start.world.set_key_quirks(KeyQuirks::default());
    let found = ok(client.keys_tagged(&tag("link", "a")).await);
    assert_eq!(only(found).arn, arn);
}

/// Of this account in this region, and all pages of them.
pub async fn all_keys_with_a_tag_are_found(start: &Start, client: &dyn Keys) {
    let (mut expected, mut all) = (Vec::new(), Vec::new());
    for number in 0..6 {
        let link = if number % 2 == 0 { "a" } else { "b" };
        let arn = add(start, KeySpec::new().tagged("link", link).tagged("other", number));
        let number = number.to_string();
        all.push((arn.clone(), tags([("link", link), ("other", number.as_str())])));
        if link == "a" {
            expected.push(arn);
        }
    }
    add(start, KeySpec::new().tagged("other", "link"));
    let far = KeySpec::new().in_account(&start.account).in_region("sa-east-1").tagged("link", "a");
    ok(start.world.add_key(&far));
    let foreign = KeySpec::new().in_account("111122223333").in_region(&start.region);
    ok(start.world.add_key(&foreign.tagged("link", "a")));
    let found = ok(client.keys_tagged(&tag("link", "a")).await);
    assert_eq!(sorted(found.into_iter().map(|key| key.arn)), sorted(expected));
    let found = ok(client.keys_with_tag("link").await);
    assert_eq!(sorted(found.into_iter().map(|(key, tags)| (key.arn, tags))), sorted(all));
}

/// Which a client of this region cannot ask for, and of which others may be told nothing.
pub async fn a_key_of_elsewhere_is_refused(start: &Start, client: &dyn Keys) {
    let far = KeySpec::new().in_account(&start.account).in_region("sa-east-1");
    let far = ok(start.world.add_key(&far));
    assert_eq!(kind(client.key(&far).await), ErrorKind::InvalidRequest);
    let foreign = KeySpec::new().in_account("111122223333").in_region(&start.region);
    let foreign = ok(start.world.add_key(&foreign));
    assert_eq!(kind(client.key(&foreign).await), ErrorKind::Forbidden);
    // KMS does not say whether there is such a key.
    let refused = kind(client.disable_key(&foreign).await);
    assert!(matches!(refused, ErrorKind::Forbidden | ErrorKind::NotFound), "{refused}");
}

/// A key may have several.
pub async fn an_alias_names_one_key(start: &Start, client: &dyn Keys) {
    let (one, other) = (add(start, KeySpec::new()), add(start, KeySpec::new()));
    let named = [("name-1", &one), ("name-2", &one), ("other", &other)];
    for (name, key) in named {
        ok(client.create_key_alias(&alias(name), key).await);
    }
    for key in [&one, &other] {
        let taken = client.create_key_alias(&alias("name-1"), key).await;
        assert_eq!(kind(taken), ErrorKind::Conflict);
    }
    for (name, key) in named {
        assert_eq!(arn_of(client, name).await.as_ref(), Some(key));
    }
}

/// Those of the same key are replaced, and all others stay.
pub async fn a_key_is_tagged(start: &Start, client: &dyn Keys) {
    let arn = add(start, KeySpec::new().tagged("link", "a").tagged("team", "web"));
    let added = tags([("team", "data"), ("cost center", "a/b:1=2 é@x.y")]);
    for _ in 0..2 {
        ok(client.tag_key(&arn, &added).await);
        let mut all = added.clone();
        all.extend(tags([("link", "a")]));
        assert_eq!(ok(client.key_tags(&arn).await), all);
    }
    let many = (0..48).map(|n| (n.to_string(), "x".to_owned())).collect();
    assert_eq!(kind(client.tag_key(&arn, &many).await), ErrorKind::QuotaExceeded);
    let of_aws = tags([("aws:x", "y")]);
    assert_eq!(kind(client.tag_key(&arn, &of_aws).await), ErrorKind::InvalidRequest);
    assert_eq!(ok(client.key_tags(&arn).await).len(), 3);
}

/// As a whole; one that is malformed, or that locks the caller out, is not taken.
pub async fn a_policy_is_replaced(start: &Start, client: &dyn Keys) {
    let arn = ok(client.create_key(&new(start, "a")).await);
    let second = policy(start, "111122223333");
    ok(client.put_key_policy(&arn, &second).await);
    assert_eq!(ok(client.key_policy(&arn).await), second);
    let of_another_account = second.replace(start.account.as_str(), "999999999999");
    for bad in ["", "{}", of_another_account.as_str()] {
        let put = client.put_key_policy(&arn, bad).await;
        assert_eq!(kind(put), ErrorKind::InvalidRequest, "{bad}");
        let made = NewKey { policy: bad.to_owned(), ..new(start, "b") };
        assert_eq!(kind(client.create_key(&made).await), ErrorKind::InvalidRequest, "{bad}");
    }
    assert_eq!(ok(client.key_policy(&arn).await), second);
}

/// It may be so new that KMS does not know it yet.
pub async fn a_policy_may_name_only_whom_iam_knows(start: &Start, client: &dyn Keys) {
    let arn = ok(client.create_key(&new(start, "a")).await);
    let role = format!("arn:aws:iam::{}:role/new", start.account);
    start.world.add_unknown_principal(&value(&role), Some(secs(10)));
    let naming = policy(start, "111122223333").replace("arn:aws:iam::111122223333:root", &role);
    assert_eq!(kind(client.put_key_policy(&arn, &naming).await), ErrorKind::NotFound);
    let made = NewKey { policy: naming.clone(), ..new(start, "b") };
    assert_eq!(kind(client.create_key(&made).await), ErrorKind::NotFound);
    start.world.advance(secs(10));
    ok(client.put_key_policy(&arn, &naming).await);
}

/// In 90 to 2560 days, and only of keys that can be rotated.
pub async fn rotation_is_switched(start: &Start, client: &dyn Keys) {
    let arn = add(start, KeySpec::new());
    let off = Rotation { enabled: false, period_days: None, next: None };
    assert_eq!(ok(client.key_rotation(&arn).await), off);
    for days in [0, 89, 2561] {
        let refused = client.enable_key_rotation(&arn, days).await;
        assert_eq!(kind(refused), ErrorKind::InvalidRequest, "{days}");
    }
    for days in [90, 2560] {
        ok(client.enable_key_rotation(&arn, days).await);
        let next = Some(start.world.now() + days * DAY);
        let on = Rotation { enabled: true, period_days: Some(days), next };
        assert_eq!(ok(client.key_rotation(&arn).await), on);
    }
    ok(start.world.set_key_rotation(&arn, None));
    assert_eq!(ok(client.key_rotation(&arn).await), off);
    for spec in [KeySpec::new().asymmetric(), KeySpec::new().of_imported_material()] {
        let arn = add(start, spec);
        assert_eq!(kind(client.key_rotation(&arn).await), ErrorKind::InvalidRequest);
        let refused = client.enable_key_rotation(&arn, 365).await;
        assert_eq!(kind(refused), ErrorKind::InvalidRequest);
    }
}

/// What is not allowed in a state is a conflict.
pub async fn a_key_allows_in_each_state_what_kms_allows(start: &Start, client: &dyn Keys) {
    let conflict = Some(ErrorKind::Conflict);
    let kind_of = |result: ProviderResult<()>| result.err().map(|error| error.kind().clone());
    for (state, rotation, others) in [
        (KeyState::Enabled, None, None),
        (KeyState::Disabled, conflict.clone(), None),
        (KeyState::PendingDeletion, conflict.clone(), conflict),
    ] {
        let arn = || add(start, KeySpec::new().in_state(state.clone()));
        let rotated = client.enable_key_rotation(&arn(), 365).await;
        assert_eq!(kind_of(rotated), rotation, "{state}");
        assert_eq!(kind_of(client.enable_key(&arn()).await), others, "{state}");
        assert_eq!(kind_of(client.disable_key(&arn()).await), others, "{state}");
        let name = alias(&state.as_str().to_ascii_lowercase());
        assert_eq!(kind_of(client.create_key_alias(&name, &arn()).await), others, "{state}");
        let tags = new(start, "a").tags;
        assert_eq!(kind_of(client.tag_key(&arn(), &tags).await), others, "{state}");
        ok(client.put_key_policy(&arn(), &policy(start, "111122223333")).await);
        ok(client.schedule_key_deletion(&arn(), 7).await);
        ok(client.cancel_key_deletion(&arn()).await);
    }
}

/// On and off, again and again.
pub async fn a_key_is_disabled_and_enabled(start: &Start, client: &dyn Keys) {
    let arn = add(start, KeySpec::new());
    for _ in 0..2 {
        ok(client.disable_key(&arn).await);
    }
    assert_eq!(find(client, &arn).await.state, KeyState::Disabled);
    for _ in 0..2 {
        ok(client.enable_key(&arn).await);
    }
    assert_eq!(find(client, &arn).await.state, KeyState::Enabled);
}

/// In 7 to 30 days; asked for again it keeps its date, and taken back it leaves the key disabled.
pub async fn a_deletion_is_scheduled_and_taken_back(start: &Start, client: &dyn Keys) {
    let arn = add(start, KeySpec::new().with_alias("alias/a"));
    for days in [0, 6, 31] {
        let refused = client.schedule_key_deletion(&arn, days).await;
        assert_eq!(kind(refused), ErrorKind::InvalidRequest, "{days}");
    }
    ok(client.cancel_key_deletion(&arn).await);
    assert_eq!(find(client, &arn).await.state, KeyState::Enabled);
    let date = ok(client.schedule_key_deletion(&arn, 7).await);
    assert_eq!(date, start.world.now() + 7 * DAY);
    start.world.advance(DAY);
    assert_eq!(ok(client.schedule_key_deletion(&arn, 30).await), date);
    let pending = find(client, &arn).await;
    assert_eq!((pending.state, pending.deletion_at), (KeyState::PendingDeletion, Some(date)));
    ok(client.cancel_key_deletion(&arn).await);
    let back = find(client, &arn).await;
    assert_eq!((back.state, back.deletion_at), (KeyState::Disabled, None));
    ok(client.schedule_key_deletion(&arn, 7).await);
    start.world.advance(7 * DAY);
    assert_eq!(ok(client.key(&arn).await), None);
    assert_eq!(arn_of(client, "a").await, None);
}

/// Which is why a key is made once it has been missing for long.
pub async fn reads_lag_behind_a_creation(start: &Start, client: &dyn Keys) {
    start.world.set_read_lag(secs(30));
    let arn = ok(client.create_key(&new(start, "a")).await);
    ok(client.create_key_alias(&alias("a"), &arn).await);
    assert_eq!(arn_of(client, "a").await, None);
    assert_eq!(ok(client.keys_tagged(&tag("link", "a")).await), []);
    start.world.advance(secs(30));
    assert_eq!(arn_of(client, "a").await, Some(arn));
}

/// Nobody learns of it but by looking again.
pub async fn a_lost_answer_leaves_its_effect(start: &Start, client: &dyn Keys) {
    let wanted = new(start, "a");
    lose_answer(start, async { client.create_key(&wanted).await.map(drop) }).await;
    let arn = only(ok(client.keys_tagged(&tag("link", "a")).await)).arn;
    lose_answer(start, client.create_key_alias(&alias("a"), &arn)).await;
    assert_eq!(arn_of(client, "a").await, Some(arn.clone()));
    let team = tags([("team", "data")]);
    lose_answer(start, client.tag_key(&arn, &team)).await;
    assert_eq!(ok(client.key_tags(&arn).await)["team"], "data");
    let second = policy(start, "111122223333");
    lose_answer(start, client.put_key_policy(&arn, &second)).await;
    assert_eq!(ok(client.key_policy(&arn).await), second);
    lose_answer(start, client.enable_key_rotation(&arn, 365)).await;
    assert!(ok(client.key_rotation(&arn).await).enabled);
    lose_answer(start, client.disable_key(&arn)).await;
    assert_eq!(find(client, &arn).await.state, KeyState::Disabled);
    lose_answer(start, client.enable_key(&arn)).await;
    assert_eq!(find(client, &arn).await.state, KeyState::Enabled);
    lose_answer(start, async { client.schedule_key_deletion(&arn, 7).await.map(drop) }).await;
    assert_eq!(find(client, &arn).await.state, KeyState::PendingDeletion);
    lose_answer(start, client.cancel_key_deletion(&arn)).await;
    assert_eq!(find(client, &arn).await.state, KeyState::Disabled);
}

/// In terms that a caller can act on.
pub async fn a_failed_call_says_why_and_is_one_attempt(start: &Start, client: &dyn Keys) {
    let arn = add(start, KeySpec::new().with_alias("alias/a").tagged("link", "a"));
    let (wanted, document) = (new(start, "b"), policy(start, "111122223333"));
    let (name, free, link) = (alias("a"), alias("b"), tag("link", "a"));
    let probes = [
        probe(operation::DESCRIBE_KEY, || client.key(&arn)),
        probe(operation::DESCRIBE_KEY, || client.key_by_alias(&name)),
        probe(operation::LIST_KEYS, || client.keys_tagged(&link)),
        probe(operation::CREATE_KEY, || client.create_key(&wanted)),
        probe(operation::LIST_RESOURCE_TAGS, || client.key_tags(&arn)),
        probe(operation::TAG_KEY, || client.tag_key(&arn, &wanted.tags)),
        probe(operation::GET_KEY_POLICY, || client.key_policy(&arn)),
        probe(operation::PUT_KEY_POLICY, || client.put_key_policy(&arn, &document)),
        probe(operation::CREATE_ALIAS, || client.create_key_alias(&free, &arn)),
        probe(operation::GET_KEY_ROTATION_STATUS, || client.key_rotation(&arn)),
        probe(operation::ENABLE_KEY_ROTATION, || client.enable_key_rotation(&arn, 365)),
        probe(operation::ENABLE_KEY, || client.enable_key(&arn)),
        probe(operation::DISABLE_KEY, || client.disable_key(&arn)),
        probe(operation::SCHEDULE_KEY_DELETION, || client.schedule_key_deletion(&arn, 7)),
        probe(operation::CANCEL_KEY_DELETION, || client.cancel_key_deletion(&arn)),
    ];
    failures::check(start, Cloud::Aws, &probes).await;
    assert_eq!(find(client, &arn).await.state, KeyState::Enabled);
    assert_eq!(arn_of(client, "a").await.as_ref(), Some(&arn));
    let error = refused(client.key_tags(&unknown(start)).await);
    assert_eq!(error.operation(), operation::LIST_RESOURCE_TAGS);
}
