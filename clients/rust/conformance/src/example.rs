//! Sends an email with an attachment and follows it until each recipient is settled.
//!
//! The server is at $MAILSTROM_SERVER, by default 127.0.0.1:2626.

use mailstrom::v1::watch_status_response::Update;
use mailstrom::{Client, EmailBuilder, v1};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = std::env::var("MAILSTROM_SERVER").unwrap_or_else(|_| "127.0.0.1:2626".to_owned());
    // `mailstrom::attachment` takes the path of a file.
    let table = v1::Attachment {
        filename: "prices.csv".to_owned(),
        content_type: "text/csv".to_owned(),
        data: b"tea,3\n".to_vec(),
        ..Default::default()
    };
    let letter = EmailBuilder::new("Ann <ann@sender.test>")
        .to("Bob <bob@receiver.test>")
        .to("refused@receiver.test")
        .subject("How to send an email")
        .text("See the attachment.\n")
        .html("<p>See the <b>attachment</b>.</p>\n")
        .attach(table)
        .tag("kind", "example");
    let client = Client::new(server)?;
    let email = client.send(letter.build()).await?.email.unwrap_or_default();
    println!("accepted {}", email.email_id);
    let mut watch = client.watch(v1::WatchStatusRequest {
        email_ids: vec![email.email_id],
        ..Default::default()
    });
    while let Some(response) = watch.next().await.transpose()? {
        match response.update {
            Some(Update::Snapshot(email)) => email.recipients.iter().for_each(show),
            Some(Update::Event(event)) => event.recipient.iter().for_each(show),
            _ => {}
        }
    }
    Ok(())
}

/// Prints where a recipient stands, and what the mail server said.
fn show(recipient: &v1::Recipient) {
    let reply = recipient
        .last_attempt
        .as_ref()
        .and_then(|attempt| attempt.reply.as_ref());
    let state = recipient.state().as_str_name().trim_start_matches("STATE_");
    println!(
        "{} {state} {}",
        recipient.address,
        reply.map_or("", |reply| &reply.text)
    );
}
