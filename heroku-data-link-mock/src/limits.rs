/// How much the simulated AWS allows. The defaults are those of a new account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Routes of a route table, local ones included: 50 in AWS's older documents, and more
    /// wherever it was raised since (quota L-93826ACB).
    pub routes_per_table: usize,
    /// Live peering connections of a VPC: 50 (quota L-7E9ECCDB).
    pub peerings_per_vpc: usize,
    /// Requests of an account and region that nobody has accepted yet: 25 (quota L-DC9F7029).
    pub peering_requests: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { routes_per_table: 50, peerings_per_vpc: 50, peering_requests: 25 }
    }
}
