/** The client against a server in the test. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { ServerCredentials, status } from "@grpc/grpc-js";

import { makeError, streamError } from "../dist/errors.js";
import {
  ErrorReason,
  SendEmailRequest,
  SendEmailsResponse,
} from "../dist/gen/mailstrom/v1/mailstrom_service.js";
import * as mailstrom from "../dist/index.js";
import { accept, answer, event, FakeServer, refusal } from "./fakeServer.ts";

const empty = () => SendEmailRequest.fromPartial({});

test("send keeps its request id for all tries", async () => {
  await using server = await FakeServer.start();
  server.onSend = (request) => {
    if (server.sent.length < 3) throw refusal(status.UNAVAILABLE, "DRAINING");
    return accept(request);
  };
  const request = empty();
  const sent = await server.client().send(request);
  const ids = new Set(server.sent.map((each) => each.requestId));
  assert.equal(server.sent.length, 3);
  assert.deepEqual(
    [...ids].map((id) => `id of ${id}`),
    [sent.email?.emailId],
  );
  assert.match([...ids][0] ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(request.requestId, "");
  await server.client().send({ ...request, requestId: "mine" });
  assert.equal(server.sent.at(-1)?.requestId, "mine");
});

test("what a stopping server cancels is repeated", async () => {
  await using server = await FakeServer.start();
  server.onSend = (request) => {
    if (server.sent.length === 1) throw refusal(status.CANCELLED);
    return accept(request);
  };
  let streams = 0;
  server.onSendMany = (stream) => {
    const isFirst = ++streams === 1;
    stream.on("data", (numbered) => {
      if (isFirst) stream.emit("error", refusal(status.CANCELLED));
      else stream.write(answer(numbered));
    });
    stream.on("end", () => stream.end());
  };
  let watches = 0;
  server.onWatch = (stream) => {
    if (++watches === 1) stream.emit("error", refusal(status.CANCELLED));
    else stream.end();
  };
  const client = server.client();
  await client.send(empty());
  for await (const _ of client.sendMany([empty()]));
  await client.waitUntilSettled("a");
  assert.deepEqual([server.sent.length, streams, watches], [2, 2, 2]);
});

test("what the caller cancels is not repeated", async () => {
  await using server = await FakeServer.start();
  const reason = new Error("enough");
  const controller = new AbortController();
  server.onSend = () => {
    controller.abort(reason);
    throw refusal(status.CANCELLED);
  };
  await assert.rejects(server.client().send(empty(), { signal: controller.signal }), reason);
  assert.equal(server.sent.length, 1);
});

test("other errors are not tried again, and carry what the server said", async () => {
  await using server = await FakeServer.start();
  server.onSend = () => {
    throw refusal(status.INVALID_ARGUMENT, "FIELD_INVALID", { "content.to": "is missing" });
  };
  await assert.rejects(server.client().send(empty()), (error) => {
    assert.ok(error instanceof mailstrom.InvalidRequestError);
    assert.ok(error instanceof mailstrom.MailstromError);
    assert.equal(error.name, "InvalidRequestError");
    assert.equal(error.message, "refused");
    assert.equal(error.reason, "FIELD_INVALID");
    assert.deepEqual(error.violations, [{ field: "content.to", description: "is missing" }]);
    return true;
  });
  assert.equal(server.sent.length, 1);
});

test("unavailable ends with the time limit", async () => {
  await using server = await FakeServer.start();
  server.onSend = () => {
    throw refusal(status.UNAVAILABLE);
  };
  await assert.rejects(server.client().send(empty(), { timeoutMs: 500 }), mailstrom.UnavailableError);
  assert.ok(server.sent.length >= 2 && server.sent.length <= 6, `${server.sent.length}`);
});

test("a signal ends a call", async () => {
  await using server = await FakeServer.start();
  server.onSend = () => {
    throw refusal(status.UNAVAILABLE);
  };
  const reason = new Error("enough");
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 50);
  await assert.rejects(server.client().send(empty(), { signal: controller.signal }), reason);
});

test("each code has its class", () => {
  const expected: [status, typeof mailstrom.MailstromError][] = [
    [status.INVALID_ARGUMENT, mailstrom.InvalidRequestError],
    [status.ALREADY_EXISTS, mailstrom.RequestIdReusedError],
    [status.NOT_FOUND, mailstrom.NotFoundError],
    [status.RESOURCE_EXHAUSTED, mailstrom.ResourceExhaustedError],
    [status.UNAVAILABLE, mailstrom.UnavailableError],
    [status.DEADLINE_EXCEEDED, mailstrom.DeadlineExceededError],
    [status.OUT_OF_RANGE, mailstrom.CursorExpiredError],
    [status.PERMISSION_DENIED, mailstrom.PermissionDeniedError],
    [status.UNAUTHENTICATED, mailstrom.UnauthenticatedError],
    [status.INTERNAL, mailstrom.MailstromError],
  ];
  for (const [code, type] of expected) {
    assert.equal(makeError(code, "why").constructor, type);
    const reason = ErrorReason.ERROR_REASON_QUEUE_FULL;
    const streamed = streamError({ code, message: "why", reason, fieldViolations: [] });
    assert.deepEqual([streamed.constructor, streamed.code, streamed.reason], [type, code, "QUEUE_FULL"]);
  }
});

test("tls carries the api key, and trusts only the given roots", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mailstrom-"));
  const certificate = join(folder, "certificate.pem");
  const key = join(folder, "key.pem");
  const arguments_ =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2 -subj /CN=localhost";
  execFileSync(
    "openssl",
    [
      ...arguments_.split(" "),
      "-addext",
      "subjectAltName=DNS:localhost",
      "-keyout",
      key,
      "-out",
      certificate,
    ],
    { stdio: "ignore" },
  );
  const pair = { cert_chain: readFileSync(certificate), private_key: readFileSync(key) };
  await using server = await FakeServer.start(ServerCredentials.createSsl(null, [pair]));
  for (const rootCertificates of [certificate, pair.cert_chain]) {
    const credentials = mailstrom.tls({ rootCertificates, apiKey: "secret" });
    await server.client({ credentials }, "localhost").send(empty());
    assert.deepEqual(server.metadata.at(-1)?.get("authorization"), ["Bearer secret"]);
  }
  const withoutKey = mailstrom.tls({ rootCertificates: certificate });
  await server.client({ credentials: withoutKey }, "localhost").send(empty());
  assert.deepEqual(server.metadata.at(-1)?.get("authorization"), []);
  const stranger = server.client({ credentials: mailstrom.tls() }, "localhost");
  await assert.rejects(stranger.send(empty(), { timeoutMs: 400 }), mailstrom.UnavailableError);
  assert.equal(server.sent.length, 3);
});

test("calls about one email name it", async () => {
  await using server = await FakeServer.start();
  assert.equal((await server.client().status("a")).emailId, "a");
  assert.equal((await server.client().cancel("b")).emailId, "b");
});

test("list goes through the pages", async () => {
  await using server = await FakeServer.start();
  const asked: string[] = [];
  server.onList = ({ pageToken, pageSize }) => {
    asked.push(`${pageSize} ${pageToken}`);
    const page = Number(pageToken);
    // One page may be empty without being the last.
    const emails = page === 1 ? [] : [mailstrom.Email.fromPartial({ emailId: `${page}` })];
    return { emails, nextPageToken: page < 3 ? `${page + 1}` : "" };
  };
  const query = { pageSize: 7 };
  const ids: string[] = [];
  for await (const { emailId } of server.client().list(query)) ids.push(emailId);
  assert.deepEqual(ids, ["0", "2", "3"]);
  assert.deepEqual(asked, ["7 ", "7 1", "7 2", "7 3"]);
});

for (const asynchronous of [false, true]) {
  test(`sendMany takes no more than the window, asynchronous: ${asynchronous}`, async () => {
    await using server = await FakeServer.start();
    let taken = 0;
    let answered = 0;
    let most = 0;
    function* source() {
      while (taken < 100) {
        most = Math.max(most, ++taken - answered);
        yield empty();
      }
    }
    async function* asyncSource() {
      yield* source();
    }
    const requests = asynchronous ? asyncSource() : source();
    for await (const { request, response } of server.client().sendMany(requests, { window: 8 })) {
      answered++;
      assert.equal(response?.email?.emailId, `id of ${request.requestId}`);
    }
    assert.deepEqual([taken, answered], [100, 100]);
    assert.ok(most >= 1 && most <= 8, `${most}`);
  });
}

test("an outcome does not wait for the next request", async () => {
  await using server = await FakeServer.start();
  let see: () => void = () => {};
  const seen = new Promise<void>((resolve) => {
    see = resolve;
  });
  async function* source() {
    yield empty();
    await seen;
    yield empty();
  }
  const indices: number[] = [];
  for await (const { index } of server.client().sendMany(source())) {
    indices.push(index);
    see();
  }
  assert.deepEqual(indices, [0, 1]);
});

test("sendMany sends again what has no answer", async () => {
  await using server = await FakeServer.start();
  const streams: { index: number; id: string }[][] = [];
  server.onSendMany = (stream) => {
    const received: { index: number; id: string }[] = [];
    streams.push(received);
    const isFirst = streams.length === 1;
    stream.on("data", (numbered) => {
      received.push({ index: numbered.index, id: numbered.request?.requestId ?? "" });
      if (!isFirst) stream.write(answer(numbered));
      else if (received.length === 2) stream.write(answer(numbered));
      else if (received.length === 3) stream.emit("error", refusal(status.UNAVAILABLE, "DRAINING"));
    });
    stream.on("end", () => stream.end());
  };
  const indices: number[] = [];
  for await (const { index } of server.client().sendMany([1, 2, 3, 4, 5].map(empty), { window: 3 }))
    indices.push(index);
  assert.deepEqual(indices.sort(), [0, 1, 2, 3, 4]);
  const [first = [], second = []] = streams;
  assert.deepEqual(
    second.map((each) => each.index),
    [0, 2, 3, 4],
  );
  assert.deepEqual(second.slice(0, 2), [first[0], first[2]]);
});

test("sendMany tells of refusals", async () => {
  await using server = await FakeServer.start();
  server.onSendMany = (stream) => {
    stream.on("data", ({ index }) => {
      const value = {
        code: status.RESOURCE_EXHAUSTED,
        message: "full",
        reason: ErrorReason.ERROR_REASON_QUEUE_FULL,
      };
      stream.write(SendEmailsResponse.fromPartial({ index, result: { $case: "error", value } }));
    });
    stream.on("end", () => stream.end());
  };
  for await (const { response, error } of server.client().sendMany([empty()])) {
    assert.equal(response, undefined);
    assert.ok(error instanceof mailstrom.ResourceExhaustedError);
    assert.equal(error.reason, "QUEUE_FULL");
  }
});

test("sendMany ends with the caller's own error", async () => {
  await using server = await FakeServer.start();
  const mine = new Error("mine");
  function* source() {
    yield empty();
    throw mine;
  }
  await assert.rejects(async () => {
    for await (const _ of server.client().sendMany(source()));
  }, mine);
});

test("sendMany gives up on a silent server", async () => {
  await using server = await FakeServer.start();
  server.onSendMany = () => {};
  await assert.rejects(async () => {
    for await (const _ of server.client().sendMany([empty()], { timeoutMs: 200 }));
  }, mailstrom.DeadlineExceededError);
});

test("sendMany tells a bad window at once", async () => {
  await using server = await FakeServer.start();
  assert.throws(() => server.client().sendMany([], { window: 257 }), RangeError);
});

test("leaving sendMany ends the caller's iterator", async () => {
  await using server = await FakeServer.start();
  let ended = false;
  function* source() {
    try {
      while (true) yield empty();
    } finally {
      ended = true;
    }
  }
  for await (const _ of server.client().sendMany(source())) break;
  assert.ok(ended);
});

test("watch goes on from its cursor", async () => {
  await using server = await FakeServer.start();
  const cursors: string[] = [];
  server.onWatch = (stream) => {
    cursors.push(stream.request.cursor);
    const step = Number(stream.request.cursor) + 1;
    stream.write(event(step, `${step}`));
    if (step < 4) stream.emit("error", refusal(status.UNAVAILABLE, "DRAINING"));
    else stream.end();
  };
  const revisions: unknown[] = [];
  for await (const { update } of server.client().watch({ emailIds: ["a"] })) {
    revisions.push(update.$case === "event" && update.value.revision);
  }
  assert.deepEqual(revisions, [1, 2, 3, 4]);
  assert.deepEqual(cursors, ["", "1", "2", "3"]);
});

test("leaving a watch ends the call", async () => {
  await using server = await FakeServer.start();
  const cancelled = new Promise<void>((resolve) => {
    server.onWatch = (stream) => {
      stream.on("cancelled", resolve);
      stream.write(event(1, "1"));
    };
  });
  for await (const _ of server.client().watch()) break;
  await cancelled;
});

test("a watch ends with its time limit or its signal", async () => {
  await using server = await FakeServer.start();
  server.onWatch = () => {};
  await assert.rejects(
    server.client().waitUntilSettled("a", { timeoutMs: 100 }),
    mailstrom.DeadlineExceededError,
  );
  const signal = AbortSignal.timeout(50);
  await assert.rejects(server.client().waitUntilSettled("a", { signal }), { name: "TimeoutError" });
});

test("a watch ends with what is not UNAVAILABLE", async () => {
  await using server = await FakeServer.start();
  server.onWatch = (stream) => stream.emit("error", refusal(status.OUT_OF_RANGE, "CURSOR_INVALID"));
  await assert.rejects(async () => {
    for await (const _ of server.client().watch({ cursor: "old" }));
  }, mailstrom.CursorExpiredError);
});
