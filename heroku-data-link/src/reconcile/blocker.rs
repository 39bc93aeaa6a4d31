//! What is in the way of a step: a code for programs, and two sentences for people.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::code::Code;

/// Something that is in the way, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Blocker {
    /// A stable name for programs, such as `subnet-of-another-vpc`.
    pub code: Code,
    /// The value and the rule that it breaks, or what the cloud said.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

impl Blocker {
    /// A blocker; see the fields.
    pub fn new(code: Code, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code, problem: problem.into(), remedy: remedy.into() }
    }

    /// Whether it may be gone at a later look though nobody has changed anything; see
    /// [`Code::can_clear_by_itself`].
    pub fn can_clear_by_itself(&self) -> bool {
        self.code.can_clear_by_itself()
    }
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.problem, self.remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocker_survives_json_and_one_of_a_newer_version_can_be_read() {
        let blocker = Blocker::new(Code::KeyNotShown, "KMS does not show it", "run again");
        let json = serde_json::to_value(&blocker).unwrap();
        assert_eq!(json["code"], "key-not-shown");
        assert_eq!(serde_json::from_value::<Blocker>(json).unwrap(), blocker);
        assert!(blocker.can_clear_by_itself());

        let newer = r#"{"code": "subnet-on-the-moon", "problem": "p", "remedy": "r", "since": 7}"#;
        let newer: Blocker = serde_json::from_str(newer).unwrap();
        assert_eq!(newer.code, "subnet-on-the-moon");
        assert!(!newer.can_clear_by_itself());
    }
}
