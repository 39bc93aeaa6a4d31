//! What was made by hand, as specs that adopt it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use futures_util::stream::{StreamExt, TryStreamExt, iter};
use serde::Serialize;

use crate::link::LinkSpec;
use crate::model::{AddonState, EndpointState, LinkId, SpaceName, TextFilter, VpcId};
use crate::peering::{PeeringChoice, PeeringSpec};
use crate::privatelink::{EndpointChoice, GroupChoice, PrivateLinkSpec};
use crate::provider::{
    Addon, Clouds, EndpointQuery, PeeringConnection, PeeringQuery, ProviderResult, VpcEndpoint,
};
use crate::reconcile::ownership;

/// Something that was made by hand, and the spec that adopts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Importable {
    /// The id of the endpoint or peering connection.
    pub id: String,
    /// What it does, as a sentence.
    pub what: String,
    /// The spec. Establishing it tags what is there; nothing is made anew.
    pub spec: LinkSpec,
}

impl fmt::Display for Importable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// How many add-ons or spaces are asked about at the same time.
const AT_ONCE: usize = 4;

/// All endpoints to data add-ons, and peerings with spaces, of these VPCs that belong to no link.
/// Changes nothing.
///
/// Heroku is asked for all add-ons and for the endpoint service of each that may have one, and for the
/// peerings of the spaces that these add-ons' apps are in and of `spaces`. The ids that the specs
/// propose are made of the names of add-on and space; `taken` are those that are in use.
///
/// # Errors
/// When a cloud cannot be read.
pub async fn importable(
    clouds: &Clouds,
    vpcs: &BTreeSet<VpcId>,
    spaces: &[SpaceName],
    taken: &BTreeSet<LinkId>,
) -> ProviderResult<Vec<Importable>> {
    let mut names = Names { taken: taken.clone() };
    let addons: Vec<Addon> = clouds.heroku.all_addons().await?.addons;
    let mut found = endpoints(clouds, vpcs, &addons, &mut names).await?;
    found.extend(peerings(clouds, vpcs, &addons, spaces, &mut names).await?);
    Ok(found)
}

async fn endpoints(
    clouds: &Clouds,
    vpcs: &BTreeSet<VpcId>,
    addons: &[Addon],
    names: &mut Names,
) -> ProviderResult<Vec<Importable>> {
    let queries = vpcs.iter().map(|vpc| EndpointQuery::InVpc(vpc.clone()));
    let mut by_hand = Vec::new();
    for query in queries {
        by_hand.extend(clouds.aws.endpoints(&query).await?.into_iter().filter(is_importable));
    }
    if by_hand.is_empty() {
        return Ok(Vec::new());
    }
    let candidates = addons.iter().filter(|addon| {
        addon.state == AddonState::Provisioned
            && addon.plan.service().is_some()
            && addon.plan.tier().has_private_link()
    });
    let services: BTreeMap<String, &Addon> = iter(candidates)
        .map(async |addon| {
            let link = clouds.heroku.private_link(&addon.id).await?;
            Ok(link.and_then(|link| link.service_name).map(|name| (name.to_string(), addon)))
        })
        .buffered(AT_ONCE)
        .try_filter_map(async |found| Ok(found))
        .try_collect()
        .await?;
    let mut found = Vec::new();
    for endpoint in by_hand {
        let Some(addon) = services.get(&endpoint.service) else { continue };
        let Some(link) = names.propose(addon.name.as_str()) else { continue };
        let mut spec = PrivateLinkSpec::new(link, addon.name.clone(), endpoint.vpc.clone());
        spec.endpoint = EndpointChoice::Adopt;
        spec.security_groups = match endpoint.groups.clone().try_into() {
            Ok(groups) => GroupChoice::Existing(groups),
            Err(_) => spec.security_groups,
        };
        let (vpc, name, app) = (&endpoint.vpc, &addon.name, &addon.app);
        found.push(Importable {
            id: endpoint.id.to_string(),
            what: format!("endpoint {} connects {vpc} with {name} of {app}", endpoint.id),
            spec: spec.into(),
        });
    }
    Ok(found)
}

fn is_importable(endpoint: &VpcEndpoint) -> bool {
    let is_there = match endpoint.state {
        EndpointState::Available | EndpointState::Pending | EndpointState::PendingAcceptance => {
            true
        }
        EndpointState::Partial
        | EndpointState::Rejected
        | EndpointState::Failed
        | EndpointState::Expired
        | EndpointState::Deleting
        | EndpointState::Deleted
        | EndpointState::Other(_) => false,
    };
    is_there && ownership::owner(&endpoint.tags).is_none()
}

async fn peerings(
    clouds: &Clouds,
    vpcs: &BTreeSet<VpcId>,
    addons: &[Addon],
    spaces: &[SpaceName],
    names: &mut Names,
) -> ProviderResult<Vec<Importable>> {
    let is_importable =
        |it: &PeeringConnection| it.status.is_live() && ownership::owner(&it.tags).is_none();
    let mut by_hand = Vec::new();
    for vpc in vpcs {
        let all = clouds.aws.peering_connections(&PeeringQuery::OfVpc(vpc.clone())).await?;
        by_hand.extend(all.into_iter().filter(is_importable));
    }
    if by_hand.is_empty() {
        return Ok(Vec::new());
    }
    let apps: BTreeSet<_> = addons.iter().map(|addon| &addon.app).collect();
    let of_apps: Vec<_> =
        iter(apps).map(|app| clouds.heroku.app(app)).buffered(AT_ONCE).try_collect().await?;
    let of_apps = of_apps.into_iter().flatten().filter_map(|app| app.space);
    let spaces: BTreeSet<SpaceName> = of_apps.chain(spaces.iter().cloned()).collect();
    let mut found = Vec::new();
    for space in spaces {
        let listed = clouds.heroku.peerings(&space).await?;
        for connection in &by_hand {
            let is_listed =
                listed.iter().any(|peering| peering.id.as_ref() == Some(&connection.id));
            let Some(vpc) = connection.requester.vpc.as_ref().filter(|_| is_listed) else {
                continue;
            };
            let Some(link) = names.propose(space.as_str()) else { continue };
            let mut spec = PeeringSpec::new(link, space.clone(), vpc.clone());
            spec.peering = PeeringChoice::Adopt;
            found.push(Importable {
                id: connection.id.to_string(),
                what: format!(
                    "peering connection {} joins {vpc} and the space {space}",
                    connection.id
                ),
                spec: spec.into(),
            });
        }
    }
    Ok(found)
}

/// Ids for the links that are proposed.
struct Names {
    taken: BTreeSet<LinkId>,
}

impl Names {
    /// The name itself, or with a number where it is taken. `None` where no id can be made of it.
    fn propose(&mut self, name: &str) -> Option<LinkId> {
        let name: String = TextFilter::new().show_up_to(name, 56);
        let numbered = (2..100).map(|number| format!("{name}-{number}"));
        let mut ids = std::iter::once(name.clone()).chain(numbered);
        let id = ids.find_map(|id| {
            let id = id.parse::<LinkId>().ok()?;
            (!self.taken.contains(&id)).then_some(id)
        })?;
        self.taken.insert(id.clone());
        Some(id)
    }
}
