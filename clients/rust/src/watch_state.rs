//! Where a watch stands, over all its streams.

use std::collections::HashMap;
use std::time::Duration;

use crate::error::Error;
use crate::retry::{Backoff, Deadline};
use crate::v1;
use crate::v1::watch_status_response::Update;

/// Decides what is handed out, and whether a stream that broke is opened again.
#[derive(Debug)]
pub(crate) struct WatchState {
    request: v1::WatchStatusRequest,
    deadline: Deadline,
    reconnect_limit: Duration,
    /// How long the present outage may last; until the first response it is as for any call.
    patience: Deadline,
    is_outage: bool,
    backoff: Backoff,
    /// Last revision handed out of each email that is followed by id, which bounds it.
    revisions: HashMap<String, i64>,
}

impl WatchState {
    pub(crate) fn new(
        request: v1::WatchStatusRequest,
        timeout: Option<Duration>,
        first_limit: Duration,
        reconnect_limit: Duration,
        backoff: Backoff,
    ) -> Self {
        Self {
            request,
            deadline: Deadline::after(timeout),
            reconnect_limit,
            patience: Deadline::after(Some(first_limit)),
            is_outage: true,
            backoff,
            revisions: HashMap::new(),
        }
    }

    /// What to open the next stream with.
    pub(crate) fn request(&self) -> &v1::WatchStatusRequest {
        &self.request
    }

    /// Of the whole watch.
    pub(crate) fn deadline(&self) -> &Deadline {
        &self.deadline
    }

    /// Takes note of a response; false when it is not to be handed out.
    pub(crate) fn accept(&mut self, response: &v1::WatchStatusResponse) -> bool {
        self.backoff.reset();
        self.is_outage = false;
        if !response.cursor.is_empty() {
            self.request.cursor.clone_from(&response.cursor);
        }
        let is_by_id = !self.request.email_ids.is_empty();
        match &response.update {
            Some(Update::Snapshot(email)) => {
                if is_by_id {
                    self.revisions.insert(email.email_id.clone(), email.revision);
                }
                true
            }
            Some(Update::Event(event)) => !is_by_id || self.is_news(event),
            Some(Update::Heartbeat(_)) | None => false,
        }
    }

    /// After a snapshot the log may show again what the snapshot showed.
    fn is_news(&mut self, event: &v1::StatusEvent) -> bool {
        let last = self.revisions.entry(event.email_id.clone()).or_default();
        let is_news = event.revision > *last;
        *last = event.revision.max(*last);
        is_news
    }

    /// How long to wait before the next stream; the error when there shall be none.
    pub(crate) fn pause_after(&mut self, error: Error) -> Result<Duration, Error> {
        if self.deadline.is_over() {
            return Err(Error::deadline_exceeded("the time limit of the watch is over"));
        }
        let Error::Unavailable(_) = error else {
            return Err(error);
        };
        if !self.is_outage {
            self.is_outage = true;
            self.patience = Deadline::after(Some(self.reconnect_limit));
        }
        let pause = self.backoff.next_pause(&self.patience).ok_or(error)?;
        Ok(self.deadline.rest().map_or(pause, |rest| rest.min(pause)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    fn state(timeout: Option<u64>, ids: &[&str]) -> WatchState {
        let email_ids = ids.iter().map(ToString::to_string).collect();
        WatchState::new(
            v1::WatchStatusRequest {
                email_ids,
                ..Default::default()
            },
            timeout.map(Duration::from_secs),
            Duration::from_secs(1),
            Duration::from_secs(10),
            Backoff::with_draw(|| 1.0),
        )
    }

    fn response(cursor: &str, update: Update) -> v1::WatchStatusResponse {
        v1::WatchStatusResponse {
            cursor: cursor.to_owned(),
            update: Some(update),
        }
    }

    fn snapshot(revision: i64, cursor: &str) -> v1::WatchStatusResponse {
        let email = v1::Email {
            email_id: "a".to_owned(),
            revision,
            ..Default::default()
        };
        response(cursor, Update::Snapshot(email))
    }

    fn event(revision: i64, cursor: &str) -> v1::WatchStatusResponse {
        let event = v1::StatusEvent {
            email_id: "a".to_owned(),
            revision,
            ..Default::default()
        };
        response(cursor, Update::Event(event))
    }

    fn gone() -> Error {
        Error::unavailable("gone")
    }

    const MILLISECOND: Duration = Duration::from_millis(1);

    #[test]
    fn a_watch_by_id_shows_nothing_twice() {
        let mut watch = state(None, &["a"]);
        assert!(watch.accept(&snapshot(5, "c1")));
        assert!(!watch.accept(&event(4, "c2")));
        assert!(!watch.accept(&event(5, "c3")));
        assert!(watch.accept(&event(6, "c4")));
        assert!(!watch.accept(&event(6, "c5")));
        assert_eq!(watch.request().cursor, "c5");
    }

    #[test]
    fn a_watch_of_all_keeps_no_revisions() {
        let mut watch = state(None, &[]);
        assert!(watch.accept(&event(6, "c1")));
        assert!(watch.accept(&event(5, "c2")));
        assert!(!watch.accept(&response("c3", Update::Heartbeat(v1::Heartbeat {}))));
        assert_eq!(watch.request().cursor, "c3");
        assert!(watch.revisions.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn patience_is_short_before_the_first_response_and_long_after() {
        let mut watch = state(None, &["a"]);
        advance(950 * MILLISECOND).await;
        assert!(matches!(watch.pause_after(gone()), Err(Error::Unavailable(_))));

        let mut watch = state(None, &["a"]);
        watch.accept(&snapshot(1, "c"));
        advance(1_000_000 * MILLISECOND).await;
        assert_eq!(watch.pause_after(gone()).unwrap(), 100 * MILLISECOND);
        advance(9_700 * MILLISECOND).await;
        assert_eq!(watch.pause_after(gone()).unwrap(), 200 * MILLISECOND);
        advance(200 * MILLISECOND).await;
        assert!(watch.pause_after(gone()).is_err());
        // Each response renews it.
        watch.accept(&snapshot(1, "c"));
        assert_eq!(watch.pause_after(gone()).unwrap(), 100 * MILLISECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_limit_covers_the_pauses() {
        let mut watch = state(Some(3), &["a"]);
        watch.accept(&snapshot(1, "c"));
        advance(2_950 * MILLISECOND).await;
        assert_eq!(watch.pause_after(gone()).unwrap(), 50 * MILLISECOND);
        advance(50 * MILLISECOND).await;
        assert!(matches!(
            watch.pause_after(gone()),
            Err(Error::DeadlineExceeded(_))
        ));
    }

    #[test]
    fn only_unavailable_is_tried_again() {
        let mut watch = state(None, &["a"]);
        watch.accept(&snapshot(1, "c"));
        let error = Error::from_status(&tonic::Status::not_found(""));
        assert!(matches!(watch.pause_after(error), Err(Error::NotFound(_))));
    }
}
