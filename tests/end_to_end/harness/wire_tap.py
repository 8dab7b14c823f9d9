"""Listens where a mail server should, passes everything on to it, and keeps what the client sent."""

import asyncio
import dataclasses
import threading

_KEPT_BYTES = 1 << 20


@dataclasses.dataclass
class Conversation:
    """One connection, as seen from between."""

    # What the client sent, cut at 1 MiB; after STARTTLS it is sealed.
    sent: bytes = b""
    # How often the client spoke after the server had: each costs the time of a round trip.
    turns: int = 0


class WireTaps:
    """One tap for each address: from port 25 to `server_port` of the same address."""

    def __init__(self, addresses, server_port):
        self.server_port = server_port
        self._conversations = {address: [] for address in addresses}
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        for address in addresses:
            asyncio.run_coroutine_threadsafe(self._listen(address), self._loop).result(10)

    def conversations(self, address):
        """Those with the server at the address so far, oldest first."""
        return list(self._conversations[address])

    async def _listen(self, address):
        async def connected(client_reader, client_writer):
            conversation = Conversation()
            self._conversations[address].append(conversation)
            try:
                server_reader, server_writer = await asyncio.open_connection(address, self.server_port)
            except OSError:
                client_writer.close()
                return
            server_was_last = [True]
            await asyncio.gather(
                _pass_on(client_reader, server_writer, conversation, server_was_last),
                _pass_on(server_reader, client_writer, None, server_was_last),
            )

        await asyncio.start_server(connected, address, 25)


async def _pass_on(reader, writer, conversation, server_was_last):
    try:
        while data := await reader.read(65536):
            if conversation:
                conversation.sent = (conversation.sent + data)[:_KEPT_BYTES]
                conversation.turns += server_was_last[0]
            server_was_last[0] = conversation is None
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()
