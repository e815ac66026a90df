// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { readProxy } from "./proxy.ts";

const proxy = (environment: Record<string, string>) => readProxy((name) => environment[name]);

Deno.test("a proxy is shown without its password", () => {
  const rows: [value: string, shown: string][] = [
    ["http://u:secret@127.0.0.1:9/", "http://u:******@127.0.0.1:9/"],
    ["http://u@proxy:3128", "http://u@proxy:3128/"],
    ["https://proxy.example", "https://proxy.example/"],
    ["proxy:3128", "http://proxy:3128/"],
    ["user:secret@proxy:3128", "http://user:******@proxy:3128/"],
    ["user@proxy:3128", "http://user@proxy:3128/"],
    ["http://u:a%zzb@proxy", "http://u:******@proxy/"],
  ];
  for (const [value, shown] of rows) {
    assert.equal(proxy({ HTTPS_PROXY: value })?.shown, shown, value);
  }
});

Deno.test("the variable in capitals wins, an empty one counts as unset", () => {
  assert.equal(proxy({}), undefined);
  assert.equal(proxy({ HTTPS_PROXY: "", https_proxy: "" }), undefined);
  assert.equal(proxy({ HTTPS_PROXY: "", https_proxy: "http://b:1" })?.url.host, "b:1");
  assert.equal(proxy({ HTTPS_PROXY: "http://a:1", https_proxy: "http://b:1" })?.url.host, "a:1");
});

Deno.test("a proxy that cannot be understood is refused without repeating it", () => {
  const rows: [value: string, cause: RegExp][] = [
    ["http://user:secret@", /^invalid authority in HTTPS_PROXY$/],
    ["http://secret:secret", /^invalid authority in HTTPS_PROXY$/],
    ["secret secret", /^invalid authority in HTTPS_PROXY$/],
    ["socks5://secret:1080", /^scheme "socks5" in HTTPS_PROXY, expected http or https$/],
  ];
  for (const [value, cause] of rows) {
    assert.throws(() => proxy({ HTTPS_PROXY: value }), (error: unknown) => {
      assert.ok(error instanceof Error && error.cause instanceof Error);
      assert.equal(error.message, "invalid proxy uri");
      assert.match(error.cause.message, cause);
      return true;
    });
  }
});
