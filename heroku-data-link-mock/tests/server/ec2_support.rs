//! What the tests of EC2 have in common.

use heroku_data_link_mock::{ServeOptions, World};

use crate::support::{Answer, Served, signed};

/// The network of the articles on data services.
pub(crate) const VPC: &str = "vpc-0a1b2c3d4e5f60718";
/// Its subnets: two in one zone, one in another, and one where no service is offered.
pub(crate) const SUBNETS: [&str; 4] = [
    "subnet-00000000000000001",
    "subnet-00000000000000002",
    "subnet-00000000000000003",
    "subnet-00000000000000004",
];
pub(crate) const ACCOUNT: &str = "123456789101";
/// The account of the VPC that is peered, which is in the same region.
pub(crate) const PEERED_ACCOUNT: &str = "435886841536";
pub(crate) const PEERED_VPC: &str = "vpc-0cb1a66017eed9372";

/// The world before any procedure.
pub(crate) async fn served() -> Served {
    Served::new(World::of_all_procedures()).await
}

/// The same in pages of this size at most.
pub(crate) async fn served_in_pages(page_size: usize) -> Served {
    let world = World::of_all_procedures();
    let page_size = page_size.try_into().unwrap();
    let options = ServeOptions { page_size, ..ServeOptions::default() };
    Served { server: world.serve_with(options).await.unwrap(), world }
}

impl Served {
    /// An action of a user of the account of the articles.
    pub(crate) async fn ec2(&self, action: &str, rest: &str) -> Answer {
        self.ec2_of(ACCOUNT, "us-east-1", action, rest).await
    }

    /// An action of another user.
    pub(crate) async fn ec2_of(
        &self,
        account: &str,
        region: &str,
        action: &str,
        rest: &str,
    ) -> Answer {
        let authorization = signed("ec2", account, region);
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
        ];
        let form = format!("Action={action}&Version=2016-11-15&{rest}");
        let form = form.trim_end_matches('&');
        self.send("POST", "/", &headers, form).await
    }

    /// An action that succeeds.
    pub(crate) async fn done(&self, action: &str, rest: &str) -> Answer {
        let answer = self.ec2(action, rest).await;
        assert_eq!(answer.status, 200, "{action} {rest}: {answer:?}");
        answer
    }

    /// The codes of refused actions.
    pub(crate) async fn refuses(&self, cases: &[(&str, &str, &str)]) {
        for (action, rest, code) in cases {
            let answer = self.ec2(action, rest).await;
            assert_eq!(answer.texts("Code"), [*code], "{action} {rest}: {answer:?}");
        }
    }
}
