//! A list, page after page.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::{BoxStream, Stream, StreamExt as _, try_unfold};

use crate::client::Client;
use crate::error::Error;
use crate::v1;

/// Emails, newest first, each page fetched when it is needed.
#[must_use = "it does nothing until it is read"]
pub struct List(BoxStream<'static, Result<v1::Email, Error>>);

struct Pages {
    client: Client,
    /// For the next page; None after the last.
    request: Option<v1::ListEmailsRequest>,
    page: VecDeque<v1::Email>,
}

impl List {
    pub(crate) fn new(client: Client, query: v1::ListEmailsRequest) -> Self {
        let pages = Pages {
            client,
            request: Some(query),
            page: VecDeque::new(),
        };
        Self(
            try_unfold(pages, async |mut pages| {
                Ok(pages.next().await?.map(|email| (email, pages)))
            })
            .boxed(),
        )
    }

    /// The next email; None at the end.
    pub async fn next(&mut self) -> Option<Result<v1::Email, Error>> {
        self.0.next().await
    }
}

impl Pages {
    async fn next(&mut self) -> Result<Option<v1::Email>, Error> {
        // A page may be empty without being the last.
        while self.page.is_empty() {
            let Some(request) = self.request.take() else {
                return Ok(None);
            };
            let response = self.client.page(request.clone()).await?;
            self.page = response.emails.into();
            if !response.next_page_token.is_empty() {
                self.request = Some(v1::ListEmailsRequest {
                    page_token: response.next_page_token,
                    ..request
                });
            }
        }
        Ok(self.page.pop_front())
    }
}

impl Stream for List {
    type Item = Result<v1::Email, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").finish_non_exhaustive()
    }
}
