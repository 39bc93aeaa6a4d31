//! What the examples share: options, documents, the life of a link, showing progress and errors, the
//! official CLI's tables, sinks, and finding the real clouds.

pub mod documents;
pub mod given;
pub mod lifetime;
#[cfg(feature = "live")]
pub mod live;
pub mod options;
pub mod proof;
pub mod sinks;
pub mod tables;

use std::error::Error;
use std::io::{IsTerminal, Write};
use std::process::{ExitCode, Termination};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use heroku_data_link::provider::ProviderError;
use heroku_data_link::reconcile::{Clock, Event, Observer, ReconcileError};
use heroku_data_link_probe::NotProved;
use indicatif::{ProgressBar, ProgressStyle};

pub use heroku_data_link_probe::cli::arguments;

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

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
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
            Event::Failed { error, will_retry: true, .. } => self.say(error),
            // Nothing follows but the error, which `complain` shows.
            Event::Failed { will_retry: false, .. } => self.clear(),
            Event::Done { .. } => {
                self.clear();
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

/// Prints a text. Whoever closed the pipe has seen enough.
pub fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// How an example ends; an error is shown.
pub fn exit_code(result: Result<impl Termination, Box<dyn Error>>) -> ExitCode {
    match result {
        Ok(done) => done.report(),
        Err(error) => {
            complain(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

/// Shows an error, what caused it, and what to do about it, on the error stream.
pub fn complain(error: &(dyn Error + 'static)) {
    for (number, sentence) in sentences(error).iter().enumerate() {
        eprintln!("{} {sentence}", if number == 0 { "error:" } else { "  because" });
    }
    let failed = error.downcast_ref::<ReconcileError>().and_then(ReconcileError::failed_call);
    let proof = error.downcast_ref().map(NotProved::remedy);
    let remedy = failed.or(error.downcast_ref()).and_then(ProviderError::remedy).or(proof);
    if let Some(remedy) = remedy {
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

/// An error and its causes, but for those whose text was part of another one.
fn sentences(error: &(dyn Error + 'static)) -> Vec<String> {
    if let Some(error) = error.downcast_ref::<lexopt::Error>() {
        // Its sources may repeat an argument that is left out here.
        return vec![arguments::explain(error)];
    }
    let mut said = vec![error.to_string()];
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        if !said.iter().any(|said| said.contains(&text)) {
            said.push(text);
        }
        source = error.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    /// A text, and what caused it.
    #[derive(Debug)]
    struct Told(&'static str, Option<Box<Told>>);

    impl fmt::Display for Told {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Told {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|told| told as _)
        }
    }

    fn told(texts: &[&'static str]) -> Option<Box<Told>> {
        let (first, rest) = texts.split_first()?;
        Some(Box::new(Told(first, told(rest))))
    }

    #[test]
    fn a_cause_is_said_once() {
        for (texts, expected) in [
            (&["a"][..], &["a"][..]),
            (&["a", "b", "c"], &["a", "b", "c"]),
            (&["no file: gone", "gone"], &["no file: gone"]),
            (&["no: gone", "b", "gone", "c"], &["no: gone", "b", "c"]),
            (&["a", "a", "a: b", "b"], &["a", "a: b"]),
        ] {
            assert_eq!(sentences(&*told(texts).unwrap()), expected);
        }
    }

    #[test]
    fn what_is_wrong_with_an_argument_is_one_sentence() {
        let cannot = |value: &str| -> Vec<String> {
            let error = lexopt::Parser::from_args([value])
                .value()
                .and_then(|value| {
                    lexopt::ValueExt::parse_with(&value, |text| {
                        // An error that repeats what it was given.
                        Err::<(), _>(format!("cannot use {text}"))
                    })
                })
                .unwrap_err();
            sentences(&error)
        };
        assert_eq!(cannot("x"), ["\"x\" is not a usable value: cannot use x"]);
        let said = cannot("redis://h:hunter2@host");
        assert!(said.len() == 1 && !said[0].contains("hunter2"), "{said:?}");
    }
}
