"""One address for whichever pod is ready, as a Service of Kubernetes is."""

import asyncio
import threading


class ServiceAddress:
    """Passes connections to `host`:`port` on to the pod that is ready, and refuses them while none is. Connections
    that are there stay until one end closes them, whatever becomes of readiness."""

    def __init__(self, host, port):
        self._host = host
        self._port = port
        # Address of the pod; None while there is none.
        self._pod = None
        self.passed = 0
        self.refused = 0
        self._loop = asyncio.new_event_loop()

    def start(self):
        listening = threading.Event()

        async def listen():
            await asyncio.start_server(self._serve, self._host, self._port)
            listening.set()

        def run():
            self._loop.create_task(listen())
            self._loop.run_forever()

        threading.Thread(target=run, daemon=True).start()
        if not listening.wait(20):
            raise RuntimeError(f"cannot listen on {self._host}:{self._port}")

    def stop(self):
        self._loop.call_soon_threadsafe(self._loop.stop)

    def lead_to(self, pod):
        """Sends new connections to the address `pod`; nowhere if it is None."""
        self._pod = pod

    async def _serve(self, reader, writer):
        try:
            if self._pod is None:
                raise ConnectionRefusedError
            pod_reader, pod_writer = await asyncio.open_connection(self._pod, self._port)
        except OSError:
            self.refused += 1
            writer.transport.abort()
            return
        self.passed += 1
        ways = (_pass_on(reader, pod_writer), _pass_on(pod_reader, writer))
        await asyncio.gather(*ways)


async def _pass_on(reader, writer):
    """One direction; its end ends the other, too."""
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
