use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use heroku_data_link::provider::{ErrorKind, operation};

use crate::journal::Request;

/// On which side of the effect of a call something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The call has no effect.
    Before,
    /// The call has its effect, and its caller does not learn of it: the dangerous one.
    After,
}

/// Which answer the caller sees of a mutation that was made twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// That of the first.
    First,
    /// That of the repeat.
    Second,
}

/// Calls that fail.
///
/// ```
/// use heroku_data_link::provider::{ErrorKind, operation};
/// use heroku_data_link_mock::{Fault, World};
///
/// let world = World::new();
/// // The second creation of an endpoint has its effect, and its answer is lost.
/// world.fault(Fault::on(operation::CREATE_VPC_ENDPOINT).nth(2).after(ErrorKind::Timeout));
/// ```
#[derive(Debug, Clone)]
#[must_use = "a fault does nothing until it is given to `World::fault`"]
pub struct Fault {
    target: Target,
    skip: usize,
    times: usize,
    when: When,
    answer: Option<ErrorKind>,
    message: Cow<'static, str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Operation(&'static str),
    Calls,
    Mutations,
}

impl Fault {
    /// The next call of this operation, a name of
    /// [`operation`](heroku_data_link::provider::operation).
    pub fn on(operation: &'static str) -> Self {
        Self::of(Target::Operation(operation))
    }

    /// The next call, whatever it is.
    pub fn on_any_call() -> Self {
        Self::of(Target::Calls)
    }

    /// The next call that changes something.
    pub fn on_any_mutation() -> Self {
        Self::of(Target::Mutations)
    }

    fn of(target: Target) -> Self {
        Self {
            target,
            skip: 0,
            times: 1,
            when: When::Before,
            answer: Some(ErrorKind::Transient),
            message: Cow::Borrowed("a simulated fault"),
        }
    }

    /// Not the next such call but the `n`-th from now, counted from 1.
    pub fn nth(self, n: usize) -> Self {
        Self { skip: n.saturating_sub(1), ..self }
    }

    /// So many such calls in a row.
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// They fail without effect. Without this and [`after`](Self::after): `Transient`.
    pub fn before(self, error: ErrorKind) -> Self {
        Self { when: When::Before, answer: Some(error), ..self }
    }

    /// They fail after their effect.
    pub fn after(self, error: ErrorKind) -> Self {
        Self { when: When::After, answer: Some(error), ..self }
    }

    /// They are never answered, and have no effect: what no bound on a single request ends, such as
    /// a list of endless pages.
    pub fn unanswered(self) -> Self {
        Self { when: When::Before, answer: None, ..self }
    }

    /// What the cloud says of it.
    pub fn saying(self, message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), ..self }
    }

    pub(crate) fn throttling(
        operation: &'static str,
        times: usize,
        retry_after: Option<Duration>,
    ) -> Self {
        Self::on(operation)
            .times(times)
            .before(ErrorKind::RateLimited { retry_after })
            .saying("too many requests")
    }
}

/// A call that fails now.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) when: When,
    /// `None`: there is no answer.
    pub(crate) error: Option<ErrorKind>,
    pub(crate) message: Cow<'static, str>,
}

/// The faults that are still to come, and what nobody may do.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    to_come: Vec<Fault>,
    forbidden: BTreeSet<&'static str>,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        if fault.times > 0 {
            self.to_come.push(fault);
        }
    }

    pub(crate) fn forbid(&mut self, action: &'static str) {
        self.forbidden.insert(action);
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The action that a call lacks.
    pub(crate) fn lacking(&self, request: Request<'_>) -> Option<&'static str> {
        let needed = [Some(request.operation), request.tags.then_some(operation::CREATE_TAGS)];
        needed.into_iter().flatten().find(|action| self.forbidden.contains(action))
    }

    /// Counts a call in all faults that are about it; the first that is due makes it fail.
    pub(crate) fn meet(&mut self, request: Request<'_>, mutating: bool) -> Option<Failure> {
        if let Some(action) = self.lacking(request) {
            let message = format!(
                "You are not authorized to perform this operation. The caller is not authorized \
                 to perform: {action}"
            );
            let (when, error) = (When::Before, Some(ErrorKind::Forbidden));
            return Some(Failure { when, error, message: message.into() });
        }
        let mut failure = None;
        for fault in &mut self.to_come {
            let concerned = match fault.target {
                Target::Operation(name) => name == request.operation,
                Target::Calls => true,
                Target::Mutations => mutating,
            };
            if !concerned {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
            } else if failure.is_none() {
                fault.times -= 1;
                failure = Some(Failure {
                    when: fault.when,
                    error: fault.answer.clone(),
                    message: fault.message.clone(),
                });
            }
        }
        self.to_come.retain(|fault| fault.times > 0);
        failure
    }
}
