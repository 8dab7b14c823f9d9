"""Emails from plain values."""

from __future__ import annotations

import datetime
import email.utils
import mimetypes
import os
import pathlib
from collections.abc import Iterable, Mapping

from mailstrom import v1


def email_request(
    *,
    from_: str | v1.Mailbox,
    to: str | v1.Mailbox | Iterable[str | v1.Mailbox] = (),
    cc: str | v1.Mailbox | Iterable[str | v1.Mailbox] = (),
    bcc: str | v1.Mailbox | Iterable[str | v1.Mailbox] = (),
    reply_to: str | v1.Mailbox | Iterable[str | v1.Mailbox] = (),
    subject: str = "",
    text: str = "",
    html: str = "",
    attachments: Iterable[v1.Attachment | str | os.PathLike[str]] = (),
    headers: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
    send_time: datetime.datetime | None = None,
    request_id: str = "",
) -> v1.SendEmailRequest:
    """A request to send one email, for `Client.send` and `Client.send_many`.

    Mailboxes are `addr` or `Name <addr>`. Attachments may be paths of files. `send_time` must know its time zone. What
    has no parameter here can be set in the result, which is a plain message. Nothing is judged here: the server
    does, and names each field that is wrong.
    """
    content = v1.Content(
        to=_addresses(to),
        cc=_addresses(cc),
        bcc=_addresses(bcc),
        reply_to=_addresses(reply_to),
        subject=subject,
        text=text,
        html=html,
        attachments=[each if isinstance(each, v1.Attachment) else attachment(each) for each in attachments],
        headers=[v1.HeaderField(name=name, value=value) for name, value in (headers or {}).items()],
    )
    # A word of Python, so it cannot be a keyword argument.
    getattr(content, "from").extend(_addresses(from_))
    request = v1.SendEmailRequest(request_id=request_id, content=content, tags=tags or {})
    if send_time is not None:
        if send_time.tzinfo is None:
            raise ValueError("send_time has no time zone")
        request.send_time.FromDatetime(send_time)
    return request


def attachment(
    path: str | os.PathLike[str],
    *,
    filename: str | None = None,
    content_type: str | None = None,
    content_id: str = "",
) -> v1.Attachment:
    """The file at `path`; its name and its media type go by the path when they are not given.

    With a `content_id` the HTML body may show it as `cid:CONTENT_ID`. Raises OSError when it cannot be read.
    """
    name = filename if filename is not None else os.path.basename(os.fspath(path))
    return v1.Attachment(
        filename=name,
        content_type=content_type or _media_type(name),
        data=pathlib.Path(path).read_bytes(),
        content_id=content_id,
    )


def _media_type(name: str) -> str:
    guessed, encoding = mimetypes.guess_type(name)
    # The type of a compressed file is that of what is in it.
    return guessed if guessed and not encoding else "application/octet-stream"


def _addresses(mailboxes: str | v1.Mailbox | Iterable[str | v1.Mailbox]) -> list[v1.Address]:
    if isinstance(mailboxes, (str, v1.Mailbox)):
        mailboxes = [mailboxes]
    return [v1.Address(mailbox=_mailbox(each)) for each in mailboxes]


def _mailbox(mailbox: str | v1.Mailbox) -> v1.Mailbox:
    if isinstance(mailbox, v1.Mailbox):
        return mailbox
    name, address = email.utils.parseaddr(mailbox) if mailbox.rstrip().endswith(">") else ("", "")
    # What is not `Name <addr>` goes as it is, for the server to judge.
    return v1.Mailbox(address=address or mailbox, display_name=name if address else "")
