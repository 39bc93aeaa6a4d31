/// How Heroku lists an add-on that a client cannot read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OddRow {
    /// Its plan is `null`.
    NoPlan,
    /// Its app is `null`.
    NoApp,
    /// Its plan has no colon: `private-7`.
    PlanWithoutService,
    /// Its plan is in upper case: `HEROKU-REDIS:PRIVATE-7`.
    UpperCasePlan,
    /// Only its id can be read: everything else is `null`.
    OnlyId,
}

/// How Heroku writes the key of an add-on, other than by its ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyForm {
    /// An alias: `alias/mine`.
    Alias,
    /// The ARN of an alias.
    AliasArn,
    /// The ARN in upper case.
    UpperCase,
    /// The ARN and a blank.
    TrailingBlank,
    /// A list of one ARN, which is no text.
    List,
    /// Asterisks.
    Masked,
}

impl OddRow {
    pub(crate) const ALL: [(&'static str, Self); 5] = [
        ("no-plan", Self::NoPlan),
        ("no-app", Self::NoApp),
        ("plan-without-service", Self::PlanWithoutService),
        ("upper-case-plan", Self::UpperCasePlan),
        ("only-id", Self::OnlyId),
    ];
}

impl KeyForm {
    pub(crate) const ALL: [(&'static str, Self); 6] = [
        ("alias", Self::Alias),
        ("alias-arn", Self::AliasArn),
        ("upper-case", Self::UpperCase),
        ("trailing-blank", Self::TrailingBlank),
        ("list", Self::List),
        ("masked", Self::Masked),
    ];

    /// The text, or the JSON of what is none.
    pub(crate) fn write(self, arn: &str) -> String {
        match self {
            Self::Alias => "alias/mine".to_owned(),
            Self::AliasArn => match arn.split_once(":key/") {
                Some((place, _)) => format!("{place}:alias/mine"),
                None => arn.to_owned(),
            },
            Self::UpperCase => arn.to_ascii_uppercase(),
            Self::TrailingBlank => format!("{arn} "),
            Self::List => format!("[\"{arn}\"]"),
            Self::Masked => "***".to_owned(),
        }
    }
}
