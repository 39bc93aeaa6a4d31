//! Rules of security groups, compared as AWS compares them.

use std::collections::BTreeSet;

use crate::provider::IngressRule;

/// Whether a rule is among those of a group, however AWS writes it.
pub(crate) fn contain<'a>(
    rules: impl IntoIterator<Item = &'a IngressRule>,
    wanted: &IngressRule,
) -> bool {
    rules.into_iter().any(|rule| rule.is_same(wanted))
}

/// Those of `these` that are not among the others.
pub(crate) fn missing_from<'a>(
    others: &'a BTreeSet<IngressRule>,
    these: &'a BTreeSet<IngressRule>,
) -> impl Iterator<Item = &'a IngressRule> {
    these.iter().filter(move |rule| !contain(others, rule))
}
