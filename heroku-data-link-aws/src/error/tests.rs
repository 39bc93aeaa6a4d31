use super::*;

fn kind_of(code: &str, status: u16) -> ErrorKind {
    kind(code, "", status, None)
}

/// Kind, status and the codes.
const TABLE: &[(ErrorKind, u16, &[&str])] = &[
    (
        ErrorKind::Forbidden,
        403,
        &["UnauthorizedOperation", "AccessDenied", "AccessDeniedException"],
    ),
    (ErrorKind::Forbidden, 400, &["OptInRequired", "Blocked", "PendingVerification"]),
    (ErrorKind::Forbidden, 400, &["OperationNotPermitted"]),
    (
        ErrorKind::Unauthorized,
        401,
        &["AuthFailure", "InvalidClientTokenId", "SignatureDoesNotMatch", "RequestExpired"],
    ),
    (
        ErrorKind::Unauthorized,
        400,
        &["ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException"],
    ),
    (ErrorKind::NotFound, 400, &["InvalidServiceName", "NotFoundException"]),
    (
        ErrorKind::NotFound,
        400,
        &[
            "InvalidVpcID.NotFound",
            "InvalidSubnetID.NotFound",
            "InvalidSubnetId.NotFound",
            "InvalidGroup.NotFound",
            "InvalidSecurityGroupID.NotFound",
            "InvalidRouteTableID.NotFound",
            "InvalidNetworkInterfaceID.NotFound",
            "InvalidVpcEndpointId.NotFound",
            "InvalidVpcEndpoint.NotFound",
            "InvalidVpcPeeringConnectionID.NotFound",
            "InvalidVpcPeeringConnectionId.NotFound",
            "InvalidPermission.NotFound",
            "InvalidRoute.NotFound",
        ],
    ),
    (
        ErrorKind::Conflict,
        400,
        &[
            "InvalidGroup.Duplicate",
            "InvalidPermission.Duplicate",
            "RouteAlreadyExists",
            "VpcPeeringConnectionAlreadyExists",
            "AlreadyExistsException",
            "DependencyViolation",
            "InvalidGroup.InUse",
            "InvalidStateTransition",
            "IncorrectState",
            "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled",
            "KMSInvalidStateException",
            "DisabledException",
            "ConcurrentTagAccess",
        ],
    ),
    (
        ErrorKind::QuotaExceeded,
        400,
        &[
            "VpcEndpointLimitExceeded",
            "SecurityGroupLimitExceeded",
            "RulesPerSecurityGroupLimitExceeded",
            "SecurityGroupsPerInterfaceLimitExceeded",
            "NetworkInterfaceLimitExceeded",
            "RouteLimitExceeded",
            "ResourceCountLimitExceeded",
            "TagLimitExceeded",
            "VpcPeeringConnectionsPerVpcLimitExceeded",
            "ActiveVpcPeeringConnectionPerVpcLimitExceeded",
            "OutstandingVpcPeeringConnectionLimitExceeded",
            "PendingVpcPeeringConnectionLimitExceeded",
            "InsufficientFreeAddressesInSubnet",
            "LimitExceededException",
        ],
    ),
    (
        ErrorKind::RateLimited { retry_after: None },
        503,
        &[
            "RequestLimitExceeded",
            "Throttling",
            "ThrottlingException",
            "RequestThrottled",
            "EC2ThrottledException",
            "BandwidthLimitExceeded",
        ],
    ),
    (
        ErrorKind::Transient,
        500,
        &["InternalError", "InternalFailure", "Unavailable", "KMSInternalException", "Newest"],
    ),
    (
        ErrorKind::InvalidRequest,
        400,
        &[
            "InvalidParameter",
            "InvalidParameterValue",
            "InvalidParameterCombination",
            "MissingParameter",
            "ValidationException",
            "DuplicateSubnetsInSameZone",
            "InvalidVpcID.Malformed",
            "InvalidGroup.Reserved",
            "InvalidPermission.Malformed",
            "InvalidTagKey.Malformed",
            "IdempotentParameterMismatch",
            "FilterLimitExceeded",
            "MalformedPolicyDocumentException",
            "TagException",
            "UnsupportedOperationException",
            "Newest",
        ],
    ),
];

#[test]
fn the_table() {
    for (expected, status, codes) in TABLE {
        for code in *codes {
            assert_eq!(kind_of(code, *status), *expected, "{code}");
            // AWS is inconsistent about case.
            assert_eq!(kind_of(&code.to_uppercase(), *status), *expected, "{code}");
        }
    }
}

#[test]
fn without_a_code_the_status_decides() {
    for (status, expected) in [
        (400, ErrorKind::Protocol),
        (401, ErrorKind::Unauthorized),
        (403, ErrorKind::Forbidden),
        (408, ErrorKind::Timeout),
        (429, ErrorKind::RateLimited { retry_after: None }),
        (500, ErrorKind::Transient),
        (503, ErrorKind::Transient),
    ] {
        assert_eq!(kind_of("", status), expected, "{status}");
    }
}

#[test]
fn a_principal_that_kms_does_not_know_may_come_to_be_known() {
    let code = "MalformedPolicyDocumentException";
    let new = "Policy contains a statement with one or more invalid principals.";
    assert_eq!(kind(code, new, 400, None), ErrorKind::NotFound);
    let locked_out =
        "The new key policy will not allow you to update the key policy in the future.";
    assert_eq!(kind(code, locked_out, 400, None), ErrorKind::InvalidRequest);
}

#[test]
fn a_message_is_one_bounded_line_that_repeats_no_request() {
    assert_eq!(said("Blocked", " a\nb\u{1b} "), "Blocked: a b\u{fffd}");
    assert_eq!(said("Blocked", ""), "Blocked");
    assert_eq!(said("Blocked", &"x".repeat(600)).chars().count(), "Blocked: ".len() + 501);
    for code in ["SignatureDoesNotMatch", "IncompleteSignature", "MissingAuthenticationToken"] {
        let text = said(code, "The Canonical String was x-amz-security-token:SECRET");
        assert!(!text.contains("SECRET"), "{text}");
    }
}

#[test]
fn the_id_of_a_body() {
    for (body, expected) in [
        ("<Response><Errors/><RequestID>4f2d-1</RequestID></Response>", Some("4f2d-1")),
        ("<ErrorResponse><RequestId> a </RequestId></ErrorResponse>", Some("a")),
        ("<RequestID></RequestID>", None),
        ("<RequestID>no end", None),
        ("{}", None),
    ] {
        assert_eq!(id_in_body(body.as_bytes()).as_deref(), expected, "{body}");
    }
}
