//! Ids of what has a name that is its own for good.

/// What the ids of spaces are made from, beside their names.
pub(crate) const SPACE: &str = "space";

/// FNV-1a, 64 bits: its prime, and its offset basis.
const PRIME: u64 = 0x0000_0100_0000_01b3;
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// The id of the app, space, plan … of a name: a UUID, and the same in every run.
pub(crate) fn id_of(kind: &str, name: &str) -> String {
    let high = hash(BASIS, kind, name);
    let low = hash(high, name, kind);
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0xfff,
        low & 0xffff_ffff_ffff
    )
}

fn hash(basis: u64, one: &str, other: &str) -> u64 {
    let bytes = one.bytes().chain([0]).chain(other.bytes());
    bytes.fold(basis, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use heroku_data_link::model::AppId;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_uuids_and_differ() {
        let kinds = ["app", "space", "plan"];
        let names = ["a", "b", "ab", "site-1", "site-2", ""];
        let ids = kinds.iter().flat_map(|kind| names.map(|name| id_of(kind, name)));
        let ids: BTreeSet<String> = ids.collect();
        assert_eq!(ids.len(), kinds.len() * names.len());
        for id in ids {
            assert_eq!(id.parse::<AppId>().unwrap().to_string(), id);
        }
    }
}
