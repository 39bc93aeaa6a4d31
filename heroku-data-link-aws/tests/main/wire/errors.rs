//! What failures mean, as AWS and whatever stands before it answer them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use heroku_data_link::model::AwsRegion;
use heroku_data_link::provider::{
    Call, Clouds, Ec2Call, ErrorKind, Identity, Keys, KmsCall, ProviderError, Vpcs,
};
use heroku_data_link_mock::World;
use wiremock::ResponseTemplate;

use crate::wire::support::{Aws, KEY, VPC, ec2, ec2_error, json, kms_error, xml};

const HTML: &str = "<!doctype html><html><title>500 Internal Server Error</title></html>";

/// What EC2's answer makes of reading a VPC.
async fn ec2_failure(answer: ResponseTemplate) -> ProviderError {
    let aws = Aws::with("DescribeVpcs", answer).await;
    let error = aws.client.vpc(&VPC.parse().unwrap()).await.unwrap_err();
    assert_eq!(aws.requests().await.len(), 1);
    assert_eq!(error.operation(), "ec2:DescribeVpcs");
    error
}

/// What KMS's answer makes of reading a policy.
async fn kms_failure(answer: ResponseTemplate) -> ProviderError {
    let aws = Aws::with("GetKeyPolicy", answer).await;
    let error = aws.client.key_policy(&KEY.parse().unwrap()).await.unwrap_err();
    assert_eq!(aws.requests().await.len(), 1);
    assert_eq!(error.operation(), "kms:GetKeyPolicy");
    error
}

#[tokio::test]
async fn the_id_of_a_request_is_in_a_header_or_in_the_body() {
    let error = || ec2_error(400, "InvalidVpcID.Malformed", "Invalid id: \"vpc-&\"");
    let failure = ec2_failure(error()).await;
    assert_eq!(failure.request_id(), Some("ea966190-f9aa-478e-9ede-example"));
    assert_eq!(
        failure.to_string(),
        "ec2:DescribeVpcs: invalid request: InvalidVpcID.Malformed: Invalid id: \"vpc-&\" \
         (request id ea966190-f9aa-478e-9ede-example)"
    );
    let failure = ec2_failure(error().insert_header("x-amzn-requestid", "header-1")).await;
    assert_eq!(failure.request_id(), Some("header-1"));
    let failure =
        ec2_failure(ResponseTemplate::new(503).insert_header("x-amzn-requestid", "header-2")).await;
    assert_eq!(failure.request_id(), Some("header-2"));
    assert_eq!(ec2_failure(ResponseTemplate::new(503)).await.request_id(), None);

    let refused = || kms_error("AccessDeniedException", "no");
    assert_eq!(kms_failure(refused()).await.request_id(), None);
    let failure = kms_failure(refused().insert_header("x-amzn-requestid", "header-3")).await;
    assert_eq!(failure.request_id(), Some("header-3"));
}

/// The request id of a call that succeeded.
async fn receipt(action: &'static str, answer: ResponseTemplate, call: Call) -> Option<String> {
    let aws = Aws::with(action, answer).await;
    let heroku = World::new().heroku();
    let clouds = Clouds::new(heroku, Arc::new(aws.client.clone()));
    call.send(&clouds, SystemTime::UNIX_EPOCH).await.unwrap().request_id
}

#[tokio::test]
async fn a_call_that_succeeds_has_the_id_of_its_request() {
    let region: AwsRegion = "us-east-1".parse().unwrap();
    let enable = || Call::Kms {
        region: region.clone(),
        request: KmsCall::EnableKey { key: KEY.parse().unwrap() },
    };
    let done = || ResponseTemplate::new(200).set_body_string("{}");
    assert_eq!(receipt("EnableKey", done(), enable()).await, None);
    let with_header = done().insert_header("x-amzn-requestid", "header-1");
    assert_eq!(receipt("EnableKey", with_header, enable()).await.as_deref(), Some("header-1"));

    let delete = || Call::Ec2 {
        region: region.clone(),
        request: Ec2Call::DeleteSecurityGroup { group: "sg-1".parse().unwrap() },
    };
    let done = || {
        ResponseTemplate::new(200).set_body_string(
            "<DeleteSecurityGroupResponse><requestId>body-1</requestId><return>true</return>\
             </DeleteSecurityGroupResponse>",
        )
    };
    assert_eq!(receipt("DeleteSecurityGroup", done(), delete()).await.as_deref(), Some("body-1"));
    let with_header = done().insert_header("x-amzn-requestid", "header-2");
    let id = receipt("DeleteSecurityGroup", with_header, delete()).await;
    assert_eq!(id.as_deref(), Some("header-2"));
}

#[tokio::test]
async fn an_answer_without_a_code_is_told_by_its_status() {
    let limited = ErrorKind::RateLimited { retry_after: None };
    for (status, expected) in [
        (500, ErrorKind::Transient),
        (502, ErrorKind::Transient),
        (503, ErrorKind::Transient),
        (504, ErrorKind::Transient),
        (429, limited),
        (408, ErrorKind::Timeout),
        (401, ErrorKind::Unauthorized),
        (403, ErrorKind::Forbidden),
        (404, ErrorKind::Protocol),
        (400, ErrorKind::Protocol),
        (302, ErrorKind::Protocol),
    ] {
        for body in ["", HTML, "no such page", "{\"message\":", "<Response><Errors/></Response>"] {
            for failure in
                [ec2_failure(xml(status, body)).await, kms_failure(json(status, body)).await]
            {
                assert_eq!(*failure.kind(), expected, "{status} {body}");
                assert!(!failure.to_string().contains("html"), "{failure}");
            }
        }
    }
}

#[tokio::test]
async fn a_success_that_cannot_be_read_is_not_understood() {
    for answer in [xml(200, HTML), xml(200, ""), xml(200, "{}"), ec2("DescribeSubnets", "")] {
        let failure = ec2_failure(answer).await;
        assert_eq!(*failure.kind(), ErrorKind::Protocol, "{failure}");
        assert!(failure.message().starts_with("an answer that cannot be read"), "{failure}");
    }
    for body in [HTML, "[1]", "{\"Policy\":1}", "{\"Policy\":"] {
        let failure = kms_failure(json(200, body)).await;
        assert_eq!(*failure.kind(), ErrorKind::Protocol, "{failure}");
    }
}

/// Read as far as it goes, it would be a shorter list.
#[tokio::test]
async fn a_document_without_its_end_is_no_answer() {
    for body in [
        "<DescribeVpcsResponse>",
        "<DescribeVpcsResponse><vpcSet>",
        "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId></item>",
        "<DescribeVpcsResponse><vpcSet/>",
        "<DescribeVpcsResponse><vpcSet/></Describe",
    ] {
        let failure = ec2_failure(xml(200, body)).await;
        assert_eq!(*failure.kind(), ErrorKind::Transient, "{body}");
    }
    let aws = Aws::with("DescribeVpcs", xml(200, "<DescribeVpcsResponse/>")).await;
    assert_eq!(aws.client.vpc(&VPC.parse().unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn throttling_may_say_for_how_long() {
    let throttled = || ec2_error(503, "RequestLimitExceeded", "Request limit exceeded.");
    for (headers, expected) in [
        (&[][..], None),
        (&[("x-amz-retry-after", "1500")], Some(Duration::from_millis(1500))),
        (&[("retry-after", "7")], Some(Duration::from_secs(7))),
        (&[("retry-after", "7"), ("x-amz-retry-after", "10")], Some(Duration::from_millis(10))),
        (&[("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT")], None),
        (&[("x-amz-retry-after", "-1")], None),
        (&[("retry-after", "99999999")], Some(Duration::from_hours(1))),
    ] {
        let answer = headers
            .iter()
            .fold(throttled(), |answer, (name, value)| answer.insert_header(*name, *value));
        let failure = ec2_failure(answer).await;
        assert_eq!(*failure.kind(), ErrorKind::RateLimited { retry_after: expected });
    }
    let answer = json(400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#)
        .insert_header("x-amz-retry-after", "20");
    let expected = Some(Duration::from_millis(20));
    let failure = kms_failure(answer).await;
    assert_eq!(*failure.kind(), ErrorKind::RateLimited { retry_after: expected });
}

#[tokio::test]
async fn an_error_of_kms_in_every_way_that_it_is_written() {
    for answer in [
        json(400, r#"{"__type":"NotFoundException","message":"Key 'x' does not exist"}"#),
        json(400, r#"{"__type":"NotFoundException","Message":"Key 'x' does not exist"}"#),
        json(
            400,
            r#"{"__type":"com.amazonaws.kms#NotFoundException","message":"Key 'x' does not exist"}"#,
        ),
        json(400, r#"{"message":"Key 'x' does not exist"}"#)
            .insert_header("x-amzn-errortype", "NotFoundException"),
        json(400, r#"{"message":"Key 'x' does not exist"}"#).insert_header(
            "x-amzn-errortype",
            "NotFoundException:http://internal.amazon.com/coral/com.amazonaws.kms/",
        ),
    ] {
        let failure = kms_failure(answer).await;
        assert_eq!(*failure.kind(), ErrorKind::NotFound);
        assert_eq!(failure.message(), "NotFoundException: Key 'x' does not exist");
    }
    // Some have no message at all.
    let failure = kms_failure(json(400, r#"{"__type":"AccessDeniedException"}"#)).await;
    assert_eq!(
        (failure.kind(), failure.message()),
        (&ErrorKind::Forbidden, "AccessDeniedException")
    );
    for (status, code, expected) in [
        (500, "KMSInternalException", ErrorKind::Transient),
        (503, "DependencyTimeoutException", ErrorKind::Transient),
        (500, "KeyUnavailableException", ErrorKind::Transient),
        (400, "InvalidArnException", ErrorKind::InvalidRequest),
        (400, "ExpiredTokenException", ErrorKind::Unauthorized),
        (400, "UnrecognizedClientException", ErrorKind::Unauthorized),
    ] {
        let failure = kms_failure(json(status, &format!(r#"{{"__type":"{code}"}}"#))).await;
        assert_eq!(*failure.kind(), expected, "{code}");
    }
}

#[tokio::test]
async fn an_error_of_sts_is_wrapped_otherwise() {
    let error = |code: &str| {
        xml(
            403,
            &format!(
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
                 <Type>Sender</Type><Code>{code}</Code><Message>said</Message></Error>\
                 <RequestId>a-1</RequestId></ErrorResponse>"
            ),
        )
    };
    for (code, expected) in [
        ("ExpiredToken", ErrorKind::Unauthorized),
        ("InvalidClientTokenId", ErrorKind::Unauthorized),
        ("AccessDenied", ErrorKind::Forbidden),
    ] {
        let aws = Aws::with("GetCallerIdentity", error(code)).await;
        let failure = aws.client.caller_identity().await.unwrap_err();
        assert_eq!(*failure.kind(), expected);
        assert_eq!(failure.message(), format!("{code}: said"));
        assert_eq!(failure.request_id(), Some("a-1"));
    }
}

#[tokio::test]
async fn refusals_of_the_credentials() {
    for (status, code, expected) in [
        (403, "UnauthorizedOperation", ErrorKind::Forbidden),
        (403, "AccessDenied", ErrorKind::Forbidden),
        (401, "OptInRequired", ErrorKind::Forbidden),
        (401, "AuthFailure", ErrorKind::Unauthorized),
        (400, "RequestExpired", ErrorKind::Unauthorized),
        (400, "ExpiredToken", ErrorKind::Unauthorized),
    ] {
        let failure = ec2_failure(ec2_error(status, code, "said")).await;
        assert_eq!(*failure.kind(), expected, "{code}");
        assert_eq!(failure.message(), format!("{code}: said"));
    }
}

#[tokio::test]
async fn a_message_is_one_bounded_line() {
    let long = format!("Encoded authorization failure message:\n\t{}", "x".repeat(3000));
    let failure = ec2_failure(ec2_error(403, "UnauthorizedOperation", &long)).await;
    assert!(!failure.message().contains('\n'));
    assert!(failure.message().chars().count() < 600, "{failure}");
}
