//! What Heroku offers: add-on services, their plans, and regions.

use std::time::{Duration, SystemTime};

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use heroku_data_link::model::{DataService, HerokuRegion, PlanName, PlanTier};
use heroku_data_link::provider::operation as core_operation;
use serde_json::{Value, json};

use super::error::HerokuError;
use super::named::{id_of, reference};
use super::{Answer, Api, look, ok, operation, page};
use crate::state::space_peerings::date_time;
use crate::state::{plans as plan_names, zones};

/// When everything was made that was there before the story began: a year before.
pub(super) const SINCE: &str = "2025-01-01T00:00:00Z";
/// The same, in seconds since the Unix epoch.
const SINCE_SECONDS: u64 = 1_735_689_600;
/// What every plan of the simulated Heroku costs a month, in cents.
const PRICE: u32 = 60_000;

/// When something was made, as Heroku writes it.
pub(super) fn written(time: SystemTime) -> String {
    date_time(time.max(SystemTime::UNIX_EPOCH + Duration::from_secs(SINCE_SECONDS)))
}

/// A service in full.
pub(super) fn service_view(slug: &str) -> Value {
    let generations = ["cedar", "fir"].map(|name| reference("generation", name));
    json!({
        "id": id_of("addon_service", slug),
        "name": slug,
        "cli_plugin_name": null,
        "created_at": SINCE,
        "human_name": human(slug),
        "state": "ga",
        "supported_generations": generations,
        "supports_multiple_installations": true,
        "supports_sharing": true,
        "updated_at": SINCE,
    })
}

/// What a plan costs.
pub(super) fn price() -> Value {
    json!({ "cents": PRICE, "contract": false, "unit": "month" })
}

/// A plan in full.
pub(super) fn plan_view(plan: &PlanName) -> Value {
    let is_for_spaces = matches!(plan.tier(), PlanTier::Private | PlanTier::Shield);
    json!({
        "id": id_of("plan", plan.as_str()),
        "name": plan,
        "addon_service": reference("addon_service", plan.service_slug()),
        "compliance": null,
        "created_at": SINCE,
        "default": false,
        "description": format!("{} {}", human(plan.service_slug()), human(plan.plan())),
        "human_name": human(plan.plan()),
        "installable_inside_private_network": is_for_spaces,
        "installable_outside_private_network": !is_for_spaces,
        "price": price(),
        "space_default": false,
        "state": "ga",
        "updated_at": SINCE,
        "visible": true,
    })
}

/// `Private Standard 2` for `private-standard-2`.
pub(super) fn human(slug: &str) -> String {
    let words = slug.split('-').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether text is the id or the name of something.
fn is_called(text: &str, kind: &str, name: &str) -> bool {
    text == name || text.eq_ignore_ascii_case(&id_of(kind, name))
}

fn find_service(text: &str) -> Result<DataService, HerokuError> {
    let found = DataService::ALL.into_iter();
    let found = { found }.find(|service| is_called(text, "addon_service", service.slug()));
    found.ok_or_else(|| {
        HerokuError::not_found("Couldn't find that add-on service.").of_resource("addon_service")
    })
}

fn plans_of(service: DataService) -> impl Iterator<Item = PlanName> {
    let slug = service.slug();
    plan_names::all(service)
        .into_iter()
        .filter_map(move |plan| format!("{slug}:{plan}").parse().ok())
}

fn show_plan(plan: Option<PlanName>) -> Answer {
    plan.map(|plan| ok(&plan_view(&plan))).ok_or_else(|| {
        HerokuError::not_found("Couldn't find that add-on plan.").of_resource("plan")
    })
}

/// `GET /addon-services`
pub(super) async fn services(State(shared): Api, headers: HeaderMap) -> Answer {
    look(&shared, operation::READ_PLANS, "", |_, _| ()).await?;
    let services = DataService::ALL.map(|service| service_view(service.slug()));
    page::of(&shared, &headers, page::BY_ID, services.into())
}

/// `GET /addon-services/{service}`
pub(super) async fn service(State(shared): Api, Path(service): Path<String>) -> Answer {
    look(&shared, operation::READ_PLANS, &service, |_, _| ()).await?;
    Ok(ok(&service_view(find_service(&service)?.slug())))
}

/// `GET /addon-services/{service}/plans`
pub(super) async fn plans(
    State(shared): Api,
    headers: HeaderMap,
    Path(service): Path<String>,
) -> Answer {
    look(&shared, operation::READ_PLANS, &service, |_, _| ()).await?;
    let plans = plans_of(find_service(&service)?).map(|plan| plan_view(&plan));
    page::of(&shared, &headers, page::BY_ID, plans.collect())
}

/// `GET /addon-services/{service}/plans/{plan}`
pub(super) async fn plan_of_service(
    State(shared): Api,
    Path((service, plan)): Path<(String, String)>,
) -> Answer {
    look(&shared, operation::READ_PLANS, &plan, |_, _| ()).await?;
    let mut plans = plans_of(find_service(&service)?);
    show_plan(plans.find(|it| is_called(&plan, "plan", it.as_str()) || plan == it.plan()))
}

/// `GET /plans/{plan}`
pub(super) async fn plan(State(shared): Api, Path(plan): Path<String>) -> Answer {
    look(&shared, operation::READ_PLANS, &plan, |_, _| ()).await?;
    let mut plans = DataService::ALL.into_iter().flat_map(plans_of);
    show_plan(plans.find(|it| is_called(&plan, "plan", it.as_str())))
}

/// A region in full.
pub(super) fn region_view(region: &HerokuRegion) -> Value {
    let name = region.as_str();
    let country = match name {
        "eu" => "Europe",
        "dublin" => "Ireland",
        "frankfurt" => "Germany",
        "london" => "United Kingdom",
        "montreal" => "Canada",
        "mumbai" => "India",
        "paris" => "France",
        "singapore" => "Singapore",
        "sydney" => "Australia",
        "tokyo" => "Japan",
        _ => "United States",
    };
    let is_common = matches!(name, "us" | "eu");
    let description =
        if is_common { country.to_owned() } else { format!("{}, {country}", human(name)) };
    json!({
        "id": id_of("region", name),
        "name": name,
        "country": country,
        "created_at": SINCE,
        "description": description,
        "locale": if is_common { country.to_owned() } else { human(name) },
        "private_capable": !is_common,
        "provider": { "name": "amazon-web-services", "region": zones::aws_region(region) },
        "updated_at": SINCE,
    })
}

/// `GET /regions`
pub(super) async fn regions(State(shared): Api, headers: HeaderMap) -> Answer {
    look(&shared, core_operation::READ_REGION, "", |_, _| ()).await?;
    let regions = zones::heroku_regions().map(|region| region_view(&region));
    page::of(&shared, &headers, page::BY_ID, regions.collect())
}

/// `GET /regions/{region}`
pub(super) async fn region(State(shared): Api, Path(region): Path<String>) -> Answer {
    look(&shared, core_operation::READ_REGION, &region, |_, _| ()).await?;
    let found = zones::heroku_regions().find(|it| is_called(&region, "region", it.as_str()));
    found
        .map(|region| ok(&region_view(&region)))
        .ok_or_else(|| HerokuError::not_found("Couldn't find that region.").of_resource("region"))
}
