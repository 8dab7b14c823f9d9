//! The driver's objects, from and to JSON.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use mailstrom::v1::watch_status_response::Update;
use mailstrom::{EmailBuilder, Error, Outcome, attachment, v1};
use serde_json::{Value, json};

pub fn to_request(email: &Value) -> std::io::Result<v1::SendEmailRequest> {
    let mut builder = EmailBuilder::new(text(email, "from"))
        .subject(text(email, "subject"))
        .text(text(email, "text"))
        .html(text(email, "html"))
        .request_id(text(email, "request_id"));
    builder = texts(email, "to").iter().fold(builder, EmailBuilder::to);
    builder = texts(email, "cc").iter().fold(builder, EmailBuilder::cc);
    builder = texts(email, "bcc").iter().fold(builder, EmailBuilder::bcc);
    builder = tags(email)
        .into_iter()
        .fold(builder, |builder, (key, value)| builder.tag(key, value));
    for path in texts(email, "attachments") {
        builder = builder.attach(attachment(path)?);
    }
    if let Some(seconds) = email["send_after"].as_f64() {
        builder = builder.send_time(SystemTime::now() + Duration::from_secs_f64(seconds));
    }
    Ok(builder.build())
}

pub fn text(object: &Value, name: &str) -> String {
    object[name].as_str().unwrap_or_default().to_owned()
}

pub fn texts(object: &Value, name: &str) -> Vec<String> {
    let values = object[name].as_array().into_iter().flatten();
    values.filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

pub fn tags(object: &Value) -> HashMap<String, String> {
    let entries = object["tags"].as_object().into_iter().flatten();
    entries
        .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}

pub fn from_sent(sent: &v1::SendEmailResponse) -> Value {
    let email_id = sent.email.as_ref().map(|email| &email.email_id);
    json!({ "email_id": email_id, "replayed": sent.replayed })
}

pub fn from_outcome(outcome: &Outcome) -> Value {
    let mut value = match &outcome.result {
        Ok(sent) => from_sent(sent),
        Err(error) => json!({ "error": from_error(error) }),
    };
    value["index"] = outcome.index.into();
    value
}

pub fn from_email(email: &v1::Email) -> Value {
    json!({
        "email_id": email.email_id,
        "state": email_state(email.state()),
        "revision": email.revision,
        "tags": email.tags,
        "recipients": email.recipients.iter().map(from_recipient).collect::<Vec<_>>(),
    })
}

pub fn from_response(response: &v1::WatchStatusResponse) -> Value {
    match &response.update {
        Some(Update::Snapshot(email)) => {
            json!({ "kind": "snapshot", "cursor": response.cursor, "status": from_email(email) })
        }
        Some(Update::Event(event)) => json!({
            "kind": "event",
            "cursor": response.cursor,
            "email_id": event.email_id,
            "revision": event.revision,
            "email_state": email_state(event.email_state()),
            "recipient": event.recipient.as_ref().map(from_recipient),
        }),
        Some(Update::Heartbeat(_)) | None => json!({ "kind": "heartbeat" }),
    }
}

pub fn from_error(error: &Error) -> Value {
    let kind = match error {
        Error::InvalidRequest(_) => "invalid_request",
        Error::RequestIdReused(_) => "request_id_reused",
        Error::NotFound(_) => "not_found",
        Error::ResourceExhausted(_) => "resource_exhausted",
        Error::Unavailable(_) => "unavailable",
        Error::DeadlineExceeded(_) => "deadline_exceeded",
        Error::CursorExpired(_) => "cursor_expired",
        Error::PermissionDenied(_) => "permission_denied",
        Error::Unauthenticated(_) => "unauthenticated",
        _ => "other",
    };
    let failure = error.failure();
    let violations = failure.violations.iter();
    json!({
        "kind": kind,
        "code": upper_snake(&format!("{:?}", failure.code)),
        "reason": failure.reason,
        "message": failure.message,
        "violations": violations
            .map(|each| json!({ "field": each.field, "description": each.description }))
            .collect::<Vec<_>>(),
    })
}

fn from_recipient(recipient: &v1::Recipient) -> Value {
    let attempt = recipient.last_attempt.as_ref();
    let reply = attempt.and_then(|attempt| attempt.reply.as_ref());
    json!({
        "address": recipient.address,
        "state": recipient.state().as_str_name().trim_start_matches("STATE_"),
        "attempt_count": recipient.attempt_count,
        "failure_cause": recipient.failure_cause().as_str_name().trim_start_matches("FAILURE_CAUSE_"),
        "reply_code": reply.map_or(0, |reply| reply.code),
    })
}

fn email_state(state: v1::email::State) -> &'static str {
    state.as_str_name().trim_start_matches("STATE_")
}

/// `NotFound` as `NOT_FOUND`.
fn upper_snake(name: &str) -> String {
    let mut text = String::new();
    for (place, each) in name.chars().enumerate() {
        if place > 0 && each.is_uppercase() {
            text.push('_');
        }
        text.push(each.to_ascii_uppercase());
    }
    text
}
