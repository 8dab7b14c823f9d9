"""What each client library must show; README.md lists it. Each scenario is a function of a Lab."""

import os
import time

from driver import DriverError, timed
from harness import processes

SENDER = "Ann Ärmel <ann@sender.test>"
# Long after every scenario: the email waits.
_LATER = 3600


def first_email(lab):
    before = len(lab.receiver.mail("bob@receiver.test"))
    lab.run_first_email()
    processes.wait_until(lambda: len(lab.receiver.mail("bob@receiver.test")) > before, what="the first email")
    lab.equal(len(lab.receiver.mail("bob@receiver.test")), before + 1)


def example(lab):
    before = len(lab.receiver.mail("bob@receiver.test"))
    output = lab.run_example()
    lab.equal(len(lab.receiver.mail("bob@receiver.test")), before + 1)
    message = lab.receiver.mail("bob@receiver.test")[-1].message
    lab.equal(len(list(message.iter_attachments())), 1)
    for word in ("DELIVERED", "FAILED", "bob@receiver.test", "refused@receiver.test"):
        lab.contains(word, output.upper() if word.isupper() else output)


def send(lab):
    path = os.path.join(lab.directory, "Grüße.pdf")
    data = bytes(range(256)) * 300
    with open(path, "wb") as file:
        file.write(data)
    sent = lab.driver.call(
        "send",
        email={
            "from": SENDER,
            "to": [f"Bob <bob@{lab.domain}>", f"eve@{lab.domain}"],
            "cc": [f"carol@{lab.domain}"],
            "bcc": [f"dan@{lab.domain}"],
            "subject": "Grüße — 今日は",
            "text": "Plain café\n",
            "html": "<p>Rich café</p>\n",
            "tags": lab.tags,
            "attachments": [path],
        },
    )
    lab.equal(sent["replayed"], False)
    message = lab.receiver.wait_for_mail(f"bob@{lab.domain}").message
    for name in ("eve", "carol", "dan"):
        lab.receiver.wait_for_mail(f"{name}@{lab.domain}")
    lab.equal(message["From"].addresses[0].display_name, "Ann Ärmel")
    lab.equal(message["From"].addresses[0].addr_spec, "ann@sender.test")
    lab.equal([str(a) for a in message["To"].addresses], [f"Bob <bob@{lab.domain}>", f"eve@{lab.domain}"])
    lab.equal([a.addr_spec for a in message["Cc"].addresses], [f"carol@{lab.domain}"])
    lab.equal(message["Bcc"], None)
    lab.equal(str(message["Subject"]), "Grüße — 今日は")
    lab.equal(message.get_body(("plain",)).get_content().strip(), "Plain café")
    lab.equal(message.get_body(("html",)).get_content().strip(), "<p>Rich café</p>")
    (attachment,) = message.iter_attachments()
    lab.equal(attachment.get_filename(), "Grüße.pdf")
    lab.equal(attachment.get_content_type(), "application/pdf")
    lab.equal(attachment.get_content(), data)
    lab.equal(lab.driver.call("status", email_id=sent["email_id"])["tags"], lab.tags)


def replay(lab):
    email = lab.email("bob", request_id=f"order-{lab.language}")
    first = lab.driver.call("send", email=email)
    second = lab.driver.call("send", email=email)
    lab.equal((first["replayed"], second["replayed"]), (False, True))
    lab.equal(first["email_id"], second["email_id"])
    error = lab.error("send", email=email | {"subject": "Something else"})
    lab.equal((error.kind, error.code, error.reason), ("request_id_reused", "ALREADY_EXISTS", "REQUEST_ID_REUSED"))
    del email["request_id"]
    others = [lab.driver.call("send", email=email) for _ in range(2)]
    lab.equal(len({first["email_id"], *(other["email_id"] for other in others)}), 3)
    lab.equal([other["replayed"] for other in others], [False, False])


def bad_fields(lab):
    before = lab.driver.items("list", tags=lab.tags)
    error = lab.error("send", email=lab.email("bob") | {"from": "ann@@sender.test", "to": ["nobody", "bob@ok.test"]})
    lab.equal((error.kind, error.code, error.reason), ("invalid_request", "INVALID_ARGUMENT", "FIELD_INVALID"))
    fields = [violation["field"] for violation in error.violations]
    lab.equal(sorted(fields), ["content.from[0].mailbox.address", "content.to[0].mailbox.address"])
    lab.true(all(violation["description"] for violation in error.violations))
    lab.true(error.message)
    lab.equal((before, lab.driver.items("list", tags=lab.tags)), ([], []))


def not_found(lab):
    for op in ("status", "cancel", "wait_until_settled"):
        error = lab.error(op, email_id="01JABCDEFGHJKMNPQRSTVWXYZ0", timeout=10)
        lab.equal((error.kind, error.code, error.reason), ("not_found", "NOT_FOUND", "EMAIL_NOT_FOUND"))
        lab.equal(error.violations, [])


def status_and_list(lab):
    ids = [lab.driver.call("send", email=lab.email("bob", f"refused-{i}"))["email_id"] for i in range(5)]
    for email_id in ids:
        lab.driver.call("wait_until_settled", email_id=email_id, timeout=30)
    status = lab.driver.call("status", email_id=ids[3])
    lab.equal((status["email_id"], status["state"], status["tags"]), (ids[3], "SETTLED", lab.tags))
    lab.true(status["revision"] > 0)
    lab.equal(
        status["recipients"],
        [
            _recipient(f"bob@{lab.domain}", "DELIVERED", "UNSPECIFIED", 250),
            _recipient(f"refused-3@{lab.domain}", "FAILED", "REJECTED", 550),
        ],
    )
    listed = lab.driver.items("list", tags=lab.tags, page_size=2)
    lab.equal([each["email_id"] for each in listed], ids[::-1])
    lab.equal(listed[1], status)


def _recipient(address, state, cause, code):
    return {"address": address, "state": state, "attempt_count": 1, "failure_cause": cause, "reply_code": code}


def settle(lab):
    sent = lab.driver.call("send", email=lab.email("twice", "refused"))
    status = lab.driver.call("wait_until_settled", email_id=sent["email_id"], timeout=30)
    lab.equal(status["state"], "SETTLED")
    lab.equal([each["state"] for each in status["recipients"]], ["DELIVERED", "FAILED"])
    lab.equal([each["attempt_count"] for each in status["recipients"]], [3, 1])

    waiting = lab.driver.call("send", email=lab.email("bob", send_after=_LATER))
    seconds, error = timed(lab.driver.call, "wait_until_settled", email_id=waiting["email_id"], timeout=1)
    lab.equal(error and error.kind, "deadline_exceeded")
    lab.true(0.9 <= seconds <= 5, seconds)


def stream_1000(lab):
    emails = [lab.email(f"user{i}") for i in range(1000)]
    emails[500]["to"] = ["no address"]
    lab.driver.start("send_many", emails=emails, window=64)
    outcomes, result = lab.driver.collect()
    lab.equal(sorted(outcome["index"] for outcome in outcomes), list(range(1000)))
    failed = [outcome for outcome in outcomes if "error" in outcome]
    lab.equal([outcome["index"] for outcome in failed], [500])
    lab.equal(failed[0]["error"]["kind"], "invalid_request")
    lab.equal([v["field"] for v in failed[0]["error"]["violations"]], ["content.to[0].mailbox.address"])
    lab.equal(len({outcome["email_id"] for outcome in outcomes if "error" not in outcome}), 999)
    # Flow control: neither one by one, nor all at once.
    lab.true(2 <= result["max_unanswered"] <= 64, result)
    expected = {f"user{i}@{lab.domain}": 1 for i in range(1000) if i != 500}
    processes.wait_until(lambda: len(lab.receiver.recipients(lab.domain)) >= 999, 60, "999 emails at the receiver")
    lab.equal(lab.receiver.recipients(lab.domain), expected)


def stream_restart(lab):
    emails = [lab.email(f"user{i}", send_after=_LATER) for i in range(1000)]
    lab.driver.start("send_many", emails=emails, window=100)
    outcomes = [lab.driver.next_item()[1] for _ in range(300)]
    lab.server.kill()
    time.sleep(0.5)
    lab.server.start()
    outcomes += lab.driver.collect()[0]
    lab.equal(sorted(outcome["index"] for outcome in outcomes), list(range(1000)))
    lab.equal([outcome for outcome in outcomes if "error" in outcome], [])
    by_index = {outcome["index"]: outcome["email_id"] for outcome in outcomes}
    listed = lab.driver.items("list", tags=lab.tags)
    lab.equal(
        sorted((each["recipients"][0]["address"], each["email_id"]) for each in listed),
        sorted((f"user{i}@{lab.domain}", email_id) for i, email_id in by_index.items()),
    )


def watch_restart(lab):
    settled = lab.driver.call("send", email=lab.email("bob"))["email_id"]
    cursor = lab.driver.items("watch", email_ids=[settled])[-1]["cursor"]
    lab.driver.call("send", email=lab.email("bob"))
    start = lab.driver.items("watch", tags=lab.tags, cursor=cursor, max_events=2)[-1]["cursor"]

    by_tag, by_id = lab.new_driver(), lab.new_driver()
    by_tag.start("watch", tags=lab.tags, cursor=start)
    # Each is queued, deferred twice, and delivered.
    ids = [lab.driver.call("send", email=lab.email(f"twice-{i}"))["email_id"] for i in range(20)]
    by_id.start("watch", email_ids=ids)
    seen = [by_tag.next_item()[1] for _ in range(30)]
    lab.server.kill()
    time.sleep(1)
    lab.server.start()
    seen += [by_tag.next_item()[1] for _ in range(25)]
    lab.server.kill()
    lab.server.start()
    while sum(event["email_state"] == "SETTLED" for event in seen) < len(ids):
        seen.append(by_tag.next_item()[1])
    lab.true(by_tag.is_silent(1))

    # The log itself, read when nothing disturbs.
    log = lab.new_driver().items("watch", tags=lab.tags, cursor=start, max_events=len(seen))
    lab.equal([_place(event) for event in seen], [_place(event) for event in log])
    lab.equal(seen, log)
    lab.equal({event["recipient"]["address"] for event in log}, {f"twice-{i}@{lab.domain}" for i in range(20)})
    lab.equal(len([event for event in log if event["recipient"]["state"] == "DELIVERED"]), 20)

    # It begins with the emails as they stood, and ends by itself.
    items, _ = by_id.collect()
    snapshots = [item["status"] for item in items[: len(ids)]]
    lab.equal([status["email_id"] for status in snapshots], ids)
    revisions = {status["email_id"]: status["revision"] for status in snapshots}
    lab.equal(
        [_place(event) for event in items[len(ids) :]],
        [_place(event) for event in log if event["revision"] > revisions[event["email_id"]]],
    )


def _place(event):
    return event["email_id"], event["revision"], event["recipient"]["state"]


def watch_ends(lab):
    sent = lab.driver.call("send", email=lab.email("twice"))
    items = lab.driver.items("watch", email_ids=[sent["email_id"]])
    lab.equal(items[0]["kind"], "snapshot")
    lab.equal(items[-1]["email_state"], "SETTLED")
    # From the middle, and no further than the caller wants.
    rest = lab.driver.items("watch", email_ids=[sent["email_id"]], cursor=items[0]["cursor"], max_events=1)
    lab.equal(rest, [item for item in items if item["kind"] == "event"][:1])
    rest = lab.driver.items("watch", tags=lab.tags, cursor=items[0]["cursor"], max_events=1)
    lab.equal(rest[0]["email_id"], sent["email_id"])
    lab.equal(lab.driver.call("status", email_id=sent["email_id"])["state"], "SETTLED")
    error = lab.error("watch", tags=lab.tags, cursor="nonsense")
    lab.equal((error.kind, [violation["field"] for violation in error.violations]), ("invalid_request", ["cursor"]))


def cancel(lab):
    email_id = lab.driver.call("send", email=lab.email("bob", "eve", send_after=_LATER))["email_id"]
    lab.equal(lab.driver.call("status", email_id=email_id)["state"], "ACTIVE")
    cancelled = lab.driver.call("cancel", email_id=email_id)
    lab.equal(cancelled["state"], "SETTLED")
    lab.equal({(each["state"], each["failure_cause"]) for each in cancelled["recipients"]}, {("FAILED", "CANCELLED")})
    lab.equal(lab.driver.call("cancel", email_id=email_id), cancelled)
    lab.equal(lab.driver.call("wait_until_settled", email_id=email_id, timeout=10), cancelled)
    lab.equal(lab.receiver.recipients(lab.domain), {})


def deadline(lab):
    email_id = lab.driver.call("send", email=lab.email("bob", send_after=_LATER))["email_id"]
    with lab.server_stopped():
        for op, fields in (("status", {"email_id": email_id}), ("send", {"email": lab.email("bob")})):
            seconds, error = timed(lab.driver.call, op, timeout=1, **fields)
            lab.equal(error and (error.kind, error.code), ("deadline_exceeded", "DEADLINE_EXCEEDED"))
            lab.true(0.9 <= seconds <= 4, seconds)
    lab.equal(lab.driver.call("status", email_id=email_id)["email_id"], email_id)


def server_down(lab):
    lab.server.kill()
    driver = lab.new_driver()
    seconds, error = timed(driver.call, "send", email=lab.email("bob"), timeout=1.5)
    lab.equal(error and (error.kind, error.code), ("unavailable", "UNAVAILABLE"))
    # It did try again, and did not go on for ever.
    lab.true(0.2 <= seconds <= 6, seconds)
    driver.start("send", email=lab.email("eve"), timeout=30)
    time.sleep(1)
    lab.server.start()
    name, sent = driver.next_item()
    lab.equal((name, sent["replayed"]), ("result", False))
    lab.equal([each["email_id"] for each in lab.driver.items("list", tags=lab.tags)], [sent["email_id"]])


def server_stops(lab):
    front = lab.stopping_front()
    driver = lab.new_driver(server=f"127.0.0.1:{front.port}")
    email_id = driver.call("send", email=lab.email("bob"))["email_id"]
    lab.equal(driver.call("wait_until_settled", email_id=email_id, timeout=30)["state"], "SETTLED")
    driver.start("send_many", emails=[lab.email("eve")])
    outcomes, _ = driver.collect()
    lab.equal([outcome.get("error") for outcome in outcomes], [None])
    listed = driver.items("list", tags=lab.tags)
    lab.equal([each["email_id"] for each in listed], [outcomes[0]["email_id"], email_id])
    methods = [method.rpartition("/")[2] for method in front.cancelled]
    lab.equal(methods, ["SendEmail", "WatchStatus", "QueryStatus", "SendEmails", "ListEmails"])


def tls(lab):
    front, trusted, stranger = lab.tls_front()
    driver = lab.new_driver(server=f"localhost:{front.port}", root_certificate=trusted, api_key="a key")
    email_id = driver.call("send", email=lab.email("bob"))["email_id"]
    lab.equal(driver.call("wait_until_settled", email_id=email_id, timeout=30)["state"], "SETTLED")
    seen = front.handshakes
    lab.true(seen)

    driver = lab.new_driver(server=f"localhost:{front.port}", root_certificate=stranger, api_key="a key")
    try:
        driver.call("send", email=lab.email("eve"), timeout=2)
    except DriverError as error:
        lab.equal(error.kind, "unavailable")
    else:
        lab.true(False, "a stranger's certificate was trusted")
    lab.equal(len(lab.driver.items("list", tags=lab.tags)), 1)


WHOLE_PROJECTS = (first_email, example)

# In the order of the table.
ALL = (
    *WHOLE_PROJECTS,
    send,
    replay,
    bad_fields,
    not_found,
    status_and_list,
    settle,
    stream_1000,
    stream_restart,
    watch_restart,
    watch_ends,
    cancel,
    deadline,
    server_down,
    server_stops,
    tls,
)
