//! What happens in a schedule, and when.

use std::fmt;
use std::time::Duration;

use heroku_data_link::provider::ErrorKind;

use super::act::Act;
use super::dice::Dice;
use crate::faults::{Fault, When};

/// How many drivers may be at work at once.
pub(crate) const DRIVERS: usize = 2;

/// Something that happens once.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// Calls fail.
    Fault { mutations: bool, nth: usize, times: usize, when: When, error: Option<ErrorKind> },
    /// Reads show the world as it was so long ago.
    Lag(Duration),
    /// The process ends at a mutation.
    Crash { mutation: usize, when: When, others_arrive: bool },
    /// The process of a driver ends between two calls.
    Kill(usize),
    /// A second driver begins.
    Second,
    /// Time goes on at once.
    Jump(Duration),
    /// Somebody sets the calendar of the drivers' machine forward, or back.
    Calendar { forward: bool, by: Duration },
    /// A person acts.
    Person(Act),
    /// From now on the link is torn down.
    Turn,
}

/// Everything that happens, in order, and when: counted from the beginning.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    pub(crate) events: Vec<(Duration, Event)>,
    /// When the faults end.
    pub(crate) end: Duration,
}

impl Schedule {
    /// A schedule for a link that takes so long to establish, beside people who may do such things.
    pub(crate) fn draw(dice: &mut Dice, takes: Duration, people: &[Act], two: bool) -> Self {
        let secs = usize::try_from(takes.as_secs()).unwrap_or(usize::MAX / 4).max(60);
        let horizon = secs + secs / 2;
        let count = dice.within(2, 9);
        let mut events: Vec<(Duration, Event)> =
            (0..count).map(|_| (dice.secs(0, horizon), Event::draw(dice, people, two))).collect();
        if dice.chance(35) {
            events.push((dice.secs(secs / 2, horizon), Event::Turn));
        }
        events.sort_by_key(|(at, _)| *at);
        let end = dice.secs(horizon, horizon + secs / 4);
        Self { events, end }
    }
}

impl Event {
    fn draw(dice: &mut Dice, people: &[Act], two: bool) -> Self {
        let side = if dice.chance(50) { When::Before } else { When::After };
        match dice.below(100) {
            0..30 => Self::Fault {
                mutations: dice.chance(60),
                nth: dice.within(1, 6),
                times: dice.within(1, 3),
                when: side,
                error: error(dice),
            },
            30..40 => Self::Lag(Duration::from_secs(
                dice.pick(&[0, 5, 15, 30, 45, 60]).unwrap_or_default(),
            )),
            40..52 => Self::Crash {
                mutation: dice.within(1, 4),
                when: side,
                others_arrive: dice.chance(50),
            },
            52..58 => Self::Kill(dice.below(DRIVERS)),
            58..66 if two => Self::Second,
            66..70 => Self::Jump(dice.secs(1, 5400)),
            70..74 => Self::Calendar { forward: dice.chance(50), by: dice.secs(1, 86_400) },
            _ => dice.pick(people).map_or(Self::Lag(Duration::ZERO), Self::Person),
        }
    }

    /// The fault that it is.
    pub(crate) fn fault(&self) -> Option<Fault> {
        let Self::Fault { mutations, nth, times, when, error } = self else { return None };
        let fault = if *mutations { Fault::on_any_mutation() } else { Fault::on_any_call() };
        let fault = fault.nth(*nth).times(*times);
        Some(match (error, when) {
            (None, _) => fault.unanswered(),
            // What is throttled has no effect.
            (Some(error @ ErrorKind::RateLimited { .. }), _) | (Some(error), When::Before) => {
                fault.before(error.clone())
            }
            (Some(error), When::After) => fault.after(error.clone()),
        })
    }
}

/// What time heals; or no answer at all.
fn error(dice: &mut Dice) -> Option<ErrorKind> {
    match dice.below(9) {
        0 | 1 => Some(ErrorKind::Timeout),
        2 | 3 => Some(ErrorKind::RateLimited { retry_after: None }),
        4 | 5 => Some(ErrorKind::RateLimited { retry_after: Some(dice.secs(1, 90)) }),
        6 | 7 => Some(ErrorKind::Transient),
        _ => None,
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |when: &When| match when {
            When::Before => "before",
            When::After => "after",
        };
        match self {
            Self::Fault { mutations, nth, times, when, error } => {
                let what = if *mutations { "mutations" } else { "calls" };
                write!(f, "from the {nth}. on, {times} {what} ")?;
                match error {
                    Some(error @ ErrorKind::RateLimited { .. }) => write!(f, "are {error}"),
                    Some(error) => write!(f, "fail {} their effect: {error}", side(when)),
                    None => f.write_str("are never answered"),
                }
            }
            Self::Lag(lag) => write!(f, "reads are {} s behind", lag.as_secs()),
            Self::Crash { mutation, when, others_arrive } => {
                let others = if *others_arrive { ", the calls beside it arrive" } else { "" };
                write!(
                    f,
                    "a process ends {} the effect of the {mutation}. mutation{others}",
                    side(when)
                )
            }
            Self::Kill(driver) => write!(f, "the process of driver {driver} ends"),
            Self::Second => f.write_str("a second driver begins"),
            Self::Calendar { forward, by } => {
                let way = if *forward { "forward" } else { "back" };
                write!(f, "the calendar is set {way} by {} s", by.as_secs())
            }
            Self::Jump(by) => write!(f, "time jumps by {} s", by.as_secs()),
            Self::Person(act) => write!(f, "a person: {act}"),
            Self::Turn => f.write_str("from now on the link is torn down"),
        }
    }
}
