// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { ask, message, type Sent, VERSION } from "./testing/ask.ts";

Deno.test("a request is answered by its action", async () => {
  const { status, body, contentType, closes } = await ask({});
  assert.deepEqual([status, body, closes], [200, { pid: 1, uid: 5, gid: 5 }, false]);
  assert.equal(contentType, "application/json");
});

Deno.test("path segments and queries reach the action decoded", async () => {
  const { body } = await ask({ target: `/item/a%2Fb+c?type=x+y&type=z&${VERSION}` });
  assert.deepEqual(body, { params: ["a/b+c"], type: "x y" });
});

Deno.test("the checks come in the order in which callers know them", async () => {
  const bad = { method: "POST", body: "{" };
  const rows: [sent: Sent, status: number, text: string | RegExp][] = [
    // The api-version before the path.
    [{ target: "/unknown" }, 400, "api-version not specified"],
    [{ target: "/text" }, 400, "api-version not specified"],
    [{ target: "/text?api-version=1" }, 400, 'invalid api-version "1"'],
    [{ target: "/unknown?api-version=%22%1b" }, 400, 'invalid api-version "\\"\\u{1b}"'],
    [{ target: "/text?api-version=2021-05-01&api-version=" }, 400, 'invalid api-version ""'],
    // The path before the method, and both before the body.
    [{ target: `/unknown?${VERSION}`, ...bad }, 404, "not found"],
    [{ target: `/text/?${VERSION}` }, 404, "not found"],
    [{ target: `/item/%ff?${VERSION}` }, 404, "not found"],
    [{ method: "PATCH", body: "{" }, 400, "method not allowed"],
    [{ method: "HEAD" }, 400, "method not allowed"],
    [{ method: "OPTIONS" }, 400, "method not allowed"],
    // The body before the question whether the method is offered.
    [{ target: `/item/x?${VERSION}`, ...bad }, 422, /JSON/],
    [{ target: `/item/x?${VERSION}`, method: "POST", body: "{}" }, 400, "method not allowed"],
    [{ target: `/item/x?${VERSION}`, method: "POST" }, 400, "method not allowed"],
    [{ method: "PUT", body: "{" }, 422, /JSON/],
    [{ method: "PUT", body: "{}" }, 400, "method not allowed"],
    [{ target: `/any?${VERSION}` }, 400, "method not allowed"],
  ];
  for (const [sent, status, text] of rows) {
    const received = await ask(sent);
    assert.equal(received.status, status, JSON.stringify(sent));
    const { message: got } = received.body as { message: string };
    if (typeof text === "string") assert.equal(got, text);
    else assert.match(got, text);
    assert.equal(received.contentType, "application/json");
  }
});

Deno.test("a body counts by its content type, and differently for a PUT", async () => {
  const body = '{"text":"a"}';
  const rows: [method: string, type: string | undefined, status: number, text?: string][] = [
    ["POST", "application/json", 200],
    ["POST", undefined, 200],
    ["POST", "application/json; charset=utf-8", 200],
    ["POST", " application/json ;x", 200],
    ["POST", "x\u00ff", 200],
    ["POST", "application/json, text/plain", 400, "missing request body"],
    ["POST", "Application/JSON", 400, "missing request body"],
    ["POST", "text/plain", 400, "missing request body"],
    ["POST", "", 400, "missing request body"],
    ["DELETE", "text/plain", 200],
    ["PUT", "application/json", 200],
    ["PUT", undefined, 200],
    ["PUT", "text/plain", 415, "request body must be application/json"],
    ["PUT", "", 415, "request body must be application/json"],
  ];
  for (const [method, type, status, text] of rows) {
    const target = `${method === "PUT" ? "/any" : "/text"}?${VERSION}`;
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
    const received = await ask({ method, target, headers, body });
    assert.equal(received.status, status, `${method} ${type}`);
    if (text !== undefined) assert.deepEqual(received.body, message(text));
  }
});

Deno.test("a body that is missing, optional or unused is told apart", async () => {
  const rows: [sent: Sent, status: number, body: unknown][] = [
    [{ method: "POST" }, 400, message("missing request body")],
    [{ method: "POST", body: "" }, 400, message("missing request body")],
    [{ method: "DELETE" }, 200, {}],
    [{ method: "DELETE", body: '{"text":"a"}' }, 200, { body: { text: "a" } }],
    [{ target: `/any?${VERSION}`, method: "POST", body: "null" }, 200, { body: null }],
    [{ target: `/any?${VERSION}`, method: "POST", body: "[1]" }, 200, { body: [1] }],
    [{ target: `/any?${VERSION}`, method: "PUT", body: "[1]" }, 200, { body: "unused" }],
    [{ target: `/any?${VERSION}`, method: "DELETE", body: "7" }, 204, undefined],
  ];
  for (const [sent, status, body] of rows) {
    const received = await ask(sent);
    assert.deepEqual([received.status, received.body], [status, body], JSON.stringify(sent));
  }
  const { status } = await ask({ target: `/any?${VERSION}`, method: "PUT", body: "" });
  assert.equal(status, 422);
  assert.equal((await ask({ target: `/any?${VERSION}`, method: "DELETE", body: "{" })).status, 422);
});

Deno.test("a body that does not fit the schema is a 422 that says where, without the value", async () => {
  const rows: [body: string, text: string][] = [
    ["{}", '"text" is missing'],
    ['{"text":"secret","text":"x"}', "an object has two members with the same name"],
    ['{"text":null}', 'invalid value of "text": expected string'],
    ['{"text":77}', 'invalid value of "text": expected string'],
    ['{"text":"a","count":"secret"}', 'invalid value of "count": expected number'],
    ['["secret"]', "invalid body: expected an object"],
    ['"secret"', "invalid body: expected Object"],
    ["null", "invalid body: expected Object"],
    ['{"text":"\\ud800"}', "a string has a lone surrogate"],
  ];
  for (const [body, text] of rows) {
    const received = await ask({ method: "POST", body });
    assert.deepEqual([received.status, received.body], [422, message(text)], body);
    assert.equal(received.closes, false);
  }
});

Deno.test("members that a schema does not know are ignored", async () => {
  const { status, body } = await ask({ method: "POST", body: '{"text":"a","more":[1]}' });
  assert.deepEqual([status, body], [200, { text: "a" }]);
});

Deno.test("a body that is not UTF-8, or begins with a BOM, is a 422", async () => {
  for (const bytes of [[0x22, 0xff, 0x22], [0xef, 0xbb, 0xbf, 0x7b, 0x7d], [0x22, 0xc3, 0x22]]) {
    const { status } = await ask({ method: "POST", body: new Uint8Array(bytes) });
    assert.equal(status, 422, String(bytes));
  }
});

Deno.test("an answer given before an announced body was read ends the connection", async () => {
  const rows: [sent: Sent, closes: boolean][] = [
    [{ target: `/unknown?${VERSION}`, method: "POST", body: "{}" }, true],
    [{ target: "/text", method: "POST", body: "{}" }, true],
    [{ method: "PATCH", body: "{}" }, true],
    [{ method: "PUT", headers: { "content-type": "text/plain" }, body: "{}" }, true],
    [{ headers: { "content-length": "3" } }, true],
    [{ headers: { "transfer-encoding": "chunked" } }, true],
    [{ headers: { "content-length": "0" } }, false],
    [{ target: `/unknown?${VERSION}`, method: "POST" }, false],
    [{ target: `/item/x?${VERSION}`, method: "POST", body: "{}" }, false],
    [{ method: "POST", body: "{" }, false],
    [{ method: "POST", headers: { "content-type": "text/plain" }, body: "{}" }, false],
  ];
  for (const [sent, closes] of rows) {
    assert.equal((await ask(sent)).closes, closes, JSON.stringify(sent));
  }
});

Deno.test("a body over the limit is a 413 before it is read", async () => {
  const headers = { "content-length": `${1024 * 1024 + 1}` };
  const { status, body, closes } = await ask({ method: "POST", body: "{}", headers });
  assert.deepEqual([status, body, closes], [413, message("request body too large"), true]);
  const huge = await ask({
    method: "POST",
    body: "{}",
    headers: { "content-length": "18446744073709551615" },
  });
  assert.equal(huge.status, 413);
});

Deno.test("a Host that would move the path is refused before anything else", async () => {
  for (const host of ["x/fake?", "x#", "a b", "é"]) {
    const { status, body } = await ask({ target: "/unknown", headers: { host } });
    assert.deepEqual([status, body], [400, message("invalid Host header or request target")]);
  }
});
