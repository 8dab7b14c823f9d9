//! Emails from plain values.

use std::path::Path;
use std::time::SystemTime;

use crate::v1;

/// Makes an email from plain values. Mailboxes are `addr` or `Name <addr>`; what is called twice adds, where an
/// email can have many.
///
/// What has no method here can be set in the result, which is a plain message. Nothing is judged here: the server
/// does, and names each field that is wrong.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct EmailBuilder {
    request: v1::SendEmailRequest,
    content: v1::Content,
}

impl EmailBuilder {
    /// An email from this author.
    pub fn new(from: impl AsRef<str>) -> Self {
        let content = v1::Content {
            from: vec![address(from.as_ref())],
            ..Default::default()
        };
        Self {
            request: v1::SendEmailRequest::default(),
            content,
        }
    }

    /// A recipient.
    pub fn to(mut self, mailbox: impl AsRef<str>) -> Self {
        self.content.to.push(address(mailbox.as_ref()));
        self
    }

    /// A recipient who gets a copy.
    pub fn cc(mut self, mailbox: impl AsRef<str>) -> Self {
        self.content.cc.push(address(mailbox.as_ref()));
        self
    }

    /// A recipient who gets a copy without the others seeing it.
    pub fn bcc(mut self, mailbox: impl AsRef<str>) -> Self {
        self.content.bcc.push(address(mailbox.as_ref()));
        self
    }

    /// Where answers shall go.
    pub fn reply_to(mut self, mailbox: impl AsRef<str>) -> Self {
        self.content.reply_to.push(address(mailbox.as_ref()));
        self
    }

    /// The subject.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.content.subject = subject.into();
        self
    }

    /// The body as plain text.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.content.text = text.into();
        self
    }

    /// The body as HTML; beside [`EmailBuilder::text`], readers see the one that they prefer.
    pub fn html(mut self, html: impl Into<String>) -> Self {
        self.content.html = html.into();
        self
    }

    /// An attachment; [`attachment`] makes one from a file.
    pub fn attach(mut self, attachment: v1::Attachment) -> Self {
        self.content.attachments.push(attachment);
        self
    }

    /// A header field.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.content.headers.push(v1::HeaderField {
            name: name.into(),
            value: value.into(),
        });
        self
    }

    /// A label of the caller's own, by which emails can be listed and watched.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.request.tags.insert(key.into(), value.into());
        self
    }

    /// It is not to go before this time.
    pub fn send_time(mut self, time: SystemTime) -> Self {
        self.request.send_time = Some(time.into());
        self
    }

    /// Names the request, so that it makes one email however often it is sent.
    pub fn request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request.request_id = request_id.into();
        self
    }

    /// The request, for [`crate::Client::send`] and [`crate::Client::send_many`].
    pub fn build(self) -> v1::SendEmailRequest {
        v1::SendEmailRequest {
            message: Some(v1::send_email_request::Message::Content(self.content)),
            ..self.request
        }
    }
}

/// The file at this path, read at once; its name and its media type go by the path, and can be changed in the result.
pub fn attachment(path: impl AsRef<Path>) -> std::io::Result<v1::Attachment> {
    let path = path.as_ref();
    Ok(v1::Attachment {
        filename: path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        content_type: mime_guess::from_path(path).first_or_octet_stream().to_string(),
        data: std::fs::read(path)?,
        content_id: String::new(),
    })
}

fn address(mailbox: &str) -> v1::Address {
    let parts = mailbox
        .trim()
        .strip_suffix('>')
        .and_then(|text| text.rsplit_once('<'));
    let mailbox = match parts {
        Some((name, address)) => v1::Mailbox {
            address: address.to_owned(),
            display_name: unquoted(name.trim()),
        },
        // For the server to judge.
        None => v1::Mailbox {
            address: mailbox.to_owned(),
            display_name: String::new(),
        },
    };
    v1::Address {
        kind: Some(v1::address::Kind::Mailbox(mailbox)),
    }
}

fn unquoted(name: &str) -> String {
    let Some(inner) = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return name.to_owned();
    };
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(each) = characters.next() {
        text.push(if each == '\\' {
            characters.next().unwrap_or('\\')
        } else {
            each
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn mailbox(address: &str, display_name: &str) -> v1::Address {
        let mailbox = v1::Mailbox {
            address: address.to_owned(),
            display_name: display_name.to_owned(),
        };
        v1::Address {
            kind: Some(v1::address::Kind::Mailbox(mailbox)),
        }
    }

    #[test]
    fn reads_mailboxes() {
        for (given, expected, name) in [
            ("ann@a.test", "ann@a.test", ""),
            ("Ann <ann@a.test>", "ann@a.test", "Ann"),
            (
                r#""Ärmel, \"Ann\"" <ann@a.test>"#,
                "ann@a.test",
                r#"Ärmel, "Ann""#,
            ),
            ("<ann@a.test>", "ann@a.test", ""),
            ("no address", "no address", ""),
            ("", "", ""),
            ("ann@@a.test", "ann@@a.test", ""),
        ] {
            assert_eq!(address(given), mailbox(expected, name));
        }
    }

    #[test]
    fn puts_everything_in_its_place() {
        let attached = v1::Attachment {
            filename: "x".to_owned(),
            ..Default::default()
        };
        let request = EmailBuilder::new("a@a.test")
            .to("t@a.test")
            .cc("c@a.test")
            .bcc("b@a.test")
            .reply_to("r@a.test")
            .subject("S")
            .text("T")
            .html("H")
            .attach(attached.clone())
            .header("X-One", "1")
            .tag("k", "v")
            .send_time(UNIX_EPOCH + Duration::from_millis(1500))
            .request_id("r1")
            .build();
        let content = v1::Content {
            from: vec![mailbox("a@a.test", "")],
            to: vec![mailbox("t@a.test", "")],
            cc: vec![mailbox("c@a.test", "")],
            bcc: vec![mailbox("b@a.test", "")],
            reply_to: vec![mailbox("r@a.test", "")],
            subject: "S".to_owned(),
            text: "T".to_owned(),
            html: "H".to_owned(),
            attachments: vec![attached],
            headers: vec![v1::HeaderField {
                name: "X-One".to_owned(),
                value: "1".to_owned(),
            }],
            ..Default::default()
        };
        let expected = v1::SendEmailRequest {
            request_id: "r1".to_owned(),
            message: Some(v1::send_email_request::Message::Content(content)),
            send_time: Some(prost_types::Timestamp {
                seconds: 1,
                nanos: 500_000_000,
            }),
            tags: [("k".to_owned(), "v".to_owned())].into(),
            ..Default::default()
        };
        assert_eq!(request, expected);
    }

    #[test]
    fn an_attachment_has_the_name_and_type_of_its_file() {
        let folder = std::env::temp_dir().join(format!("mailstrom-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        for (name, expected) in [
            ("Grüße.pdf", "application/pdf"),
            ("a.txt", "text/plain"),
            ("unknown", "application/octet-stream"),
        ] {
            std::fs::write(folder.join(name), [0, 255]).unwrap();
            let made = attachment(folder.join(name)).unwrap();
            assert_eq!(
                (made.filename.as_str(), made.content_type.as_str()),
                (name, expected)
            );
            assert_eq!(made.data, [0, 255]);
        }
        assert!(attachment(folder.join("nothing")).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
