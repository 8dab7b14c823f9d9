//! The client against a server in this process.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::error::Error;
use crate::fake_server::{Script, accepted, answer};
use crate::v1;
use crate::v1::watch_status_response::Update;

const PATIENT: Duration = Duration::from_secs(10);

fn event(revision: i64) -> v1::WatchStatusResponse {
    let event = v1::StatusEvent {
        email_id: "a".to_owned(),
        revision,
        ..Default::default()
    };
    v1::WatchStatusResponse {
        cursor: revision.to_string(),
        update: Some(Update::Event(event)),
    }
}

fn revision(response: &v1::WatchStatusResponse) -> i64 {
    match &response.update {
        Some(Update::Event(event)) => event.revision,
        _ => 0,
    }
}

#[tokio::test]
async fn repeats_one_request_while_the_server_is_unavailable() {
    let tries = AtomicUsize::new(0);
    let script = Arc::new(Script {
        on_send: Box::new(move |request| match tries.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => Err(Status::unavailable("draining")),
            _ => Ok(accepted(&request)),
        }),
        ..Script::default()
    });
    script
        .client(PATIENT)
        .send(v1::SendEmailRequest::default())
        .await
        .unwrap();
    let sent = script.sent.lock().unwrap();
    assert_eq!(sent.len(), 3);
    assert!(!sent[0].request_id.is_empty());
    assert!(sent.iter().all(|each| *each == sent[0]));
}

#[tokio::test]
async fn repeats_what_a_stopping_server_cancels() {
    let [sends, streams, watches] = [const { AtomicUsize::new(0) }; 3];
    let is_first = |calls: &AtomicUsize| calls.fetch_add(1, Ordering::Relaxed) == 0;
    let cancelled = || Status::cancelled("stopping");
    let script = Arc::new(Script {
        on_send: Box::new(move |request| {
            if is_first(&sends) {
                Err(cancelled())
            } else {
                Ok(accepted(&request))
            }
        }),
        on_send_many: Box::new(move |requests| {
            if is_first(&streams) {
                stream::iter([Err(cancelled())]).boxed()
            } else {
                requests.map(|each| each.map(answer)).boxed()
            }
        }),
        on_watch: Box::new(move |_| {
            let response = if is_first(&watches) {
                Err(cancelled())
            } else {
                Ok(event(1))
            };
            stream::iter([response]).boxed()
        }),
        ..Script::default()
    });
    let client = script.client(PATIENT);
    client.send(v1::SendEmailRequest::default()).await.unwrap();
    let source = stream::iter([v1::SendEmailRequest::default()]);
    let outcomes: Vec<_> = client.send_many(source).collect().await;
    assert!(matches!(&outcomes[..], [Ok(outcome)] if outcome.result.is_ok()));
    client.wait_until_settled("a", None).await.unwrap();
    assert_eq!(script.sent.lock().unwrap().len(), 2);
    assert_eq!(script.watched.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn ends_with_the_last_error_when_time_is_up() {
    let script = Arc::new(Script {
        on_send: Box::new(|_| Err(Status::unavailable("draining"))),
        ..Script::default()
    });
    let client = script.client(PATIENT).with_timeout(Duration::from_millis(400));
    let error = client.send(v1::SendEmailRequest::default()).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)));
    assert!(script.sent.lock().unwrap().len() >= 2);
}

#[tokio::test]
async fn does_not_repeat_what_the_server_refused_and_tells_its_details() {
    let script = Arc::new(Script {
        on_send: Box::new(|_| {
            let mut details = ErrorDetails::with_bad_request_violation("tags", "is wrong");
            details.set_error_info("FIELD_INVALID", "mailstrom", std::collections::HashMap::new());
            Err(Status::with_error_details(Code::InvalidArgument, "no", details))
        }),
        ..Script::default()
    });
    let error = script
        .client(PATIENT)
        .send(v1::SendEmailRequest::default())
        .await
        .unwrap_err();
    assert_eq!(script.sent.lock().unwrap().len(), 1);
    assert!(matches!(error, Error::InvalidRequest(_)));
    assert_eq!(error.failure().reason, "FIELD_INVALID");
    assert_eq!(error.violations()[0].field, "tags");
    assert_eq!(error.to_string(), "FIELD_INVALID: no\n  tags: is wrong");
}

#[tokio::test]
async fn a_list_goes_through_the_pages() {
    let script = Arc::new(Script {
        on_list: Box::new(|request| {
            let page: i32 = request.page_token.parse().unwrap_or(0);
            let email = v1::Email {
                email_id: page.to_string(),
                ..Default::default()
            };
            v1::ListEmailsResponse {
                emails: if page == 1 { Vec::new() } else { vec![email] },
                next_page_token: if page == 3 {
                    String::new()
                } else {
                    (page + 1).to_string()
                },
            }
        }),
        ..Script::default()
    });
    let query = v1::ListEmailsRequest {
        page_size: 7,
        ..Default::default()
    };
    let emails: Vec<_> = script
        .client(PATIENT)
        .list(query)
        .map(|each| each.unwrap().email_id)
        .collect()
        .await;
    assert_eq!(emails, ["0", "2", "3"]);
    let listed = script.listed.lock().unwrap();
    assert_eq!(
        listed
            .iter()
            .map(|each| each.page_token.as_str())
            .collect::<Vec<_>>(),
        ["", "1", "2", "3"]
    );
    assert!(listed.iter().all(|each| each.page_size == 7));
}

#[tokio::test]
async fn send_many_takes_no_more_than_the_window() {
    let script = Arc::new(Script {
        on_send_many: Box::new(|requests| requests.map(|each| each.map(answer)).boxed()),
        ..Script::default()
    });
    let unanswered = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let source = {
        let (unanswered, most) = (unanswered.clone(), most.clone());
        stream::iter(0..100).map(move |place| {
            most.fetch_max(unanswered.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            v1::SendEmailRequest {
                request_id: format!("r{place}"),
                ..Default::default()
            }
        })
    };
    let mut outcomes = script.client(PATIENT).send_many_with_window(source, 8);
    let mut count = 0;
    while let Some(outcome) = outcomes.next().await.transpose().unwrap() {
        unanswered.fetch_sub(1, Ordering::Relaxed);
        assert_eq!(outcome.index, count);
        assert_eq!(outcome.result.unwrap(), accepted(&outcome.request));
        count += 1;
    }
    assert_eq!(count, 100);
    assert!((2..=8).contains(&most.load(Ordering::Relaxed)));
}

#[tokio::test]
async fn send_many_sends_again_what_has_no_answer() {
    let streams: Arc<Mutex<Vec<Vec<v1::SendEmailsRequest>>>> = Arc::default();
    let seen = streams.clone();
    let script = Arc::new(Script {
        on_send_many: Box::new(move |requests| {
            let number = {
                let mut streams = seen.lock().unwrap();
                streams.push(Vec::new());
                streams.len() - 1
            };
            let seen = seen.clone();
            let answers = requests.flat_map(move |request| {
                let request = request.unwrap();
                let mut streams = seen.lock().unwrap();
                streams[number].push(request.clone());
                let answers = match (number, streams[number].len()) {
                    (0, 3) => {
                        vec![
                            Ok(answer(streams[0][1].clone())),
                            Err(Status::unavailable("draining")),
                        ]
                    }
                    (0, _) => Vec::new(),
                    _ => vec![Ok(answer(request))],
                };
                stream::iter(answers)
            });
            answers.boxed()
        }),
        ..Script::default()
    });
    let source = stream::repeat(v1::SendEmailRequest::default()).take(5);
    let outcomes = script.client(PATIENT).send_many_with_window(source, 3);
    let mut indices: Vec<_> = outcomes.map(|each| each.unwrap().index).collect().await;
    indices.sort_unstable();
    assert_eq!(indices, [0, 1, 2, 3, 4]);
    let streams = streams.lock().unwrap();
    assert_eq!(
        streams[1].iter().map(|each| each.index).collect::<Vec<_>>(),
        [0, 2, 3, 4]
    );
    assert_eq!(streams[1][0], streams[0][0]);
}

#[tokio::test]
async fn send_many_gives_up_on_a_silent_server() {
    let script = Arc::new(Script {
        on_send_many: Box::new(|_| stream::pending().boxed()),
        ..Script::default()
    });
    let client = script.client(Duration::from_millis(300));
    let mut outcomes = client.send_many(stream::iter([v1::SendEmailRequest::default()]));
    assert!(matches!(
        outcomes.next().await,
        Some(Err(Error::DeadlineExceeded(_)))
    ));
}

#[tokio::test]
async fn a_watch_goes_on_from_its_cursor() {
    let script = Arc::new(Script {
        on_watch: Box::new(|request| {
            let step = request.cursor.parse().unwrap_or(0) + 1;
            let end = (step < 4).then(|| Err(Status::unavailable("draining")));
            stream::iter([Ok(event(step))].into_iter().chain(end)).boxed()
        }),
        ..Script::default()
    });
    let request = v1::WatchStatusRequest {
        email_ids: vec!["a".to_owned()],
        ..Default::default()
    };
    let mut watch = script.client(PATIENT).watch(request);
    for expected in 1..=4 {
        assert_eq!(revision(&watch.next().await.unwrap().unwrap()), expected);
        assert_eq!(watch.cursor(), expected.to_string());
    }
    assert!(watch.next().await.is_none());
    let watched = script.watched.lock().unwrap();
    assert_eq!(
        watched
            .iter()
            .map(|each| each.cursor.as_str())
            .collect::<Vec<_>>(),
        ["", "1", "2", "3"]
    );
    assert!(watched.iter().all(|each| each.email_ids == ["a"]));
}

#[tokio::test]
async fn dropping_a_watch_ends_the_call() {
    let (alive, ended) = tokio::sync::oneshot::channel::<()>();
    let alive = Mutex::new(Some(alive));
    let script = Arc::new(Script {
        on_watch: Box::new(move |_| {
            let alive = alive.lock().unwrap().take();
            let responses = stream::iter([Ok(event(1))]).chain(stream::pending());
            // What the server's stream holds goes with it.
            responses.inspect(move |_| assert!(alive.is_some())).boxed()
        }),
        ..Script::default()
    });
    let mut watch = script.client(PATIENT).watch(v1::WatchStatusRequest::default());
    assert_eq!(revision(&watch.next().await.unwrap().unwrap()), 1);
    drop(watch);
    assert!(tokio::time::timeout(PATIENT, ended).await.unwrap().is_err());
}

#[tokio::test]
async fn waiting_has_a_time_limit() {
    let script = Arc::new(Script {
        on_watch: Box::new(|_| stream::iter([Ok(event(1))]).chain(stream::pending()).boxed()),
        ..Script::default()
    });
    let waited = script
        .client(PATIENT)
        .wait_until_settled("a", Duration::from_millis(200))
        .await;
    assert!(matches!(waited, Err(Error::DeadlineExceeded(_))));
    let script = Arc::new(Script::default());
    assert_eq!(
        script
            .client(PATIENT)
            .wait_until_settled("a", None)
            .await
            .unwrap()
            .email_id,
        "a"
    );
}
