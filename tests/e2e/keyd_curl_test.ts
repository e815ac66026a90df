// SPDX-License-Identifier: MIT

/** Every request of the Keys Service's API with curl, as an administrator would try it. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { type Keyd, startKeyd } from "./keyd_daemon.ts";

interface Answer {
  status: number;
  type: string;
  body: Record<string, string>;
}

/** Calls of one api-version. */
class Curl {
  constructor(readonly keyd: Keyd, readonly version: string) {}

  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const { success, stdout, stderr } = await new Deno.Command("curl", {
      args: [
        ...["--silent", "--show-error", "--unix-socket", this.keyd.socket],
        ...["--request", method, "--write-out", "\n%{http_code} %{content_type}"],
        ...body === undefined
          ? []
          : ["--header", "content-type: application/json", "--data-binary", JSON.stringify(body)],
        `http://keyd.sock${path}?api-version=${this.version}`,
      ],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const text = new TextDecoder().decode(stdout);
    const end = text.lastIndexOf("\n");
    const [status, type = ""] = text.slice(end + 1).split(" ");
    return { status: Number(status), type, body: JSON.parse(text.slice(0, end) || "{}") };
  }

  /** The one member that a request has to answer with. */
  async get(member: string, method: string, path: string, body?: unknown): Promise<string> {
    const answer = await this.ask(method, path, body);
    assert.deepEqual([answer.status, answer.type], [200, "application/json"], path);
    assert.deepEqual(Object.keys(answer.body), [member], path);
    return answer.body[member] ?? assert.fail(path);
  }

  /** A request that has to succeed without an answer. */
  async done(method: string, path: string, body: unknown): Promise<void> {
    assert.deepEqual(await this.ask(method, path, body), { status: 204, type: "", body: {} }, path);
  }
}

for (const version of ["2020-09-01", "2021-05-01"]) {
  Deno.test(`every request works with curl and api-version ${version}`, async () => {
    await using keyd = await startKeyd();
    const curl = new Curl(keyd, version);
    const bytes = new Uint8Array(32).fill(7);
    const hmac = (key: Uint8Array, text: string) => createHmac("sha256", key).update(text).digest();

    const keyBytes = bytes.toBase64();
    const key = await curl.get("keyHandle", "POST", "/key", {
      keyId: "k",
      usage: "derive,sign",
      keyBytes,
    });
    await curl.get("keyHandle", "POST", "/key", { keyId: "made", usage: "encrypt" });
    await curl.get("keyHandle", "GET", "/key/k");
    const baseKeyHandle = key;
    const derived = await curl.get("keyHandle", "POST", "/derivedkey", {
      baseKeyHandle,
      derivationData: btoa("m1"),
    });
    assert.equal(
      await curl.get("key", "POST", "/derivedkey/export", { keyHandle: derived }),
      hmac(bytes, "m1").toString("base64"),
    );
    const message = btoa("open");
    for (const [keyHandle, secret] of [[key, bytes], [derived, hmac(bytes, "m1")]] as const) {
      const algorithm = "HMAC-SHA256";
      assert.equal(
        await curl.get("signature", "POST", "/sign", {
          keyHandle,
          algorithm,
          parameters: { message },
        }),
        hmac(secret, "open").toString("base64"),
      );
      const aead = { keyHandle, algorithm: "AEAD", parameters: { iv: "AQID", aad: "" } };
      const ciphertext = await curl.get("ciphertext", "POST", "/encrypt", {
        ...aead,
        plaintext: message,
      });
      assert.equal(
        await curl.get("plaintext", "POST", "/decrypt", { ...aead, ciphertext }),
        message,
      );
    }

    const ec = await curl.get("keyHandle", "POST", "/keypair", { keyId: "e" });
    const rsa = await curl.get("keyHandle", "POST", "/keypair", {
      keyId: "r",
      preferredAlgorithms: "rsa-2048",
    });
    await curl.get("keyHandle", "GET", "/keypair/e");
    for (
      const [keyHandle, names] of [
        [ec, ["algorithm", "ec-curve-oid", "ec-point"]],
        [rsa, ["algorithm", "rsa-modulus", "rsa-exponent"]],
      ] as const
    ) {
      for (const name of names) {
        await curl.get("value", "POST", `/parameters/${name}`, { keyHandle });
      }
    }
    const digest = bytes.toBase64();
    const ecdsa = { keyHandle: ec, algorithm: "ECDSA", parameters: { digest } };
    await curl.get("signature", "POST", "/sign", ecdsa);
    const pkcs1 = { keyHandle: rsa, algorithm: "RSA-PKCS1", plaintext: digest };
    await curl.get("ciphertext", "POST", "/encrypt", pkcs1);
    const plaintext = new Uint8Array(256).fill(1).toBase64();
    const raw = { keyHandle: rsa, algorithm: "RSA-NO-PADDING", parameters: null, plaintext };
    await curl.get("ciphertext", "POST", "/encrypt", raw);

    await curl.done("POST", "/keypair/moved", { from: "e" });
    const moved = await curl.get("keyHandle", "GET", "/keypair/moved");
    await curl.done("DELETE", "/keypair", { keyHandle: moved });
    await curl.done("DELETE", "/key", { keyHandle: key });
    assert.equal((await curl.ask("GET", "/key/k")).status, 400);
    assert.equal((await curl.ask("GET", "/keypair/moved")).status, 400);
  });
}
