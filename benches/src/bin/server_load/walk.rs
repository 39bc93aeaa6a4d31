//! The steps of Heroku's procedure for a Key-Value Store, from the add-on to the config variable.

use std::time::Duration;

use heroku_data_link_benches::Failure;
use reqwest::Method;
use serde_json::{Value, json};

use crate::http::{Http, texts};
use crate::serving::Site;

/// Between two looks at something that takes time: a simulated minute.
const PAUSE: Duration = Duration::from_millis(100);
/// Looks at one thing, after which it has failed: an hour of simulated time, if not more.
const LOOKS: u32 = 1200;

/// A link that is established.
pub(crate) struct Link {
    addon: String,
    endpoint: String,
}

/// Establishes a link.
pub(crate) async fn establish(http: &Http, site: &Site) -> Result<Link, Failure> {
    let service = service(http, site).await?;
    let subnets = subnets(http, site, &service).await?;
    let group = group(http, site).await?;
    let endpoint = format!(
        "Action=CreateVpcEndpoint&VpcEndpointType=Interface&VpcId={}&ServiceName={service}\
         &SecurityGroupId.1={group}&PrivateDnsEnabled=false&ClientToken={}",
        site.vpc, site.addon
    );
    let endpoint = made(http, &list(&endpoint, "SubnetId", &subnets), "vpcEndpointId").await?;
    let link = Link { addon: site.addon.clone(), endpoint };

    until("the endpoint", async || Ok(is_available(http, &link).await?.then_some(()))).await?;
    until("the connection", async || Ok(is_connected(http, &link).await?.then_some(()))).await?;
    let id = link.endpoint.trim_start_matches("vpce-").to_uppercase();
    let name = format!("REDIS_ENDPOINT_{id}_URL");
    let vars = format!("/apps/{}/config-vars", site.app);
    let variable = until("the config variable", async || {
        let vars = http.heroku(Method::GET, &vars, None).await?;
        Ok(vars.get(&name).map(|_| ()))
    });
    variable.await?;
    Ok(link)
}

/// The name of an endpoint service that is made for an add-on, and lets the account in.
async fn service(http: &Http, site: &Site) -> Result<String, Failure> {
    let resolve = json!({ "addon": site.addon, "app": site.app });
    http.heroku(Method::POST, "/actions/addons/resolve", Some(resolve)).await?;
    let link = path(&site.addon);
    let accounts = json!({ "allowed_accounts": ["123456789101"] });
    http.heroku(Method::POST, &link, Some(accounts)).await?;
    let ready = until("the endpoint service", async || {
        let link = http.heroku(Method::GET, &link, None).await?;
        let is_ready =
            link["status"] == "Operational" && link["allowed_accounts"][0]["status"] == "Active";
        Ok(link["service_name"].as_str().filter(|_| is_ready).map(str::to_owned))
    });
    ready.await
}

/// The site's subnets in the zones of a service, as soon as AWS shows that.
async fn subnets(http: &Http, site: &Site, service: &str) -> Result<Vec<String>, Failure> {
    let form = format!("Action=DescribeVpcEndpointServices&ServiceName.1={service}");
    let shown = until("the service to be shown", async || {
        let answer = http.ec2(&form, Some("InvalidServiceName")).await?;
        Ok(answer.map(|xml| zone_ids(&xml)))
    });
    let zones = shown.await?;
    let form = list("Action=DescribeSubnets", "SubnetId", &site.subnets);
    let answer = http.ec2(&form, None).await?.unwrap_or_default();
    let ids = texts(&answer, "subnetId").into_iter();
    let in_zones = ids.zip(texts(&answer, "availabilityZoneId"));
    let usable = in_zones.filter(|(_, zone)| zones.iter().any(|it| it == zone));
    Ok(usable.map(|(id, _)| id.to_owned()).collect())
}

/// A new security group that lets clients in.
async fn group(http: &Http, site: &Site) -> Result<String, Failure> {
    let group = format!(
        "Action=CreateSecurityGroup&GroupName={0}&GroupDescription={0}&VpcId={1}",
        site.addon, site.vpc
    );
    let group = made(http, &group, "groupId").await?;
    let rule = format!(
        "Action=AuthorizeSecurityGroupIngress&GroupId={group}&IpPermissions.1.IpProtocol=tcp\
         &IpPermissions.1.FromPort=6379&IpPermissions.1.ToPort=6379\
         &IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0%2F8"
    );
    http.ec2(&rule, None).await?;
    Ok(group)
}

/// The id of what an action of EC2 makes.
async fn made(http: &Http, form: &str, id: &str) -> Result<String, Failure> {
    let answer = http.ec2(form, None).await?.unwrap_or_default();
    let first = texts(&answer, id).first().map(|id| (*id).to_owned());
    first.ok_or_else(|| format!("{form}: no {id} in {answer}").into())
}

/// Looks whether a link is still there, on both sides.
pub(crate) async fn is_held(http: &Http, link: &Link) -> Result<(), Failure> {
    if is_available(http, link).await? && is_connected(http, link).await? {
        return Ok(());
    }
    Err(format!("{} is not connected any more", link.addon).into())
}

async fn is_available(http: &Http, link: &Link) -> Result<bool, Failure> {
    let form = format!("Action=DescribeVpcEndpoints&VpcEndpointId.1={}", link.endpoint);
    let answer = http.ec2(&form, None).await?.unwrap_or_default();
    Ok(texts(&answer, "state") == ["available"])
}

async fn is_connected(http: &Http, link: &Link) -> Result<bool, Failure> {
    let answer = http.heroku(Method::GET, &path(&link.addon), None).await?;
    let connections = answer["connections"].as_array().map_or(&[][..], Vec::as_slice);
    let is_it = |it: &Value| it["endpoint_id"] == *link.endpoint && it["status"] == "Available";
    Ok(connections.iter().any(is_it))
}

fn path(addon: &str) -> String {
    format!("/private-link/v0/databases/{addon}")
}

fn zone_ids(xml: &str) -> Vec<String> {
    let sets = texts(xml, "availabilityZoneIdSet").into_iter();
    sets.flat_map(|set| texts(set, "item")).map(str::to_owned).collect()
}

/// A form with a list in it.
fn list(form: &str, name: &str, values: &[String]) -> String {
    let indexed = (1..).zip(values).map(|(index, value)| format!("{name}.{index}={value}"));
    [form.to_owned()].into_iter().chain(indexed).collect::<Vec<_>>().join("&")
}

/// Looks until there is something.
async fn until<T>(
    what: &str,
    look: impl AsyncFn() -> Result<Option<T>, Failure>,
) -> Result<T, Failure> {
    for _ in 0..LOOKS {
        if let Some(it) = look().await? {
            return Ok(it);
        }
        #[allow(clippy::disallowed_methods)] // The server's time goes by the real one.
        tokio::time::sleep(PAUSE).await;
    }
    Err(format!("{what} did not come").into())
}
