use super::*;

fn kind_of(code: &str, status: u16) -> ErrorKind {
    meaning(code, "", status, None).0
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
    (
        ErrorKind::NotFound,
        400,
        &[
            "InvalidServiceName",
            "NotFoundException",
            "ResourceNotFoundException",
            "ParameterNotFound",
            "InvalidResourceId",
        ],
    ),
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
            "ResourceExistsException",
            "ParameterAlreadyExists",
            "TooManyUpdates",
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
            "TooManyTagsError",
            "ParameterLimitExceeded",
            "ParameterMaxVersionLimitExceeded",
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
        &[
            "InternalError",
            "InternalFailure",
            "InternalServerError",
            "InternalServiceError",
            "Unavailable",
            "KMSInternalException",
            "Newest",
        ],
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
            "InvalidParameterException",
            "InvalidRequestException",
            "EncryptionFailure",
            "DecryptionFailure",
            "InvalidKeyId",
            "HierarchyLevelLimitExceededException",
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
fn a_code_of_aws_tells_what_to_do() {
    for (code, expected) in [
        ("UnauthorizedOperation", Some(ErrorCode::MissingPermission)),
        ("AccessDeniedException", Some(ErrorCode::MissingPermission)),
        ("OptInRequired", Some(ErrorCode::AccountNotReady)),
        ("AuthFailure", Some(ErrorCode::UnknownCredentials)),
        ("InvalidClientTokenId", Some(ErrorCode::UnknownCredentials)),
        ("SignatureDoesNotMatch", Some(ErrorCode::WrongSignature)),
        ("RequestExpired", Some(ErrorCode::RequestExpired)),
        ("MissingAuthenticationToken", Some(ErrorCode::NoCredentials)),
        ("ExpiredToken", Some(ErrorCode::ExpiredCredentials)),
        ("InvalidServiceName", Some(ErrorCode::ServiceNotShown)),
        ("MalformedPolicyDocumentException", Some(ErrorCode::KeyPolicyRefused)),
        ("DependencyViolation", Some(ErrorCode::InUse)),
        ("KMSInvalidStateException", Some(ErrorCode::KeyState)),
        ("LimitExceededException", Some(ErrorCode::QuotaReached)),
        ("VpcEndpointLimitExceeded", Some(ErrorCode::QuotaReached)),
        ("InsufficientFreeAddressesInSubnet", Some(ErrorCode::NoFreeAddress)),
        ("RequestLimitExceeded", Some(ErrorCode::TooManyRequests)),
        // A mistake of ours, a name that is taken, and what heals by itself.
        ("FilterLimitExceeded", None),
        ("InvalidGroup.Duplicate", None),
        ("InternalError", None),
        ("Newest", None),
    ] {
        assert_eq!(meaning(code, "", 400, None).1, expected, "{code}");
        assert_eq!(told(code, "").code(), expected, "{code}");
    }
}

#[test]
fn a_sink_that_may_not_use_the_key_says_so() {
    let denied = "User: arn:aws:iam::111122223333:user/link is not authorized to perform: kms:Encrypt on \
                  resource: arn:aws:kms:us-east-1:111122223333:key/1 because no identity-based policy \
                  allows the kms:Encrypt action";
    let own = "User: arn:aws:iam::111122223333:user/link is not authorized to perform: ssm:PutParameter on \
               resource: arn:aws:ssm:us-east-1:111122223333:parameter/a";
    let disabled = "arn:aws:kms:us-east-1:111122223333:key/1 is disabled. (Service: AWSKMS; Status Code: \
                    400; Error Code: DisabledException)";
    let key = Some(ErrorCode::KeyNotUsable);
    let permission = Some(ErrorCode::MissingPermission);
    for (operation, code, message, expected) in [
        ("ssm:PutParameter", "AccessDeniedException", denied, key),
        ("ssm:PutParameter", "AccessDeniedException", own, permission),
        ("ssm:PutParameter", "InvalidKeyId", disabled, key),
        ("ssm:PutParameter", "InvalidKeyId", "", key),
        ("ssm:PutParameter", "ValidationException", disabled, key),
        ("ssm:PutParameter", "ValidationException", "no", None),
        (
            "ssm:PutParameter",
            "ThrottlingException",
            "Rate exceeded (Service: AWSKMS)",
            Some(ErrorCode::TooManyRequests),
        ),
        (
            "secretsmanager:CreateSecret",
            "AccessDeniedException",
            "Access to KMS is not allowed",
            key,
        ),
        ("secretsmanager:CreateSecret", "EncryptionFailure", "no", key),
        ("secretsmanager:UpdateSecret", "DecryptionFailure", "no", key),
        ("secretsmanager:CreateSecret", "InvalidParameterException", "no", None),
        // KMS itself.
        ("kms:GetKeyPolicy", "AccessDeniedException", denied, permission),
    ] {
        let error = Failure::of_code(operation, &Secrets::default(), code, message, None).error;
        assert_eq!(error.code(), expected, "{operation} {code}");
        let says_so = error.message().starts_with("the KMS key of the copy cannot be used: ");
        assert_eq!(says_so, expected == key, "{error}");
        assert!(error.message().contains(code), "{error}");
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
    let unknown = (ErrorKind::NotFound, Some(ErrorCode::UnknownPrincipal));
    assert_eq!(meaning(code, new, 400, None), unknown);
    let locked_out =
        "The new key policy will not allow you to update the key policy in the future.";
    let refused = (ErrorKind::InvalidRequest, Some(ErrorCode::KeyPolicyRefused));
    assert_eq!(meaning(code, locked_out, 400, None), refused);
}

fn told(code: &str, message: &str) -> ProviderError {
    Failure::of_code("ec2:DescribeVpcs", &Secrets::default(), code, message, None).error
}

#[test]
fn a_message_is_one_bounded_line_that_repeats_no_request() {
    assert_eq!(told("Blocked", " a\nb\u{1b} ").message(), "Blocked: a b\\u{1b}");
    assert_eq!(told("Blocked", "").message(), "Blocked");
    assert_eq!(told("Blocked", &"x".repeat(600)).message().chars().count(), LONGEST_MESSAGE + 1);
    for code in ["SignatureDoesNotMatch", "IncompleteSignature", "MissingAuthenticationToken"] {
        let error = told(code, "The Canonical String was x-amz-security-token:SECRET");
        assert!(!error.message().contains("SECRET"), "{error}");
    }
}

#[test]
fn an_encoded_message_is_kept_whole_and_apart() {
    let encoded = "4xS2_-".repeat(500);
    let message =
        format!("You are not authorized. Encoded authorization failure message: {encoded}");
    for (message, expected) in [
        (message.clone(), "UnauthorizedOperation: You are not authorized."),
        (format!("{message}\nand more"), "UnauthorizedOperation: You are not authorized. and more"),
    ] {
        let error = told("UnauthorizedOperation", &message);
        assert_eq!(error.message(), expected);
        assert_eq!(error.encoded_authorization_message(), Some(encoded.as_str()));
        assert!(!error.to_string().contains("4xS2"), "{error}");
    }
    for encoded in ["", "a\u{1b}[31m", "a<b>", &"x".repeat(LONGEST_ENCODED + 1)] {
        let message = format!("No. Encoded authorization failure message: {encoded}");
        let error = told("UnauthorizedOperation", &message);
        assert_eq!(error.encoded_authorization_message(), None, "{encoded}");
        assert!(error.to_string().len() < 600, "{error}");
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
        assert_eq!(id_in_body(body.as_bytes()), expected, "{body}");
    }
}
