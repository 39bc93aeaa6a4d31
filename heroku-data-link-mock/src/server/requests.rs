//! How many requests came.

use std::collections::BTreeMap;

/// Which cloud a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cloud {
    /// Heroku's Platform or Data API.
    Heroku,
    /// EC2, KMS or STS.
    Aws,
}

impl Cloud {
    /// `heroku` or `aws`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Heroku => "heroku",
            Self::Aws => "aws",
        }
    }
}

/// How many requests came for one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestCount {
    /// For which cloud.
    pub cloud: Cloud,
    /// For what: method and route for Heroku (`GET /apps/{app}`), service and action for AWS
    /// (`ec2:DescribeVpcs`). What is no operation is one of the name `unknown`.
    pub operation: String,
    /// How many.
    pub count: u64,
}

#[derive(Debug, Default)]
pub(super) struct Requests {
    counts: BTreeMap<(Cloud, String), u64>,
}

impl Requests {
    pub(super) fn count(&mut self, cloud: Cloud, operation: &str) {
        *self.counts.entry((cloud, operation.to_owned())).or_default() += 1;
    }

    pub(super) fn list(&self) -> Vec<RequestCount> {
        let counts = self.counts.iter().map(|((cloud, operation), count)| RequestCount {
            cloud: *cloud,
            operation: operation.clone(),
            count: *count,
        });
        counts.collect()
    }
}
