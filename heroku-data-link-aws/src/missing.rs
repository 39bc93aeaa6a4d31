//! The provider traits of the features that are off: their calls send nothing, and fail.

use heroku_data_link::provider::{ErrorKind, ProviderError};

/// The failure of a call that needs a feature which is off.
fn not_built_in(feature: &str, operation: &'static str) -> ProviderError {
    let text = format!("heroku-data-link-aws was built without its feature `{feature}`");
    ProviderError::new(operation, ErrorKind::InvalidRequest, text)
}

/// Implements a trait for the client, given its feature and, of each method, what it takes, what it
/// would answer, and the call that it would make; `region` where the trait tells the region, too.
#[cfg(not(all(feature = "ec2", feature = "kms", feature = "sts")))]
macro_rules! missing {
    ($feature:literal, $trait:ident $(+ $region:ident)? {
        $($method:ident($($taken:ty),*) -> $answer:ty = $operation:ident;)*
    }) => {
        #[async_trait::async_trait]
        impl heroku_data_link::provider::$trait for crate::client::Client {
            $(fn $region(&self) -> &heroku_data_link::model::AwsRegion {
                crate::client::Client::$region(self)
            })?

            $(async fn $method(
                &self,
                $(_: $taken),*
            ) -> heroku_data_link::provider::ProviderResult<$answer> {
                let operation = heroku_data_link::provider::operation::$operation;
                Err(super::not_built_in($feature, operation))
            })*
        }
    };
}

#[cfg(not(feature = "ec2"))]
mod ec2 {
    use async_trait::async_trait;
    use heroku_data_link::model::{
        Cidr, EndpointServiceName, PeeringConnectionId, RouteTableId, SecurityGroupId,
        VpcEndpointId, VpcId,
    };
    use heroku_data_link::provider::{
        EndpointChange, EndpointQuery, EndpointService, GroupQuery, IngressRule, NetworkAcl,
        NetworkInterface, NewEndpoint, NewPeeringConnection, NewRoute, NewSecurityGroup,
        PeeringConnection, PeeringQuery, ProviderResult, Rehearsal, Rehearsals, RouteTable,
        RouteTableQuery, SecurityGroup, Subnet, SubnetQuery, Tags, Verdict, Vpc, VpcEndpoint,
    };

    use crate::client::Client;

    missing!("ec2", Vpcs + region {
        vpc(&VpcId) -> Option<Vpc> = DESCRIBE_VPCS;
        subnets(&SubnetQuery) -> Vec<Subnet> = DESCRIBE_SUBNETS;
    });

    missing!("ec2", EndpointServices {
        endpoint_service(&EndpointServiceName) -> Option<EndpointService>
            = DESCRIBE_VPC_ENDPOINT_SERVICES;
    });

    missing!("ec2", VpcEndpoints {
        endpoints(&EndpointQuery) -> Vec<VpcEndpoint> = DESCRIBE_VPC_ENDPOINTS;
        create_endpoint(&NewEndpoint) -> VpcEndpointId = CREATE_VPC_ENDPOINT;
        modify_endpoint(&VpcEndpointId, &EndpointChange) -> () = MODIFY_VPC_ENDPOINT;
        tag_endpoint(&VpcEndpointId, &Tags) -> () = CREATE_TAGS;
        delete_endpoint(&VpcEndpointId) -> () = DELETE_VPC_ENDPOINTS;
    });

    missing!("ec2", NetworkInterfaces {
        interfaces_using(&SecurityGroupId) -> Vec<NetworkInterface> = DESCRIBE_NETWORK_INTERFACES;
    });

    missing!("ec2", NetworkAcls {
        network_acls(&VpcId) -> Vec<NetworkAcl> = DESCRIBE_NETWORK_ACLS;
    });

    missing!("ec2", SecurityGroups {
        security_groups(&GroupQuery) -> Vec<SecurityGroup> = DESCRIBE_SECURITY_GROUPS;
        create_security_group(&NewSecurityGroup) -> SecurityGroupId = CREATE_SECURITY_GROUP;
        tag_security_group(&SecurityGroupId, &Tags) -> () = CREATE_TAGS;
        authorize_ingress(&SecurityGroupId, &IngressRule) -> () = AUTHORIZE_SECURITY_GROUP_INGRESS;
        revoke_ingress(&SecurityGroupId, &IngressRule) -> () = REVOKE_SECURITY_GROUP_INGRESS;
        delete_security_group(&SecurityGroupId) -> () = DELETE_SECURITY_GROUP;
    });

    missing!("ec2", VpcPeerings {
        peering_connections(&PeeringQuery) -> Vec<PeeringConnection>
            = DESCRIBE_VPC_PEERING_CONNECTIONS;
        create_peering_connection(&NewPeeringConnection) -> PeeringConnectionId
            = CREATE_VPC_PEERING_CONNECTION;
        tag_peering_connection(&PeeringConnectionId, &Tags) -> () = CREATE_TAGS;
        delete_peering_connection(&PeeringConnectionId) -> () = DELETE_VPC_PEERING_CONNECTION;
    });

    missing!("ec2", RouteTables {
        route_tables(&RouteTableQuery) -> Vec<RouteTable> = DESCRIBE_ROUTE_TABLES;
        create_route(&NewRoute) -> () = CREATE_ROUTE;
        delete_route(&RouteTableId, &Cidr) -> () = DELETE_ROUTE;
    });

    // By hand: the operation is the rehearsed one's.
    #[async_trait]
    impl Rehearsals for Client {
        async fn rehearse(&self, call: &Rehearsal) -> ProviderResult<Verdict> {
            Err(super::not_built_in("ec2", call.operation()))
        }
    }
}

#[cfg(not(feature = "kms"))]
mod kms {
    use std::time::SystemTime;

    use heroku_data_link::model::{KeyAlias, KeyArn};
    use heroku_data_link::provider::{Key, NewKey, Rotation, Tag, Tags};

    missing!("kms", Keys + region {
        key(&KeyArn) -> Option<Key> = DESCRIBE_KEY;
        key_by_alias(&KeyAlias) -> Option<Key> = DESCRIBE_KEY;
        keys_tagged(&Tag) -> Vec<Key> = LIST_KEYS;
        keys_with_tag(&str) -> Vec<(Key, Tags)> = LIST_KEYS;
        create_key(&NewKey) -> KeyArn = CREATE_KEY;
        key_tags(&KeyArn) -> Tags = LIST_RESOURCE_TAGS;
        tag_key(&KeyArn, &Tags) -> () = TAG_KEY;
        key_policy(&KeyArn) -> String = GET_KEY_POLICY;
        put_key_policy(&KeyArn, &str) -> () = PUT_KEY_POLICY;
        create_key_alias(&KeyAlias, &KeyArn) -> () = CREATE_ALIAS;
        key_rotation(&KeyArn) -> Rotation = GET_KEY_ROTATION_STATUS;
        enable_key_rotation(&KeyArn, u32) -> () = ENABLE_KEY_ROTATION;
        enable_key(&KeyArn) -> () = ENABLE_KEY;
        disable_key(&KeyArn) -> () = DISABLE_KEY;
        schedule_key_deletion(&KeyArn, u32) -> SystemTime = SCHEDULE_KEY_DELETION;
        cancel_key_deletion(&KeyArn) -> () = CANCEL_KEY_DELETION;
    });
}

#[cfg(not(feature = "sts"))]
mod sts {
    use heroku_data_link::provider::CallerIdentity;

    missing!("sts", Identity {
        caller_identity() -> CallerIdentity = GET_CALLER_IDENTITY;
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use heroku_data_link::provider::operation::DESCRIBE_VPCS;

    use super::*;

    #[test]
    fn a_call_whose_feature_is_off_names_the_feature() {
        let error = not_built_in("ec2", DESCRIBE_VPCS);
        assert_eq!(error.operation(), DESCRIBE_VPCS);
        assert_eq!(*error.kind(), ErrorKind::InvalidRequest);
        let text = "heroku-data-link-aws was built without its feature `ec2`";
        assert!(error.to_string().contains(text), "{error}");
    }

    #[cfg(not(feature = "ec2"))]
    #[tokio::test]
    async fn a_client_for_keys_tells_its_region_and_refuses_vpcs() {
        use heroku_data_link::provider::{Keys, Rehearsal, Rehearsals, Vpcs};

        let credentials = crate::Credentials::new("AKIAEXAMPLE", "secret", None, None, "test");
        let region = "eu-west-1".parse().unwrap();
        let client = crate::Client::builder(region, credentials).build();
        assert_eq!(Vpcs::region(&client), Keys::region(&client));
        let error = client.vpc(&"vpc-1".parse().unwrap()).await.unwrap_err();
        assert_eq!(error.operation(), DESCRIBE_VPCS);
        assert_eq!(*error.kind(), ErrorKind::InvalidRequest);
        let error = client.rehearse(&Rehearsal::DescribeVpcs).await.unwrap_err();
        assert_eq!(error.operation(), DESCRIBE_VPCS);
    }
}
