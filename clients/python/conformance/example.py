"""Sends an email with an attachment and follows it until each recipient is settled.

The server is at $MAILSTROM_SERVER, by default 127.0.0.1:2626.
"""

import asyncio
import os

from mailstrom import AsyncClient, attachment, email_request, v1


async def main() -> None:
    """Runs the example."""
    request = email_request(
        from_="Ann <ann@sender.test>",
        to=["Bob <bob@receiver.test>", "refused@receiver.test"],
        subject="How to send an email",
        text="See the attachment.\n",
        html="<p>See the <b>attachment</b>.</p>\n",
        # This program itself; the path of any file will do.
        attachments=[attachment(__file__, filename="example.txt")],
        tags={"kind": "example"},
    )
    async with AsyncClient(os.environ.get("MAILSTROM_SERVER", "127.0.0.1:2626")) as client:
        sent = await client.send(request)
        print("accepted", sent.email.email_id)
        async with client.watch([sent.email.email_id], timeout=60) as watch:
            async for response in watch:
                for recipient in response.snapshot.recipients or [response.event.recipient]:
                    show(recipient)


def show(recipient: v1.Recipient) -> None:
    """Prints where a recipient stands, and what the mail server said."""
    state = v1.Recipient.State.Name(recipient.state).removeprefix("STATE_")
    print(recipient.address, state, recipient.last_attempt.reply.text)


if __name__ == "__main__":
    asyncio.run(main())
