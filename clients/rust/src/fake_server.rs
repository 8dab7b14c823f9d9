//! A server in this process that answers as each test says.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::stream::BoxStream;
use hyper_util::rt::TokioIo;
use tonic::transport::{Endpoint, Server};
use tonic::{Request, Response, Status, Streaming};

use crate::client::{Authorization, Client};
use crate::v1;
use crate::v1::mailstrom_service_server::{MailstromService, MailstromServiceServer};

type Answer<T> = Result<Response<T>, Status>;
type Stream<T> = BoxStream<'static, Result<T, Status>>;
type Hook<Q, R> = Box<dyn Fn(Q) -> R + Send + Sync>;

/// What the server answers with, and what it was asked.
pub(crate) struct Script {
    pub(crate) on_send: Hook<v1::SendEmailRequest, Result<v1::SendEmailResponse, Status>>,
    pub(crate) on_list: Hook<v1::ListEmailsRequest, v1::ListEmailsResponse>,
    pub(crate) on_watch: Hook<v1::WatchStatusRequest, Stream<v1::WatchStatusResponse>>,
    pub(crate) on_send_many: Hook<Streaming<v1::SendEmailsRequest>, Stream<v1::SendEmailsResponse>>,
    pub(crate) sent: Mutex<Vec<v1::SendEmailRequest>>,
    pub(crate) listed: Mutex<Vec<v1::ListEmailsRequest>>,
    pub(crate) watched: Mutex<Vec<v1::WatchStatusRequest>>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            on_send: Box::new(|request| Ok(accepted(&request))),
            on_list: Box::new(|_| v1::ListEmailsResponse::default()),
            on_watch: Box::new(|_| Box::pin(futures_util::stream::empty())),
            on_send_many: Box::new(|_| Box::pin(futures_util::stream::empty())),
            sent: Mutex::default(),
            listed: Mutex::default(),
            watched: Mutex::default(),
        }
    }
}

impl Script {
    /// A client whose every connection leads to a server with this script.
    pub(crate) fn client(self: &Arc<Self>, timeout: Duration) -> Client {
        let script = self.clone();
        let connector = tower::service_fn(move |_| {
            let (near, far) = tokio::io::duplex(1 << 16);
            let incoming = futures_util::stream::iter([Ok::<_, std::io::Error>(far)]);
            let service = MailstromServiceServer::new(Fake(script.clone()));
            // Of the connection, with which it ends.
            tokio::spawn(async move {
                Server::builder()
                    .add_service(service)
                    .serve_with_incoming(futures_util::StreamExt::chain(
                        incoming,
                        futures_util::stream::pending(),
                    ))
                    .await
            });
            std::future::ready(Ok::<_, std::io::Error>(TokioIo::new(near)))
        });
        let channel = Endpoint::from_static("http://fake").connect_with_connector_lazy(connector);
        Client::with_channel(channel, Authorization(None), timeout, Duration::from_secs(10))
    }
}

pub(crate) fn accepted(request: &v1::SendEmailRequest) -> v1::SendEmailResponse {
    let email = v1::Email {
        email_id: format!("id of {}", request.request_id),
        ..Default::default()
    };
    v1::SendEmailResponse {
        email: Some(email),
        ..Default::default()
    }
}

pub(crate) fn answer(numbered: v1::SendEmailsRequest) -> v1::SendEmailsResponse {
    let response = accepted(&numbered.request.unwrap_or_default());
    let result = v1::send_emails_response::Result::Response(response);
    v1::SendEmailsResponse {
        index: numbered.index,
        result: Some(result),
    }
}

struct Fake(Arc<Script>);

#[tonic::async_trait]
impl MailstromService for Fake {
    type SendEmailsStream = Stream<v1::SendEmailsResponse>;
    type WatchStatusStream = Stream<v1::WatchStatusResponse>;

    async fn send_email(&self, request: Request<v1::SendEmailRequest>) -> Answer<v1::SendEmailResponse> {
        let request = request.into_inner();
        self.0.sent.lock().unwrap().push(request.clone());
        (self.0.on_send)(request).map(Response::new)
    }

    async fn send_emails(
        &self,
        request: Request<Streaming<v1::SendEmailsRequest>>,
    ) -> Answer<Self::SendEmailsStream> {
        Ok(Response::new((self.0.on_send_many)(request.into_inner())))
    }

    async fn query_status(
        &self,
        request: Request<v1::QueryStatusRequest>,
    ) -> Answer<v1::QueryStatusResponse> {
        let email = v1::Email {
            email_id: request.into_inner().email_id,
            ..Default::default()
        };
        Ok(Response::new(v1::QueryStatusResponse { email: Some(email) }))
    }

    async fn query_dialogues(
        &self,
        _: Request<v1::QueryDialoguesRequest>,
    ) -> Answer<v1::QueryDialoguesResponse> {
        Ok(Response::new(v1::QueryDialoguesResponse::default()))
    }

    async fn watch_status(
        &self,
        request: Request<v1::WatchStatusRequest>,
    ) -> Answer<Self::WatchStatusStream> {
        let request = request.into_inner();
        self.0.watched.lock().unwrap().push(request.clone());
        Ok(Response::new((self.0.on_watch)(request)))
    }

    async fn cancel_email(
        &self,
        request: Request<v1::CancelEmailRequest>,
    ) -> Answer<v1::CancelEmailResponse> {
        let email = v1::Email {
            email_id: request.into_inner().email_id,
            ..Default::default()
        };
        Ok(Response::new(v1::CancelEmailResponse { email: Some(email) }))
    }

    async fn list_emails(&self, request: Request<v1::ListEmailsRequest>) -> Answer<v1::ListEmailsResponse> {
        let request = request.into_inner();
        self.0.listed.lock().unwrap().push(request.clone());
        Ok(Response::new((self.0.on_list)(request)))
    }
}
