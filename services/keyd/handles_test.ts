// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { createHmac, timingSafeEqual } from "node:crypto";
import fc from "fast-check";
import { ServiceError } from "../http/errors.ts";
import { Handles, type HandleSigner } from "./handles.ts";
import type { KeyRef } from "./key_ref.ts";

/** The validation key of the specification's worked example: 00, 01, ... 1F. */
const EXAMPLE_KEY = Uint8Array.from({ length: 32 }, (_, index) => index);

const EXAMPLE_NONCE = () => new Uint8Array(64).fill(0x5a);

const EXAMPLE_HANDLE =
  "sr=eyJrZXlfaWQiOnsiS2V5IjoicHVtcC0zIn0sIm5vbmNlIjoiV2xwYVdscGFXbHBhV2xwYVdscGFXbHBhV2xwYVdscGF" +
  "XbHBhV2xwYVdscGFXbHBhV2xwYVdscGFXbHBhV2xwYVdscGFXbHBhV2xwYVdscGFXbHBhV2c9PSJ9" +
  "&sig=j7lLH5fv+XCrA99Lg1CUJNFus53TLNBHYBuTm+qiWIc=";

class FixedKey implements HandleSigner {
  verified = 0;
  constructor(public key = EXAMPLE_KEY) {}

  sign(payload: Uint8Array): Uint8Array {
    return new Uint8Array(createHmac("sha256", this.key).update(payload).digest());
  }

  verify(payload: Uint8Array, signature: Uint8Array): boolean {
    this.verified++;
    const right = this.sign(payload);
    return right.length === signature.length && timingSafeEqual(right, signature);
  }
}

/** A handle over any payload, signed as the service would. */
function signed(payload: string | Uint8Array, key = new FixedKey()): string {
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  return `sr=${bytes.toBase64()}&sig=${key.sign(bytes).toBase64()}`;
}

async function refusal(handles: Handles, handle: string): Promise<string> {
  try {
    await handles.open(handle);
  } catch (error) {
    assert.ok(error instanceof ServiceError);
    assert.equal(error.status, 400);
    assert.equal(error.message, 'parameter "handle" has an invalid value');
    return String(error.cause);
  }
  return assert.fail(`accepted ${handle}`);
}

Deno.test("the worked example is made and opened byte for byte", async () => {
  const handles = new Handles(new FixedKey(), EXAMPLE_NONCE);
  assert.equal(await handles.make({ kind: "key", id: "pump-3" }), EXAMPLE_HANDLE);
  assert.deepEqual(await handles.open(EXAMPLE_HANDLE), { kind: "key", id: "pump-3" });
});

Deno.test("the worked example of a derived handle is made and opened byte for byte", async () => {
  const handles = new Handles(new FixedKey(), EXAMPLE_NONCE);
  const derived: KeyRef = {
    kind: "derived",
    base: { kind: "key", id: "pump-3" },
    handle: EXAMPLE_HANDLE,
    data: new TextEncoder().encode("m1:g1:primary"),
  };
  const handle = await handles.make(derived);
  assert.ok(handle.endsWith("&sig=JZff0BMcOPx4p2MkBKhusFQA6VWMuTsu/KsoQWBEN7w="));
  assert.equal(Uint8Array.fromBase64(handle.slice(3, handle.indexOf("&"))).length, 395);
  assert.deepEqual(await handles.open(handle), derived);
});

Deno.test("two handles of one key differ and both are good", async () => {
  const handles = new Handles(new FixedKey());
  const ref: KeyRef = { kind: "pair", id: "est-id" };
  const [one, two] = [await handles.make(ref), await handles.make(ref)];
  assert.notEqual(one, two);
  assert.deepEqual([await handles.open(one), await handles.open(two)], [ref, ref]);
});

Deno.test("every id and every derivation data comes back from its handle", async () => {
  const handles = new Handles(new FixedKey());
  const id = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0"));
  const kind = fc.constantFrom("key" as const, "pair" as const);
  await fc.assert(
    fc.asyncProperty(kind, id, fc.uint8Array(), async (kind, id, data) => {
      const base = { kind, id };
      const handle = await handles.make(base);
      assert.deepEqual(await handles.open(handle), base);
      const derived = { kind: "derived", base, handle, data } as const;
      assert.deepEqual(await handles.open(await handles.make(derived)), derived);
    }),
  );
});

Deno.test("a handle with one character changed, dropped or added is refused", async () => {
  const handles = new Handles(new FixedKey());
  await handles.open(EXAMPLE_HANDLE);
  const at = fc.integer({ min: 0, max: EXAMPLE_HANDLE.length });
  const one = fc.string({ unit: "binary-ascii", maxLength: 1 });
  await fc.assert(
    fc.asyncProperty(at, at, one, async (start, end, text) => {
      const changed = EXAMPLE_HANDLE.slice(0, start) + text +
        EXAMPLE_HANDLE.slice(Math.max(end, start));
      // Parts that are added in front of, between or behind the two are none of the handle's.
      if (
        changed.split("&").filter((part) => EXAMPLE_HANDLE.split("&").includes(part)).length > 1
      ) {
        return;
      }
      assert.equal(await refusal(handles, changed), "invalid handle");
    }),
  );
});

Deno.test("parts may come in any order, be repeated, and have strangers between them", async () => {
  const handles = new Handles(new FixedKey());
  const [sr, sig] = EXAMPLE_HANDLE.split("&");
  const rows = [
    `${sig}&${sr}`,
    `${sr}&${sig}&x=1`,
    `x=1&${sr}&${sig}`,
    `&&${sr}&&${sig}&`,
    `sr=AAAA&${sr}&${sig}`,
    `SR=AAAA&${sr}&${sig}&skip`,
  ];
  for (const row of rows) {
    assert.deepEqual(await handles.open(row), { kind: "key", id: "pump-3" }, row);
  }
});

Deno.test("malformed handles are refused like forged ones", async () => {
  const [sr = "", sig = ""] = EXAMPLE_HANDLE.split("&");
  const other = signed('{"key_id":{"Key":"other"},"nonce":""}').split("&");
  const rows = [
    "",
    "garbage",
    "sr=&sig=",
    sr,
    sig,
    `${sr}&`,
    `${sr}& ${sig}`,
    ` ${EXAMPLE_HANDLE}`,
    `${EXAMPLE_HANDLE} `,
    `${EXAMPLE_HANDLE}\n`,
    `${sr}&sig=${sig.slice(4, -1)}`,
    `${sr.slice(0, -4)}&${sig}`,
    `SR${sr.slice(2)}&${sig}`,
    `${sr}&${sig}&sr=AAAA`,
    `sig=*&${sr}&${sig}`,
    `${other[0]}&${sig}`,
    `${sr}&${other[1]}`,
    `${sr}&sig=`,
    encodeURIComponent(EXAMPLE_HANDLE),
    EXAMPLE_HANDLE.replaceAll("+", "-").replaceAll("/", "_"),
    `SharedAccessSignature ${EXAMPLE_HANDLE}`,
  ];
  const handles = new Handles(new FixedKey());
  for (const row of rows) assert.equal(await refusal(handles, row), "invalid handle", row);
});

Deno.test("a genuine signature over something else than a payload is refused", async () => {
  const rows: (string | Uint8Array)[] = [
    "",
    "not JSON",
    new Uint8Array([0xff, 0xfe]),
    '\ufeff{"key_id":{"Key":"a"},"nonce":""}',
    '["key_id"]',
    '[{"Key":"a"},""]',
    '{"key_id":{"Key":"a"}}',
    '{"key_id":{"Key":"a"},"nonce":5}',
    '{"key_id":{"Key":"a","KeyPair":"a"},"nonce":""}',
    '{"key_id":{"Token":"a"},"nonce":""}',
    '{"key_id":{"Key":5},"nonce":""}',
    '{"key_id":{},"nonce":""}',
    '{"key_id":"Key","nonce":""}',
    '{"key_id":{"Key":"a"},"nonce":""}x',
    '{"key_id":{"Key":"a"},"key_id":{"Key":"b"},"nonce":""}',
    '{"key_id":{"Key":"\\ud800"},"nonce":""}',
    `{"key_id":{"Derived":["${EXAMPLE_HANDLE}",[256]]},"nonce":""}`,
    `{"key_id":{"Derived":["${EXAMPLE_HANDLE}",[-1]]},"nonce":""}`,
    `{"key_id":{"Derived":["${EXAMPLE_HANDLE}",[1.5]]},"nonce":""}`,
    `{"key_id":{"Derived":["${EXAMPLE_HANDLE}","AQ=="]},"nonce":""}`,
    `{"key_id":{"Derived":["${EXAMPLE_HANDLE}",[1],2]},"nonce":""}`,
    `{"key_id":{"Derived":["${EXAMPLE_HANDLE}"]},"nonce":""}`,
    `{"key_id":{"Derived":["${EXAMPLE_HANDLE.slice(0, -4)}AAA=",[1]]},"nonce":""}`,
    `{"key_id":{"Derived":["sr=AAAA&sig=AAAA",[1]]},"nonce":""}`,
  ];
  const handles = new Handles(new FixedKey());
  for (const row of rows) {
    assert.equal(await refusal(handles, signed(row)), "invalid handle", String(row));
  }
});

Deno.test("payloads of other writers may differ in order, spaces and unknown members", async () => {
  const rows = [
    '{"nonce":"","key_id":{"Key":"a"}}',
    ' { "key_id" : { "Key" : "a" } , "nonce" : "x" } ',
    '{"v":2,"key_id":{"Key":"a"},"nonce":"","extra":{"Key":"b"}}',
  ];
  const handles = new Handles(new FixedKey());
  for (const row of rows) {
    assert.deepEqual(await handles.open(signed(row)), { kind: "key", id: "a" }, row);
  }
});

Deno.test("a derived key cannot be the base of another one", async () => {
  const derived = signed(`{"key_id":{"Derived":["${EXAMPLE_HANDLE}",[1]]},"nonce":""}`);
  const nested = signed(`{"key_id":{"Derived":["${derived}",[1]]},"nonce":""}`);
  assert.match(await refusal(new Handles(new FixedKey()), nested), /nested derived keys/);
});

Deno.test("an id with a NUL is refused with the position of the NUL in bytes", async () => {
  const handles = new Handles(new FixedKey());
  for (const kind of ["Key", "KeyPair"]) {
    assert.equal(
      await refusal(handles, signed(`{"key_id":{"${kind}":"é\\u0000b"},"nonce":""}`)),
      "nul byte found in provided data at position: 2",
    );
  }
});

Deno.test("no handle opens the handle validation key, as a base neither", async () => {
  const handles = new Handles(new FixedKey());
  for (const kind of ["Key", "KeyPair"]) {
    const direct = signed(`{"key_id":{"${kind}":"handle-validation-key"},"nonce":""}`);
    assert.equal(await refusal(handles, direct), "invalid handle");
    const derived = signed(`{"key_id":{"Derived":["${direct}",[1]]},"nonce":""}`);
    assert.equal(await refusal(handles, derived), "invalid handle");
  }
});

Deno.test("a handle that was opened before is verified again each time", async () => {
  const signer = new FixedKey();
  const handles = new Handles(signer);
  await handles.open(EXAMPLE_HANDLE);
  await handles.open(EXAMPLE_HANDLE);
  assert.equal(signer.verified, 2);

  signer.key = new Uint8Array(32);
  assert.equal(await refusal(handles, EXAMPLE_HANDLE), "invalid handle");
  signer.key = EXAMPLE_KEY;
  assert.deepEqual(await handles.open(EXAMPLE_HANDLE), { kind: "key", id: "pump-3" });
});

Deno.test("a derived handle that was opened before costs one verification", async () => {
  const signer = new FixedKey();
  const handles = new Handles(signer);
  const handle = signed(`{"key_id":{"Derived":["${EXAMPLE_HANDLE}",[1]]},"nonce":""}`);
  await handles.open(handle);
  assert.equal(signer.verified, 2);
  await handles.open(handle);
  assert.equal(signer.verified, 3);
});

Deno.test("failures of the validation key itself are passed on", async () => {
  const broken: HandleSigner = {
    sign: () => Promise.reject(new ServiceError(500, "internal error")),
    verify: () => Promise.reject(new ServiceError(500, "internal error")),
  };
  const handles = new Handles(broken);
  await assert.rejects(async () => await handles.open(EXAMPLE_HANDLE), { status: 500 });
  await assert.rejects(handles.make({ kind: "key", id: "a" }), { status: 500 });
});
