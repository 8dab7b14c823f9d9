/** The parts that need no server. */

import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { status } from "@grpc/grpc-js";

import { UnavailableError } from "../dist/errors.js";
import {
  SendEmailRequest,
  SendEmailsResponse,
  WatchStatusResponse,
} from "../dist/gen/mailstrom/v1/mailstrom_service.js";
import { attachment, email } from "../dist/index.js";
import { Backoff, Deadline } from "../dist/retry.js";
import { WatchState } from "../dist/watch.js";
import { Window } from "../dist/window.js";
import { event } from "./fakeServer.ts";

test("mailboxes are read", () => {
  const cases: [string, string, string][] = [
    ["ann@a.test", "ann@a.test", ""],
    ["Ann <ann@a.test>", "ann@a.test", "Ann"],
    ['"Ärmel, \\"Ann\\"" <ann@a.test>', "ann@a.test", 'Ärmel, "Ann"'],
    ["<ann@a.test>", "ann@a.test", ""],
    ["no address", "no address", ""],
    ["ann@@a.test", "ann@@a.test", ""],
    ["", "", ""],
  ];
  for (const [from, address, displayName] of cases) {
    const { message } = email({ from });
    assert.ok(message?.$case === "content");
    assert.deepEqual(
      message.value.from,
      [{ kind: { $case: "mailbox", value: { address, displayName } } }],
      from,
    );
  }
});

test("everything has its place", () => {
  const sendTime = new Date("2030-01-01T00:00:00Z");
  const request = email({
    from: "a@a.test",
    to: ["t@t.test"],
    cc: ["c@c.test"],
    bcc: [{ address: "b@b.test", displayName: "B" }],
    replyTo: ["r@r.test"],
    subject: "S",
    text: "T",
    html: "H",
    headers: [{ name: "X-One", value: "1" }],
    tags: { k: "v" },
    sendTime,
    requestId: "r1",
  });
  const { message } = SendEmailRequest.decode(SendEmailRequest.encode(request).finish());
  assert.ok(message?.$case === "content");
  const content = message.value;
  const addresses = [content.to, content.cc, content.bcc, content.replyTo].map(
    ([first]) => first?.kind?.$case === "mailbox" && first.kind.value.address,
  );
  assert.deepEqual(addresses, ["t@t.test", "c@c.test", "b@b.test", "r@r.test"]);
  assert.deepEqual([content.subject, content.text, content.html], ["S", "T", "H"]);
  assert.deepEqual(content.headers, [{ name: "X-One", value: "1" }]);
  assert.deepEqual([request.tags, request.sendTime, request.requestId], [{ k: "v" }, sendTime, "r1"]);
});

test("files are attached", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mailstrom-"));
  for (const [name, contentType] of [
    ["a.pdf", "application/pdf"],
    ["A.PNG", "image/png"],
    ["unknown", "application/octet-stream"],
  ] as const) {
    writeFileSync(join(folder, name), Buffer.from([0, 255]));
    const attached = await attachment(join(folder, name));
    assert.deepEqual(attached, { filename: name, contentType, contentId: "", data: Buffer.from([0, 255]) });
  }
  const given = { filename: "b.txt", contentType: "text/x-mine", contentId: "logo" };
  const { data: _, ...others } = await attachment(join(folder, "a.pdf"), given);
  assert.deepEqual(others, given);
  await assert.rejects(attachment(join(folder, "nothing")), { code: "ENOENT" });
});

test("pauses double up to five seconds", () => {
  for (const [draw, factor] of [
    [0, 0.5],
    [1, 1],
  ] as const) {
    const backoff = new Backoff(() => draw);
    const forever = new Deadline(undefined);
    const pauses = Array.from({ length: 8 }, () => backoff.next(forever));
    assert.deepEqual(
      pauses,
      [100, 200, 400, 800, 1600, 3200, 5000, 5000].map((each) => factor * each),
    );
    backoff.reset();
    assert.equal(backoff.next(forever), factor * 100);
  }
});

test("no pause outlasts the deadline", () => {
  let now = 1000;
  const deadline = new Deadline(250, () => now);
  const backoff = new Backoff(() => 1);
  assert.equal(backoff.next(deadline), 100);
  now += 100;
  assert.equal(backoff.next(deadline), undefined);
  now += 1000;
  assert.equal(deadline.rest(), 0);
});

function snapshot(revision: number): WatchStatusResponse {
  const value = { emailId: "a", revision };
  return WatchStatusResponse.fromPartial({ cursor: "c", update: { $case: "snapshot", value } });
}

test("a watch by id shows nothing twice", () => {
  const state = new WatchState({ emailIds: ["a"] }, { firstMs: 1, reconnectMs: 1 });
  assert.ok(state.accept(snapshot(5)));
  const shown = [4, 5, 6, 6, 7].map((revision) => state.accept(event(revision, `${revision}`)));
  assert.deepEqual(shown, [false, false, true, false, true]);
  const heartbeat = WatchStatusResponse.fromPartial({
    cursor: "h",
    update: { $case: "heartbeat", value: {} },
  });
  assert.equal(state.accept(heartbeat), false);
  assert.equal(state.request.cursor, "h");
});

test("a watch of all keeps no revisions", () => {
  const state = new WatchState({}, { firstMs: 1, reconnectMs: 1 });
  assert.deepEqual(
    [6, 5].map((revision) => state.accept(event(revision, ""))),
    [true, true],
  );
});

test("patience is short before the first response and long after", () => {
  let now = 1000;
  const broken = new UnavailableError(status.UNAVAILABLE, "");
  const make = () =>
    new WatchState({}, { firstMs: 1000, reconnectMs: 10_000 }, new Backoff(() => 1), () => now);
  let state = make();
  now += 950;
  assert.throws(() => state.pauseAfter(broken), broken);

  state = make();
  state.accept(event(1, "c"));
  now += 1_000_000;
  assert.equal(state.pauseAfter(broken), 100);
  now += 9700;
  assert.equal(state.pauseAfter(broken), 200);
  now += 200;
  assert.throws(() => state.pauseAfter(broken), broken);
  // Each response renews it.
  state.accept(event(2, "c"));
  assert.equal(state.pauseAfter(broken), 100);
  const other = new Error("other");
  assert.throws(() => state.pauseAfter(other), other);
});

test("the window counts requests and bytes", () => {
  let window = new Window(2);
  window.add(SendEmailRequest.fromPartial({}));
  assert.ok(window.hasRoom());
  window.add(SendEmailRequest.fromPartial({}));
  assert.ok(!window.hasRoom());

  window = new Window(100);
  window.add(
    SendEmailRequest.fromPartial({ message: { $case: "rawMessage", value: Buffer.alloc(8 << 20) } }),
  );
  assert.ok(!window.hasRoom());
  const first = SendEmailsResponse.fromPartial({ index: 0, result: { $case: "response", value: {} } });
  assert.equal(window.settle(first)?.index, 0);
  assert.ok(window.hasRoom() && window.isEmpty());
  assert.equal(window.settle(first), undefined);
  for (const size of [0, 257, 1.5]) assert.throws(() => new Window(size), RangeError);
});
