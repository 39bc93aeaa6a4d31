//! What the examples share: options, documents, the life of a link, showing progress and errors, the
//! official CLI's tables, and finding the real clouds.

pub mod arguments;
pub mod documents;
pub mod lifetime;
#[cfg(feature = "live")]
pub mod live;
pub mod options;
pub mod tables;

use std::error::Error;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use heroku_data_link::provider::ProviderError;
use heroku_data_link::reconcile::{Clock, Event, Observer, ReconcileError};
use indicatif::{ProgressBar, ProgressStyle};

/// Shows events on the error stream: as a bar on a terminal, else as lines that begin with the
/// time since the start.
#[derive(Debug)]
pub struct Progress {
    clock: Arc<dyn Clock>,
    started: SystemTime,
    bar: Option<ProgressBar>,
    last: Mutex<String>,
}

impl Progress {
    /// A display that goes by `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{bar:20} {pos}/{len} {wide_msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(0).with_style(style)
        });
        Self { started: clock.now(), clock, bar, last: Mutex::default() }
    }

    fn say(&self, text: &str) {
        let elapsed = self.clock.now().duration_since(self.started).unwrap_or_default();
        let line = format!("{}  {text}", minutes(elapsed));
        match &self.bar {
            Some(bar) => bar.set_message(line),
            None => eprintln!("{line}"),
        }
    }

    /// Says a thing once, however often it is still so.
    fn say_once(&self, text: String) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != text {
            self.say(&text);
            *last = text;
        }
    }
}

impl Observer for Progress {
    fn on_event(&self, event: &Event) {
        match event {
            Event::Planned { done, total, .. } => {
                if let Some(bar) = &self.bar {
                    bar.set_length(*total as u64);
                    bar.set_position(*done as u64);
                }
            }
            Event::Applied { sentence, .. } => self.say(sentence),
            Event::Waiting { what, usual, .. } => {
                self.say_once(format!("waiting for {what} (usually {usual})"));
            }
            Event::Failed { error, .. } => self.say(error),
            Event::Done { .. } => {
                if let Some(bar) = &self.bar {
                    bar.finish_and_clear();
                }
                self.say_once("done".to_owned());
            }
            // `Applying` would only repeat what `Applied` says.
            _ => {}
        }
    }
}

/// `mm:ss`.
pub fn minutes(duration: Duration) -> String {
    format!("{:02}:{:02}", duration.as_secs() / 60, duration.as_secs() % 60)
}

/// How an example ends; an error is shown.
pub fn exit_code(result: Result<(), Box<dyn Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

/// Shows an error, what caused it, and what to do about it, on the error stream.
pub fn complain(error: &(dyn Error + 'static)) {
    let wrong_argument = error.downcast_ref::<lexopt::Error>().map(arguments::explain);
    let mut said = wrong_argument.unwrap_or_else(|| error.to_string());
    eprintln!("error: {said}");
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        if text != said {
            eprintln!("  because {text}");
        }
        (said, source) = (text, error.source());
    }
    let failed = error.downcast_ref::<ReconcileError>().and_then(ReconcileError::failed_call);
    if let Some(remedy) = failed.or(error.downcast_ref()).and_then(ProviderError::remedy) {
        eprintln!("  what to do: {remedy}");
    }
}

/// What an example says that was built without the feature `live` and is told to be live.
pub fn without_live(example: &str) -> Box<dyn Error> {
    format!(
        "this build knows simulated clouds only: cargo run --example {example} --features live -- \
         --backend live …"
    )
    .into()
}
