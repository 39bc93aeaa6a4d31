use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use futures_util::future::try_join_all;
use serde::Serialize;

use super::builder::StepKind;
use super::iam::permissions_of;
use crate::provider::{AwsCloud, Ec2Call, ProviderResult, Rehearsal, Verdict, operation};

/// Reads without which a look only says less.
const DISPENSABLE: [&str; 1] = [operation::DESCRIBE_NETWORK_ACLS];

/// What the caller lacks, found out before anything is changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Preflight {
    /// IAM actions that the caller may not use.
    pub missing: BTreeSet<Cow<'static, str>>,
    /// IAM actions that could not be rehearsed, and why: what they are about is not there yet.
    pub untold: BTreeMap<&'static str, String>,
}

impl Preflight {
    /// Whether nothing is known to be missing.
    pub fn is_clear(&self) -> bool {
        self.missing.is_empty()
    }

    /// Rehearses the reads that a job of `spec` may need, whose workflow has these kinds of steps. When
    /// one is missing that a look cannot do without, nothing can be told of its other actions, and
    /// the answer is `false`.
    pub(crate) async fn reads<S>(
        &mut self,
        aws: &dyn AwsCloud,
        spec: &S,
        kinds: &[&'static StepKind<S>],
    ) -> ProviderResult<bool> {
        let actions: BTreeSet<_> = permissions_of(spec, kinds).map(|it| it.action).collect();
        let reads: Vec<_> = actions.iter().filter_map(|it| Rehearsal::of_read(it)).collect();
        self.rehearse(aws, reads).await?;
        let can_look = self.missing.iter().all(|it| DISPENSABLE.contains(&it.as_ref()));
        if !can_look {
            let others = actions.iter().filter(|it| Rehearsal::of_read(it).is_none());
            // Tags are set by creations.
            for action in others.filter(|it| **it != operation::CREATE_TAGS) {
                self.untold(action, "the reads come first");
            }
        }
        Ok(can_look)
    }

    /// Rehearses mutating calls, at once.
    pub(crate) async fn calls(
        &mut self,
        aws: &dyn AwsCloud,
        calls: Vec<Ec2Call>,
    ) -> ProviderResult<()> {
        self.rehearse(aws, calls.into_iter().map(Rehearsal::Call).collect()).await
    }

    async fn rehearse(&mut self, aws: &dyn AwsCloud, calls: Vec<Rehearsal>) -> ProviderResult<()> {
        let verdicts = try_join_all(calls.iter().map(|call| aws.rehearse(call))).await?;
        for (call, verdict) in calls.iter().zip(verdicts) {
            match verdict {
                Verdict::Permitted => {}
                Verdict::Denied(action) => drop(self.missing.insert(action)),
                Verdict::NotTold(reason) => self.untold(call.operation(), reason),
            }
        }
        Ok(())
    }

    pub(crate) fn untold(&mut self, action: &'static str, reason: impl Into<String>) {
        self.untold.insert(action, reason.into());
    }
}

impl fmt::Display for Preflight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_clear() {
            writeln!(f, "no IAM action is known to be missing")?;
        }
        for action in &self.missing {
            writeln!(f, "missing  {action}")?;
        }
        for (action, reason) in &self.untold {
            writeln!(f, "untold   {action}: {reason}")?;
        }
        Ok(())
    }
}
