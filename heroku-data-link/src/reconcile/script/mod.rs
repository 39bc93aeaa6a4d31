//! A plan as one bash script of commands of the official clients, for a person without this library.

mod shell;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use self::shell::Function;
use super::blocker::Blocker;
use super::memory::{QUIET, changes_policy, is_addon};
use super::plan::{Cloud, Effect, Goal, Plan, Status, Step, StepName};
use super::text::list;
use super::until::{Answer, Sign, Until};
use crate::model::{LinkKind, TextFilter};
use crate::provider::{Call, Command, Word};

/// A bash script that does what a plan says, with the official clients. `Display` prints it.
///
/// It has every open step in the plan's order, waits as the plan does, and stops at the first command
/// that fails. It holds no secret: one that a command needs is read when the script runs, and not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script(String);

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why there is no script of a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptError {
    /// Somebody has to change something first.
    #[error("a script would not come to its end: {}", list(.0))]
    Blocked(Vec<Blocker>),
    /// The commands of a step depend on what former steps make, and cannot be written down yet.
    #[error("{step} cannot be written down before the steps that come first are done: {sentence}")]
    Unknown {
        /// The step.
        step: StepName,
        /// The step as a sentence.
        sentence: String,
    },
}

impl Plan {
    /// The open steps as a bash script of the official clients' commands.
    ///
    /// # Errors
    /// While something is in the way, and where a command cannot be written down yet: never half a script.
    pub fn script(&self) -> Result<Script, ScriptError> {
        let blockers: Vec<_> = self.blockers().cloned().collect();
        if !blockers.is_empty() {
            return Err(ScriptError::Blocked(blockers));
        }
        let mut writer = Writer::default();
        if self.open_steps().any(|step| step.cloud == Cloud::Aws) {
            writer.check_account(self.scope.account.as_str());
        }
        for step in self.open_steps() {
            writer.step(step).ok_or_else(|| ScriptError::Unknown {
                step: step.name.clone(),
                sentence: step.sentence.clone(),
            })?;
        }
        writer.call(Function::Say);
        writer.line(&format!("\nsay {}", Word::from(end(self))));
        Ok(Script(format!("{}{}", head(self, &writer), writer.body)))
    }
}

/// The longest line that is not folded.
const WIDTH: usize = 100;

/// What comes before the steps.
fn head(plan: &Plan, writer: &Writer) -> String {
    let mut head = "#!/usr/bin/env bash\n".to_owned();
    let verb = match plan.goal {
        Goal::Established => "Establishes",
        Goal::TornDown => "Tears down",
    };
    let scope = &plan.scope;
    let plugin = match plan.workflow {
        LinkKind::PrivateLink => " with its plugin data-privatelink",
        LinkKind::Peering | LinkKind::Encryption | LinkKind::KeyAccess => "",
    };
    let mut comment = |text: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(head, "{}", commented(text));
    };
    comment(&format!("{verb} {} {}.", plan.workflow, plan.link));
    comment("");
    comment("The open steps of a plan of heroku-data-link, in its order. It needs");
    comment(&format!(
        "- the AWS CLI, with credentials of account {}, for {}",
        scope.account, scope.region
    ));
    comment(&format!("- Heroku's CLI{plugin}, logged in"));
    comment(
        "and stops at the first command that fails. Then, and whenever something has changed since",
    );
    comment(
        "the plan was made, print a new script: this one makes nothing twice, and takes nothing up.",
    );
    let done = plan.steps.len() - plan.open_steps().count();
    comment("");
    comment(&format!("{done} of {} steps were done when the plan was made.", plan.steps.len()));
    for note in &plan.notes {
        comment(&format!("Note: {note}"));
    }
    head.push_str("set -euo pipefail\n");
    // A pager would wait for a key, and a narrow terminal would fold what is read here.
    head.push_str("export AWS_PAGER='' NO_COLOR=1 OCLIF_COLUMNS=400\n");
    if writer.functions.contains(&Function::WaitFor) {
        head.push_str("# Seconds between two looks.\nINTERVAL=${INTERVAL:-10}\n");
    }
    for function in &writer.functions {
        head.push('\n');
        head.push_str(function.definition());
    }
    head
}

/// What is said at the end.
fn end(plan: &Plan) -> String {
    let end = match plan.goal {
        Goal::Established => "is established",
        Goal::TornDown => "is torn down",
    };
    format!("{} {} {end}", plan.workflow, plan.link)
}

/// A text as lines of comment, whatever is in it.
fn commented(text: &str) -> String {
    let text = shown(text);
    if text.is_empty() { "#".to_owned() } else { format!("# {text}") }
}

/// A text as one line.
fn shown(text: &str) -> String {
    /// Sentences may list many ids.
    const LONGEST: usize = 2000;
    TextFilter::new().show_up_to(text, LONGEST)
}

/// The steps as they are written down.
#[derive(Default)]
struct Writer {
    body: String,
    /// The functions that are called.
    functions: BTreeSet<Function>,
    /// The variables that have a value by now.
    set: BTreeSet<String>,
    /// Whether a key's policy was changed in the script.
    has_new_policy: bool,
}

impl Writer {
    fn line(&mut self, text: &str) {
        self.body.push_str(text);
        self.body.push('\n');
    }

    fn call(&mut self, function: Function) {
        self.functions.extend(function.calls());
        self.functions.insert(function);
    }

    /// Nothing is done with another account's credentials.
    fn check_account(&mut self, account: &str) {
        self.call(Function::Finds);
        self.call(Function::Stop);
        let refusal = Word::from(format!("the AWS CLI has no credentials of account {account}"));
        self.line(&format!(
            "\nfinds {} aws sts get-caller-identity --query Account --output text ||\n  stop {refusal}",
            Word::from(account)
        ));
    }

    /// An open step; `None` where its commands cannot be written down.
    fn step(&mut self, step: &Step) -> Option<()> {
        let effect = match step.effect {
            Effect::Check => "check",
            Effect::Create => "create",
            Effect::Modify => "modify",
            Effect::Delete => "delete",
            Effect::Wait => "wait",
        };
        let cloud = step.cloud.as_str();
        self.line("");
        self.line(&commented(&format!("{cloud} {effect}: {}", step.sentence)));
        if let Status::Waiting(wait) = &step.status {
            self.line(&commented(&format!("{} (usually {})", wait.what, wait.usual)));
        }
        match (&step.call, &step.until, step.effect) {
            (_, _, Effect::Create | Effect::Modify | Effect::Delete)
                if step.cloud == Cloud::Sink =>
            {
                self.call(Function::Say);
                self.line("# No command of an official client does this without showing a secret.");
                let left = format!("left to the library, or to you: {}", step.sentence);
                self.line(&format!("say {}", Word::from(shown(&left))));
                Some(())
            }
            (Some(call), _, _) => self.sent(call, &step.sentence),
            (None, Some(until), _) => self.wait(until, &step.sentence),
            (None, None, Effect::Check) => {
                self.line("# Nothing to run: look at it, or print the plan again.");
                Some(())
            }
            (None, None, Effect::Create | Effect::Modify | Effect::Delete) => {
                self.line(
                    "# Nothing to run: it comes with what was made before. A new plan tells if not.",
                );
                Some(())
            }
            (None, None, Effect::Wait) => None,
        }
    }

    /// A mutating call.
    fn sent(&mut self, call: &Call, sentence: &str) -> Option<()> {
        if is_addon(call) && self.has_new_policy {
            self.call(Function::Pause);
            let why = Word::from("the key's policy takes a minute to be in force");
            self.line(&format!("pause {} {why}", QUIET.as_secs()));
        }
        self.has_new_policy |= changes_policy(call);
        if let Some(document) = call.document() {
            let end = delimiter(document.text);
            let (variable, text) = (document.variable, document.text);
            // `read` fails, as what it reads has no end but that of the document.
            self.line(&format!("IFS= read -r -d '' {variable} <<'{end}' || :\n{text}\n{end}"));
            self.set.insert(variable.to_owned());
        }
        if let Some(secret) = call.secret() {
            let command = self.command(&secret.command)?;
            self.line("# It has a password, and is not shown.");
            let variable = secret.variable;
            self.line(&format!("{variable}=$({command})"));
            self.call(Function::Stop);
            let refusal = Word::from(format!("there is no {variable}"));
            self.line(&format!("[ -n \"${variable}\" ] || stop {refusal}"));
            self.set.insert(variable);
        }
        self.call(Function::Say);
        self.line(&format!("say {}", Word::from(shown(sentence))));
        let mut command = call.command()?;
        match call.returned() {
            None => {
                let command = self.command(&command)?;
                self.line(&command);
            }
            Some(returned) => {
                command.extend(["--query", returned.query, "--output", "text"]);
                let command = self.command(&command)?;
                let variable = returned.variable;
                self.line(&format!("{variable}=$({command})"));
                self.line(&format!("say \"{variable}=${variable}\""));
                self.set.insert(variable.to_owned());
            }
        }
        Some(())
    }

    fn wait(&mut self, until: &Until, sentence: &str) -> Option<()> {
        self.call(Function::WaitFor);
        let what = Word::from(shown(sentence));
        for sign in &until.signs {
            let seconds = until.deadline.as_secs();
            let condition = self.condition(sign)?;
            self.line(&format!("wait_for {seconds} {what} \\\n  {condition}"));
        }
        Some(())
    }

    /// What succeeds once a sign is there.
    fn condition(&mut self, Sign { command, answer }: &Sign) -> Option<String> {
        let joined = |words: &[String]| Word::from(words.join("|"));
        let mut command = command.clone();
        let mut sets = None;
        let (function, arguments) = match answer {
            Answer::Found { query, words } => {
                command.extend(["--query", query, "--output", "text"]);
                (Function::Finds, format!("finds {}", joined(words)))
            }
            Answer::Line { first, words } => {
                self.known(first)?;
                (Function::HasLine, format!("has_line {first} {}", joined(words)))
            }
            Answer::LineWithout { first, words } => {
                self.known(first)?;
                (Function::HasLineWithout, format!("has_line_without {first} {}", joined(words)))
            }
            Answer::Told { label, start, variable } => {
                let name = sets.insert(name(variable)?);
                let (label, start) = (Word::from(label), Word::from(start));
                (Function::Keeps, format!("keeps {name} {label} {start}"))
            }
            Answer::Refused { word } => {
                (Function::Refuses, format!("refuses {}", Word::from(word)))
            }
            Answer::Variable { endpoint } => {
                self.known(endpoint)?;
                (Function::HasVariable, format!("has_variable {endpoint}"))
            }
            Answer::Zones { subnets, variable } => {
                let query = "ServiceDetails[0].[AvailabilityZoneIds,AvailabilityZones][]";
                command.extend(["--query", query, "--output", "text"]);
                let mut arguments = format!("picks_subnets {}", sets.insert(name(variable)?));
                for (id, zone, subnet) in subnets {
                    // Writing to a string cannot fail.
                    let _ =
                        write!(arguments, " \\\n  {}", Word::from(format!("{id} {zone} {subnet}")));
                }
                arguments.push_str(" --");
                (Function::PicksSubnets, arguments)
            }
        };
        self.call(function);
        let condition = format!("{arguments} \\\n  {}", self.command(&command)?);
        self.set.extend(sets.map(str::to_owned));
        Some(condition)
    }

    /// A command, folded where it is long; `None` while a variable of it has no value.
    fn command(&self, command: &Command) -> Option<String> {
        let words: Vec<_> = command.words().iter().map(ToString::to_string).collect();
        let is_long = words.iter().map(|word| word.len() + 1).sum::<usize>() > WIDTH;
        let mut text = String::new();
        for (word, quoted) in command.words().iter().zip(words) {
            self.known(word)?;
            let is_flag = quoted.starts_with("--") && quoted != "--";
            text.push_str(match text.is_empty() {
                true => "",
                false if is_long && is_flag => " \\\n    ",
                false => " ",
            });
            text.push_str(&quoted);
        }
        Some(text)
    }

    /// Whether a word has a value by now.
    fn known(&self, word: &Word) -> Option<()> {
        match word {
            Word::Text(_) => Some(()),
            Word::Variable(name) => self.set.contains(name.as_ref()).then_some(()),
        }
    }
}

fn name(variable: &Word) -> Option<&str> {
    match variable {
        Word::Variable(name) => Some(name),
        Word::Text(_) => None,
    }
}

/// A line that a document does not have.
fn delimiter(document: &str) -> String {
    let mut delimiter = "END".to_owned();
    while document.lines().any(|line| line == delimiter) {
        delimiter.push('_');
    }
    delimiter
}
