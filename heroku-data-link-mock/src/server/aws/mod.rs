//! EC2, KMS and STS on one URL, told apart by the scope of the signature as on a local stand-in
//! that `AWS_ENDPOINT_URL` names.

mod ec2;
mod error;
mod hex;
mod kms;
mod operation;
mod params;
mod scope;
mod sts;
mod xml;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Request, header};
use axum::response::{IntoResponse, Response};

use self::error::AwsError;
pub(super) use self::operation::ALL as OPERATIONS;
use self::params::Params;
use self::scope::{Scope, Service};
use super::requests::Cloud;
use super::respond::{self, Unreadable};
use super::shared::Shared;
use crate::AwsFace;

/// One call: who makes it, where, and of which world.
pub(super) struct Call<'a> {
    pub(super) face: Arc<AwsFace>,
    pub(super) shared: &'a Shared,
    pub(super) request_id: String,
}

/// What a service makes of a call: the body of a success.
type Reply = Result<String, AwsError>;

pub(super) async fn answer(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    let request_id = shared.request_id();
    let (head, body) = request.into_parts();
    let scope = Scope::read(&head.headers, head.uri.query());
    let service = scope.as_ref().map_or(Service::Ec2, |scope| scope.service);
    let reply = match scope {
        Err(error) => {
            shared.count(Cloud::Aws, "unknown");
            Err(error)
        }
        Ok(scope) => {
            let face = shared.world().aws_in(scope.account, scope.region);
            let call = Call { face, shared: &shared, request_id: request_id.clone() };
            match respond::read_body(body).await {
                Ok(bytes) => reply(&call, service, &head.headers, &bytes).await,
                Err(Unreadable::TooLong) => Err(AwsError::too_long()),
                Err(Unreadable::Broken) => Err(AwsError::broken()),
            }
        }
    };
    respond(service, &request_id, reply)
}

async fn reply(call: &Call<'_>, service: Service, headers: &HeaderMap, body: &[u8]) -> Reply {
    match service {
        Service::Kms => kms::reply(call, headers, body).await,
        Service::Ec2 | Service::Sts => {
            let params = Params::read(headers, body)?;
            let action = params.required("Action")?;
            match service {
                Service::Sts => sts::reply(call, &action, &params).await,
                Service::Ec2 | Service::Kms => ec2::reply(call, &action, &params).await,
            }
        }
    }
}

fn respond(service: Service, request_id: &str, reply: Reply) -> Response {
    let content_type = HeaderValue::from_static(service.content_type());
    let mut response = match reply {
        Ok(body) => ([(header::CONTENT_TYPE, content_type)], body).into_response(),
        Err(error) => error.into_response(service, request_id),
    };
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}
