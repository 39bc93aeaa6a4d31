//! The key, its alias, its policy and its rotation.

use super::Planner;
use crate::encryption::spec::EncryptionSpec;
use crate::encryption::steps;
use crate::key_policy::{KeyPolicy, MissingPermission, Replaced};
use crate::model::{KeyAlias, KeyArn};
use crate::provider::{KmsCall, NewKey};
use crate::reconcile::{Blocker, Code, Need, StepKind, list, ownership};

/// Where KMS makes the key's material, which is what it can rotate by itself.
const MADE_BY_KMS: &str = "AWS_KMS";

/// What is to be done about a policy.
enum Policy {
    /// Nothing: everything is granted.
    Complete,
    /// This one takes its place, and replaces these statements.
    Replace(String, Vec<Replaced>),
    /// It cannot be completed, or must not.
    Blocked(Blocker),
}

impl Planner<'_> {
    pub(super) fn key(&mut self) {
        let (spec, keys) = (self.facts.spec, &self.facts.seen.keys);
        if let Some(alias) = spec.alias() {
            self.own_key(alias);
        }
        // Nothing is done with a key before its alias says that it is the only one.
        let gate = self.plan.is_open();
        self.policy(gate);
        self.rotation(gate);
        if let Some((key, _)) = &keys.missing {
            self.plan.note(format!(
                "key {key}, which this link made or saw, is not shown: it is awaited, and no \
                 second one is made"
            ));
        }
        let is_stripped = keys.is_remembered && !self.facts.may_change_key;
        if let Some(key) = self.facts.key.filter(|_| is_stripped) {
            self.plan.note(format!(
                "key {} does not carry the tag {}={}: if a tag cleaner or Terraform takes tags \
                 away, let it ignore those that begin with heroku-data-link: (`ignore_tags`), \
                 and tag the key again, or a new process will not know it; until then its \
                 policy and rotation stay as they are",
                key.arn,
                ownership::LINK_TAG,
                spec.link
            ));
        }
        for key in &keys.going {
            self.plan.note(format!("{key} carries the link's tag, and is about to be deleted"));
        }
    }

    /// The link's own key, and its alias.
    fn own_key(&mut self, alias: KeyAlias) {
        let (facts, keys) = (self.facts, &self.facts.seen.keys);
        let call = self.plan.kms(KmsCall::CreateKey(NewKey {
            policy: KeyPolicy::for_heroku(&facts.parties).to_string(),
            description: facts.description.clone(),
            tags: facts.owner.tags_of_new(),
        }));
        // One that is not shown, or one too many, is there all the same.
        let is_there = !facts.candidates.is_empty();
        let sentence = "a symmetric key of the link's own, open to Heroku Data".to_owned();
        self.plan.act(steps::CREATE_KEY, sentence, Need::unless(is_there, call));
        let sentence = format!("{alias} names it");
        // One that is not shown is waited for.
        let named = facts.key.map(|key| &key.arn);
        let named = named.or(keys.missing.as_ref().map(|(key, _)| key)).cloned();
        let is_known = named.is_some();
        let call = self.plan.kms(KmsCall::CreateAlias { alias, key: named });
        let need = match facts.key {
            Some(_) if keys.has_alias => Need::Nothing,
            Some(_) | None if is_known => Need::Call(call),
            Some(_) | None => Need::Incomplete(call),
        };
        self.plan.act(steps::CREATE_ALIAS, sentence, need);
    }

    fn policy(&mut self, gate: bool) {
        let (spec, seen) = (self.facts.spec, self.facts.seen);
        let account = &spec.heroku_account;
        let sentence = format!("account {account} may use the key, and pass its use on");
        // The policy of a key of the link's own is read once its alias names it.
        let read = self.facts.key.filter(|_| !spec.owns_key() || seen.keys.has_alias);
        let Some(key) = read else {
            let act = self.put_policy();
            if spec.may_mend() {
                // A key of the link's own is made with its policy.
                self.plan.act_one(gate, act, "", sentence, Need::Unknown);
            } else {
                self.plan.check_later(steps::CHECK_POLICY, sentence);
            }
            return;
        };
        match self.wanted_policy(&key.arn) {
            Policy::Blocked(blocker) => {
                self.plan.check(steps::CHECK_POLICY, sentence, Err(blocker));
            }
            Policy::Complete if !spec.may_mend() => {
                self.plan.check(steps::CHECK_POLICY, sentence, Ok(()));
            }
            Policy::Complete => {
                self.plan.act_one(gate, self.put_policy(), "", sentence, Need::Nothing);
            }
            Policy::Replace(..) if !self.facts.may_change_key => {
                let blocker = Blocker::new(
                    Code::KeyWithoutTag,
                    format!(
                        "the policy of {} is to be completed, and the key does not carry the tag \
                         {}={} any more",
                        key.arn,
                        ownership::LINK_TAG,
                        spec.link
                    ),
                    "tag the key again, or complete its policy by hand",
                );
                self.plan.check(steps::CHECK_POLICY, sentence, Err(blocker));
            }
            Policy::Replace(policy, replaced) => {
                for replaced in replaced {
                    self.plan.note(replaced.to_string());
                }
                let call = self.plan.kms(KmsCall::PutPolicy { key: key.arn.clone(), policy });
                self.plan.act_one(gate, self.put_policy(), "", sentence, Need::Call(call));
            }
        }
        if let Some(Ok(policy)) = &seen.keys.policy {
            for (statement, principal) in policy.deleted_principals() {
                self.plan.note(format!(
                    "statement {statement} of the key's policy names {principal}, which was \
                     deleted: KMS may refuse to take the policy with it"
                ));
            }
        }
    }

    fn put_policy(&self) -> &'static StepKind<EncryptionSpec> {
        steps::of_key(self.facts.spec, steps::PUT_OWN_POLICY, steps::PUT_NAMED_POLICY)
    }

    fn wanted_policy(&self, key: &KeyArn) -> Policy {
        let facts = self.facts;
        let policy = match &facts.seen.keys.policy {
            Some(Ok(policy)) => policy,
            Some(Err(error)) => {
                return Policy::Blocked(Blocker::new(
                    Code::UnreadableKeyPolicy,
                    format!("the policy of {key} cannot be understood: {error}"),
                    "correct it, or use another key",
                ));
            }
            // Not read, as the key cannot be used anyway.
            None => return Policy::Complete,
        };
        let lacking = self.lacking(policy);
        if lacking.is_empty() {
            return Policy::Complete;
        }
        let blocked = |why: String, remedy: &str| {
            Policy::Blocked(Blocker::new(Code::KeyPolicyLacks, why, remedy))
        };
        if !facts.spec.may_mend() {
            return blocked(
                format!("the policy of {key} is not enough for Heroku: {}", list(&lacking)),
                "add that to the policy, or let the spec mend the key",
            );
        }
        match policy.merge_and_tell(&facts.parties) {
            Err(error) => blocked(
                format!("the policy of {key} cannot be completed: {error}"),
                "correct the policy by hand",
            ),
            Ok((merged, replaced)) => {
                // KMS keeps such statements, and refuses a new policy that has one.
                let incomplete = merged.incomplete_statements();
                if !incomplete.is_empty() {
                    return Policy::Blocked(Blocker::new(
                        Code::KeyPolicyIncomplete,
                        format!(
                            "the policy of {key} is to be completed for Heroku, and KMS refuses it \
                             as long as statement {} has no Action or no Resource",
                            list(&incomplete)
                        ),
                        "remove the statement, which has no effect, or add what it lacks",
                    ));
                }
                // A denial stays, whatever is granted besides.
                let denied = self.lacking(&merged);
                if denied.is_empty() {
                    return Policy::Replace(merged.to_string(), replaced);
                }
                blocked(
                    format!("the policy of {key} forbids what Heroku needs: {}", list(&denied)),
                    "take the denial out of the policy by hand",
                )
            }
        }
    }

    /// The spec's own tags, on a key without them. Last, as nothing else needs them.
    pub(super) fn tags(&mut self) {
        let facts = self.facts;
        let key = facts.key.filter(|_| facts.spec.owns_key() && facts.may_change_key);
        let Some(key) = key else { return };
        let there = &facts.seen.keys.tags;
        let tags = facts.owner.missing_tags(there);
        if tags.is_empty() {
            return;
        }
        let (id, sentence) = (key.arn.as_str(), ownership::as_specified(key.arn.as_str(), &tags));
        if let Err(blocker) = ownership::room_for(id, there, &tags) {
            self.plan.check(steps::TAG_KEY, sentence, Err(blocker));
            return;
        }
        let call = self.plan.kms(KmsCall::TagKey { key: key.arn.clone(), tags });
        self.plan.act(steps::TAG_KEY, sentence, Need::Call(call));
    }

    /// What Heroku lacks. What the owner may do is the owner's business.
    fn lacking(&self, policy: &KeyPolicy) -> Vec<MissingPermission> {
        let mut missing = policy.missing(&self.facts.parties);
        missing.retain(|it| *it.principal.account() == self.facts.spec.heroku_account);
        missing
    }

    fn rotation(&mut self, gate: bool) {
        let facts = self.facts;
        let (spec, key, there) = (facts.spec, facts.key, facts.seen.keys.rotation);
        if !spec.may_mend() {
            if there.is_some_and(|rotation| !rotation.enabled) {
                self.plan.note("the key is not rotated".to_owned());
            }
            return;
        }
        if let Some(key) = key.filter(|key| key.origin != MADE_BY_KMS) {
            self.plan.note(format!(
                "{} has material from {}, which KMS cannot rotate by itself",
                key.arn, key.origin
            ));
            return;
        }
        let wanted = spec.rotation.days();
        let call = KmsCall::EnableRotation { key: key.map(|key| key.arn.clone()), days: wanted };
        let call = self.plan.kms(call);
        let need = match (key, there) {
            (None, _) => Need::Incomplete(call),
            // A period that KMS does not tell is not known to be another.
            (Some(_), Some(now)) if now.enabled && now.period_days.unwrap_or(wanted) == wanted => {
                Need::Nothing
            }
            (Some(_), Some(_) | None) if !facts.may_change_key => {
                self.plan.note("the key is not rotated as the spec says".to_owned());
                return;
            }
            (Some(_), Some(_) | None) => Need::Call(call),
        };
        let kind = steps::of_key(spec, steps::ROTATE_OWN_KEY, steps::ROTATE_NAMED_KEY);
        let sentence = format!("its material is rotated every {}", spec.rotation);
        self.plan.act_one(gate, kind, "", sentence, need);
    }
}
