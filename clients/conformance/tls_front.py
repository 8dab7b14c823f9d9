"""TLS in front of a server that speaks clear text: ends the TLS and passes the bytes on."""

import asyncio
import contextlib
import ssl
import threading

# How long a peer may take to answer the end of its TLS.
_TLS_END_SECONDS = 1


class TlsFront:
    """Listens on a free port of 127.0.0.1, for gRPC (ALPN `h2`), in a thread of its own."""

    def __init__(self, certificate, key, host, port):
        self._target = (host, port)
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(certificate, key)
        self._context.set_alpn_protocols(["h2"])
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        # Connections over which TLS came about.
        self.handshakes = 0
        self.port = None
        self._server = None
        self._writers = set()

    def start(self):
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    def stop(self):
        """Ends the connections, too."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self):
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, ssl=self._context, ssl_shutdown_timeout=_TLS_END_SECONDS
        )
        return self._server.sockets[0].getsockname()[1]

    async def _close(self):
        self._server.close()
        for writer in self._writers:
            # One that is ending already may have let go of its TLS.
            if not writer.is_closing():
                writer.transport.abort()
        # A loop that is stopped with tasks in it complains of each.
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)

    async def _serve(self, client_reader, client_writer):
        self.handshakes += 1
        server_reader, server_writer = await asyncio.open_connection(*self._target)
        self._writers.update((client_writer, server_writer))
        await asyncio.gather(_pass_on(client_reader, server_writer), _pass_on(server_reader, client_writer))
        self._writers.difference_update((client_writer, server_writer))


async def _pass_on(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
