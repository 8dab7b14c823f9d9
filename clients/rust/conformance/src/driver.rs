//! Passes commands on to the library, as clients/conformance/README.md describes it.

mod json;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use mailstrom::v1::watch_status_response::Update;
use mailstrom::{Client, v1};
use serde_json::{Value, json};

type Failure = Box<dyn Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut client = None;
    for line in std::io::stdin().lines() {
        let command: Value = serde_json::from_str(&line?)?;
        if command["op"] == "connect" {
            client = Some(connect(&command)?);
            say("result", &json!({}));
            continue;
        }
        match run(client.as_ref().ok_or("not connected")?, &command).await {
            Ok(result) => say("result", &result),
            Err(failure) => say(
                "error",
                &json::from_error(failure.downcast_ref().ok_or(failure.to_string())?),
            ),
        }
    }
    Ok(())
}

fn connect(command: &Value) -> Result<Client, Failure> {
    let mut builder = Client::builder(json::text(command, "server"));
    if let Some(path) = command["root_certificate"].as_str() {
        builder = builder.tls_with_roots(std::fs::read(path)?);
    }
    if let Some(key) = command["api_key"].as_str() {
        builder = builder.api_key(key);
    }
    Ok(builder.build()?)
}

async fn run(client: &Client, command: &Value) -> Result<Value, Failure> {
    let timeout = command["timeout"].as_f64().map(Duration::from_secs_f64);
    let hasty = timeout.map_or_else(|| client.clone(), |timeout| client.with_timeout(timeout));
    let email_id = json::text(command, "email_id");
    Ok(match command["op"].as_str().unwrap_or_default() {
        "send" => json::from_sent(&hasty.send(json::to_request(&command["email"])?).await?),
        "status" => json::from_email(&hasty.status(email_id).await?),
        "cancel" => json::from_email(&hasty.cancel(email_id).await?),
        "wait_until_settled" => json::from_email(&client.wait_until_settled(email_id, timeout).await?),
        "send_many" => send_many(client, command).await?,
        "list" => list(client, command).await?,
        "watch" => watch(client, command).await?,
        _ => return Err(command.to_string().into()),
    })
}

async fn send_many(client: &Client, command: &Value) -> Result<Value, Failure> {
    let emails = command["emails"].as_array().cloned().unwrap_or_default();
    let requests = emails
        .iter()
        .map(json::to_request)
        .collect::<Result<Vec<_>, _>>()?;
    let unanswered = Arc::new(AtomicI64::new(0));
    let most = Arc::new(AtomicI64::new(0));
    let source = {
        let (unanswered, most) = (unanswered.clone(), most.clone());
        requests.into_iter().inspect(move |_| {
            most.fetch_max(unanswered.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        })
    };
    let window = command["window"].as_u64().unwrap_or(128).try_into()?;
    let mut outcomes = client.send_many_with_window(futures_util::stream::iter(source), window);
    while let Some(outcome) = outcomes.next().await.transpose()? {
        unanswered.fetch_sub(1, Ordering::Relaxed);
        say("item", &json::from_outcome(&outcome));
    }
    Ok(json!({ "max_unanswered": most.load(Ordering::Relaxed) }))
}

async fn list(client: &Client, command: &Value) -> Result<Value, Failure> {
    let page_size = command["page_size"].as_i64().unwrap_or_default().try_into()?;
    let query = v1::ListEmailsRequest {
        page_size,
        tags: json::tags(command),
        ..Default::default()
    };
    let mut emails = client.list(query);
    while let Some(email) = emails.next().await.transpose()? {
        say("item", &json::from_email(&email));
    }
    Ok(json!({}))
}

async fn watch(client: &Client, command: &Value) -> Result<Value, Failure> {
    let mut watch = client.watch(v1::WatchStatusRequest {
        email_ids: json::texts(command, "email_ids"),
        tags: json::tags(command),
        cursor: json::text(command, "cursor"),
    });
    let max_events = command["max_events"].as_u64();
    let mut events = 0;
    while let Some(response) = watch.next().await.transpose()? {
        say("item", &json::from_response(&response));
        events += u64::from(matches!(response.update, Some(Update::Event(_))));
        if max_events == Some(events) {
            break;
        }
    }
    Ok(json!({}))
}

fn say(name: &str, value: &Value) {
    // Written line by line.
    println!("{}", json!({ name: value }));
}
