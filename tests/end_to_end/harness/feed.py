"""What a server's feed tells from its first event on."""

import threading
import time

import grpc

from mailstrom.v1 import email_pb2, mailstrom_service_pb2

FINAL = (email_pb2.Recipient.STATE_DELIVERED, email_pb2.Recipient.STATE_FAILED)


class Feed:
    """Follows every email of a server, through whatever happens to the streams and the server. The server
    should have a short watch.heartbeat_interval."""

    def __init__(self, server):
        self._server = server
        self._cursor = ""
        self._call = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow)
        self._watching = threading.Event()
        # (email_id, recipient's address) to the revisions and states that were seen, for emails of one
        # recipient.
        self.changes = {}

    def start(self):
        self._thread.start()
        # Until the first heartbeat: from here on it sees every event.
        if not self._watching.wait(20):
            raise AssertionError("the watch does not begin")

    def end(self):
        self._ended.set()
        self._call.cancel()
        self._thread.join()

    def _follow(self):
        while not self._ended.is_set():
            request = mailstrom_service_pb2.WatchStatusRequest(cursor=self._cursor)
            try:
                self._call = self._server.api.WatchStatus(request, wait_for_ready=True)
                for response in self._call:
                    self._cursor = response.cursor
                    self._watching.set()
                    self._take(response)
            except (grpc.RpcError, ValueError):
                # The server is away, or its channel was closed.
                time.sleep(0.05)

    def _take(self, response):
        if response.WhichOneof("update") != "event":
            return
        event = response.event
        key = event.email_id, event.recipient.address
        self.changes.setdefault(key, []).append((event.revision, event.recipient.state))
