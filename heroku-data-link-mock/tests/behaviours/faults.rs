use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, join, select};
use heroku_data_link::model::Secret;
use heroku_data_link::provider::operation::{
    ALLOW_PRINCIPALS, CREATE_KEY, CREATE_PRIVATE_LINK, CREATE_VPC_ENDPOINT, DESCRIBE_VPCS,
    READ_PRIVATE_LINK,
};
use heroku_data_link::provider::{
    ConfigVars, Ec2Call, ErrorKind, GroupQuery, Identity, Keys, NewSecurityGroup, PrivateLinks,
    Rehearsal, Rehearsals, SecurityGroups, Tag, Verdict, VpcEndpoints, Vpcs, operation,
};
use heroku_data_link_mock::{Answer, Fault, Outcome, When, World};

use crate::fixture::{ACCOUNT, Site, kind, principals, secs};
use crate::keys::new_key;

#[tokio::test]
async fn a_call_fails_before_or_after_its_effect() {
    for (fault, effect) in [
        (Fault::on(CREATE_PRIVATE_LINK).before(ErrorKind::Timeout), false),
        (Fault::on(CREATE_PRIVATE_LINK).after(ErrorKind::Timeout), true),
    ] {
        let site = Site::new();
        let heroku = site.world.heroku();
        site.world.fault(fault);
        let created = heroku.create_private_link(&site.addon, &principals(&[ACCOUNT])).await;
        assert_eq!(kind(created), ErrorKind::Timeout);
        assert_eq!(heroku.private_link(&site.addon).await.unwrap().is_some(), effect);
    }
}

#[tokio::test]
async fn faults_count_the_calls_that_they_are_about() {
    let site = Site::new();
    let aws = site.world.aws();
    site.world.fault(Fault::on(DESCRIBE_VPCS).nth(2).times(2).before(ErrorKind::Forbidden));
    let mut outcomes = Vec::new();
    for _ in 0..4 {
        aws.caller_identity().await.unwrap();
        outcomes.push(aws.vpc(&site.vpc).await.is_ok());
    }
    assert_eq!(outcomes, [true, false, false, true]);

    site.world.fault(Fault::on_any_mutation().saying("it broke"));
    aws.vpc(&site.vpc).await.unwrap();
    let error = site.world.heroku().delete_private_link(&site.addon).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (&ErrorKind::Transient, "it broke"));

    site.world.fault(Fault::on_any_call().times(100));
    assert!(aws.vpc(&site.vpc).await.is_err());
    site.world.clear_faults();
    assert!(aws.vpc(&site.vpc).await.is_ok());
}

#[tokio::test]
async fn calls_can_be_throttled_with_a_hint() {
    let site = Site::new();
    site.world.throttle(READ_PRIVATE_LINK, 1, secs(7));
    let heroku = site.world.heroku();
    let retry_after = Some(secs(7));
    assert_eq!(
        kind(heroku.private_link(&site.addon).await),
        ErrorKind::RateLimited { retry_after }
    );
    assert_eq!(heroku.private_link(&site.addon).await.unwrap(), None);
    site.world.throttle(READ_PRIVATE_LINK, 1, None);
    let error = kind(heroku.private_link(&site.addon).await);
    assert_eq!(error, ErrorKind::RateLimited { retry_after: None });
}

#[tokio::test]
async fn reads_can_lag_behind_writes() {
    let site = Site::new();
    let (heroku, aws) = (site.world.heroku(), site.world.aws());
    site.world.set_read_lag(secs(30));
    assert!(aws.vpc(&site.vpc).await.unwrap().is_some(), "what is set up is always seen");
    heroku.create_private_link(&site.addon, &principals(&[ACCOUNT])).await.unwrap();
    let group = site.group("clients").await;
    let query = GroupQuery::Ids([group].into());
    assert_eq!(heroku.private_link(&site.addon).await.unwrap(), None);
    assert_eq!(aws.security_groups(&query).await.unwrap(), []);
    // Mutations see the truth.
    let again = heroku.create_private_link(&site.addon, &principals(&[ACCOUNT])).await;
    assert_eq!(kind(again), ErrorKind::Conflict);
    site.world.advance(secs(29));
    assert_eq!(heroku.private_link(&site.addon).await.unwrap(), None);
    site.world.advance(secs(1));
    assert!(heroku.private_link(&site.addon).await.unwrap().is_some());
    assert_eq!(aws.security_groups(&query).await.unwrap().len(), 1);

    heroku.delete_private_link(&site.addon).await.unwrap();
    site.world.advance(secs(3 * 60));
    assert!(heroku.private_link(&site.addon).await.unwrap().is_some());
    heroku.create_private_link(&site.addon, &principals(&[ACCOUNT])).await.unwrap();
    let seen = heroku.private_link(&site.addon).await.unwrap().unwrap();
    assert_eq!(seen.status.as_str(), "Deprovisioned", "the last one, though there is a new one");
}

#[tokio::test]
async fn mutations_can_be_made_twice() {
    let site = Site::new();
    let heroku = site.world.heroku();
    let allowed = principals(&[ACCOUNT]);
    site.world.double_mutations(Answer::First);
    heroku.create_private_link(&site.addon, &allowed).await.unwrap();
    site.world.double_mutations(Answer::Second);
    site.world.advance(secs(600));
    heroku.allow(&site.addon, &allowed).await.unwrap();
    let new = NewSecurityGroup {
        vpc: site.vpc.clone(),
        name: "clients".to_owned(),
        description: String::new(),
        tags: BTreeMap::new(),
    };
    let created = site.world.aws().create_security_group(&new).await;
    assert_eq!(kind(created), ErrorKind::Conflict, "the answer of the second");
    assert_eq!(site.world.mutations(), 3, "the caller made one call each");
}

#[tokio::test]
async fn what_cannot_be_repeated_is_made_once() {
    for (once, keys) in [(false, 2), (true, 1)] {
        let world = World::new();
        world.double_mutations(Answer::Second);
        if once {
            world.never_double(CREATE_KEY);
        }
        world.aws().create_key(&new_key("a")).await.unwrap();
        let tag = Tag { key: "heroku-data-link:link".to_owned(), value: "a".to_owned() };
        assert_eq!(world.aws().keys_tagged(&tag).await.unwrap().len(), keys);
    }
}

#[tokio::test]
async fn a_crashed_call_never_returns() {
    for (when, effect) in [(When::Before, false), (When::After, true)] {
        let site = Site::new();
        let heroku = site.world.heroku();
        heroku.create_private_link(&site.addon, &principals(&[ACCOUNT])).await.unwrap();
        site.world.crash_at(2, when);
        let run = async {
            for account in ["111111111111", "222222222222", "333333333333"] {
                heroku.allow(&site.addon, &principals(&[account])).await.unwrap();
            }
        };
        assert!(site.world.crashed().now_or_never().is_none());
        let crashed = match select(pin!(run), pin!(site.world.crashed())).await {
            Either::Left(_) => false,
            Either::Right(_) => true,
        };
        assert!(crashed);
        assert!(site.world.has_crashed());
        let link = heroku.private_link(&site.addon).await.unwrap().unwrap();
        assert_eq!(link.allowed_accounts.len(), 2 + usize::from(effect));
        let calls = site.world.journal();
        let crashed = calls.iter().rfind(|call| call.mutating).unwrap();
        assert_eq!(
            (crashed.operation, &crashed.outcome),
            (ALLOW_PRINCIPALS, &Outcome::NeverReturned)
        );
        // Whoever comes after it can work.
        heroku.allow(&site.addon, &principals(&["444444444444"])).await.unwrap();
    }
}

#[tokio::test]
async fn nothing_that_crashed_makes_another_call() {
    for hang in [false, true] {
        let site = Site::new();
        let heroku = site.world.heroku();
        let allowed = principals(&[ACCOUNT]);
        if hang {
            site.world.hang_at(1, When::After);
        } else {
            site.world.crash_at(1, When::After);
        }
        let create = heroku.create_private_link(&site.addon, &allowed);
        let beside = async { (site.group("beside").await, heroku.private_link(&site.addon).await) };
        let crashed = match select(pin!(join(create, beside)), pin!(site.world.crashed())).await {
            Either::Left(_) => false,
            Either::Right(_) => true,
        };
        assert!(crashed);
        assert_eq!(site.world.calls(), if hang { 3 } else { 1 });
        site.group("the next program").await;
    }
}

#[tokio::test]
async fn the_journal_says_what_was_called_and_what_it_took() {
    let site = Site::new();
    let id = site.endpoint().await;
    site.world.advance(Duration::from_secs(1));
    site.world.aws().caller_identity().await.unwrap();
    site.world.aws().delete_endpoint(&id).await.unwrap();
    let calls = site.world.journal();
    assert_eq!(calls.len(), site.world.calls());
    assert_eq!(calls.iter().filter(|call| call.mutating).count(), site.world.mutations());
    let create = calls.iter().find(|call| call.operation == CREATE_VPC_ENDPOINT).unwrap();
    assert_eq!(create.permissions, [CREATE_VPC_ENDPOINT, "ec2:CreateTags"]);
    assert_eq!(
        create.to_string(),
        "ec2:CreateVpcEndpoint of com.amazonaws.vpce.us-east-1.vpce-svc-0410a2e25933fe8ec in \
         vpc-0a1b2c3d4e5f60718"
    );
    let [.., identity, delete] = calls.as_slice() else { panic!("too few calls") };
    assert!(identity.permissions.is_empty() && !identity.mutating);
    assert_eq!(delete.permissions, ["ec2:DeleteVpcEndpoints"]);
    assert_eq!((delete.at, &delete.outcome), (site.world.now(), &Outcome::Ok));
    let group = calls.iter().find(|call| call.operation == "ec2:CreateSecurityGroup").unwrap();
    assert_eq!(group.permissions, ["ec2:CreateSecurityGroup"], "it has no tags");

    site.world.journal_mutations_only();
    site.world.aws().caller_identity().await.unwrap();
    assert_eq!(site.world.journal().len(), calls.len());
    assert_eq!(site.world.calls(), calls.len() + 1);
}

#[tokio::test]
async fn no_password_is_printed_anywhere() {
    let site = Site::new();
    site.world.set_password(site.addon, "canary-1").unwrap();
    site.available_endpoint().await;
    site.world.advance(secs(60));
    let vars = site.world.heroku().config_vars(&site.procedure.app).await.unwrap();
    let exposed: String = vars.values().map(Secret::expose).collect();
    assert!(exposed.contains("canary-1"));
    let world = &site.world;
    let faces = format!("{world:?} {:?} {:?}", world.heroku(), world.aws());
    let texts = format!("{faces} {:?} {} {:?}", world.journal(), world.fingerprint(), vars);
    assert!(!texts.contains("canary"), "{texts}");
}

#[tokio::test]
async fn a_rehearsal_tells_what_is_forbidden_and_changes_nothing() {
    let site = Site::new();
    let (world, aws) = (&site.world, site.world.aws());
    let new = NewSecurityGroup {
        vpc: site.vpc.clone(),
        name: "clients".to_owned(),
        description: "clients".to_owned(),
        tags: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
    };
    let call = Rehearsal::Call(Ec2Call::CreateSecurityGroup(new.clone()));
    let before = world.fingerprint();
    assert_eq!(aws.rehearse(&call).await.unwrap(), Verdict::Permitted);
    assert_eq!((world.fingerprint(), world.mutations()), (before, 0));
    for action in [operation::CREATE_TAGS, operation::CREATE_SECURITY_GROUP] {
        world.forbid(action);
        assert_eq!(aws.rehearse(&call).await.unwrap(), Verdict::Denied(action.into()));
        assert_eq!(kind(aws.create_security_group(&new).await), ErrorKind::Forbidden);
    }
    assert_eq!(aws.rehearse(&Rehearsal::DescribeVpcs).await.unwrap(), Verdict::Permitted);
}
