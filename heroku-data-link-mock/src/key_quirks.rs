use std::time::Duration;

/// What makes KMS hard to program against. By default none of it but what AWS documents.
///
/// ```
/// use std::time::Duration;
///
/// use heroku_data_link_mock::{KeyQuirks, World};
///
/// let world = World::new();
/// let quirks = KeyQuirks { tag_cleaner: Some(Duration::ZERO), ..KeyQuirks::default() };
/// world.set_key_quirks(quirks);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyQuirks {
    /// Somebody's tag cleaner takes all tags from a key that is made, so long after it was made.
    pub tag_cleaner: Option<Duration>,
    /// `ListKeys` lists no key: a caller that sees less.
    pub lists_nothing: bool,
    /// `DescribeKey` finds no key, by ARN or alias; everything else does.
    pub describes_nothing: bool,
    /// A policy with a statement without `Action` or `Resource` is refused, as KMS has done since
    /// August 2025. Before, it was taken, and the statement had no effect.
    pub strict_policies: bool,
}

impl Default for KeyQuirks {
    fn default() -> Self {
        Self {
            tag_cleaner: None,
            lists_nothing: false,
            describes_nothing: false,
            strict_policies: true,
        }
    }
}
