//! Stored memories, damaged ones, and calendars that somebody sets.

use serde_json::{Value, json};

use super::*;
use crate::provider::{AddonSource, Ec2Call, NewKey, operation};

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);

/// A moment of a process that has lived for `uptime`, by a calendar of 2026.
fn moment(calendar: Duration, uptime: Duration) -> Moment {
    Moment { now: UNIX_EPOCH + Duration::from_secs(1_767_225_600) + calendar, uptime }
}

fn create_key() -> Call {
    let tags = [("heroku-data-link:link".to_owned(), "vault".to_owned())].into();
    let key = NewKey { policy: "{}".to_owned(), description: "Made for vault".to_owned(), tags };
    Call::Kms { region: "us-east-1".parse().unwrap(), request: KmsCall::CreateKey(key) }
}

fn create_alias() -> Call {
    let request = KmsCall::CreateAlias {
        alias: "alias/vault".parse().unwrap(),
        key: Some("arn:aws:kms:us-east-1:123456789101:key/1".parse().unwrap()),
    };
    Call::Kms { region: "us-east-1".parse().unwrap(), request }
}

fn create_addon() -> Call {
    let request = crate::provider::AddonRequest {
        app: "shop".parse().unwrap(),
        plan: "heroku-redis:private-7".parse().unwrap(),
        name: "vaulted".parse().unwrap(),
        attachment: Some("REDIS".parse().unwrap()),
        key_option: "encryption-key".to_owned(),
        key: None,
        source: Some(AddonSource::Empty),
    };
    Call::Heroku { request: HerokuCall::CreateAddon(request) }
}

fn delete_route() -> Call {
    let request = Ec2Call::DeleteRoute {
        table: "rtb-0b5b06c84ac0b6b64".parse().unwrap(),
        destination: "10.1.0.0/16".parse().unwrap(),
    };
    Call::Ec2 { region: "us-east-1".parse().unwrap(), request }
}

fn empty() -> Memory {
    Memory {
        version: VERSION,
        link: "vault".parse().unwrap(),
        kind: LinkKind::Encryption,
        target: "vaulted".to_owned(),
        is_complete: true,
        sent: Vec::new(),
        awaited: BTreeMap::new(),
        wanted: Vec::new(),
        unanswered: None,
        made: None,
        spells: BTreeMap::new(),
        last_error: None,
    }
}

/// With something in every field.
fn full() -> Memory {
    let now = moment(90 * MINUTE, Duration::from_millis(2500));
    let mut memory = empty();
    memory.sending(&create_key(), now);
    memory.sending(&delete_route(), now);
    memory.await_only(&["addon/await-provisioned".into(), "key/enabled".into()], None, now);
    memory.go_on(&create_addon(), now, true);
    memory.spell_goes_on(Matter::NameTaken, now);
    memory.spell_goes_on(Matter::KeyMissing, now);
    memory.made = Some("arn:aws:kms:us-east-1:123456789101:key/1".parse().unwrap());
    assert!(memory.unanswered.is_some() && memory.spells.len() == 3);
    memory
}

/// Every value inside of another one: it is changed by `change`, if that says so.
fn variants(value: &Value, change: &dyn Fn(&Value) -> Vec<Value>) -> Vec<Value> {
    let mut all = change(value);
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                for inner in variants(inner, change) {
                    let mut whole = value.clone();
                    whole[name] = inner;
                    all.push(whole);
                }
            }
        }
        Value::Array(items) => {
            for (at, inner) in items.iter().enumerate() {
                for inner in variants(inner, change) {
                    let mut whole = value.clone();
                    whole[at] = inner;
                    all.push(whole);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    all
}

/// What a pass asks for a call that is ready.
fn hold(memory: &mut Memory, call: &Call, now: Moment, has_store: bool) -> Option<Hold> {
    let settings = Settings::default();
    memory.forget_what_is_old(now, &settings);
    memory.hold(call, now, &settings, has_store)
}

fn assert_damaged(text: &str) {
    match Memory::from_json(text) {
        Err(MemoryError::Damaged(what)) => assert!(!what.is_empty()),
        other => panic!("{other:?} of {text}"),
    }
}

#[test]
fn a_stored_memory_is_read_as_it_was_written() {
    for memory in [empty(), full()] {
        let text = memory.to_json();
        let read = Memory::from_json(&text).unwrap();
        assert_eq!(read, memory);
        assert_eq!(read.to_json(), text);
        // Also as a part of what an engine stores.
        let inside = json!({ "memory": memory });
        assert_eq!(serde_json::from_value::<Memory>(inside["memory"].clone()).unwrap(), memory);
        // And after a new driver has taken it over.
        let taken = read.taken_over(moment(2 * HOUR, SECOND));
        assert_eq!(taken.to_json(), text);
    }
}

#[test]
fn times_are_whole_seconds_since_1970_and_never_earlier_than_they_were() {
    let mut memory = empty();
    memory.sending(&delete_route(), moment(Duration::from_millis(1), SECOND));
    let stored: Value = serde_json::from_str(&memory.to_json()).unwrap();
    assert_eq!(stored["sent"][0]["at"], 1_767_225_601);
}

#[test]
fn a_memory_that_is_cut_off_anywhere_is_refused() {
    let text = full().to_json();
    for end in 0..text.len() {
        assert_damaged(text.get(..end).unwrap_or_default());
    }
    assert_damaged(&format!("{text} {text}"));
}

#[test]
fn a_memory_with_a_value_of_another_type_is_refused() {
    let stored = serde_json::to_value(full()).unwrap();
    let others = |value: &Value| {
        let all = [json!(true), json!(-1), json!("?"), json!([]), json!({}), json!(0.5)];
        let is_other = |it: &Value| std::mem::discriminant(it) != std::mem::discriminant(value);
        let may_be_empty = |it: &Value| value.is_object() && *it == json!([]);
        all.into_iter().filter(|it| is_other(it) && !may_be_empty(it)).collect()
    };
    let all = variants(&stored, &others);
    assert!(all.len() > 150, "{}", all.len());
    for damaged in all {
        assert_damaged(&damaged.to_string());
    }
}

#[test]
fn a_memory_with_a_field_too_many_or_too_few_is_refused() {
    let stored = serde_json::to_value(full()).unwrap();
    let more = |value: &Value| {
        let mut fields = value.as_object().cloned().unwrap_or_default();
        // Nor is it a tag or a step.
        fields.insert("colour".to_owned(), json!([1]));
        if value.is_object() { vec![Value::Object(fields)] } else { Vec::new() }
    };
    let all = variants(&stored, &more);
    assert!(all.len() > 15, "{}", all.len());
    for damaged in all {
        assert_damaged(&damaged.to_string());
    }
    for name in stored.as_object().unwrap().keys() {
        let mut fewer = stored.clone();
        fewer.as_object_mut().unwrap().remove(name);
        assert_damaged(&fewer.to_string());
    }
    // The field is named.
    let mut newer = stored;
    newer["colour"] = json!(1);
    let error = Memory::from_json(&newer.to_string()).unwrap_err().to_string();
    assert!(error.contains("colour") && error.contains("restore it"), "{error}");
}

#[test]
fn a_memory_of_another_version_is_refused_whatever_else_is_in_it() {
    let newer = json!({ "version": 2, "colour": 1 });
    let error = Memory::from_json(&newer.to_string()).unwrap_err();
    assert_eq!(error, MemoryError::OfAnotherVersion { version: 2 });
    assert!(error.to_string().contains("version 2, and this library reads version 1"), "{error}");
}

#[test]
fn absurd_numbers_are_refused_or_do_no_harm() {
    let stored = serde_json::to_value(full()).unwrap();
    let numbers = [0, 1, u64::from(u32::MAX), i64::MAX.unsigned_abs() - 1, u64::MAX];
    let absurd = |value: &Value| {
        if value.is_number() { numbers.iter().map(|it| json!(it)).collect() } else { Vec::new() }
    };
    let now = moment(2 * HOUR, SECOND);
    let mut taken = 0;
    for memory in variants(&stored, &absurd) {
        let Ok(memory) = Memory::from_json(&memory.to_string()) else { continue };
        taken += 1;
        let mut memory = memory.taken_over(now);
        for call in [create_key(), create_alias(), create_addon(), delete_route()] {
            for has_store in [true, false] {
                if let Some(hold) = hold(&mut memory, &call, now, has_store) {
                    // Never held back for longer than there is to wait.
                    assert!(hold.left <= QUIET.max(Settings::default().grace), "{hold:?}");
                }
            }
        }
        memory.await_only(&["addon/await-provisioned".into()], None, now);
        assert!(memory.awaited_for(&"addon/await-provisioned".into(), now) < 200 * 366 * 24 * HOUR);
        assert!(Memory::from_json(&memory.to_json()).is_ok());
    }
    assert!(taken > 20, "{taken}");
}

#[test]
fn deadlines_go_on_by_the_calendar_when_a_new_process_begins() {
    let step: StepName = "addon/await-provisioned".into();
    let mut memory = empty();
    memory.await_only(std::slice::from_ref(&step), None, moment(Duration::ZERO, 500 * HOUR));
    let stored = memory.to_json();
    // The new process has lived for a second.
    let read = Memory::from_json(&stored).unwrap().taken_over(moment(20 * MINUTE, SECOND));
    assert_eq!(read.awaited_for(&step, moment(20 * MINUTE, SECOND)), 20 * MINUTE);
    assert_eq!(read.awaited_for(&step, moment(25 * MINUTE, SECOND + 5 * MINUTE)), 25 * MINUTE);
    // From then on by the time that never goes back.
    for calendar in [Duration::ZERO, 500 * HOUR] {
        let later = moment(calendar, SECOND + 5 * MINUTE);
        assert_eq!(read.awaited_for(&step, later), 25 * MINUTE);
    }
}

#[test]
fn a_calendar_that_was_set_back_begins_pauses_anew_and_stretches_none() {
    let step: StepName = "addon/await-provisioned".into();
    let before = moment(24 * HOUR, 10 * HOUR);
    let mut memory = empty();
    memory.await_only(std::slice::from_ref(&step), None, before);
    memory.sending(&delete_route(), before);
    memory.sending(&create_key(), before);
    memory.answered(&create_key(), &Ok(Sent::default()), before);
    let stored = memory.to_json();
    let at = |left: Duration| moment(HOUR + left, SECOND + left);
    let mut memory = Memory::from_json(&stored).unwrap().taken_over(at(Duration::ZERO));
    assert_eq!(memory.awaited_for(&step, at(Duration::ZERO)), Duration::ZERO);
    assert_eq!(memory.awaited_for(&step, at(MINUTE)), MINUTE);
    for (left, is_held) in [(Duration::ZERO, true), (29 * SECOND, true), (30 * SECOND, false)] {
        assert_eq!(hold(&mut memory, &delete_route(), at(left), true).is_some(), is_held);
    }
    for (left, is_held) in [(Duration::ZERO, true), (59 * SECOND, true), (MINUTE, false)] {
        assert_eq!(hold(&mut memory, &create_addon(), at(left), true).is_some(), is_held);
    }
}

#[test]
fn a_calendar_that_was_set_forward_sends_no_second_key_at_once() {
    let before = moment(Duration::ZERO, HOUR);
    let mut memory = empty();
    memory.sending(&create_key(), before);
    let stored = memory.to_json();
    let at = |left: Duration| moment(48 * HOUR + left, left);
    let mut memory = Memory::from_json(&stored).unwrap().taken_over(at(Duration::ZERO));
    for looks in 0..30 {
        let held = hold(&mut memory, &create_key(), at(looks * LOOK), true);
        assert!(held.is_some(), "after {looks} looks");
    }
    assert_eq!(hold(&mut memory, &create_key(), at(30 * LOOK), true), None);
}

#[test]
fn a_store_and_a_memory_from_the_beginning_make_the_quiet_minute_unnecessary() {
    let now = moment(HOUR, HOUR);
    for (is_complete, has_store) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut memory = Memory { is_complete, ..empty() };
        let held = hold(&mut memory, &create_key(), now, has_store);
        assert_eq!(held.is_none(), is_complete && has_store, "{held:?}");
    }
}

#[test]
fn a_memory_without_a_store_begins_the_quiet_minute_anew() {
    let at = |left: Duration| moment(left, left);
    let mut memory = Memory { is_complete: false, ..empty() };
    for left in [Duration::ZERO, 20 * SECOND, 40 * SECOND] {
        assert!(hold(&mut memory, &create_key(), at(left), true).is_some());
    }
    let now = at(MINUTE);
    // With the store it is over, for a new driver as for this one.
    let stored = memory.to_json();
    let resumed = || Memory::from_json(&stored).unwrap().taken_over(now);
    assert_eq!(hold(&mut memory.clone(), &create_key(), now, true), None);
    assert_eq!(hold(&mut resumed(), &create_key(), now, true), None);
    // Without it, a new driver begins anew, whether it reads the memory or is given it.
    for mut memory in [resumed(), memory.clone().taken_over(now), memory.without_store()] {
        let hold = hold(&mut memory, &create_key(), now, false).unwrap();
        let why = "missing since 2026-01-01T00:01:00Z, made after 2026-01-01T00:02:00Z";
        assert!(hold.why.starts_with(why), "{}", hold.why);
        assert_eq!(hold.left, LOOK);
    }
}

#[test]
fn an_unanswered_creation_is_waited_for_for_ten_minutes() {
    let failed =
        |kind| Err::<Sent, _>(ProviderError::new(operation::CREATE_KEY, kind, "no answer"));
    let at = |left: Duration| moment(left, left);
    // What came of it: nothing is known, it may have had its effect, or it had none.
    for (answer, waits) in [
        (None, 10 * MINUTE),
        (Some(failed(ErrorKind::Timeout)), 10 * MINUTE),
        (Some(failed(ErrorKind::Transient)), 10 * MINUTE),
        (Some(failed(ErrorKind::Protocol)), 10 * MINUTE),
        (Some(failed(ErrorKind::Forbidden)), Duration::ZERO),
        (Some(failed(ErrorKind::RateLimited { retry_after: None })), Duration::ZERO),
    ] {
        let mut memory = empty();
        memory.sending(&create_key(), at(Duration::ZERO));
        if let Some(answer) = &answer {
            memory.answered(&create_key(), answer, at(Duration::ZERO));
        }
        // A new process from the store.
        let read = Memory::from_json(&memory.to_json()).unwrap();
        let begin = MINUTE;
        let mut memory = read.taken_over(at(begin));
        let mut waited = Duration::ZERO;
        while hold(&mut memory, &create_key(), at(begin + waited), true).is_some() {
            waited += LOOK;
            assert!(waited < HOUR, "{answer:?}");
        }
        assert_eq!(waited, waits, "{answer:?}");
    }
}
