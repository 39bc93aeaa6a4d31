use std::borrow::Cow;

use async_trait::async_trait;
use heroku_data_link::provider::{
    Ec2Call, ErrorKind, ProviderResult, Rehearsal, Rehearsals, Verdict,
};

use crate::aws::AwsFace;
use crate::journal::Request;

#[async_trait]
impl Rehearsals for AwsFace {
    /// Tells of the permission alone: what the call is about may be missing, where AWS might look
    /// for it first.
    async fn rehearse(&self, call: &Rehearsal) -> ProviderResult<Verdict> {
        let operation = call.operation();
        match self.rehearse_call(operation, sets_tags(call)).await {
            Err(error) if *error.kind() == ErrorKind::Forbidden => {
                let request = Request::new(operation, REHEARSED).tagging(sets_tags(call));
                let lacking = self.world().lock().control.faults.lacking(request);
                Ok(Verdict::Denied(Cow::Borrowed(lacking.unwrap_or(operation))))
            }
            told => told.map(|()| Verdict::Permitted),
        }
    }
}

/// What a rehearsed call is about, in the journal.
const REHEARSED: &str = "rehearsed";

impl AwsFace {
    /// `Ok` if the caller may make a call; it has no effect.
    pub(crate) async fn rehearse_call(
        &self,
        operation: &'static str,
        sets_tags: bool,
    ) -> ProviderResult<()> {
        let request = Request::new(operation, REHEARSED).tagging(sets_tags);
        self.world().read(request, |_, _| Ok(())).settle().await
    }
}

fn sets_tags(call: &Rehearsal) -> bool {
    match call {
        Rehearsal::Call(Ec2Call::CreateSecurityGroup(group)) => !group.tags.is_empty(),
        Rehearsal::Call(Ec2Call::CreateEndpoint(endpoint)) => !endpoint.tags.is_empty(),
        Rehearsal::Call(Ec2Call::CreatePeering(peering)) => !peering.tags.is_empty(),
        // Nothing else is made with tags.
        _ => false,
    }
}
