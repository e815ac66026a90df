// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { openTls, type TlsContext } from "../../ffi/tls.ts";
import { TrustStore } from "./trust_store.ts";

const library = openTls();
const OPTIONS = { system: false, extra: "" };
const MINUTE = 60_000;

/** A store over the real library that counts how often the anchors are read. */
function counted(): { store: TrustStore; made: TlsContext[]; clock: { elapsed: number } } {
  const clock = { elapsed: 0 };
  const made: TlsContext[] = [];
  const context = () => {
    const next = library.context(OPTIONS);
    made.push(next);
    return next;
  };
  return { store: new TrustStore({ context }, OPTIONS, () => clock.elapsed), made, clock };
}

Deno.test("the anchors are read once and again after ten minutes", () => {
  const { store, made, clock } = counted();
  using _ = store;
  const first = store.context();
  clock.elapsed = 10 * MINUTE;
  assert.equal(store.context(), first);
  clock.elapsed = 11 * MINUTE;
  assert.notEqual(store.context(), first);
  clock.elapsed = 21 * MINUTE;
  store.context();
  assert.equal(made.length, 2);
});

Deno.test("anchors that were forgotten are freed and read anew", () => {
  const { store, made } = counted();
  using _ = store;
  const first = store.context();
  store.forget();
  assert.throws(() => first.session("hub.example", false), /not a context/);
  store.context();
  assert.equal(made.length, 2);
});

Deno.test("anchors that cannot be read are tried again", () => {
  let broken = true;
  const context = () => {
    if (broken) throw new Error("unreadable");
    return library.context(OPTIONS);
  };
  using store = new TrustStore({ context }, OPTIONS);
  assert.throws(() => store.context(), /unreadable/);
  broken = false;
  store.context();
});

Deno.test("a store that was disposed of frees its anchors", () => {
  const { store } = counted();
  const context = store.context();
  store[Symbol.dispose]();
  assert.throws(() => context.session("hub.example", false), /not a context/);
});
