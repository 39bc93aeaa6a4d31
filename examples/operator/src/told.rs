//! What drivers tell, as Events of Kubernetes.

use std::sync::{Mutex, PoisonError};

use heroku_data_link::reconcile::{Event, Observer};
use kube::runtime::events::{Event as KubeEvent, EventType};

/// What happened in a pass, until it is published.
#[derive(Default)]
pub(crate) struct Told(Mutex<Vec<KubeEvent>>);

impl Told {
    pub(crate) fn take(&self) -> Vec<KubeEvent> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Told {
    fn on_event(&self, event: &Event) {
        let event = match event {
            Event::Applied { step, sentence, .. } => normal("Applied", step, sentence),
            Event::Failed { step, error, .. } => {
                warning("Failed", step.as_deref().unwrap_or("observe"), error)
            }
            // A wait that begins; that it goes on is nothing new.
            Event::Waiting { step, what, elapsed, .. } if elapsed.is_zero() => {
                normal("Waiting", step, what)
            }
            _ => return,
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }
}

pub(crate) fn normal(reason: &str, action: &str, note: &str) -> KubeEvent {
    event(EventType::Normal, reason, action, note)
}

pub(crate) fn warning(reason: &str, action: &str, note: &str) -> KubeEvent {
    event(EventType::Warning, reason, action, note)
}

/// Kubernetes takes a note of 1,024 bytes.
fn event(type_: EventType, reason: &str, action: &str, note: &str) -> KubeEvent {
    let note: String = note.chars().take(250).collect();
    KubeEvent {
        type_,
        reason: reason.to_owned(),
        note: Some(note),
        action: action.chars().take(128).collect(),
        secondary: None,
    }
}
