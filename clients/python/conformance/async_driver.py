"""As driver.py, for the client for asyncio."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable

import driver
import mailstrom
from driver import Json, Meter, from_email, from_error, from_outcome, from_response, from_sent, say, to_request
from mailstrom import v1


class AsyncDriver:
    """Each method is the command of its name."""

    _client: mailstrom.AsyncClient

    async def connect(self, command: Json) -> object:
        self._client = mailstrom.AsyncClient(command["server"], credentials=driver.credentials(command))
        return {}

    async def send(self, command: Json) -> object:
        return from_sent(await self._client.send(to_request(command["email"]), timeout=command.get("timeout")))

    async def send_many(self, command: Json) -> object:
        meter = Meter()
        async for outcome in self._client.send_many(meter.take(command["emails"]), window=command.get("window", 128)):
            meter.answered()
            say("item", from_outcome(outcome))
        return {"max_unanswered": meter.most}

    async def status(self, command: Json) -> object:
        return from_email(await self._client.status(command["email_id"], timeout=command.get("timeout")))

    async def wait_until_settled(self, command: Json) -> object:
        return from_email(await self._client.wait_until_settled(command["email_id"], timeout=command.get("timeout")))

    async def cancel(self, command: Json) -> object:
        return from_email(await self._client.cancel(command["email_id"], timeout=command.get("timeout")))

    async def list(self, command: Json) -> object:
        query = v1.ListEmailsRequest(page_size=command.get("page_size", 0))
        async for email in self._client.list(query, tags=command.get("tags")):
            say("item", from_email(email))
        return {}

    async def watch(self, command: Json) -> object:
        events = 0
        async with self._client.watch(
            command.get("email_ids", ()), tags=command.get("tags"), cursor=command.get("cursor", "")
        ) as watch:
            async for response in watch:
                say("item", from_response(response))
                events += response.HasField("event")
                if events == command.get("max_events"):
                    break
        return {}


async def main() -> None:
    commands = AsyncDriver()
    while line := await asyncio.to_thread(sys.stdin.readline):
        command = json.loads(line)
        method: Callable[[Json], Awaitable[object]] = getattr(commands, command["op"])
        try:
            say("result", await method(command))
        except mailstrom.MailstromError as error:
            say("error", from_error(error))


if __name__ == "__main__":
    asyncio.run(main())
