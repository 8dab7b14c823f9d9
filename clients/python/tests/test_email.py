"""Emails from plain values."""

import datetime
import pathlib

import pytest

from mailstrom import attachment, email_request, v1


def mailbox(address: str, name: str = "") -> v1.Address:
    return v1.Address(mailbox=v1.Mailbox(address=address, display_name=name))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("ann@a.test", mailbox("ann@a.test")),
        ("Ann <ann@a.test>", mailbox("ann@a.test", "Ann")),
        ('"Ärmel, Ann" <ann@a.test>', mailbox("ann@a.test", "Ärmel, Ann")),
        ("<ann@a.test>", mailbox("ann@a.test")),
        # For the server to judge.
        ("no address", mailbox("no address")),
        ("", mailbox("")),
        ("ann@@a.test", mailbox("ann@@a.test")),
        (v1.Mailbox(address="a@b", display_name="x"), mailbox("a@b", "x")),
    ],
)
def test_reads_mailboxes(given: str | v1.Mailbox, expected: v1.Address) -> None:
    request = email_request(from_=given, to=[given, given], cc=given)
    assert [*getattr(request.content, "from")] == [expected]
    assert [*request.content.to] == [expected, expected]
    assert [*request.content.cc] == [expected]


def test_puts_everything_in_its_place(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"a,b\n")
    request = email_request(
        from_="a@a.test",
        bcc="b@b.test",
        reply_to="r@r.test",
        subject="S",
        text="T",
        html="H",
        attachments=[path, v1.Attachment(filename="x")],
        headers={"X-One": "1"},
        tags={"k": "v"},
        send_time=datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc),
        request_id="r1",
    )
    content = request.content
    assert [*content.bcc] == [mailbox("b@b.test")]
    assert [*content.reply_to] == [mailbox("r@r.test")]
    assert (content.subject, content.text, content.html) == ("S", "T", "H")
    assert content.attachments[0] == v1.Attachment(filename="table.csv", content_type="text/csv", data=b"a,b\n")
    assert content.attachments[1].filename == "x"
    assert [*content.headers] == [v1.HeaderField(name="X-One", value="1")]
    assert dict(request.tags) == {"k": "v"}
    assert request.send_time.ToJsonString() == "2030-01-01T00:00:00Z"
    assert request.request_id == "r1"


def test_wants_to_know_the_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        email_request(from_="a@a.test", send_time=datetime.datetime(2030, 1, 1))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.pdf", "application/pdf"),
        ("a.txt", "text/plain"),
        ("a.tar.gz", "application/octet-stream"),
        ("unknown", "application/octet-stream"),
    ],
)
def test_media_type_goes_by_the_name(tmp_path: pathlib.Path, name: str, expected: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\0\xff")
    assert attachment(path) == v1.Attachment(filename=name, content_type=expected, data=b"\0\xff")


def test_attachment_may_be_called_otherwise(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")
    given = attachment(str(path), filename="b.png", content_id="logo")
    assert (given.filename, given.content_type, given.content_id) == ("b.png", "image/png", "logo")
    assert attachment(path, content_type="text/x-mine").content_type == "text/x-mine"
    with pytest.raises(FileNotFoundError):
        attachment(tmp_path / "nothing")
