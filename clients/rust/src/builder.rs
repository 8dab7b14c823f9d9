//! How a client connects.

use std::time::Duration;

use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};

use crate::client::{Authorization, Client};

/// An address, a certificate or a key with which no client can be made.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct SetupError {
    message: String,
    source: Option<tonic::transport::Error>,
}

impl SetupError {
    fn new(message: &str) -> Self {
        Self {
            message: message.to_owned(),
            source: None,
        }
    }
}

impl From<tonic::transport::Error> for SetupError {
    fn from(error: tonic::transport::Error) -> Self {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        Self {
            message: cause.unwrap_or_else(|| error.to_string()),
            source: Some(error),
        }
    }
}

/// Says how a [`Client`] connects.
#[derive(Clone, Debug)]
#[must_use]
pub struct ClientBuilder {
    server: String,
    tls: Option<ClientTlsConfig>,
    api_key: Option<String>,
    timeout: Duration,
    reconnect_limit: Duration,
}

impl ClientBuilder {
    pub(crate) fn new(server: String) -> Self {
        Self {
            server,
            tls: None,
            api_key: None,
            timeout: Duration::from_secs(30),
            reconnect_limit: Duration::from_secs(300),
        }
    }

    /// Encrypts the connection, to a server whose certificate is verified by the roots of the system.
    pub fn tls(self) -> Self {
        self.tls_config(ClientTlsConfig::new().with_native_roots())
    }

    /// Encrypts the connection, to a server whose certificate is verified by these roots alone, in PEM.
    pub fn tls_with_roots(self, pem: impl AsRef<[u8]>) -> Self {
        self.tls_config(ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)))
    }

    /// Encrypts the connection as tonic is told to, with a certificate of the client, say.
    pub fn tls_config(mut self, config: ClientTlsConfig) -> Self {
        self.tls = Some(config);
        self
    }

    /// Goes with every call as a bearer token; never without TLS.
    pub fn api_key(mut self, api_key: impl Into<String>) -> Self {
        self.api_key = Some(api_key.into());
        self
    }

    /// How long a call may take over all its tries; 30 seconds by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long a watch tries to reach a server again that it had reached before; 5 minutes by default.
    pub fn reconnect_limit(mut self, reconnect_limit: Duration) -> Self {
        self.reconnect_limit = reconnect_limit;
        self
    }

    /// The client, which connects with its first call. Must be called within a tokio runtime.
    pub fn build(self) -> Result<Client, SetupError> {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let mut endpoint = Endpoint::from_shared(format!("{scheme}://{}", self.server))?
            // No longer than the longest pause between tries.
            .connect_timeout(Duration::from_secs(5));
        let authorization = match (self.api_key, &self.tls) {
            (Some(_), None) => return Err(SetupError::new("an API key travels over TLS only")),
            (key, _) => authorization(key)?,
        };
        if let Some(config) = self.tls {
            endpoint = endpoint.tls_config(config)?;
        }
        Ok(Client::with_channel(
            endpoint.connect_lazy(),
            authorization,
            self.timeout,
            self.reconnect_limit,
        ))
    }
}

fn authorization(key: Option<String>) -> Result<Authorization, SetupError> {
    let value = key
        .map(|key| MetadataValue::<Ascii>::try_from(format!("Bearer {key}")))
        .transpose();
    let mut value = value.map_err(|_| SetupError::new("the API key is not of printable ASCII"))?;
    if let Some(value) = &mut value {
        value.set_sensitive(true);
    }
    Ok(Authorization(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_api_key_needs_encryption() {
        let builder = ClientBuilder::new("localhost:1".to_owned()).api_key("key");
        assert_eq!(
            builder.clone().build().unwrap_err().to_string(),
            "an API key travels over TLS only"
        );
        assert!(builder.tls().build().is_ok());
    }

    #[tokio::test]
    async fn what_is_no_address_is_told() {
        assert!(ClientBuilder::new("no address".to_owned()).build().is_err());
        assert!(
            ClientBuilder::new("localhost:1".to_owned())
                .tls()
                .api_key("a\nkey")
                .build()
                .is_err()
        );
    }
}
