use std::fmt::Display;

use heroku_data_link::model::Generation;

/// A Private Space to be put into a world, with the network that it has when nothing is said.
#[derive(Debug, Clone)]
pub struct SpaceSpec {
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) shield: bool,
    pub(crate) generation: Generation,
    pub(crate) account: Option<String>,
    pub(crate) vpc: Option<String>,
    pub(crate) cidr: String,
    pub(crate) data_cidr: String,
    pub(crate) dyno_cidrs: Vec<String>,
    pub(crate) unavailable: Vec<String>,
    pub(crate) tells_vpc: bool,
}

impl SpaceSpec {
    /// A space of Cedar in one of Heroku's regions, such as `virginia`, with Heroku's default
    /// blocks: `10.0.0.0/16` for its VPC and `10.1.0.0/16` for its data services.
    pub fn new(name: impl Display, region: impl Display) -> Self {
        Self {
            name: name.to_string(),
            region: region.to_string(),
            shield: false,
            generation: Generation::Cedar,
            account: None,
            vpc: None,
            cidr: "10.0.0.0/16".to_owned(),
            data_cidr: "10.1.0.0/16".to_owned(),
            dyno_cidrs: Vec::new(),
            unavailable: Vec::new(),
            tells_vpc: true,
        }
    }

    /// A Shield Space.
    #[must_use]
    pub fn shield(self) -> Self {
        Self { shield: true, ..self }
    }

    /// Of another generation. A space of Fir has no VPC to peer with.
    #[must_use]
    pub fn of_generation(self, generation: Generation) -> Self {
        Self { generation, ..self }
    }

    /// In this AWS account of Heroku's. Without this: 012345678900.
    #[must_use]
    pub fn in_account(self, account: impl Display) -> Self {
        Self { account: Some(account.to_string()), ..self }
    }

    /// With a VPC of this id.
    #[must_use]
    pub fn with_vpc(self, id: impl Display) -> Self {
        Self { vpc: Some(id.to_string()), ..self }
    }

    /// With this block for its VPC.
    #[must_use]
    pub fn with_cidr(self, cidr: impl Display) -> Self {
        Self { cidr: cidr.to_string(), ..self }
    }

    /// With dynos in these blocks of its VPC. Without this: the first two and the second half's
    /// first two /20, or all of it if it is smaller than a /18.
    #[must_use]
    pub fn with_dyno_cidrs<C: Display>(self, cidrs: impl IntoIterator<Item = C>) -> Self {
        Self { dyno_cidrs: texts(cidrs), ..self }
    }

    /// With this block for the peering to its data services, which is Heroku's own.
    #[must_use]
    pub fn with_data_cidr(self, cidr: impl Display) -> Self {
        Self { data_cidr: cidr.to_string(), ..self }
    }

    /// These blocks are unavailable as well, beside that of its data services.
    #[must_use]
    pub fn with_unavailable<C: Display>(self, cidrs: impl IntoIterator<Item = C>) -> Self {
        Self { unavailable: texts(cidrs), ..self }
    }

    /// Its peering info tells the blocks only, and not whose VPC it is and where.
    #[must_use]
    pub fn without_vpc_details(self) -> Self {
        Self { tells_vpc: false, ..self }
    }
}

fn texts<T: Display>(items: impl IntoIterator<Item = T>) -> Vec<String> {
    items.into_iter().map(|item| item.to_string()).collect()
}
