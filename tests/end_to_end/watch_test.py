"""What watchers see."""

import time
import unittest

import grpc

from harness import mail_world
from harness.mail_world import send, simple_request
from mailstrom.v1 import email_pb2

Recipient = email_pb2.Recipient


def _greylist(count):
    return "450 4.2.0 greylisted" if count == 1 else "DUNNO"


class WatchTest(mail_world.MailTestCase):
    configuration = {
        "delivery": {"retry": {"initial_delay": "2s", "jitter": 0}},
        "watch": {"heartbeat_interval": "500ms"},
    }

    def defer_first(self, *addresses):
        for address in addresses:
            self.world.one.policy.rules[address] = _greylist

    def assert_snapshot_of(self, response, email_id):
        self.assertEqual(response.WhichOneof("update"), "snapshot", response)
        self.assertEqual(response.snapshot.email_id, email_id)

    def test_queued_deferred_delivered_in_order(self):
        def slowly_greylist(count):
            # The watch begins while the first attempt is still under way.
            time.sleep(1 if count == 1 else 0)
            return _greylist(count)

        self.world.one.policy.rules["order@one.test"] = slowly_greylist
        email = send(self.server, simple_request("order@one.test"))
        states, revisions, cursors = [], [], []
        for response in self.server.watch([email.email_id]):
            cursors.append(response.cursor)
            kind = response.WhichOneof("update")
            if kind == "snapshot":
                states += [recipient.state for recipient in response.snapshot.recipients]
                revisions.append(response.snapshot.revision)
            elif kind == "event":
                self.assertEqual(response.event.email_id, email.email_id)
                states.append(response.event.recipient.state)
                revisions.append(response.event.revision)
                self.assertTrue(response.event.HasField("event_time"))

        self.assertEqual(
            states, [Recipient.STATE_QUEUED, Recipient.STATE_DEFERRED, Recipient.STATE_DELIVERED]
        )
        self.assertEqual(revisions, sorted(set(revisions)))
        self.assertTrue(all(cursors))
        self.assertEqual(response.event.email_state, email_pb2.Email.STATE_SETTLED)

    def test_cursor_survives_a_restart_and_misses_nothing(self):
        addresses = [f"cursor{i}@one.test" for i in range(10)]
        self.defer_first(*addresses)
        email = send(self.server, simple_request(*addresses))
        before = []
        for response in self.server.watch([email.email_id]):
            before.append(response)
            deferred = [r for r in before if r.HasField("event")]
            states = {recipient.state for recipient in self.server.query(email.email_id).recipients}
            if len(deferred) >= 3 or states == {Recipient.STATE_DEFERRED}:
                break
        cursor = before[-1].cursor
        self.server.kill()
        self.server.start()

        after = [r for r in self.server.watch([email.email_id], cursor) if not r.HasField("heartbeat")]
        self.assertEqual({r.WhichOneof("update") for r in after}, {"event"})
        settled = self.server.query(email.email_id)
        self.assertEqual({r.state for r in settled.recipients}, {Recipient.STATE_DELIVERED})
        seen = [r.event.revision for r in before + after if r.HasField("event")]
        first = before[0].snapshot.revision
        # Every change since the snapshot, each once, in order.
        self.assertEqual(seen, list(range(first + 1, settled.revision + 1)))

    def test_cursor_of_a_settled_email_ends_at_once(self):
        email = send(self.server, simple_request("done@one.test"))
        cursor = [response.cursor for response in self.server.watch([email.email_id])][-1]
        self.assertEqual(list(self.server.watch([email.email_id], cursor, timeout=10)), [])

    def test_several_watchers_of_several_emails_see_the_same(self):
        self.defer_first("both@one.test")
        ids = [
            send(self.server, simple_request(address)).email_id
            for address in ("both@one.test", "both@clear.test")
        ]
        watches = [self.server.watch(ids) for _ in range(3)]
        seen = []
        for watch in watches:
            final = {}
            for response in watch:
                if response.HasField("snapshot"):
                    final[response.snapshot.email_id] = response.snapshot.recipients[0].state
                elif response.HasField("event"):
                    final[response.event.email_id] = response.event.recipient.state
            seen.append(final)
        self.assertEqual(seen, [dict.fromkeys(ids, Recipient.STATE_DELIVERED)] * 3)

    def test_heartbeats_come_while_nothing_happens(self):
        self.defer_first("quiet@one.test")
        email = send(self.server, simple_request("quiet@one.test"))
        kinds = [response.WhichOneof("update") for response in self.server.watch([email.email_id])]
        self.assertGreaterEqual(kinds.count("heartbeat"), 2, kinds)

    def test_unknown_email_and_broken_cursor_are_refused(self):
        with self.assertRaises(grpc.RpcError) as unknown:
            list(self.server.watch(["01ARZ3NDEKTSV4RRFFQ69G5FAV"]))
        self.assertEqual(unknown.exception.code(), grpc.StatusCode.NOT_FOUND)
        email = send(self.server, simple_request("bad@one.test"))
        with self.assertRaises(grpc.RpcError) as broken:
            list(self.server.watch([email.email_id], "no cursor"))
        self.assertIn(
            broken.exception.code(), (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.OUT_OF_RANGE)
        )
        with self.assertRaises(grpc.RpcError) as missing:
            self.server.query("01ARZ3NDEKTSV4RRFFQ69G5FAV")
        self.assertEqual(missing.exception.code(), grpc.StatusCode.NOT_FOUND)


if __name__ == "__main__":
    unittest.main()
