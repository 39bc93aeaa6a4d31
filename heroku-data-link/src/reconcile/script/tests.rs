//! What a script is made of, as bash takes it.

use std::io::Write as _;
use std::process::{Command as Process, Stdio};
use std::time::Duration;

use super::*;
use crate::model::{AddonName, AttachmentName, KeyArn, LinkId};
use crate::provider::{
    AddonRequest, AddonSource, CallerIdentity, Ec2Call, HerokuCall, IngressRule, IngressSource,
    NewSecurityGroup, Tags, variable,
};
use crate::reconcile::{Builder, Code, Need, Progress, Scope, StepKind, Usual};

const MINUTE: Duration = Duration::from_secs(60);

const fn kind(effect: Effect, cloud: Cloud) -> StepKind<()> {
    StepKind { name: "step", effect, cloud, permissions: &[], source: None, occurs: |()| true }
}

fn builder() -> Builder {
    let caller = CallerIdentity {
        account: "123456789101".parse().unwrap(),
        arn: "arn:aws:iam::123456789101:user/x".parse().unwrap(),
    };
    let link: LinkId = "demo".parse().unwrap();
    let scope = Scope::new(&caller, &"us-east-1".parse().unwrap(), &"vpc-1".parse().unwrap());
    Builder::new(LinkKind::PrivateLink, &link, scope, Goal::Established)
}

/// What a bash prints, without the programs of this machine but those of every system.
fn bash(script: &str, home: &std::path::Path) -> (bool, String) {
    let mut process = Process::new("bash")
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", home.display()))
        .env("INTERVAL", "0.01")
        .current_dir(home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let done = process.wait_with_output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8(said).unwrap())
}

/// A folder with these programs, gone with it.
struct Programs(std::path::PathBuf);

impl Programs {
    fn new(name: &str, programs: &[(&str, &str)]) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (program, text) in programs {
            let path = folder.join(program);
            std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        }
        Self(folder)
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        // What is left is in the folder of temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An AWS CLI that knows who it is, and says else what it was told, a word in each line.
const AWS: (&str, &str) = ("aws", r#"[ "$1" = sts ] && echo 123456789101 || printf '<%s>\n' "$@""#);

const HOSTILE: [&str; 9] = [
    "$HOME",
    "$(touch owned)",
    "`touch owned`",
    "'; touch owned; '",
    "\"; touch owned; \"",
    "a\ntouch owned",
    "a\rb",
    "\\",
    "!! ~ * ? [a] {b,c} # & | > <",
];

#[test]
fn hostile_texts_reach_the_client_as_they_are_and_nothing_else_is_run() {
    let programs = Programs::new("script-hostile", &[AWS]);
    for text in HOSTILE {
        let mut plan = builder();
        plan.note(text.to_owned());
        let call = plan.ec2(Ec2Call::CreateSecurityGroup(NewSecurityGroup {
            vpc: "vpc-1".parse().unwrap(),
            name: text.to_owned(),
            description: text.to_owned(),
            tags: Tags::from([(text.to_owned(), text.to_owned())]),
        }));
        plan.act(&kind(Effect::Create, Cloud::Aws), text.to_owned(), Need::Call(call));
        let until = Until {
            signs: vec![Sign {
                command: Command::new(["printf", "%s is there\n", text]),
                answer: Answer::Refused { word: text.to_owned() },
            }],
            deadline: Duration::ZERO,
        };
        let step = kind(Effect::Wait, Cloud::Aws);
        plan.wait(&step, text.to_owned(), None, until, Progress::NotStarted);
        let script = plan.finish().script().unwrap().to_string();
        let (is_done, said) = bash(&script, &programs.0);
        // The last wait is given up.
        assert!(!is_done && said.contains("given up"), "{said}");
        assert!(
            said.contains(&format!("<{text}>\n<--description>\n<{text}>\n")),
            "{said}\n{script}"
        );
        assert!(!programs.0.join("owned").exists(), "{script}");
    }
}

#[test]
fn a_document_is_passed_on_whatever_its_lines_are() {
    let policy = "{\n\"a\": \"it's $HOME `id`\"\nEND\n}";
    assert_eq!(delimiter(policy), "END_");
    let programs = Programs::new("script-document", &[AWS]);
    let mut plan = builder();
    let call = plan.kms(crate::provider::KmsCall::CreateKey(crate::provider::NewKey {
        policy: policy.to_owned(),
        description: "key".to_owned(),
        tags: Tags::new(),
    }));
    plan.act(&kind(Effect::Create, Cloud::Aws), "a key".to_owned(), Need::Call(call));
    let script = plan.finish().script().unwrap().to_string();
    let (is_done, said) = bash(&script, &programs.0);
    assert!(is_done, "{said}");
    assert!(said.contains(&format!("<--policy>\n<{policy}\n>\n")), "{said}");
}

#[test]
fn no_secret_is_in_a_script_or_shown_by_it() {
    let heroku = r#"[ "$1" = config:get ] && echo redis://h:canary@host || [ "$8" = --fork ]"#;
    let programs = Programs::new("script-secret", &[AWS, ("heroku", heroku)]);
    let mut plan = builder();
    let key: KeyArn = "arn:aws:kms:us-east-1:123456789101:key/k".parse().unwrap();
    let name: AddonName = "vaulted".parse().unwrap();
    let old: AttachmentName = "REDIS_2".parse().unwrap();
    let request = |source| {
        HerokuCall::CreateAddon(AddonRequest {
            app: "app".parse().unwrap(),
            plan: "heroku-redis:private-7".parse().unwrap(),
            name: name.clone(),
            attachment: None,
            key_option: "encryption-key".to_owned(),
            key: Some(key.clone()),
            source,
        })
    };
    let step = kind(Effect::Create, Cloud::Heroku);
    let call = request(Some(AddonSource::ForkOfUrl(old))).into();
    plan.act(&step, "an add-on".to_owned(), Need::Call(call));
    let script = plan.finish().script().unwrap().to_string();
    assert!(script.contains("REDIS_2_URL=$(heroku config:get REDIS_2_URL --app app)"), "{script}");
    assert!(script.contains("--fork \"$REDIS_2_URL\""), "{script}");
    let (_, said) = bash(&script, &programs.0);
    assert!(!said.contains("canary"), "{said}");

    // A fork is not made without what it is a fork of.
    let mut plan = builder();
    plan.act(&step, "an add-on".to_owned(), Need::Incomplete(request(None).into()));
    let ScriptError::Unknown { .. } = plan.finish().script().unwrap_err() else { panic!() };
}

#[test]
fn a_plan_that_is_blocked_or_depends_on_what_nobody_sets_has_no_script() {
    let mut plan = builder();
    let blocker = Blocker::new(Code::UnknownVpc, "no VPC", "make one");
    plan.check(&kind(Effect::Check, Cloud::Aws), "a VPC".to_owned(), Err(blocker.clone()));
    let error = plan.finish().script().unwrap_err();
    assert_eq!(error, ScriptError::Blocked(vec![blocker]));
    assert!(error.to_string().contains("no VPC; make one"), "{error}");

    let rule = IngressRule::tcp(
        "5432".parse().unwrap(),
        IngressSource::Cidr("10.0.0.0/8".parse().unwrap()),
    );
    let mut plan = builder();
    let call = plan.ec2(Ec2Call::AuthorizeIngress { group: None, rule });
    plan.act(&kind(Effect::Create, Cloud::Aws), "a rule".to_owned(), Need::Incomplete(call));
    let error = plan.finish().script().unwrap_err();
    assert!(error.to_string().ends_with("first are done: a rule"), "{error}");
}

#[test]
fn a_plan_that_was_stored_as_json_has_the_same_script() {
    let mut plan = builder();
    let until = Until {
        signs: vec![
            Sign {
                command: Command::new(["echo", "Name: com.x"]),
                answer: Answer::Told {
                    label: "Name:".to_owned(),
                    start: "com.".to_owned(),
                    variable: Word::variable(variable::SERVICE),
                },
            },
            Sign {
                command: Command::new(["echo"]).with("--x", Word::variable(variable::SERVICE)),
                answer: Answer::line("--x", ["com.x"]),
            },
        ],
        deadline: MINUTE,
    };
    let progress = Progress::waiting("a cloud", Usual::secs(60, 120));
    plan.wait(&kind(Effect::Wait, Cloud::Heroku), "it works".to_owned(), None, until, progress);
    let plan = plan.finish();
    let script = plan.script().unwrap().to_string();
    let stored: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
    assert_eq!(stored.script().unwrap().to_string(), script);
    let programs = Programs::new("script-json", &[AWS]);
    let (is_done, said) = bash(&script, &programs.0);
    assert!(is_done && said.ends_with("privatelink demo is established\n"), "{said}");

    // A name from a document that was tampered with is not set.
    let tampered = serde_json::to_string(&plan).unwrap().replace("SERVICE_NAME", "a[$(id)]");
    let tampered: Plan = serde_json::from_str(&tampered).unwrap();
    let ScriptError::Unknown { .. } = tampered.script().unwrap_err() else { panic!() };
}

#[test]
fn every_answer_is_read_as_it_is_meant() {
    let sign = |said: &str, answer: Answer| Sign {
        // What it prints comes before what AWS's client is told besides.
        command: Command::new(["sh", "-c", "printf \"$0\"; exit 0", said]),
        answer,
    };
    let refusal = |said: &str, status: &str| Sign {
        command: Command::new(["sh", "-c", "echo \"$0\" >&2; exit $1", said, status]),
        answer: Answer::Refused { word: "not_found".to_owned() },
    };
    let without = |first: &str| Answer::LineWithout {
        first: first.into(),
        words: vec!["Provisioning".to_owned()],
    };
    let told = || Answer::Told {
        label: "Service Name:".to_owned(),
        start: "com.".to_owned(),
        variable: Word::variable(variable::SERVICE),
    };
    let of_endpoint = || Answer::Variable { endpoint: "vpce-01c8".into() };
    let table = [
        (sign("available", Answer::found("State", ["available"])), true),
        (sign("pending", Answer::found("State", ["available"])), false),
        (sign("active", Answer::found("State", ["provisioning", "active"])), true),
        (sign("act", Answer::found("State", ["provisioning", "active"])), false),
        (sign("", Answer::found("State", ["available"])), false),
        (sign("", Answer::nothing("Ids")), true),
        (sign("vpce-1", Answer::nothing("Ids")), false),
        (sign("x\nStatus:   Operational\n", Answer::line("Status:", ["Operational"])), true),
        (sign("Status: Operational?\n", Answer::line("Status:", ["Operational"])), false),
        (sign("The Status: Operational\n", Answer::line("Status:", ["Operational"])), false),
        (sign("", Answer::line("Status:", ["Operational"])), false),
        (sign("arn:x Active\n", without("arn:x")), true),
        (sign("arn:x Provisioning\n", without("arn:x")), false),
        (sign("arn:y Active\n", without("arn:x")), false),
        (sign("Service Name: com.x\n", told()), true),
        (sign("Service Name: Provisioning\n", told()), false),
        (refusal("Error ID: not_found", "2"), true),
        (refusal("Error ID: forbidden", "2"), false),
        (refusal("not_found", "0"), false),
        (sign("A=1\nREDIS_ENDPOINT_01C8_URL='redis://canary'\n", of_endpoint()), true),
        (sign("REDIS_URL='redis://canary?x=_ENDPOINT_01C8_'\n", of_endpoint()), false),
    ];
    let programs = Programs::new("script-answers", &[AWS]);
    for (sign, expected) in table {
        let mut plan = builder();
        let until = Until { signs: vec![sign.clone()], deadline: Duration::ZERO };
        let step = kind(Effect::Wait, Cloud::Heroku);
        plan.wait(&step, "it is so".to_owned(), None, until, Progress::NotStarted);
        let script = plan.finish().script().unwrap().to_string();
        let (is_done, said) = bash(&script, &programs.0);
        assert_eq!(is_done, expected, "{sign:?}: {said}");
        assert!(!said.contains("canary"), "{said}");
    }
}

#[test]
fn one_subnet_of_every_common_zone_is_picked() {
    let subnets = ["1", "2", "3"].map(|n| {
        let zone = format!("use1-az{n}").parse().unwrap();
        let name = format!("us-east-{n}a").parse().unwrap();
        (zone, name, format!("subnet-{n}").parse().unwrap())
    });
    let programs = Programs::new("script-zones", &[AWS]);
    for (told, expected) in [
        ("use1-az1\tuse1-az3\tuse1-az9", Some(r#"["subnet-1","subnet-3"]"#)),
        ("us-east-2a", Some(r#"["subnet-2"]"#)),
        ("None\tus-east-2a", Some(r#"["subnet-2"]"#)),
        ("None\tNone", Some(r#"["subnet-1","subnet-2","subnet-3"]"#)),
        ("", Some(r#"["subnet-1","subnet-2","subnet-3"]"#)),
        ("use1-az10", None),
    ] {
        let mut plan = builder();
        let zones = Sign {
            command: Command::new(["sh", "-c", "printf '%s' \"$0\"", told]),
            answer: Answer::Zones {
                subnets: subnets.to_vec(),
                variable: Word::variable(variable::SUBNETS),
            },
        };
        let kept = Sign {
            command: Command::new(["echo", "kept"]).with("it", Word::variable(variable::SUBNETS)),
            answer: Answer::line("kept", [expected.unwrap_or_default()]),
        };
        let until = Until { signs: vec![zones, kept], deadline: Duration::ZERO };
        let step = kind(Effect::Check, Cloud::Heroku);
        plan.check_until(&step, "subnets".to_owned(), until);
        let script = plan.finish().script().unwrap().to_string();
        let (is_done, said) = bash(&script, &programs.0);
        assert_eq!(is_done, expected.is_some(), "{told:?}: {said}\n{script}");
        assert_eq!(said.contains("no subnet is in"), expected.is_none(), "{said}");
    }
}
