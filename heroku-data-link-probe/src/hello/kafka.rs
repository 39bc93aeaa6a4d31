//! Kafka: `ApiVersions`, then `Metadata` of the brokers alone.
//!
//! The messages are those of `kafka-protocol`, in versions with lengths of fixed size. They are
//! read piece by piece: a list's length is checked against what is left of the answer before
//! anything of that length is made.

use heroku_data_link::model::HostPort;
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::metadata_response::MetadataResponseBroker;
use kafka_protocol::messages::{
    ApiKey, ApiVersionsRequest, MetadataRequest, RequestHeader, ResponseHeader,
};
use kafka_protocol::protocol::buf::ByteBuf;
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Trouble;
use crate::failure::HelloFailure;
use crate::wire::Wire;

/// Every broker answers it, and the layout is that of a refusal as well.
const API_VERSIONS: i16 = 0;
/// Brokers before Kafka 4.0 know the first, those of 4.x the last. From 9 on lengths vary in size.
const METADATA: std::ops::RangeInclusive<i16> = 1..=8;
/// Requests with such a header have answers whose header is the number alone.
const HEADER: i16 = 1;
/// No answer is longer: a thousand brokers, and no topics.
const MOST: usize = 1 << 18;
/// No cluster has more brokers, all of which a report may name.
const MOST_BROKERS: usize = 1000;
/// No host name is longer (RFC 1035).
const LONGEST_NAME: usize = 253;

pub(super) async fn hello(mut wire: Wire) -> Result<Vec<HostPort>, Trouble> {
    let request = ApiVersionsRequest::default();
    let answer = ask(&mut wire, 1, ApiKey::ApiVersions, API_VERSIONS, &request).await?;
    let version = metadata_version(&answer)?;
    // No list would be all topics; an empty one is none.
    let request = MetadataRequest::default()
        .with_topics(Some(Vec::new()))
        .with_allow_auto_topic_creation(version < 4);
    let answer = ask(&mut wire, 2, ApiKey::Metadata, version, &request).await?;
    brokers(&answer, version)
}

async fn ask(
    wire: &mut Wire,
    number: i32,
    key: ApiKey,
    version: i16,
    request: &impl Encodable,
) -> Result<Vec<u8>, Trouble> {
    let header = RequestHeader::default()
        .with_request_api_key(key as i16)
        .with_request_api_version(version)
        .with_correlation_id(number)
        .with_client_id(Some(StrBytes::from_static_str("heroku-data-link-probe")));
    let mut body = Vec::new();
    header.encode(&mut body, HEADER).map_err(|_| Trouble::Broken)?;
    request.encode(&mut body, version).map_err(|_| Trouble::Broken)?;
    let length = i32::try_from(body.len()).map_err(|_| Trouble::Broken)?;
    let mut frame = length.to_be_bytes().to_vec();
    frame.append(&mut body);
    wire.write_all(&frame).await.map_err(|_| Trouble::Broken)?;
    wire.flush().await.map_err(|_| Trouble::Broken)?;

    let length = wire.read_i32().await.map_err(|_| Trouble::Broken)?;
    let length = usize::try_from(length).ok().filter(|length| (4..=MOST).contains(length));
    let mut answer = vec![0; length.ok_or(Trouble::Broken)?];
    wire.read_exact(&mut answer).await.map_err(|_| Trouble::Broken)?;
    let mut rest = answer.as_slice();
    let header = ResponseHeader::decode(&mut rest, 0).map_err(|_| Trouble::Broken)?;
    if header.correlation_id != number {
        return Err(Trouble::Broken);
    }
    Ok(rest.to_vec())
}

/// The newest version of the question for brokers that both sides know.
fn metadata_version(answer: &[u8]) -> Result<i16, Trouble> {
    let mut rest = answer;
    match take(&mut rest).map(i16::from_be_bytes)? {
        0 => {}
        // UNSUPPORTED_VERSION, in the protocol's table of error codes.
        35 => return Err(Trouble::Told(HelloFailure::Incompatible)),
        _ => return Err(Trouble::Broken),
    }
    for known in list::<ApiVersion>(&mut rest, 6, API_VERSIONS)? {
        if known.api_key == ApiKey::Metadata as i16 {
            let version = known.max_version.min(*METADATA.end());
            if version >= known.min_version.max(*METADATA.start()) {
                return Ok(version);
            }
        }
    }
    Err(Trouble::Told(HelloFailure::Incompatible))
}

fn brokers(answer: &[u8], version: i16) -> Result<Vec<HostPort>, Trouble> {
    let mut rest = answer;
    if version >= 3 {
        // How long the broker wants to be left alone.
        take::<4>(&mut rest)?;
    }
    // Number, length of the name, port, length of the rack.
    let brokers = list::<MetadataResponseBroker>(&mut rest, 12, version)?;
    let address = |broker: &MetadataResponseBroker| {
        let (host, port) = (broker.host.as_str(), broker.port);
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    };
    let is_bounded = |broker: &MetadataResponseBroker| broker.host.len() <= LONGEST_NAME;
    if brokers.len() > MOST_BROKERS || !brokers.iter().all(is_bounded) {
        return Err(Trouble::Broken);
    }
    let read: Result<Vec<HostPort>, _> =
        brokers.iter().map(|broker| address(broker).parse()).collect();
    match read {
        Ok(brokers) if !brokers.is_empty() => Ok(brokers),
        _ => Err(Trouble::Broken),
    }
}

/// Reads a list of things that have so many bytes at least.
fn list<T: Decodable>(rest: &mut &[u8], least: usize, version: i16) -> Result<Vec<T>, Trouble> {
    let count = take(rest).map(i32::from_be_bytes)?;
    let count = usize::try_from(count).map_err(|_| Trouble::Broken)?;
    if count > rest.len() / least {
        return Err(Trouble::Broken);
    }
    (0..count).map(|_| T::decode(rest, version).map_err(|_| Trouble::Broken)).collect()
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Trouble> {
    let bytes = rest.try_get_bytes(N).map_err(|_| Trouble::Broken)?;
    bytes.as_ref().try_into().map_err(|_| Trouble::Broken)
}
