"""A server that stops, in front of one that does not: cancels the first call of each method, and passes the others on."""

from concurrent import futures

import grpc

_THREADS = 16


class StoppingFront(grpc.GenericRpcHandler):
    """Listens on a free port of 127.0.0.1. Knows nothing of what is in a call."""

    def __init__(self, server):
        # Methods in the order of their first calls.
        self.cancelled = []
        self._channel = grpc.insecure_channel(server)
        self._server = grpc.server(futures.ThreadPoolExecutor(_THREADS), handlers=[self])
        self.port = self._server.add_insecure_port("127.0.0.1:0")

    def start(self):
        self._server.start()

    def stop(self):
        """Ends the calls, too."""
        self._server.stop(None).wait()
        self._channel.close()

    def service(self, handler_call_details):
        method = handler_call_details.method
        if method not in self.cancelled:
            self.cancelled.append(method)
            return grpc.stream_stream_rpc_method_handler(_cancel)
        call = self._channel.stream_stream(method)
        return grpc.stream_stream_rpc_method_handler(lambda requests, _context: call(requests))


def _cancel(_requests, context):
    context.abort(grpc.StatusCode.CANCELLED, "the server stops")
