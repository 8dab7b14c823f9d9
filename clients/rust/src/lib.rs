//! Client of Mailstrom, an email delivery service.
//!
//! [`Client`] calls a server, [`EmailBuilder`] makes an email from plain values. Requests and responses are the
//! messages of [`v1`].
//!
//! ```no_run
//! use mailstrom::{Client, EmailBuilder};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new("127.0.0.1:2626")?;
//! let letter = EmailBuilder::new("ann@sender.test").to("bob@receiver.test").subject("Hello").text("It works.\n");
//! let sent = client.send(letter.build()).await?;
//! println!("{}", sent.email.unwrap_or_default().email_id);
//! # Ok(())
//! # }
//! ```

mod builder;
mod client;
mod email;
mod error;
mod list;
mod retry;
mod send_many;
mod watch;
mod watch_state;
mod window;

#[cfg(test)]
mod client_test;
#[cfg(test)]
mod fake_server;

pub use builder::{ClientBuilder, SetupError};
pub use client::Client;
pub use email::{EmailBuilder, attachment};
pub use error::{Error, Failure, FieldViolation};
pub use list::List;
pub use send_many::{Outcome, SendMany};
pub use watch::Watch;

/// The API as generated from its schema: requests, responses, and what they are made of.
pub mod v1 {
    #![allow(clippy::pedantic)]
    include!("generated/mailstrom.v1.rs");
}
