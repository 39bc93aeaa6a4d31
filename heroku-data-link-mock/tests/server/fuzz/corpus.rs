//! Requests that the clouds take, of each kind that official clients send.

use heroku_data_link_mock::TOKEN;

use crate::support::signed;

/// To whom a request goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Face {
    Heroku,
    /// EC2 or STS.
    Query(&'static str),
    /// KMS, with its action.
    Kms(&'static str),
    Control,
}

/// A request of `World::of_all_procedures`.
pub(super) struct Sample {
    pub(super) face: Face,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) body: &'static str,
}

const fn heroku(method: &'static str, path: &'static str, body: &'static str) -> Sample {
    Sample { face: Face::Heroku, method, path, body }
}

const fn ec2(body: &'static str) -> Sample {
    Sample { face: Face::Query("ec2"), method: "POST", path: "/", body }
}

const fn kms(action: &'static str, body: &'static str) -> Sample {
    Sample { face: Face::Kms(action), method: "POST", path: "/", body }
}

const fn control(method: &'static str, path: &'static str, body: &'static str) -> Sample {
    Sample { face: Face::Control, method, path, body }
}

impl Face {
    pub(super) fn headers(self) -> Vec<(String, String)> {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut headers = vec![header("host", "x"), header("connection", "close")];
        match self {
            Self::Heroku => headers.extend([
                header("authorization", &format!("Bearer {TOKEN}")),
                header("accept", "application/vnd.heroku+json; version=3"),
                header("content-type", "application/json"),
                header("range", "id ..; max=2"),
            ]),
            Self::Query(service) => headers.extend([
                header("authorization", &signed(service, "123456789101", "us-east-1")),
                header("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
            ]),
            Self::Kms(action) => headers.extend([
                header("authorization", &signed("kms", "123456789101", "us-east-1")),
                header("content-type", "application/x-amz-json-1.1"),
                header("x-amz-target", &format!("TrentService.{action}")),
            ]),
            Self::Control => {}
        }
        headers
    }
}

/// The path of the sample after which calls may fail by themselves.
pub(super) const FAULTS: &str = "/__world/faults";

pub(super) const SAMPLES: &[Sample] = &[
    control("GET", "/__world", ""),
    control("POST", "/__world/advance", r#"{"seconds":600}"#),
    control("POST", "/__world/speed", r#"{"speed":600}"#),
    control("GET", "/__world/journal", ""),
    control("GET", "/__world/requests", ""),
    control("GET", "/__world/state", ""),
    control(
        "POST",
        FAULTS,
        r#"{"on":"ec2:DescribeVpcs","error":"rate-limited","when":"after","nth":2,"times":3,
            "retry-after-seconds":5,"message":"slow down"}"#,
    ),
    control("DELETE", FAULTS, ""),
    control("POST", "/__world/read-lag", r#"{"seconds":30}"#),
    control("POST", "/__world/forbid", r#"{"action":"ec2:CreateTags"}"#),
    control("POST", "/__world/reset", ""),
    heroku("GET", "/account", ""),
    heroku("GET", "/account/rate-limits", ""),
    heroku("GET", "/apps", ""),
    heroku("GET", "/apps/your-app-name", ""),
    heroku("GET", "/apps/your-app-name/collaborators", ""),
    heroku("GET", "/apps/your-app-name/dynos", ""),
    heroku("GET", "/apps/your-app-name/releases", ""),
    heroku("GET", "/apps/your-app-name/config-vars", ""),
    heroku("PATCH", "/apps/your-app-name/config-vars", r#"{"A":"1","B":null}"#),
    heroku("GET", "/apps/your-app-name/addons", ""),
    heroku(
        "POST",
        "/apps/your-app-name/addons",
        r#"{"attachment":{"name":"NEW"},"config":{"version":"7"},"name":"redis-new",
            "plan":{"name":"heroku-redis:private-7"}}"#,
    ),
    heroku("GET", "/apps/your-app-name/addons/redis-old-12345", ""),
    heroku("DELETE", "/apps/your-app-name/addons/redis-old-12345", r#"{"force":false}"#),
    heroku("GET", "/apps/your-app-name/addon-attachments", ""),
    heroku("GET", "/apps/your-app-name/addon-attachments/REDIS", ""),
    heroku("GET", "/addons", ""),
    heroku("GET", "/addons/redis-old-12345", ""),
    heroku("GET", "/addons/redis-old-12345/addon-attachments", ""),
    heroku("GET", "/addon-attachments", ""),
    heroku(
        "POST",
        "/addon-attachments",
        r#"{"addon":{"name":"redis-old-12345"},"app":{"name":"your-app-name"},"name":"OLD",
            "confirm":"your-app-name"}"#,
    ),
    heroku("POST", "/actions/addons/resolve", r#"{"addon":"redis-old-12345","app":null}"#),
    heroku(
        "POST",
        "/actions/addon-attachments/resolve",
        r#"{"addon_attachment":"REDIS","app":"your-app-name"}"#,
    ),
    heroku("GET", "/addon-services/heroku-redis/plans", ""),
    heroku("GET", "/plans/heroku-redis:private-7", ""),
    heroku("GET", "/regions/virginia", ""),
    heroku("GET", "/spaces", ""),
    heroku("GET", "/spaces/procedures", ""),
    heroku("GET", "/spaces/procedures/nat", ""),
    heroku("GET", "/spaces/enablement-jp/peering-info", ""),
    heroku("GET", "/spaces/enablement-jp/peerings", ""),
    heroku(
        "POST",
        "/private-link/v0/databases/redis-kvs-12345",
        r#"{"allowed_accounts":["123456789101","arn:aws:iam::123456789101:user/abc"]}"#,
    ),
    heroku("GET", "/redis/v0/databases/redis-kvs-12345", ""),
    heroku("GET", "/redis/v0/databases/redis-kvs-12345/wait", ""),
    heroku("GET", "/client/v11/databases/postgresql-cubed-12345", ""),
    heroku("GET", "/client/v11/databases/postgresql-cubed-12345/wait_status", ""),
    heroku("GET", "/data/kafka/v0/clusters/kafka-sushi-12345", ""),
    ec2("Action=DescribeVpcs&Version=2016-11-15&VpcId.1=vpc-0a1b2c3d4e5f60718"),
    Sample {
        face: Face::Query("sts"),
        method: "POST",
        path: "/",
        body: "Action=GetCallerIdentity&Version=2011-06-15",
    },
    kms("CreateKey", r#"{"Description":"d","Tags":[{"TagKey":"a","TagValue":"b"}]}"#),
    kms("ListKeys", r#"{"Limit":2}"#),
    kms("ListAliases", "{}"),
];
