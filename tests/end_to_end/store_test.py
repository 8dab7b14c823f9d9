"""The store in trouble: a full disk, a read-only one, a full queue; and its backup."""

import itertools
import os
import signal
import subprocess
import threading
import time
import unittest

import grpc

from harness import feed, mail_world, mailstrom_server, processes, rpc_details
from harness.mail_world import programs, send, simple_request
from mailstrom.v1 import email_pb2, mailstrom_service_pb2

Recipient = email_pb2.Recipient

_SERVING = b"\x08\x01"
_NOT_SERVING = b"\x08\x02"


class Disk:
    """A small file system in memory, smaller than what the store sets aside for its log in advance, so
    that a full disk shows at once. It goes with the test's mount namespace."""

    def __init__(self, name, size="20m"):
        self.path = os.path.join(os.environ["TEST_SCRATCH"], name)
        os.mkdir(self.path)
        processes.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.path])
        self._ballast = os.path.join(self.path, "ballast")

    def fill(self):
        # In whole pages: byte by byte it would never come to an end while the server, too, gives up
        # files and makes new ones.
        with open(self._ballast, "ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                try:
                    while True:
                        file.write(b"b" * size)
                except OSError:
                    continue

    def free(self):
        os.remove(self._ballast)

    def remount(self, option):
        processes.run(["mount", "-o", f"remount,{option}", self.path])


class Load:
    """Hands emails over, one after the other in each of several threads. `name` begins their addresses."""

    def __init__(self, server, name):
        self._server = server
        self._name = name
        self._serial = itertools.count()
        self._ended = threading.Event()
        self._threads = []
        # Email id to its address.
        self.acknowledged = {}
        self.refused = 0

    def start(self, threads):
        # A first call, so that all threads find the channel.
        self._send()
        self._threads = [threading.Thread(target=self._send_many) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def wait_for_more(self, count):
        goal = len(self.acknowledged) + count
        processes.wait_until(lambda: len(self.acknowledged) >= goal, 60, f"{count} more emails")

    def end(self):
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _send_many(self):
        while not self._ended.is_set():
            try:
                self._send()
                # Enough to be under way at any time, and not more than can be looked at one by one.
                time.sleep(0.02)
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    raise
                self.refused += 1
                time.sleep(0.05)

    def _send(self):
        address = f"{self._name}{next(self._serial)}@clear.test"
        email = send(self._server, simple_request(address, text="x" * 3000))
        self.acknowledged[email.email_id] = address


class StoreTest(mail_world.MailTestCase):
    configuration = {"delivery": {"retry": {"initial_delay": "1s", "multiplier": 1, "max_retries": 99}}}

    def server_on(self, disk, overrides=None):
        store = {"store": {"rocksdb": {"path": os.path.join(disk.path, "db")}}}
        return self.new_server(
            mailstrom_server.merge(mailstrom_server.merge(self.configuration, store), overrides or {})
        )

    def follow(self, server):
        """What the server's feed tells from now on; see Feed.changes."""
        following = feed.Feed(server)
        following.start()
        self.addCleanup(following.end)
        return following.changes

    def health(self, server):
        call = server.channel.unary_unary(
            "/grpc.health.v1.Health/Check", request_serializer=None, response_deserializer=None
        )
        return call(b"", timeout=10)

    def list_all(self, server):
        request = mailstrom_service_pb2.ListEmailsRequest(page_size=1000)
        emails = []
        while True:
            page = server.api.ListEmails(request, timeout=20)
            emails += page.emails
            if not page.next_page_token:
                return emails
            request.page_token = page.next_page_token

    def assert_refused(self, server, request, code, reason):
        with self.assertRaises(grpc.RpcError) as refusal:
            server.api.SendEmail(request, timeout=20)
        self.assertEqual(refusal.exception.code(), code)
        self.assertNotEqual(refusal.exception.details(), "")
        details = rpc_details.of(refusal.exception)
        self.assertEqual((details.reason, details.domain), (reason, "mailstrom"))

    def fill_until_refused(self, server, disk):
        """Returns what was acknowledged on the last free bytes: email id to address."""
        disk.fill()
        acknowledged = {}
        for serial in itertools.count():
            address = f"last{serial}@clear.test"
            try:
                email = server.api.SendEmail(simple_request(address, text="x" * 2000), timeout=20).email
            except grpc.RpcError as error:
                self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE, error)
                self.assertEqual(rpc_details.of(error).reason, "STORAGE_UNAVAILABLE")
                return acknowledged
            acknowledged[email.email_id] = address

    def test_a_full_disk_refuses_pauses_and_heals(self):
        disk = Disk("full")
        server = self.server_on(disk, {"watch": {"heartbeat_interval": "1s"}})
        changes = self.follow(server)
        commands = self.world.clear.policy.commands
        receiving, go_on = threading.Event(), threading.Event()

        def slow(count):
            receiving.set()
            go_on.wait(30)
            return "DUNNO"

        is_full = True
        self.world.clear.policy.rules["slow@clear.test"] = slow
        self.world.clear.policy.rules["later@clear.test"] = (
            lambda count: "450 4.2.0 later" if is_full else "DUNNO"
        )
        acknowledged = {}
        for address in ("before@clear.test", "later@clear.test", "slow@clear.test"):
            acknowledged[send(server, simple_request(address)).email_id] = address
        before, _, slow_id = acknowledged
        server.wait_settled(before)
        self.assertTrue(receiving.wait(20))
        self.assertEqual(self.health(server), _SERVING)

        acknowledged.update(self.fill_until_refused(server, disk))
        processes.wait_until(lambda: self.health(server) == _NOT_SERVING, 10, "NOT_SERVING")
        # The message under way arrives, and its outcome cannot be recorded.
        go_on.set()
        self.world.clear.wait_for_mail("slow@clear.test")
        # Sessions that were under way end within a moment; then nothing is attempted any more.
        time.sleep(1)
        attempts = len(commands())
        for _ in range(3):
            self.assert_refused(
                server,
                simple_request("refused@clear.test"),
                grpc.StatusCode.UNAVAILABLE,
                "STORAGE_UNAVAILABLE",
            )
            time.sleep(1)
        self.assertEqual(len(commands()), attempts)
        self.assertEqual(self.health(server), _NOT_SERVING)
        # What is stored can be looked at.
        self.assertEqual(server.query(before).recipients[0].state, Recipient.STATE_DELIVERED)
        self.assertNotIn(server.query(slow_id).recipients[0].state, feed.FINAL)

        is_full = False
        disk.free()
        processes.wait_until(lambda: self.health(server) == _SERVING, 15, "SERVING again")
        acknowledged[send(server, simple_request("after@clear.test")).email_id] = "after@clear.test"
        for email_id in acknowledged:
            server.wait_settled(email_id)
        self.assert_all_is_delivered_once(server, acknowledged)
        self.assert_feed_is_state(changes, server)

    def test_a_disk_that_fills_up_again_and_again_under_load(self):
        disk = Disk("busy")
        server = self.server_on(disk, {"watch": {"heartbeat_interval": "1s"}})
        changes = self.follow(server)
        load = Load(server, "busy")
        load.start(4)
        for _ in range(3):
            load.wait_for_more(60)
            disk.fill()
            processes.wait_until(lambda: self.health(server) == _NOT_SERVING, 20, "NOT_SERVING")
            disk.free()
            processes.wait_until(lambda: self.health(server) == _SERVING, 20, "SERVING again")
        load.wait_for_more(60)
        load.end()
        for email_id in load.acknowledged:
            server.wait_settled(email_id)
        self.assert_all_is_delivered_once(server, load.acknowledged)
        self.assert_feed_is_state(changes, server)
        print(f"NOTE: three full disks under load: {load.refused} refused")
        self.assertGreater(load.refused, 0)

    def assert_all_is_delivered_once(self, server, acknowledged):
        """Every acknowledged email is delivered, and no message came twice."""
        emails = {email.email_id: email for email in self.list_all(server)}
        for email_id, address in acknowledged.items():
            (recipient,) = emails[email_id].recipients
            self.assertEqual((recipient.address, recipient.state), (address, Recipient.STATE_DELIVERED))
        processes.wait_until(self.world.clear.queue_is_empty, 30, "empty receiver queue")
        # One whose refusal left it open whether it was stored may be there as well.
        for email in emails.values():
            if email.email_id in acknowledged:
                (recipient,) = email.recipients
                self.assertEqual(len(self.world.clear.mail(recipient.address)), 1, recipient.address)
            else:
                server.wait_settled(email.email_id)
        print(f"NOTE: full disk: {len(acknowledged)} acknowledged and delivered, {len(emails)} stored")

    def assert_feed_is_state(self, seen, server):
        state = {
            (email.email_id, recipient.address): (email.revision, recipient.state)
            for email in self.list_all(server)
            for recipient in email.recipients
        }

        processes.wait_until(
            lambda: {key: changes[-1] for key, changes in seen.items()} == state,
            10,
            "the feed to tell of every state",
        )
        for key, changes in seen.items():
            revisions = [revision for revision, _ in changes]
            self.assertEqual(revisions, sorted(set(revisions)), key)
            self.assertEqual([s for _, s in changes[:-1] if s in feed.FINAL], [], key)

    def test_a_read_only_disk_is_named_at_the_start(self):
        disk = Disk("read-only")
        server = self.server_on(disk)
        email = send(server, simple_request("stored@one.test"))
        server.wait_settled(email.email_id)
        server.terminate()
        self.assertEqual(server.wait(), 0)
        disk.remount("ro")
        done = subprocess.run(
            [programs()[0], "--config", server.configuration_path],
            capture_output=True,
            text=True,
            timeout=30,
        )
        self.assertEqual(done.returncode, 1)
        (line,) = [l for l in mailstrom_server.parse_log(done.stderr) if l["event"] == "not started"]
        self.assertIn("Read-only file system", line["error"])
        self.assertIn(disk.path, line["error"])
        disk.remount("rw")
        server.start()
        self.assertEqual(self.health(server), _SERVING)
        self.assertEqual(server.query(email.email_id).recipients[0].state, Recipient.STATE_DELIVERED)

    def test_a_backup_holds_what_was_acknowledged_before_it(self):
        backups = os.path.join(os.environ["TEST_TMPDIR"], "backups")
        os.mkdir(backups)
        rocksdb = {"backup_directory": backups}
        server = self.new_server(
            mailstrom_server.merge(self.configuration, {"store": {"rocksdb": rocksdb}})
        )
        load = Load(server, "saved")
        load.start(4)
        load.wait_for_more(200)
        before = list(load.acknowledged)
        made = server.back_up()
        self.assertEqual(made["event"], "backup made", made)
        load.wait_for_more(50)
        load.end()
        server.kill()

        restored = self.restored(made["folder"])
        for email_id in before:
            (recipient,) = restored.wait_settled(email_id).recipients
            self.assertEqual(recipient.state, Recipient.STATE_DELIVERED)
        known = {email.email_id for email in self.list_all(restored)}
        self.assertLessEqual(set(before), known)
        # Later ones are not in it: it is of one moment.
        self.assertNotIn(list(load.acknowledged)[-1], known)
        new = send(restored, simple_request("new@clear.test"))
        self.assertEqual(
            restored.wait_settled(new.email_id).recipients[0].state, Recipient.STATE_DELIVERED
        )
        restored.stop()
        print(f"NOTE: backup after {len(before)} acknowledged emails has {len(known)} of {len(load.acknowledged)}")

    def restored(self, folder):
        """A server on a backup, in the place of the one that made it."""
        restored = mailstrom_server.MailstromServer(
            programs()[0],
            mailstrom_server.merge(self.configuration, {"store": {"rocksdb": {"path": folder}}}),
            "mailstromd-restored-" + self.id().rpartition(".")[2],
        )
        self.addCleanup(restored.stop)
        restored.start()
        return restored

    def test_a_backup_that_finds_no_room_leaves_nothing_behind(self):
        disk = Disk("backups", "16m")
        server = self.new_server(
            mailstrom_server.merge(
                self.configuration, {"store": {"rocksdb": {"backup_directory": disk.path}}}
            )
        )
        email = send(server, simple_request("copied@one.test", text="x" * 100000))
        server.wait_settled(email.email_id)
        disk.fill()
        made = server.back_up()
        self.assertEqual(made["event"], "no backup made")
        self.assertIn("No space left on device", made["error"])
        self.assertEqual(os.listdir(disk.path), ["ballast"])
        # The store itself is well.
        self.assertEqual(self.health(server), _SERVING)
        server.wait_settled(send(server, simple_request("still@one.test")).email_id)

        # Now it is copied, since files cannot be linked from one file system to another.
        disk.free()
        made = server.back_up()
        self.assertEqual(made["event"], "backup made", made)
        server.kill()
        restored = self.restored(made["folder"])
        (recipient,) = restored.query(email.email_id).recipients
        self.assertEqual(recipient.state, Recipient.STATE_DELIVERED)
        restored.stop()

    def test_a_queue_of_many_emails_refuses_until_there_is_room(self):
        self.check_limit({"max_queued_emails": 2})

    def test_a_queue_of_many_bytes_refuses_until_there_is_room(self):
        self.check_limit({"max_queued_bytes": 5000, "max_message_bytes": 3000})

    def check_limit(self, limits):
        server = self.new_server(mailstrom_server.merge(self.configuration, {"limits": limits}))
        case = self.id().rpartition(".")[2]
        held_address, free_address = f"held-{case}@one.test", f"free-{case}@one.test"
        may_pass = threading.Event()
        self.world.one.policy.rules[held_address] = (
            lambda count: "DUNNO" if may_pass.is_set() else "450 4.2.0 later"
        )
        held = [send(server, simple_request(held_address, text="x" * 1900)) for _ in range(2)]
        request = simple_request(free_address, text="x" * 1900)
        self.assert_refused(server, request, grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL")
        # The caller has to wait, and the server is well.
        self.assertEqual(self.health(server), _SERVING)
        self.assertEqual(len(self.list_all(server)), 2)
        may_pass.set()
        for email in held:
            server.wait_settled(email.email_id)
        server.wait_settled(send(server, request).email_id)
        self.assertEqual(len(self.world.one.wait_for_mail(free_address)), 1)


if __name__ == "__main__":
    unittest.main()
