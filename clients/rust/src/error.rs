//! What calls fail with.

use std::error::Error as _;
use std::fmt;

use tonic::{Code, Status, TimeoutExpired};
use tonic_types::StatusExt as _;

use crate::v1;

/// A call that failed. Each kind of failure that a program may want to tell apart is a variant.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request is wrong and nothing was stored; [`Error::violations`] names each wrong field.
    #[error("{0}")]
    InvalidRequest(Failure),
    /// The `request_id` was used before, for another request.
    #[error("{0}")]
    RequestIdReused(Failure),
    /// No such email, or no longer.
    #[error("{0}")]
    NotFound(Failure),
    /// The queue or the caller's share of it is full; nothing was stored. Come back later.
    #[error("{0}")]
    ResourceExhausted(Failure),
    /// The server could not be reached, or refuses work for now, until the time limit was over.
    #[error("{0}")]
    Unavailable(Failure),
    /// The time limit was over before the server answered. A `send` may have taken effect all the same; to be
    /// sure, repeat it with the same `request_id`.
    #[error("{0}")]
    DeadlineExceeded(Failure),
    /// The events after the cursor are gone; start a new watch.
    #[error("{0}")]
    CursorExpired(Failure),
    /// The caller may not do this.
    #[error("{0}")]
    PermissionDenied(Failure),
    /// The server does not know the caller, or wants credentials.
    #[error("{0}")]
    Unauthenticated(Failure),
    /// Any other.
    #[error("{0}")]
    Other(Failure),
}

/// What is known of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The gRPC status code.
    pub code: Code,
    /// A name of [`v1::ErrorReason`] without its prefix, such as `FIELD_INVALID`; empty when the server gave none.
    pub reason: String,
    /// For people.
    pub message: String,
    /// Every field that the server found wrong.
    pub violations: Vec<FieldViolation>,
}

/// One field of a request that the server refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldViolation {
    /// Path from the request, such as `content.to[1].mailbox.address`.
    pub field: String,
    /// What is wrong with it, and what would be right.
    pub description: String,
}

impl Error {
    /// What is known of it.
    pub fn failure(&self) -> &Failure {
        match self {
            Self::InvalidRequest(failure)
            | Self::RequestIdReused(failure)
            | Self::NotFound(failure)
            | Self::ResourceExhausted(failure)
            | Self::Unavailable(failure)
            | Self::DeadlineExceeded(failure)
            | Self::CursorExpired(failure)
            | Self::PermissionDenied(failure)
            | Self::Unauthenticated(failure)
            | Self::Other(failure) => failure,
        }
    }

    /// Every field that the server found wrong.
    pub fn violations(&self) -> &[FieldViolation] {
        &self.failure().violations
    }

    /// What a call ended with, with the details that the server sent along.
    pub(crate) fn from_status(status: &Status) -> Self {
        // Only what went wrong on this side has a source: the connection broke, which h2 and hyper tell in many ways.
        let code = match status.code() {
            _ if is_out_of_time(status) => Code::DeadlineExceeded,
            Code::Unknown | Code::Internal if status.source().is_some() => Code::Unavailable,
            // So a server that stops refuses calls that it has not begun; what this side cancels is dropped unheard.
            Code::Cancelled => Code::Unavailable,
            code => code,
        };
        let details = status.get_error_details();
        Self::of(Failure {
            code,
            reason: details
                .error_info()
                .map_or_else(String::new, |info| info.reason.clone()),
            message: status.message().to_owned(),
            violations: details
                .bad_request()
                .into_iter()
                .flat_map(|request| &request.field_violations)
                .map(|each| FieldViolation {
                    field: each.field.clone(),
                    description: each.description.clone(),
                })
                .collect(),
        })
    }

    /// What became of one request of a stream.
    pub(crate) fn from_outcome(error: v1::Error) -> Self {
        let reason = match v1::ErrorReason::try_from(error.reason) {
            Ok(v1::ErrorReason::Unspecified) => String::new(),
            Ok(reason) => reason
                .as_str_name()
                .trim_start_matches("ERROR_REASON_")
                .to_owned(),
            // A newer server has more of them.
            Err(_) => error.reason.to_string(),
        };
        let violations = error
            .field_violations
            .into_iter()
            .map(|each| FieldViolation {
                field: each.field,
                description: each.description,
            })
            .collect();
        Self::of(Failure {
            code: Code::from_i32(error.code),
            reason,
            message: error.message,
            violations,
        })
    }

    pub(crate) fn unavailable(message: &str) -> Self {
        Self::local(Code::Unavailable, message)
    }

    pub(crate) fn deadline_exceeded(message: &str) -> Self {
        Self::local(Code::DeadlineExceeded, message)
    }

    fn local(code: Code, message: &str) -> Self {
        Self::of(Failure {
            code,
            reason: String::new(),
            message: message.to_owned(),
            violations: Vec::new(),
        })
    }

    fn of(failure: Failure) -> Self {
        match failure.code {
            Code::InvalidArgument => Self::InvalidRequest(failure),
            Code::AlreadyExists => Self::RequestIdReused(failure),
            Code::NotFound => Self::NotFound(failure),
            Code::ResourceExhausted => Self::ResourceExhausted(failure),
            Code::Unavailable => Self::Unavailable(failure),
            Code::DeadlineExceeded => Self::DeadlineExceeded(failure),
            Code::OutOfRange => Self::CursorExpired(failure),
            Code::PermissionDenied => Self::PermissionDenied(failure),
            Code::Unauthenticated => Self::Unauthenticated(failure),
            _ => Self::Other(failure),
        }
    }
}

/// Whether the channel gave the call up, at the limit that went with it.
fn is_out_of_time(status: &Status) -> bool {
    let mut cause = status.source();
    while let Some(error) = cause {
        if error.is::<TimeoutExpired>() {
            return true;
        }
        cause = error.source();
    }
    false
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.reason.is_empty() {
            write!(f, "{:?}: {}", self.code, self.message)?;
        } else {
            write!(f, "{}: {}", self.reason, self.message)?;
        }
        self.violations
            .iter()
            .try_for_each(|each| write!(f, "\n  {}: {}", each.field, each.description))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_tells_reason_and_fields() {
        let error = Error::from_outcome(v1::Error {
            code: Code::InvalidArgument as i32,
            message: "no".to_owned(),
            reason: v1::ErrorReason::FieldInvalid as i32,
            field_violations: vec![v1::FieldViolation {
                field: "tags".to_owned(),
                description: "is wrong".to_owned(),
            }],
        });
        assert!(matches!(error, Error::InvalidRequest(_)));
        assert_eq!(error.to_string(), "FIELD_INVALID: no\n  tags: is wrong");
    }

    #[test]
    fn a_reason_from_a_newer_server_is_its_number() {
        let error = Error::from_outcome(v1::Error {
            code: 99,
            reason: 999,
            ..Default::default()
        });
        assert!(matches!(&error, Error::Other(failure) if failure.code == Code::Unknown));
        assert_eq!(error.failure().reason, "999");
    }

    #[test]
    fn what_the_server_cancels_is_unavailability_and_a_time_limit_is_not() {
        let stopping = Status::cancelled("stopping");
        assert!(matches!(Error::from_status(&stopping), Error::Unavailable(_)));
        let late = Status::from_error(Box::new(TimeoutExpired(())));
        assert_eq!(late.code(), Code::Cancelled);
        assert!(matches!(Error::from_status(&late), Error::DeadlineExceeded(_)));
    }

    #[test]
    fn a_broken_connection_is_unavailability_and_a_servers_own_failure_is_not() {
        let broken = Status::from_error(Box::new(std::io::Error::other("gone")));
        assert!(matches!(Error::from_status(&broken), Error::Unavailable(_)));
        assert!(matches!(
            Error::from_status(&Status::internal("bug")),
            Error::Other(_)
        ));
    }
}
