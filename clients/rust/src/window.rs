//! Requests of a stream that have no answer yet.

use std::collections::BTreeMap;

use prost::Message as _;

use crate::send_many::Outcome;
use crate::v1;

pub(crate) const DEFAULT_SIZE: usize = 128;
/// What the server takes in without having answered.
pub(crate) const MAX_SIZE: usize = 256;
/// Half of what the server takes, for the framing and for other streams.
const MAX_BYTES: usize = 8 << 20;

/// Numbers requests and keeps each until it is answered, so that a new stream can send it again.
#[derive(Debug)]
pub(crate) struct Window {
    size: usize,
    next_index: i64,
    bytes: usize,
    unanswered: BTreeMap<i64, v1::SendEmailsRequest>,
}

impl Window {
    /// The size is brought into its bounds.
    pub(crate) fn new(size: usize) -> Self {
        Self {
            size: size.clamp(1, MAX_SIZE),
            next_index: 0,
            bytes: 0,
            unanswered: BTreeMap::new(),
        }
    }

    /// Whether one more request may be taken from the caller.
    pub(crate) fn has_room(&self) -> bool {
        self.unanswered.len() < self.size && self.bytes < MAX_BYTES
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.unanswered.is_empty()
    }

    /// The request as it is to be sent, with a `request_id`.
    pub(crate) fn add(&mut self, request: v1::SendEmailRequest) -> &v1::SendEmailsRequest {
        let index = self.next_index;
        self.next_index += 1;
        let numbered = v1::SendEmailsRequest {
            index,
            request: Some(with_request_id(request)),
        };
        self.bytes += numbered.encoded_len();
        self.unanswered.entry(index).or_insert(numbered)
    }

    /// What has to be sent again, in order.
    pub(crate) fn unanswered(&self) -> impl Iterator<Item = &v1::SendEmailsRequest> {
        self.unanswered.values()
    }

    /// The outcome that an answer tells; None when its request was answered before.
    pub(crate) fn settle(&mut self, answer: v1::SendEmailsResponse) -> Option<Outcome> {
        let numbered = self.unanswered.remove(&answer.index)?;
        self.bytes -= numbered.encoded_len();
        Some(Outcome::new(numbered, answer))
    }
}

/// May be sent again without fear of a second email.
pub(crate) fn with_request_id(mut request: v1::SendEmailRequest) -> v1::SendEmailRequest {
    if request.request_id.is_empty() {
        request.request_id = uuid::Uuid::new_v4().to_string();
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(index: i64) -> v1::SendEmailsResponse {
        let result = v1::send_emails_response::Result::Response(v1::SendEmailResponse::default());
        v1::SendEmailsResponse {
            index,
            result: Some(result),
        }
    }

    #[test]
    fn counts_requests() {
        let mut window = Window::new(2);
        window.add(v1::SendEmailRequest::default());
        assert!(window.has_room());
        window.add(v1::SendEmailRequest::default());
        assert!(!window.has_room());
        assert!(window.settle(answer(0)).is_some());
        assert!(window.has_room());
        assert!(window.settle(answer(0)).is_none());
        assert_eq!(
            window.unanswered().map(|each| each.index).collect::<Vec<_>>(),
            [1]
        );
    }

    #[test]
    fn counts_bytes() {
        let mut window = Window::new(100);
        let raw = v1::send_email_request::Message::RawMessage(vec![b'x'; MAX_BYTES]);
        window.add(v1::SendEmailRequest {
            message: Some(raw),
            ..Default::default()
        });
        assert!(!window.has_room());
        window.settle(answer(0));
        assert!(window.has_room());
        assert!(window.is_empty());
    }

    #[test]
    fn has_bounds() {
        assert_eq!(Window::new(0).size, 1);
        assert_eq!(Window::new(1000).size, 256);
    }

    #[test]
    fn gives_request_ids_and_keeps_the_callers_own() {
        let ids = [0; 2].map(|_| with_request_id(v1::SendEmailRequest::default()).request_id);
        assert_ne!(ids[0], ids[1]);
        let mine = v1::SendEmailRequest {
            request_id: "mine".to_owned(),
            ..Default::default()
        };
        assert_eq!(with_request_id(mine.clone()), mine);
    }
}
