//! Single requests: heads and content as they came, connections kept.

use http::{HeaderValue, header};
use swath_fetch::{Client, Job};

use crate::origin::{Origin, content};

#[tokio::test]
async fn requests_share_a_connection_when_answers_are_read_to_their_ends() {
    let origin = Origin::honest(content(100_000));
    let client = Client::new(&Job::new(origin.url("/f"))).unwrap();
    for first in [10, 20, 30] {
        let range = HeaderValue::try_from(format!("bytes={first}-99")).unwrap();
        let mut answer = client.ask(vec![(header::RANGE, range)]).await.unwrap();
        assert_eq!(answer.parts.status, 206);
        let mut found = Vec::new();
        while let Some(octets) = answer.next().await {
            found.extend_from_slice(&octets.unwrap());
        }
        assert_eq!(found, content(100_000)[first..100]);
        assert!(answer.next().await.is_none());
    }
    assert!(origin.asked().iter().all(|asked| asked.connection == 0));
    drop(client.ask(Vec::new()).await.unwrap());
    drop(client.ask(Vec::new()).await.unwrap());
    assert_eq!(
        origin.asked().last().unwrap().connection,
        1,
        "an answer that was not read closes its connection"
    );
}
