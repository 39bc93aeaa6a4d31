//! Lists in parts.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use heroku_data_link_mock::ServeOptions;
use serde_json::Value;

use super::{APP, refused, served, served_with, texts};
use crate::support::Answer;

/// How many of what `of_all_procedures` has.
const ADDONS: usize = 7;

#[tokio::test]
async fn a_list_is_read_to_its_end() {
    let page_size = NonZeroUsize::new(2).unwrap();
    let served = served_with(ServeOptions { page_size, ..ServeOptions::default() }).await;
    for range in
        ["id ..; max=1000", "name ..; max=2", "id ..; order=desc", "name ..; order=desc,max=3"]
    {
        let (mut seen, mut next) = (Vec::new(), Some(range.to_owned()));
        for page in 0..ADDONS {
            let Some(range) = next.take() else { break };
            let answer = served.ask("GET", "/addons", &[("range", &*range)], Value::Null).await;
            assert_eq!(answer.status, 206, "{answer:?}");
            let items = texts(&answer.json(), if range.starts_with("id") { "id" } else { "name" });
            assert!(items.len() <= 2, "{range}");
            let bounds = answer.header("content-range").unwrap();
            let (first, last) = (items.first().unwrap(), items.last().unwrap());
            assert!(bounds.ends_with(&format!(" {first}..{last}")), "{bounds}");
            seen.extend(items);
            next = answer.header("next-range").map(str::to_owned);
            assert_eq!(next.is_none(), page == ADDONS.div_ceil(2) - 1, "{range}");
        }
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), ADDONS, "{range}");
        let ascending = seen.is_sorted();
        assert_eq!(ascending, !range.contains("desc"), "{range}");
    }
}

#[tokio::test]
async fn a_whole_list_is_one_answer() {
    let served = served().await;
    let answer = served.get("/addons").await;
    assert_eq!((answer.status, answer.header("next-range")), (200, None));
    assert_eq!(answer.json().as_array().unwrap().len(), ADDONS);
    for path in ["/apps", "/spaces", "/regions", "/addon-attachments", "/addon-services"] {
        assert_eq!(served.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn the_latest_release_is_asked_for_in_two_spellings() {
    let served = served().await;
    let path = format!("/apps/{APP}/releases");
    let all = served.read(&path).await;
    let latest = all.as_array().unwrap().last().unwrap();
    for range in ["version ..; max=1, order=desc", "version ..; order=desc,max=1"] {
        let answer = served.ask("GET", &path, &[("range", range)], Value::Null).await;
        assert_eq!(answer.status, 206);
        assert_eq!(answer.json().as_array().unwrap(), std::slice::from_ref(latest));
        assert_eq!(answer.json()[0]["current"], true);
    }
    let some = served.ask("GET", &path, &[("range", "version 2..3")], Value::Null).await;
    assert_eq!(versions(&some), [2, 3]);
    let some =
        served.ask("GET", &path, &[("range", "version ]2..4; order=asc")], Value::Null).await;
    assert_eq!(versions(&some), [3, 4]);
}

fn versions(answer: &Answer) -> Vec<u64> {
    let items = answer.json();
    items.as_array().unwrap().iter().map(|item| item["version"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn what_is_no_range_is_refused() {
    let served = served().await;
    for range in ["bytes=0-1", "id", "version ..", "id ..; max=0", "id ..; max=1001", "id ..; x=y"]
    {
        let answer = served.ask("GET", "/addons", &[("range", range)], Value::Null).await;
        refused(&answer, 416, "requested_range_not_satisfiable");
    }
}
