//! The client.

use std::time::Duration;

use futures_util::Stream;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use crate::builder::{ClientBuilder, SetupError};
use crate::error::Error;
use crate::list::List;
use crate::retry::{Backoff, Deadline};
use crate::send_many::SendMany;
use crate::v1;
use crate::v1::mailstrom_service_client::MailstromServiceClient;
use crate::watch::Watch;
use crate::watch_state::WatchState;
use crate::window::{DEFAULT_SIZE, with_request_id};

pub(crate) type Service = MailstromServiceClient<InterceptedService<Channel, Authorization>>;

/// What goes with every call, if anything.
#[derive(Clone, Debug)]
pub(crate) struct Authorization(pub(crate) Option<MetadataValue<Ascii>>);

impl Interceptor for Authorization {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = &self.0 {
            request.metadata_mut().insert("authorization", value.clone());
        }
        Ok(request)
    }
}

/// Calls one Mailstrom server, within a tokio runtime. Clones share the connection, which the first call makes.
///
/// Calls fail with an [`Error`] of the fitting kind. A time limit covers all tries of a call: one that the server
/// cannot take for now (UNAVAILABLE) is repeated with growing pauses. To drop a future or a stream ends its call.
#[derive(Clone, Debug)]
pub struct Client {
    service: Service,
    timeout: Duration,
    reconnect_limit: Duration,
}

impl Client {
    /// A client of the server at `host:port`, not encrypted.
    pub fn new(server: impl Into<String>) -> Result<Self, SetupError> {
        Self::builder(server).build()
    }

    /// Says how to connect to the server at `host:port`.
    pub fn builder(server: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(server.into())
    }

    pub(crate) fn with_channel(
        channel: Channel,
        authorization: Authorization,
        timeout: Duration,
        reconnect_limit: Duration,
    ) -> Self {
        let service = MailstromServiceClient::with_interceptor(channel, authorization)
            // The status of an email with a thousand recipients is larger than the default limit allows.
            .max_decoding_message_size(usize::MAX);
        Self {
            service,
            timeout,
            reconnect_limit,
        }
    }

    /// The same client with another time limit for its calls.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self {
            timeout,
            ..self.clone()
        }
    }

    /// Hands one email over; it is durable when this returns. See [`crate::EmailBuilder`] for how to make one.
    ///
    /// A request without `request_id` gets one, so that repeating the call cannot make a second email.
    pub async fn send(&self, request: v1::SendEmailRequest) -> Result<v1::SendEmailResponse, Error> {
        let call = async |mut service: Service, request| service.send_email(request).await;
        self.call(with_request_id(request), call).await
    }

    /// Hands many emails over on one stream; what became of each comes in the order of the answers.
    ///
    /// Requests are taken while the outcomes are read, never more than 128 ahead of them; a request that is refused
    /// leaves the others alone. When the connection breaks, what has no answer is sent again, without making a second
    /// email. Ends with an error when no answer comes for the client's time limit.
    pub fn send_many<S>(&self, requests: S) -> SendMany
    where
        S: Stream<Item = v1::SendEmailRequest> + Send + 'static,
    {
        self.send_many_with_window(requests, DEFAULT_SIZE)
    }

    /// As [`Client::send_many`], with at most `window` requests taken ahead of the outcomes, from 1 to 256.
    pub fn send_many_with_window<S>(&self, requests: S, window: usize) -> SendMany
    where
        S: Stream<Item = v1::SendEmailRequest> + Send + 'static,
    {
        SendMany::new(self.service.clone(), requests, window, self.timeout)
    }

    /// Where the email and each of its recipients stand now.
    pub async fn status(&self, email_id: impl Into<String>) -> Result<v1::Email, Error> {
        let request = v1::QueryStatusRequest {
            email_id: email_id.into(),
        };
        let call = async |mut service: Service, request| service.query_status(request).await;
        Ok(self.call(request, call).await?.email.unwrap_or_default())
    }

    /// What was said on the wire in the last attempts, oldest first.
    pub async fn dialogues(&self, email_id: impl Into<String>) -> Result<Vec<v1::Dialogue>, Error> {
        let request = v1::QueryDialoguesRequest {
            email_id: email_id.into(),
        };
        let call = async |mut service: Service, request| service.query_dialogues(request).await;
        Ok(self.call(request, call).await?.dialogues)
    }

    /// Gives up the recipients that are not settled; the email as it stands then.
    pub async fn cancel(&self, email_id: impl Into<String>) -> Result<v1::Email, Error> {
        let request = v1::CancelEmailRequest {
            email_id: email_id.into(),
        };
        let call = async |mut service: Service, request| service.cancel_email(request).await;
        Ok(self.call(request, call).await?.email.unwrap_or_default())
    }

    /// The emails that meet the query, newest first, read page after page as the stream is.
    pub fn list(&self, query: v1::ListEmailsRequest) -> List {
        List::new(self.clone(), query)
    }

    pub(crate) async fn page(&self, request: v1::ListEmailsRequest) -> Result<v1::ListEmailsResponse, Error> {
        let call = async |mut service: Service, request| service.list_emails(request).await;
        self.call(request, call).await
    }

    /// Follows emails: those of the ids in the request, all that carry its tags, or all.
    ///
    /// With ids it begins with a snapshot of each email and ends once all are settled. With a cursor, which each
    /// response bears, it goes on after that response. When the server cannot be reached any more it tries for as long
    /// as [`ClientBuilder::reconnect_limit`] says.
    pub fn watch(&self, request: v1::WatchStatusRequest) -> Watch {
        self.watch_for(request, None)
    }

    /// Returns the email once each of its recipients is delivered or failed. Without a time limit it waits for ever,
    /// else it fails with [`Error::DeadlineExceeded`].
    pub async fn wait_until_settled(
        &self,
        email_id: impl Into<String>,
        timeout: impl Into<Option<Duration>>,
    ) -> Result<v1::Email, Error> {
        let email_id = email_id.into();
        let request = v1::WatchStatusRequest {
            email_ids: vec![email_id.clone()],
            ..Default::default()
        };
        let mut watch = self.watch_for(request, timeout.into());
        while watch.next().await.transpose()?.is_some() {}
        self.status(email_id).await
    }

    fn watch_for(&self, request: v1::WatchStatusRequest, timeout: Option<Duration>) -> Watch {
        let state = WatchState::new(
            request,
            timeout,
            self.timeout,
            self.reconnect_limit,
            Backoff::new(),
        );
        Watch::new(self.service.clone(), state)
    }

    /// Calls until it succeeds, or fails otherwise than with UNAVAILABLE, or time is up.
    async fn call<Q, R, F, C>(&self, request: Q, method: C) -> Result<R, Error>
    where
        Q: Clone,
        F: Future<Output = Result<Response<R>, Status>>,
        C: Fn(Service, Request<Q>) -> F,
    {
        let deadline = Deadline::after(Some(self.timeout));
        let mut backoff = Backoff::new();
        loop {
            let mut this_try = Request::new(request.clone());
            if let Some(rest) = deadline.rest() {
                this_try.set_timeout(rest);
            }
            let error = match deadline.limit(method(self.service.clone(), this_try)).await {
                Some(Ok(response)) => return Ok(response.into_inner()),
                Some(Err(status)) => Error::from_status(&status),
                None => {
                    return Err(Error::deadline_exceeded(
                        "the server gave no answer within the time limit",
                    ));
                }
            };
            let Error::Unavailable(_) = error else {
                return Err(error);
            };
            let Some(pause) = backoff.next_pause(&deadline) else {
                return Err(error);
            };
            tokio::time::sleep(pause).await;
        }
    }
}
