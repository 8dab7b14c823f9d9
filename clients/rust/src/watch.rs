//! A watch as a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::stream::{BoxStream, Stream, StreamExt as _, try_unfold};
use tonic::{Status, Streaming};

use crate::client::Service;
use crate::error::Error;
use crate::v1;
use crate::watch_state::WatchState;

/// Servers send heartbeats more often.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);

/// Snapshots and events as they come. When the connection breaks it goes on from its cursor, so that none is missed
/// and none comes twice. It ends by itself once all emails that it follows by id are settled, and with an error;
/// drop it to leave earlier.
#[must_use = "it does nothing until it is read"]
pub struct Watch {
    steps: BoxStream<'static, Result<Step, Error>>,
    cursor: String,
}

struct Step {
    response: v1::WatchStatusResponse,
    is_shown: bool,
}

impl Watch {
    pub(crate) fn new(service: Service, state: WatchState) -> Self {
        let cursor = state.request().cursor.clone();
        let streams = Streams {
            service,
            state,
            stream: None,
        };
        let steps = try_unfold(streams, async |mut streams| {
            Ok(streams.next().await?.map(|step| (step, streams)))
        });
        Self {
            steps: steps.boxed(),
            cursor,
        }
    }

    /// Where the watch stands: a later watch that gets it goes on after what came last.
    pub fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The next snapshot or event; None at the end. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Result<v1::WatchStatusResponse, Error>> {
        futures_util::StreamExt::next(self).await
    }
}

impl Stream for Watch {
    type Item = Result<v1::WatchStatusResponse, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let step = match ready!(self.steps.poll_next_unpin(context)) {
                Some(Ok(step)) => step,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            };
            if !step.response.cursor.is_empty() {
                self.cursor.clone_from(&step.response.cursor);
            }
            if step.is_shown {
                return Poll::Ready(Some(Ok(step.response)));
            }
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("cursor", &self.cursor)
            .finish_non_exhaustive()
    }
}

/// One stream after the other.
struct Streams {
    service: Service,
    state: WatchState,
    stream: Option<Streaming<v1::WatchStatusResponse>>,
}

impl Streams {
    async fn next(&mut self) -> Result<Option<Step>, Error> {
        loop {
            let limit = self
                .state
                .deadline()
                .rest()
                .map_or(SILENCE_LIMIT, |rest| rest.min(SILENCE_LIMIT));
            let error = match tokio::time::timeout(limit, self.receive()).await {
                Ok(Ok(Some(response))) => {
                    let is_shown = self.state.accept(&response);
                    return Ok(Some(Step { response, is_shown }));
                }
                Ok(Ok(None)) => return Ok(None),
                Ok(Err(status)) => Error::from_status(&status),
                Err(_) => Error::unavailable("the server has fallen silent"),
            };
            self.stream = None;
            tokio::time::sleep(self.state.pause_after(error)?).await;
        }
    }

    async fn receive(&mut self) -> Result<Option<v1::WatchStatusResponse>, Status> {
        let stream = if let Some(stream) = &mut self.stream {
            stream
        } else {
            let response = self.service.watch_status(self.state.request().clone()).await?;
            self.stream.insert(response.into_inner())
        };
        stream.message().await
    }
}
