use std::collections::BTreeSet;

/// Whether a part of a statement is about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Match {
    No,
    /// It depends on what cannot be known here.
    Perhaps,
    Yes,
}

impl Match {
    fn inverted(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Perhaps => Self::Perhaps,
            Self::Yes => Self::No,
        }
    }
}

impl From<bool> for Match {
    fn from(is_match: bool) -> Self {
        if is_match { Self::Yes } else { Self::No }
    }
}

/// `Action`, `Resource`, `NotAction` or `NotResource`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Patterns {
    /// Neither of the two is there. Such a statement has no effect.
    Absent,
    Any(BTreeSet<String>),
    AllBut(BTreeSet<String>),
}

impl Patterns {
    /// Whether they cover a text, as a function says of one pattern.
    pub(super) fn covers(&self, one: impl Fn(&str) -> Match) -> Match {
        let any = |patterns: &BTreeSet<String>| {
            patterns.iter().map(|pattern| one(pattern)).max().unwrap_or(Match::No)
        };
        match self {
            Self::Absent => Match::No,
            Self::Any(patterns) => any(patterns),
            Self::AllBut(patterns) => any(patterns).inverted(),
        }
    }
}

/// Whether a pattern with `*` (any characters, or none) and `?` (one ASCII character) fits a text.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    fits_by(pattern, text, |byte| byte)
}

/// The same for a pattern in lower case and a text in any.
pub(super) fn fits_in_any_case(pattern: &str, text: &str) -> bool {
    fits_by(pattern, text, |byte| byte.to_ascii_lowercase())
}

fn fits_by(pattern: &str, text: &str, read: impl Fn(u8) -> u8) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on when the rest does not fit: after the last `*`, one character later.
    let mut retry = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, t + 1));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == read(text[t]) => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((after, from)) => {
                    (p, t) = (after, from);
                    retry = Some((after, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}
