//! What happens to VPC endpoints that are there.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use heroku_data_link::model::{EndpointServiceName, EndpointState, VpcEndpointId};
use heroku_data_link::provider::EndpointChange;

use super::aws::{AwsState, Caller};
use super::endpoint::{EndpointRecord, EndpointVersion, Shape, word};
use super::{Absent, Refusal, Reply, State};

impl AwsState {
    /// An endpoint of the caller that is there and not going away.
    pub(crate) fn live_endpoint(
        &self,
        caller: &Caller,
        id: &VpcEndpointId,
        now: SystemTime,
    ) -> Reply<(&EndpointRecord, &EndpointVersion)> {
        let record = self.endpoints.get(id).filter(|record| record.is_visible(caller));
        record
            .and_then(|record| Some((record, record.history.at(now)?)))
            .filter(|(_, version)| version.is_live())
            .ok_or_else(|| no_endpoint("InvalidVpcEndpointId.NotFound", id))
    }

    /// The service has gone: whoever leads to it is rejected.
    pub(crate) fn reject_all(&mut self, service: &EndpointServiceName, now: SystemTime) {
        for id in self.by_service.get(service).cloned().unwrap_or_default() {
            if self.endpoints.get(&id).is_some_and(|endpoint| endpoint.is_live(now)) {
                self.force_state(&id, &EndpointState::Rejected, now);
            }
        }
    }

    /// Puts an endpoint in a state for ever.
    pub(crate) fn force_state(
        &mut self,
        id: &VpcEndpointId,
        state: &EndpointState,
        now: SystemTime,
    ) {
        let Some(record) = self.endpoints.get_mut(id) else { return };
        let Some(current) = record.history.at(now).cloned() else { return };
        let available = *state == EndpointState::Available;
        let version = EndpointVersion {
            state: Cow::Owned(state.as_str().to_owned()),
            available_since: current.available_since.or(available.then_some(now)),
            ..current
        };
        record.history.set(now, version);
    }
}

impl State {
    pub(crate) fn modify_endpoint(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        id: &VpcEndpointId,
        change: &EndpointChange,
    ) -> Reply<()> {
        let (record, current) = self.aws.live_endpoint(caller, id, now)?;
        let changeable = [word::PENDING_ACCEPTANCE, word::PENDING, word::AVAILABLE, "partial"];
        if !changeable.contains(&current.state.as_ref()) {
            return Err(Refusal::conflict(format!(
                "InvalidState: The Vpc Endpoint '{id}' is {}",
                current.state
            )));
        }
        let shape = self.changed_shape(caller, now, record, &current.shape, change)?;
        if shape == *current.shape {
            return Ok(());
        }
        let was_available = current.state == word::AVAILABLE;
        let new = shape.subnets.difference(&current.shape.subnets).cloned().collect();
        let new = self.new_interfaces(&new, now);
        let shape = Arc::new(shape);
        let until = now + self.timings.modification;
        let Some(record) = self.aws.endpoints.get_mut(id) else { return Ok(()) };
        record.history.update(now, |version| {
            version.shape = Arc::clone(&shape);
            if version.accepted {
                let interfaces = Arc::make_mut(&mut version.interfaces);
                interfaces.retain(|subnet, _| shape.subnets.contains(subnet));
                interfaces.extend(new.clone());
            }
        });
        if let Some(available) = record.history.at(now).filter(|_| was_available).cloned() {
            let pending =
                EndpointVersion { state: Cow::Borrowed(word::PENDING), ..available.clone() };
            record.history.set(now, pending);
            record.history.schedule(until, available);
        }
        Ok(())
    }

    fn changed_shape(
        &self,
        caller: &Caller,
        now: SystemTime,
        record: &EndpointRecord,
        current: &Shape,
        change: &EndpointChange,
    ) -> Reply<Shape> {
        let added = change.add_subnets.difference(&current.subnets).cloned().collect();
        let addon = self.visible_service(&record.service, &caller.account, now);
        self.check_subnets(caller, &record.vpc, &added, addon, now)?;
        self.check_groups(caller, &record.vpc, &change.add_groups, now)?;
        let mut shape = current.clone();
        shape.subnets.extend(added);
        // EC2 adds before it removes: what replaces a subnet in its zone needs an earlier call.
        self.check_zones(&shape.subnets)?;
        shape.subnets.retain(|subnet| !change.remove_subnets.contains(subnet));
        shape.groups.extend(change.add_groups.iter().cloned());
        shape.groups.retain(|group| !change.remove_groups.contains(group));
        if shape.subnets.is_empty() || shape.groups.is_empty() {
            return Err(Refusal::invalid(
                "InvalidParameter: an endpoint keeps at least one subnet and one security group",
            ));
        }
        Ok(shape)
    }

    pub(crate) fn delete_endpoint(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        id: &VpcEndpointId,
        absent: Absent,
    ) -> Reply<()> {
        let timings = self.timings;
        let record = self.aws.endpoints.get_mut(id).filter(|record| record.is_visible(caller));
        let known = record.and_then(|record| {
            let current = record.history.at(now).filter(|it| it.state != word::DELETED).cloned();
            Some((record, current?))
        });
        // In a list of failures AWS leaves `Id` out of the code.
        let Some((record, current)) = known else {
            return absent.reply(|| no_endpoint("InvalidVpcEndpoint.NotFound", id));
        };
        if current.state == word::DELETING {
            return Ok(());
        }
        let deleted_at = now + timings.deleting;
        let lingering = timings.interface_lingering;
        let deleting = EndpointVersion { state: Cow::Borrowed(word::DELETING), ..current };
        let deleted = EndpointVersion { state: Cow::Borrowed(word::DELETED), ..deleting.clone() };
        let bare = EndpointVersion { interfaces: Arc::default(), ..deleted.clone() };
        record.history.set(now, deleting);
        record.history.schedule(deleted_at, deleted);
        record.history.schedule(deleted_at + lingering, bare);
        record.history.end(deleted_at + timings.described_after_deletion.max(lingering));
        Ok(())
    }
}

fn no_endpoint(code: &str, id: &VpcEndpointId) -> Refusal {
    Refusal::not_found(format!("{code}: The Vpc Endpoint Id '{id}' does not exist"))
}
