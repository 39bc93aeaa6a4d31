//! Reads of one pass go out together.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use heroku_data_link::provider::{
    EndpointQuery, EndpointServices, GroupQuery, Identity, Keys, SecurityGroups, SubnetQuery,
    VpcEndpoints, Vpcs,
};
use heroku_data_link_aws::Client;

use crate::wire::endpoints::SERVICE;
use crate::wire::support::{ACCOUNT, KEY, VPC, credentials, tag};

/// Head and body of a request.
fn request(stream: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    let mut byte = [0];
    let mut whole = None;
    while whole.is_none_or(|length| seen.len() < length) {
        assert_eq!(stream.read(&mut byte).unwrap(), 1);
        seen.push(byte[0]);
        if whole.is_none() && seen.ends_with(b"\r\n\r\n") {
            let head = String::from_utf8(seen.clone()).unwrap().to_lowercase();
            let length = head.split("content-length: ").nth(1).unwrap();
            let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
            whole = Some(seen.len() + length);
        }
    }
    String::from_utf8(seen).unwrap()
}

/// What EC2, STS or KMS says to it.
fn answer(request: &str) -> String {
    if request.contains("TrentService.GetKeyPolicy") {
        return r#"{"Policy":"{}"}"#.to_owned();
    }
    let (_, rest) = request.split_once("Action=").unwrap();
    let action = rest.split('&').next().unwrap();
    let inner = match action {
        "GetCallerIdentity" => format!(
            "<GetCallerIdentityResult><Account>{ACCOUNT}</Account>\
             <Arn>arn:aws:iam::{ACCOUNT}:root</Arn></GetCallerIdentityResult>"
        ),
        _ => String::new(),
    };
    format!("<{action}Response>{inner}</{action}Response>")
}

/// A server that answers nothing before it holds this many requests at once.
fn server(together: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let held: Vec<_> = listener
            .incoming()
            .take(together)
            .map(|stream| {
                let mut stream = stream.unwrap();
                let request = request(&mut stream);
                (stream, request)
            })
            .collect();
        for (mut stream, request) in held {
            let body = answer(&request);
            let length = body.len();
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
        }
    });
    url
}

#[tokio::test]
async fn reads_of_one_pass_are_made_at_once() {
    let client = Client::builder("us-east-1".parse().unwrap(), credentials())
        .endpoint_url(server(7))
        // One after the other, the first would never be answered.
        .timeouts(Duration::from_secs(10), Duration::from_secs(10))
        .build();
    let (vpc, key) = (VPC.parse().unwrap(), KEY.parse().unwrap());
    let service = SERVICE.parse().unwrap();
    let (subnets, tagged) = (SubnetQuery::InVpc(VPC.parse().unwrap()), GroupQuery::Tagged(tag()));
    let endpoints = EndpointQuery::Tagged(tag());
    let (caller, vpc, subnets, groups, endpoints, service, policy) = tokio::join!(
        client.caller_identity(),
        client.vpc(&vpc),
        client.subnets(&subnets),
        client.security_groups(&tagged),
        client.endpoints(&endpoints),
        client.endpoint_service(&service),
        client.key_policy(&key),
    );
    assert_eq!(caller.unwrap().account.as_str(), ACCOUNT);
    assert_eq!((vpc.unwrap(), service.unwrap()), (None, None));
    assert_eq!((subnets.unwrap(), groups.unwrap(), endpoints.unwrap()), (vec![], vec![], vec![]));
    assert_eq!(policy.unwrap(), "{}");
}
