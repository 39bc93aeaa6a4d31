//! What is left over, and what there is, of keys and add-ons.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::SystemTime;

use heroku_data_link::model::KeyState;
use heroku_data_link::reconcile::ownership;

use crate::heroku::list;
use crate::state::State;

impl State {
    /// Keys that nobody can find or that are there twice, and add-ons that no app can reach.
    pub(crate) fn orphans_of_encryption(&self, now: SystemTime) -> Vec<String> {
        let mut orphans = Vec::new();
        let mut twins: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for (arn, key) in &self.aws.kms.keys {
            let version = key.history.at(now);
            let live = version.filter(|version| version.state != KeyState::PendingDeletion);
            let Some(version) = live else { continue };
            let Some(link) = ownership::owner(&version.tags) else {
                if !key.is_set_up {
                    orphans.push(format!("key {arn}: it belongs to no link"));
                }
                continue;
            };
            twins.entry((link, arn.account(), arn.region())).or_default().push(arn.as_str());
            if self.aws.aliases_of(arn, now).next().is_none() && !key.is_set_up {
                orphans.push(format!("key {arn} of link {link}: it has no alias"));
            }
        }
        for ((link, account, region), arns) in twins {
            if arns.len() > 1 {
                let arns = list(arns);
                orphans
                    .push(format!("link {link} has several keys of {account} in {region}: {arns}"));
            }
        }
        let attached = self.attached_addons(now);
        for (id, record) in &self.heroku.addons {
            let is_there = self.addon(*id, now).is_some() && !self.has_ended(record, now);
            if is_there && !attached.contains(id) {
                orphans.push(format!("add-on {}: it is attached to no app", record.name));
            }
        }
        orphans
    }

    pub(crate) fn fingerprint_of_keys(&self, ever: SystemTime, line: &mut dyn FnMut(&dyn Display)) {
        for (arn, key) in &self.aws.kms.keys {
            let Some(version) = key.history.at(ever) else { continue };
            let rotation = version.rotation.map(|schedule| schedule.period_days);
            line(&format_args!(
                "key {arn}, {}, {} {} {}, named [{}], tags {:?}, rotated {rotation:?}, policy {}",
                version.state,
                key.spec,
                key.usage,
                key.origin,
                list(self.aws.aliases_of(arn, ever)),
                version.tags,
                version.policy
            ));
        }
    }
}
