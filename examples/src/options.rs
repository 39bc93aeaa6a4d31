//! The options that the examples of links share.

use std::error::Error;
use std::num::NonZeroU32;

use heroku_data_link::model::InvalidValue;
use heroku_data_link::reconcile::{Goal, IamPolicy, Plan, ScriptError};
use lexopt::Parser;
use serde_json::json;

use crate::arguments::unknown_option;

/// What to do, on which clouds.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // Each is an option of its own.
pub struct Common {
    /// The real clouds, or whatever their clients find in their place.
    pub live: bool,
    /// Print the plan and the IAM policy, change nothing.
    pub plan_only: bool,
    /// Print the plan as a script of the official clients' commands, change nothing.
    pub script: bool,
    /// Whether to make the link, or to take it apart.
    pub goal: Goal,
    /// One JSON document in the place of text.
    pub json: bool,
    /// Seconds of the live clouds in a real one: more than 1 where they are simulated.
    pub speed: NonZeroU32,
}

impl Default for Common {
    fn default() -> Self {
        Self {
            live: false,
            plan_only: false,
            script: false,
            goal: Goal::Established,
            json: false,
            speed: NonZeroU32::MIN,
        }
    }
}

/// The part of a help text that is about these options.
pub const HELP_OF_LIVE: &str = "\
on the real clouds (with `--features live` for cargo), found as the official CLIs find them:
HEROKU_API_KEY or netrc, HEROKU_HOST, HEROKU_DATA_HOST; AWS_PROFILE and its kin, AWS_REGION,
AWS_ENDPOINT_URL:
  --backend live
  --teardown                     take the link apart instead
  --script                       print what is left to do as a bash script of commands of the official
                                 CLIs, change nothing
  --speed N                      the clouds are simulated and N times as fast as real ones";

impl Common {
    /// Prints a plan in the form that is asked for; says whether that was all that is wanted.
    ///
    /// One JSON document holds everything, so that a plan which is carried out is not printed
    /// apart.
    ///
    /// # Errors
    ///
    /// When a script is wanted that cannot be written down.
    pub fn show_plan(&self, plan: &Plan, policy: &IamPolicy) -> Result<bool, ScriptError> {
        if self.script {
            print!("{}", plan.script()?);
            return Ok(true);
        }
        let costs = plan.costs();
        match (self.json, self.plan_only) {
            (true, true) => {
                println!("{:#}", json!({ "plan": plan, "costs": costs, "iam-policy": policy }));
            }
            (true, false) => {}
            (false, plan_only) => {
                println!("{plan}");
                for cost in costs {
                    println!("  costs: {cost}");
                }
                if plan_only {
                    println!("\nIAM policy of the whole job:\n{policy}");
                }
            }
        }
        Ok(self.plan_only)
    }

    /// Takes an option of these.
    ///
    /// # Errors
    ///
    /// When it is none of them, or its value is wrong.
    pub fn take(&mut self, option: &str, parser: &mut Parser) -> Result<(), Box<dyn Error>> {
        match option {
            "backend" => {
                self.live = match parser.value()?.to_string_lossy().as_ref() {
                    "live" => true,
                    "mock" => false,
                    other => {
                        let rule = "it must be live or mock";
                        return Err(InvalidValue::new("value of --backend", other, rule).into());
                    }
                }
            }
            "plan-only" => self.plan_only = true,
            "script" => self.script = true,
            "teardown" => self.goal = Goal::TornDown,
            "json" => self.json = true,
            "speed" => {
                let speed = parser.value()?;
                let speed = speed.to_string_lossy();
                let rule = "it must be a whole number from 1";
                self.speed = speed
                    .parse()
                    .map_err(|_| InvalidValue::new("value of --speed", speed, rule))?;
            }
            other => return Err(unknown_option(&format!("--{other}")).into()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(words: &[&str]) -> Result<Common, String> {
        let mut parser = Parser::from_args(words);
        let mut common = Common::default();
        while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
            let lexopt::Arg::Long(name) = argument else { panic!("{argument:?}") };
            let name = name.to_owned();
            common.take(&name, &mut parser).map_err(|error| error.to_string())?;
        }
        Ok(common)
    }

    #[test]
    fn what_is_said_is_taken() {
        let common = take(&["--backend", "live", "--speed=600", "--teardown", "--json"]).unwrap();
        assert!(common.live && common.json && !common.plan_only && !common.script);
        assert!(take(&["--script"]).unwrap().script);
        assert_eq!((common.speed.get(), common.goal), (600, Goal::TornDown));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let table = [
            (&["--backend", "moon"][..], "moon"),
            (&["--backend"], "missing argument"),
            (&["--speed", "0"], "whole number from 1"),
            (&["--speed", "-1"], "whole number from 1"),
            (&["--sped", "1"], "--sped"),
            // A URL in the wrong place is not repeated.
            (&["--backend", "redis://h:hunter2@host"], "live or mock"),
            (&["--speed", "h:hunter2@host"], "whole number from 1"),
            (&["--redis://h:hunter2@host"], "see --help"),
        ];
        for (words, expected) in table {
            let refused = take(words).unwrap_err();
            assert!(refused.contains(expected), "{words:?}: {refused}");
            assert!(!refused.contains("hunter2"), "{words:?}: {refused}");
        }
    }
}
