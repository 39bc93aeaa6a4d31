//! What a list of resources is narrowed by: ids, and filters with `*` and `?` in their values.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use heroku_data_link::provider::{Tag, Tags};

use super::super::error::AwsError;
use super::super::params::Params;

/// The most values in all filters of a request.
const MOST_VALUES: usize = 200;

/// The filters of a list by name, each with the values that it looks at. The filters of tags are
/// those of all lists whose resources have tags.
pub(super) type Table<R> = &'static [(&'static str, fn(&R) -> Vec<String>)];

/// One filter: any of the values has to match.
#[derive(Debug)]
struct Filter {
    name: String,
    values: Vec<String>,
}

/// What is wanted of a list.
#[derive(Debug)]
pub(super) struct Wanted {
    /// Only these, and all of them.
    pub(super) ids: BTreeSet<String>,
    /// All of which have to be met.
    filters: Vec<Filter>,
}

impl Wanted {
    pub(super) fn read(
        params: &Params,
        ids: BTreeSet<String>,
        is_filter: impl Fn(&str) -> bool,
        unknown: &'static str,
    ) -> Result<Self, AwsError> {
        let mut filters = Vec::new();
        for filter in params.structs("Filter") {
            let name = filter.required("Name")?;
            let values = filter.list("Value");
            let invalid =
                |what: &str| AwsError::new(unknown, format!("The filter '{name}' {what}"));
            if !is_filter(&name) {
                return Err(invalid("is invalid"));
            }
            if values.is_empty() {
                return Err(invalid("has no values"));
            }
            filters.push(Filter { name, values });
        }
        if filters.iter().map(|filter| filter.values.len()).sum::<usize>() > MOST_VALUES {
            let message = "The maximum number of filter values specified on a single call is 200";
            return Err(AwsError::new("FilterLimitExceeded", message));
        }
        Ok(Self { ids, filters })
    }

    /// Whether an item meets all filters.
    pub(super) fn meets<R: 'static>(&self, item: &R, table: Table<R>, tags: &Tags) -> bool {
        self.filters.iter().all(|filter| {
            let matches = |value: &str| filter.values.iter().any(|pattern| glob(pattern, value));
            if filter.name == "tag-key" {
                return tags.keys().any(|key| matches(key));
            }
            if let Some(key) = filter.name.strip_prefix("tag:") {
                return tags.get(key).is_some_and(|value| matches(value));
            }
            let values = table.iter().find(|(name, _)| *name == filter.name);
            values.is_some_and(|(_, values)| values(item).iter().any(|value| matches(value)))
        })
    }

    /// The values of a filter, if nothing is wild in them and no ids are given: a way to look at
    /// less than everything.
    pub(super) fn exact<T: FromStr>(&self, name: &str) -> Option<Vec<T>> {
        let filter = self.filters.iter().find(|filter| filter.name == name && filter.is_exact());
        let filter = filter.filter(|_| self.ids.is_empty())?;
        Some(filter.values.iter().filter_map(|value| value.parse().ok()).collect())
    }

    /// The same for a filter by the value of a tag.
    pub(super) fn exact_tags(&self) -> Option<Vec<Tag>> {
        let mut filters = self.filters.iter().filter(|filter| filter.is_exact());
        let (key, filter) =
            filters.find_map(|filter| Some((filter.name.strip_prefix("tag:")?, filter)))?;
        let tag = |value: &String| Tag { key: key.to_owned(), value: value.clone() };
        self.ids.is_empty().then(|| filter.values.iter().map(tag).collect())
    }

    /// The keys of what may be wanted: by id, by a filter on ids of this name, or all.
    pub(super) fn keys<'a, K: Ord + FromStr, V>(
        &self,
        records: &'a BTreeMap<K, V>,
        filter: &str,
    ) -> Vec<&'a K> {
        let named: Option<Vec<K>> = if self.ids.is_empty() {
            self.exact(filter)
        } else {
            Some(self.ids.iter().filter_map(|id| id.parse().ok()).collect())
        };
        match named {
            Some(ids) => {
                let known = |id: &K| records.get_key_value(id).map(|(key, _)| key);
                ids.iter().filter_map(known).collect()
            }
            None => records.keys().collect(),
        }
    }

    /// As the journal has it.
    pub(super) fn summary(&self) -> String {
        const LONGEST: usize = 200;
        let ids = self.ids.iter().cloned();
        let filters = self.filters.iter();
        let filters = filters.map(|it| format!("{}={}", it.name, it.values.join("|")));
        let parts: Vec<String> = ids.chain(filters).collect();
        match parts.join(", ") {
            all if all.is_empty() => "all".to_owned(),
            some => some.chars().take(LONGEST).collect(),
        }
    }
}

impl Filter {
    fn is_exact(&self) -> bool {
        self.values.iter().all(|value| !value.contains(['*', '?', '\\']))
    }
}

/// Whether a text matches a pattern in which `*` is any text and `?` any character, unless `\`
/// stands before it.
fn glob(pattern: &str, text: &str) -> bool {
    let pattern = tokens(pattern);
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut read) = (0, 0);
    // Where the last `*` is, and how far the text is that it stands for.
    let mut star = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(Token::Any) => {
                star = Some((at, read));
                at += 1;
                continue;
            }
            Some(Token::One) => {}
            Some(Token::Char(c)) if *c == text[read] => {}
            _ => {
                let Some((star_at, taken)) = star else { return false };
                star = Some((star_at, taken + 1));
                (at, read) = (star_at + 1, taken + 1);
                continue;
            }
        }
        (at, read) = (at + 1, read + 1);
    }
    pattern[at..].iter().all(|token| *token == Token::Any)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Any,
    One,
    Char(char),
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '*' => Token::Any,
            '?' => Token::One,
            '\\' => Token::Char(chars.next().unwrap_or('\\')),
            c => Token::Char(c),
        });
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_are_wild() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("**", "abc", true),
            ("a*c", "abbc", true),
            ("a*c", "abcb", false),
            ("a*b*c", "aXbYbZc", true),
            ("?", "", false),
            ("??", "ab", true),
            ("a?c", "abc", true),
            ("ab", "abc", false),
            ("abc", "ab", false),
            ("ä*", "äß", true),
            (r"\*", "*", true),
            (r"\*", "a", false),
            (r"a\?", "a?", true),
            (r"a\", r"a\", true),
            ("A", "a", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_takes_no_time() {
        assert!(!glob(&"*a".repeat(1000), &"a".repeat(999)));
    }
}
