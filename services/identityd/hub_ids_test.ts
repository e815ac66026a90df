// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { escapeId, isHostName, isHubId } from "./hub_ids.ts";

Deno.test("an id is what IoT Hub takes for one", () => {
  const rows: [id: string, ok: boolean][] = [
    ["telemetry-1", true],
    ["$edgeAgent", true],
    ["a:b.c+d%e_f#g*h?i!j(k),l=m@n;o$p'q", true],
    ["x".repeat(128), true],
    ["x".repeat(129), false],
    ["", false],
    [" ", false],
    ["sp ace", false],
    ["sla/sh", false],
    ["back\\slash", false],
    ["é", false],
    ["a\0b", false],
    ["a\n", false],
    [".", false],
    ["..", false],
    ["...", true],
  ];
  for (const [id, ok] of rows) assert.equal(isHubId(id), ok, JSON.stringify(id));
});

Deno.test("a host name has nothing that could leave the host part of a URL", () => {
  const rows: [host: string, ok: boolean][] = [
    ["contoso-hub.example.net", true],
    ["Localhost:8443", true],
    ["192.0.2.7:1", true],
    ["[2001:db8::7]:443", true],
    ["gate_way", true],
    ["", false],
    ["host/path", false],
    ["user@host", false],
    ["host:port", false],
    ["host:", false],
    ["host#x", false],
    ["ho st", false],
    ["höst", false],
  ];
  for (const [host, ok] of rows) assert.equal(isHostName(host), ok, JSON.stringify(host));
});

Deno.test("exactly the listed characters of an id are percent-encoded", () => {
  const rows: [text: string, escaped: string][] = [
    ["$edgeAgent", "$edgeAgent"],
    ["press=07", "press%3D07"],
    ["a%b", "a%25b"],
    ["/%+:@$,;'()*!&|^[]\\~", "/%25+:@$,;'()*!&|^[]\\~"],
    [' "<>`#?{}=', "%20%22%3C%3E%60%23%3F%7B%7D%3D"],
    ["\0\x1f\x7f", "%00%1F%7F"],
    ["é€😀", "%C3%A9%E2%82%AC%F0%9F%98%80"],
  ];
  for (const [text, escaped] of rows) assert.equal(escapeId(text), escaped);
});
