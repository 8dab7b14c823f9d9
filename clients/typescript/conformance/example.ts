/**
 * Sends an email with an attachment and follows it until each recipient is settled. The server is at $MAILSTROM_SERVER, by
 * default 127.0.0.1:2626.
 */

import { fileURLToPath } from "node:url";

import { attachment, Client, email, type Recipient } from "mailstrom-client";

function show(recipient: Recipient | undefined): void {
  if (!recipient) return;
  const state = recipient.state.replace("STATE_", "");
  console.log(recipient.address, state, recipient.lastAttempt?.reply?.text ?? "");
}

const client = new Client(process.env.MAILSTROM_SERVER);
const sent = await client.send(
  email({
    from: "Ann <ann@sender.test>",
    to: ["Bob <bob@receiver.test>", "refused@receiver.test"],
    subject: "How to send an email",
    text: "See the attachment.\n",
    html: "<p>See the <b>attachment</b>.</p>\n",
    // This program itself; the path of any file will do.
    attachments: [await attachment(fileURLToPath(import.meta.url), { filename: "example.txt" })],
    tags: { kind: "example" },
  }),
);
const emailId = sent.email?.emailId ?? "";
console.log("accepted", emailId);
for await (const { update } of client.watch({ emailIds: [emailId] }, { timeoutMs: 60_000 })) {
  if (update.$case === "snapshot") update.value.recipients.forEach(show);
  else show(update.value.recipient);
}
client.close();
