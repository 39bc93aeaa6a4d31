//! What KMS and Heroku make of the policies of keys.

use heroku_data_link::model::{AddonState, DataService, KeyState};
use heroku_data_link::provider::{AddonLifecycle, Addons, Attachments, ErrorKind, Keys};
use heroku_data_link_mock::{KeySpec, World};

use crate::encryption::{AVAILABLE, Encryption, HEROKU};
use crate::fixture::{ACCOUNT, kind, secs};
use crate::keys::{new_key, owner_only};

fn statement(principal: &str, action: &str) -> String {
    format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"{action}","Resource":"*"}}"#
    )
}

fn policy(statements: &[String]) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}

#[tokio::test]
async fn a_policy_that_locks_its_owner_out_is_refused() {
    let world = World::new();
    let aws = world.aws();
    let key = aws.create_key(&new_key("a")).await.unwrap();
    let of_heroku = policy(&[statement(HEROKU, "kms:*")]);
    for refused in [of_heroku.as_str(), "", "{}", "[]", r#"{"Statement":[]}"#] {
        assert_eq!(kind(aws.put_key_policy(&key, refused).await), ErrorKind::InvalidRequest);
        let mut new = new_key("a");
        new.policy = refused.to_owned();
        assert_eq!(kind(aws.create_key(&new).await), ErrorKind::InvalidRequest, "{refused}");
    }
    assert_eq!(aws.key_policy(&key).await.unwrap(), owner_only(), "it is as it was");
    let to_the_caller =
        policy(&[statement(&format!("arn:aws:iam::{ACCOUNT}:user/abc.xyz"), "kms:PutKeyPolicy")]);
    aws.put_key_policy(&key, &to_the_caller).await.unwrap();
    assert_eq!(aws.key_policy(&key).await.unwrap(), to_the_caller, "replaced, not merged");
}

#[tokio::test]
async fn a_policy_may_name_only_whom_iam_knows() {
    let world = World::new();
    let aws = world.aws();
    let key = aws.create_key(&new_key("a")).await.unwrap();
    let role = format!("arn:aws:iam::{ACCOUNT}:role/new");
    let with = |who: &str| policy(&[statement(ACCOUNT, "kms:*"), statement(who, "kms:Decrypt")]);
    let deleted = aws.put_key_policy(&key, &with("AROAEXAMPLEEXAMPLE123")).await.unwrap_err();
    assert_eq!(deleted.kind(), &ErrorKind::NotFound);
    assert!(deleted.message().contains("invalid principals"), "{deleted}");

    world.add_unknown_principal(&role.parse().unwrap(), Some(secs(10)));
    let mut new = new_key("a");
    new.policy = with(&role);
    assert_eq!(kind(aws.create_key(&new).await), ErrorKind::NotFound);
    assert_eq!(kind(aws.put_key_policy(&key, &with(&role)).await), ErrorKind::NotFound);
    world.advance(secs(10));
    aws.put_key_policy(&key, &with(&role)).await.unwrap();
    world.add_unknown_principal(&role.parse().unwrap(), None);
    world.advance(secs(1000));
    assert_eq!(kind(aws.put_key_policy(&key, &with(&role)).await), ErrorKind::NotFound);
}

#[tokio::test]
async fn an_add_on_fails_late_when_heroku_may_not_use_its_key() {
    let grant = r#"{"Effect":"Allow","Principal":{"AWS":"021876802972"},"Action":"kms:CreateGrant","Resource":"*","Condition":{"Bool":{"kms:GrantIsForAWSResource":"false"}}}"#;
    let root = || statement(ACCOUNT, "kms:*");
    for (why, spec) in [
        ("only the owner may", KeySpec::new()),
        ("the grant is missing", {
            KeySpec::new().with_policy(policy(&[root(), statement(HEROKU, "kms:*crypt*")]))
        }),
        ("the grant is for others", {
            let text = policy(&[root(), statement(HEROKU, "kms:[!C]*"), grant.to_owned()]);
            KeySpec::new().with_policy(text)
        }),
        ("another account is let in", KeySpec::new().open_to("111122223333")),
        ("disabled", KeySpec::new().open_to(HEROKU).in_state(KeyState::Disabled)),
        ("pending", KeySpec::new().open_to(HEROKU).in_state(KeyState::PendingDeletion)),
        ("a key pair", KeySpec::new().open_to(HEROKU).asymmetric()),
    ] {
        for service in DataService::ALL {
            let mut it = Encryption::of(service);
            it.key = it.world.add_key(&spec).unwrap();
            let heroku = it.world.heroku();
            heroku.create_addon(&it.new_addon()).await.unwrap();
            it.world.advance(secs(4 * 60 - 1));
            let addon = it.find().await.unwrap();
            assert_eq!(addon.state, AddonState::Provisioning, "{why}: nothing shows it yet");
            it.world.advance(secs(1));
            assert_eq!(it.find().await.unwrap().state, AddonState::Deprovisioned, "{why}");
            let gone = match service {
                DataService::Kafka => "failed: deprovisioned",
                DataService::KeyValueStore | DataService::Postgres => "unknown",
            };
            assert_eq!(it.readiness().await, gone, "{why}");
            assert_eq!(heroku.service_info(&addon).await.unwrap(), None);
            assert_eq!(heroku.attachments(&it.site.app).await.unwrap().len(), 1, "{why}");
            assert_eq!(it.world.orphans(), [""; 0]);

            // A key that can be used now does not help.
            it.world.set_key_policy(&it.key, &owner_only()).unwrap();
            it.world.advance(secs(600));
            assert_eq!(it.find().await, None, "{why}");
            let byok = "byok-12345".parse().unwrap();
            assert_eq!(heroku.resolve(None, &byok).await.unwrap(), []);
        }
    }
}

#[tokio::test]
async fn the_key_of_an_add_on_must_exist_in_the_end() {
    let mut it = Encryption::of(DataService::KeyValueStore);
    it.key = format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd").parse().unwrap();
    it.world.heroku().create_addon(&it.new_addon()).await.unwrap();
    it.world.advance(secs(4 * 60));
    assert_eq!(it.find().await.unwrap().state, AddonState::Deprovisioned);
    // The name is free again.
    it.key = it.world.add_key(&KeySpec::new().open_to(HEROKU)).unwrap();
    it.world.advance(secs(600));
    it.world.heroku().create_addon(&it.new_addon()).await.unwrap();
    it.world.advance(secs(300));
    assert_eq!(it.readiness().await, AVAILABLE);
}

#[tokio::test]
async fn policies_take_effect_late() {
    // Made, but not in force, by the end of the provisioning; and in force by then.
    for (early, state) in [(59, AddonState::Deprovisioned), (60, AddonState::Provisioned)] {
        let mut it = Encryption::of(DataService::Postgres);
        let open = it.world.aws().key_policy(&it.key).await.unwrap();
        it.key = it.world.add_key(&KeySpec::new()).unwrap();
        it.world.heroku().create_addon(&it.new_addon()).await.unwrap();
        it.world.advance(secs(4 * 60 - early));
        it.world.aws().put_key_policy(&it.key, &open).await.unwrap();
        assert_eq!(it.world.aws().key_policy(&it.key).await.unwrap(), open, "read at once");
        it.world.advance(secs(early));
        assert_eq!(it.find().await.unwrap().state, state, "{early}");
    }
}

#[tokio::test]
async fn a_policy_of_a_new_key_is_in_force_at_once() {
    let mut it = Encryption::of(DataService::Kafka);
    let mut new = new_key("a");
    new.policy = it.world.aws().key_policy(&it.key).await.unwrap();
    it.key = it.world.aws().create_key(&new).await.unwrap();
    it.world.heroku().create_addon(&it.new_addon()).await.unwrap();
    it.world.advance(secs(300));
    assert_eq!(it.readiness().await, AVAILABLE);
}
