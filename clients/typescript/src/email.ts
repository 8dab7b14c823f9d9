import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";

import { Address, Attachment, type HeaderField, type Mailbox } from "./gen/mailstrom/v1/content.js";
import { SendEmailRequest } from "./gen/mailstrom/v1/mailstrom_service.js";

/** An email from plain values. Mailboxes are `addr` or `Name <addr>`. */
export interface EmailValues {
  from: string | Mailbox;
  to?: readonly (string | Mailbox)[] | undefined;
  cc?: readonly (string | Mailbox)[] | undefined;
  bcc?: readonly (string | Mailbox)[] | undefined;
  replyTo?: readonly (string | Mailbox)[] | undefined;
  subject?: string | undefined;
  text?: string | undefined;
  html?: string | undefined;
  /** See `attachment`. */
  attachments?: readonly Attachment[] | undefined;
  /** Further header fields, in this order. */
  headers?: readonly HeaderField[] | undefined;
  /** Come back with the email and its events, and select what a watch or a list shows. */
  tags?: Record<string, string> | undefined;
  /** Holds the email back until then. */
  sendTime?: Date | undefined;
  /** Names the occasion, so that a repeated call cannot make a second email. By default a random one. */
  requestId?: string | undefined;
}

/**
 * A request to send one email, for `Client.send` and `Client.sendMany`. What has no field in `EmailValues` can be set in the
 * result. Nothing is judged here: the server does, and names each field that is wrong.
 */
export function email(values: EmailValues): SendEmailRequest {
  return SendEmailRequest.fromPartial({
    requestId: values.requestId ?? "",
    message: {
      $case: "content",
      value: {
        from: [address(values.from)],
        to: values.to?.map(address) ?? [],
        cc: values.cc?.map(address) ?? [],
        bcc: values.bcc?.map(address) ?? [],
        replyTo: values.replyTo?.map(address) ?? [],
        subject: values.subject ?? "",
        text: values.text ?? "",
        html: values.html ?? "",
        attachments: [...(values.attachments ?? [])],
        headers: [...(values.headers ?? [])],
      },
    },
    tags: values.tags ?? {},
    sendTime: values.sendTime,
  });
}

/** The file at `path`. Its name and its media type go by the path when they are not given. */
export async function attachment(
  path: string,
  given: { filename?: string; contentType?: string; contentId?: string } = {},
): Promise<Attachment> {
  const filename = given.filename ?? basename(path);
  return Attachment.fromPartial({
    filename,
    contentType: given.contentType ?? mediaType(filename),
    contentId: given.contentId ?? "",
    data: await readFile(path),
  });
}

// Node knows no media types; these are what people attach.
const mediaTypes: Record<string, string> = {
  ".csv": "text/csv",
  ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  ".gif": "image/gif",
  ".gz": "application/gzip",
  ".htm": "text/html",
  ".html": "text/html",
  ".ics": "text/calendar",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".json": "application/json",
  ".mp3": "audio/mpeg",
  ".mp4": "video/mp4",
  ".odt": "application/vnd.oasis.opendocument.text",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  ".svg": "image/svg+xml",
  ".txt": "text/plain",
  ".vcf": "text/vcard",
  ".webp": "image/webp",
  ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  ".xml": "application/xml",
  ".zip": "application/zip",
};

function mediaType(filename: string): string {
  return mediaTypes[extname(filename).toLowerCase()] ?? "application/octet-stream";
}

function address(mailbox: string | Mailbox): Address {
  return Address.fromPartial({ kind: { $case: "mailbox", value: toMailbox(mailbox) } });
}

function toMailbox(mailbox: string | Mailbox): Mailbox {
  if (typeof mailbox !== "string") return mailbox;
  const parts = /^(?<name>[^<>]*)<(?<address>[^<>]*)>\s*$/.exec(mailbox)?.groups;
  // What is not `Name <addr>` goes as it is, for the server to judge.
  if (!parts) return { address: mailbox, displayName: "" };
  const name = parts.name?.trim() ?? "";
  const quoted = /^"(?<text>.*)"$/s.exec(name)?.groups?.text;
  return { address: parts.address?.trim() ?? "", displayName: quoted?.replace(/\\(.)/gs, "$1") ?? name };
}
