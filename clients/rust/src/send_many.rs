//! Many emails over one stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, Fuse, Stream, StreamExt as _, try_unfold};
use tokio::sync::mpsc;
use tonic::{Response, Status, Streaming};

use crate::client::Service;
use crate::error::Error;
use crate::retry::{Backoff, Deadline};
use crate::v1;
use crate::window::Window;

/// What became of one request of [`crate::Client::send_many`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The place of the request, counted from 0.
    pub index: i64,
    /// The request, with the `request_id` that it went with.
    pub request: v1::SendEmailRequest,
    /// The email is durable, or it was refused and nothing was stored.
    pub result: Result<v1::SendEmailResponse, Error>,
}

impl Outcome {
    pub(crate) fn new(request: v1::SendEmailsRequest, answer: v1::SendEmailsResponse) -> Self {
        let result = match answer.result {
            Some(v1::send_emails_response::Result::Error(error)) => Err(Error::from_outcome(error)),
            Some(v1::send_emails_response::Result::Response(response)) => Ok(response),
            None => Ok(v1::SendEmailResponse::default()),
        };
        Self {
            index: answer.index,
            request: request.request.unwrap_or_default(),
            result,
        }
    }
}

/// The outcomes of [`crate::Client::send_many`], as they come. An error is the last that comes.
#[must_use = "it does nothing until it is read"]
pub struct SendMany(BoxStream<'static, Result<Outcome, Error>>);

impl SendMany {
    pub(crate) fn new<S>(service: Service, requests: S, window: usize, timeout: Duration) -> Self
    where
        S: Stream<Item = v1::SendEmailRequest> + Send + 'static,
    {
        let sender = Sender {
            service,
            source: requests.boxed().fuse(),
            window: Window::new(window),
            call: None,
            backoff: Backoff::new(),
            timeout,
            patience: Deadline::after(Some(timeout)),
        };
        Self(
            try_unfold(sender, async |mut sender| {
                Ok(sender.next().await?.map(|each| (each, sender)))
            })
            .boxed(),
        )
    }

    /// The next outcome; None once each request has one. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Result<Outcome, Error>> {
        self.0.next().await
    }
}

impl Stream for SendMany {
    type Item = Result<Outcome, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl fmt::Debug for SendMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendMany").finish_non_exhaustive()
    }
}

struct Sender {
    service: Service,
    source: Fuse<BoxStream<'static, v1::SendEmailRequest>>,
    window: Window,
    call: Option<Call>,
    backoff: Backoff,
    timeout: Duration,
    /// Over which no answer has come.
    patience: Deadline,
}

impl Sender {
    async fn next(&mut self) -> Result<Option<Outcome>, Error> {
        loop {
            if self.window.is_empty() {
                // There is nothing to wait for but the caller.
                let Some(request) = self.source.next().await else {
                    return Ok(None);
                };
                self.patience = Deadline::after(Some(self.timeout));
                self.take(request);
                continue;
            }
            let call = self
                .call
                .get_or_insert_with(|| Call::open(&self.service, &self.window));
            let may_take = self.window.has_room() && !self.source.is_done();
            tokio::select! {
                biased;
                answer = self.patience.limit(call.receive()) => {
                    if let Some(outcome) = self.accept(answer).await? {
                        return Ok(Some(outcome));
                    }
                }
                Some(request) = self.source.next(), if may_take => self.take(request),
            }
        }
    }

    fn take(&mut self, request: v1::SendEmailRequest) {
        let numbered = self.window.add(request);
        if let Some(call) = &self.call {
            call.send(numbered.clone());
        }
    }

    /// None after an outage, too.
    async fn accept(
        &mut self,
        answer: Option<Result<v1::SendEmailsResponse, Error>>,
    ) -> Result<Option<Outcome>, Error> {
        let error = match answer {
            Some(Ok(answer)) => {
                self.backoff.reset();
                self.patience = Deadline::after(Some(self.timeout));
                return Ok(self.window.settle(answer));
            }
            Some(Err(error)) => error,
            None => {
                return Err(Error::deadline_exceeded(
                    "the server gave no answer within the time limit",
                ));
            }
        };
        self.call = None;
        let Error::Unavailable(_) = error else {
            return Err(error);
        };
        let Some(pause) = self.backoff.next_pause(&self.patience) else {
            return Err(error);
        };
        tokio::time::sleep(pause).await;
        Ok(None)
    }
}

type Opening = BoxFuture<'static, Result<Response<Streaming<v1::SendEmailsResponse>>, Status>>;

/// One call; how many requests wait in it is bounded by the window.
struct Call {
    requests: mpsc::UnboundedSender<v1::SendEmailsRequest>,
    answers: Answers,
}

enum Answers {
    /// The server may begin to answer only after some requests.
    Opening(Opening),
    Open(Box<Streaming<v1::SendEmailsResponse>>),
}

impl Call {
    /// With what has no answer yet.
    fn open(service: &Service, window: &Window) -> Self {
        let (requests, queue) = mpsc::unbounded_channel();
        let call = Self {
            requests,
            answers: Answers::Opening(open(service.clone(), queue)),
        };
        window.unanswered().for_each(|each| call.send(each.clone()));
        call
    }

    fn send(&self, request: v1::SendEmailsRequest) {
        // When the call is over already, the next answer tells.
        let _ = self.requests.send(request);
    }

    /// Nothing is lost when the future is dropped.
    async fn receive(&mut self) -> Result<v1::SendEmailsResponse, Error> {
        if let Answers::Opening(opening) = &mut self.answers {
            let response = opening.await.map_err(|status| Error::from_status(&status))?;
            self.answers = Answers::Open(Box::new(response.into_inner()));
        }
        let Answers::Open(stream) = &mut self.answers else {
            unreachable!("it was opened above")
        };
        match stream.message().await {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(Error::unavailable("the server ended the stream before its time")),
            Err(status) => Err(Error::from_status(&status)),
        }
    }
}

fn open(mut service: Service, mut queue: mpsc::UnboundedReceiver<v1::SendEmailsRequest>) -> Opening {
    let requests = futures_util::stream::poll_fn(move |context| queue.poll_recv(context));
    Box::pin(async move { service.send_emails(requests).await })
}
