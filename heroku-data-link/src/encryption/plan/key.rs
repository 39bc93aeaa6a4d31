//! The key, its alias, its policy and its rotation.

use super::Planner;
use crate::encryption::action::Action;
use crate::encryption::policy::{KeyPolicy, MissingPermission};
use crate::encryption::steps::Kind;
use crate::model::KeyArn;
use crate::provider::Key;
use crate::reconcile::{Blocker, Need, list};

/// Where KMS makes the key's material, which is what it can rotate by itself.
const MADE_BY_KMS: &str = "AWS_KMS";

/// What is to be done about a policy.
enum Policy {
    /// Nothing: everything is granted.
    Complete,
    /// This one takes its place.
    Replace(String),
    /// It cannot be completed, or must not.
    Blocked(Blocker),
}

impl Planner<'_> {
    pub(super) fn key(&mut self) {
        let (spec, seen) = (self.spec, self.seen);
        let key = seen.key();
        if let Some(alias) = spec.alias() {
            let gate = self.plan.is_open();
            self.plan.act(
                gate,
                self.of(Kind::CreateKey),
                "",
                "a symmetric key of the link's own, open to Heroku Data".to_owned(),
                Some(self.cli.create_key()),
                if key.is_some() { Need::Nothing } else { Need::Call(Action::CreateKey) },
            );
            let gate = self.plan.is_open();
            self.plan.act(
                gate,
                self.of(Kind::CreateAlias),
                "",
                format!("{alias} names it"),
                Some(self.cli.create_alias(&alias)),
                match key {
                    Some(_) if seen.keys.has_alias => Need::Nothing,
                    Some(key) => Need::Call(Action::CreateAlias(key.arn.clone())),
                    None => Need::Unknown,
                },
            );
            // Policy and rotation need the key alone.
            self.policy(key.is_some() && gate, key);
            self.rotation(key.is_some() && gate, key);
        } else {
            let gate = self.plan.is_open();
            self.policy(gate, key);
            self.rotation(gate, key);
        }
        for key in &seen.keys.going {
            self.plan.note(format!("{key} carries the link's tag, and is about to be deleted"));
        }
    }

    fn policy(&mut self, gate: bool, key: Option<&Key>) {
        let (spec, seen) = (self.spec, self.seen);
        let account = &spec.heroku_account;
        let sentence = format!("account {account} may use the key, and pass its use on");
        let Some(key) = key else {
            let act = self.of(Kind::PutPolicy);
            if spec.may_mend() {
                // A key of the link's own is made with its policy.
                self.plan.act(gate, act, "", sentence, None, Need::Unknown);
            } else {
                self.plan.check_later(self.of(Kind::CheckPolicy), sentence);
            }
            return;
        };
        match self.wanted_policy(&key.arn) {
            Policy::Blocked(blocker) => {
                self.plan.check(self.of(Kind::CheckPolicy), sentence, Err(blocker));
            }
            Policy::Complete if !spec.may_mend() => {
                self.plan.check(self.of(Kind::CheckPolicy), sentence, Ok(()));
            }
            Policy::Complete => {
                self.plan.act(gate, self.of(Kind::PutPolicy), "", sentence, None, Need::Nothing);
            }
            Policy::Replace(policy) => {
                let command = self.cli.put_policy(&policy);
                let need = Need::Call(Action::PutPolicy(key.arn.clone(), policy));
                let act = self.of(Kind::PutPolicy);
                self.plan.act(gate, act, "", sentence, Some(command), need);
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

    fn wanted_policy(&self, key: &KeyArn) -> Policy {
        let parties = self.seen.parties(self.spec);
        let policy = match &self.seen.keys.policy {
            Some(Ok(policy)) => policy,
            Some(Err(error)) => {
                return Policy::Blocked(Blocker::new(
                    "unreadable-key-policy",
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
            Policy::Blocked(Blocker::new("key-policy-lacks", why, remedy))
        };
        if !self.spec.may_mend() {
            return blocked(
                format!("the policy of {key} is not enough for Heroku: {}", list(&lacking)),
                "add that to the policy, or let the spec mend the key",
            );
        }
        match policy.merge(&parties) {
            Err(error) => blocked(
                format!("the policy of {key} cannot be completed: {error}"),
                "correct the policy by hand",
            ),
            Ok(merged) => {
                // A denial stays, whatever is granted besides.
                let denied = self.lacking(&merged);
                if denied.is_empty() {
                    return Policy::Replace(merged.to_string());
                }
                blocked(
                    format!("the policy of {key} forbids what Heroku needs: {}", list(&denied)),
                    "take the denial out of the policy by hand",
                )
            }
        }
    }

    /// What Heroku lacks. What the owner may do is the owner's business.
    fn lacking(&self, policy: &KeyPolicy) -> Vec<MissingPermission> {
        let mut missing = policy.missing(&self.seen.parties(self.spec));
        missing.retain(|it| *it.principal.account() == self.spec.heroku_account);
        missing
    }

    fn rotation(&mut self, gate: bool, key: Option<&Key>) {
        let (spec, seen) = (self.spec, self.seen);
        let there = seen.keys.rotation;
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
        let need = match (key, there) {
            (None, _) => Need::Unknown,
            // A period that KMS does not tell is not known to be another.
            (Some(_), Some(now)) if now.enabled && now.period_days.unwrap_or(wanted) == wanted => {
                Need::Nothing
            }
            (Some(key), Some(_) | None) => Need::Call(Action::EnableRotation(key.arn.clone())),
        };
        self.plan.act(
            gate,
            self.of(Kind::EnableRotation),
            "",
            format!("its material is rotated every {}", spec.rotation),
            Some(self.cli.enable_rotation()),
            need,
        );
    }
}
