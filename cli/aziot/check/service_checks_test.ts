// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { Authority } from "../../../tests/cloud/authority.ts";
import { CERTS_MATCH_PRIVATE_KEYS } from "./certs_match_private_keys.ts";
import { CERTS_READ } from "./certs_read.ts";
import { Context } from "./context.ts";
import { DAEMONS_RUNNING } from "./daemon_running.ts";
import {
  certdConfig,
  configFile,
  type FakeDevice,
  identitydConfig,
  MANUAL,
  onDevice,
  told,
} from "./fake_device.ts";
import { KEY_PAIRS_READ } from "./key_pairs_read.ts";

/** A daemon that answers by path; what it does not know is a 500. */
async function serving(
  { files }: FakeDevice,
  service: string,
  answers: Record<string, unknown>,
  use: () => Promise<void>,
): Promise<void> {
  await Deno.mkdir(`${files}/run/aziot`, { recursive: true });
  const path = `${files}/run/aziot/${service}.sock`;
  const server = Deno.serve({ path, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const body = request.body === null ? undefined : await request.json();
    const answer = answers[body?.keyHandle ? `${pathname} ${body.keyHandle}` : pathname];
    if (answer === undefined) return Response.json({ message: "key error" }, { status: 500 });
    return Response.json(answer);
  });
  try {
    await use();
  } finally {
    await server.shutdown();
  }
}

const runningOf = (service: string) => {
  const check = DAEMONS_RUNNING.find(({ id }) => id === `${service}-running`);
  if (check === undefined) throw new Error(`no check of ${service}`);
  return check;
};

Deno.test("a daemon runs when somebody accepts", async () => {
  await onDevice(async (device) => {
    const finding = told(await device.find(runningOf("keyd")));
    assert.ok(
      finding.startsWith(
        `error\nCould not connect to keyd on unix://${device.files}/run/aziot/keyd.sock\n`,
      ),
    );
    assert.match(finding, /No such file or directory/);
    await serving(device, "keyd", {}, async () => {
      assert.equal(told(await device.find(runningOf("keyd"))), "ok");
    });
  });
});

const TPM = `source = "dps"
global_endpoint = "https://dps.example"
scope_id = "s"
[provisioning.attestation]
method = "tpm"
registration_id = "r"
`;

Deno.test("a TPM service has to run only for a device that provisions with it", async () => {
  const installed = { systemctl: () => ({ success: true, stdout: "", stderr: "" }) };
  await onDevice(async ({ find, write }) => {
    assert.match(told(await find(runningOf("tpmd"))), /^error/);
    await write(configFile("identityd"), identitydConfig(MANUAL));
    assert.equal(told(await find(runningOf("tpmd"))), "ignored");
    await write(configFile("identityd"), identitydConfig(TPM));
    assert.match(told(await find(runningOf("tpmd"))), /^error/);
  }, installed);
  await onDevice(async ({ find }) => {
    assert.equal(told(await find(runningOf("tpmd"))), "ignored");
  });
});

const authority = await Authority.create("test");
const { cert, key } = await authority.issue({ commonName: "d", use: "client" });
const other = await authority.issue({ commonName: "e", use: "client" });

Deno.test("every preloaded certificate is read, and all that fail are told", async () => {
  await onDevice(async (device) => {
    const config = '[preloaded_certs]\na = "file:///a"\n"b/c" = ["a"]\nempty = "file:///e"\n';
    await device.write(configFile("certd"), certdConfig(config));
    assert.equal(told(await device.find(CERTS_READ)), "skipped");
    const answers = {
      "/certificates/a": { pem: cert },
      "/certificates/empty": { pem: "" },
    };
    await serving(device, "certd", answers, async () => {
      assert.match(
        told(await device.find(CERTS_READ)),
        /^error\ncould not load cert with ID "b\/c": key error\ncould not load cert with ID "empty": cert is empty\n/,
      );
      const left = { dontRun: ["certd-running"] };
      assert.equal(told(await device.find(CERTS_READ, left)), "skipped");
    });
    await device.write(configFile("certd"), certdConfig('[preloaded_certs]\na = "file:///a"\n'));
    await serving(device, "certd", answers, async () => {
      assert.equal(told(await device.find(CERTS_READ)), "ok");
    });
  });
});

/** What keyd answers about a key pair. */
function pair(id: string, publicKey: KeyObject): Record<string, unknown> {
  const jwk = publicKey.export({ format: "jwk" });
  const bytes = (text: unknown) => Uint8Array.fromBase64(String(text), { alphabet: "base64url" });
  const value = (text: Uint8Array | string) => ({
    value: typeof text === "string" ? text : text.toBase64(),
  });
  const at = (name: string) => `/parameters/${name} ${id}`;
  const handle = { [`/keypair/${id}`]: { keyHandle: id } };
  if (publicKey.asymmetricKeyType === "rsa") {
    return {
      ...handle,
      [at("algorithm")]: value("RSA"),
      [at("rsa-modulus")]: value(bytes(jwk.n)),
      [at("rsa-exponent")]: value(bytes(jwk.e)),
    };
  }
  const [x, y] = [bytes(jwk.x), bytes(jwk.y)];
  return {
    ...handle,
    [at("algorithm")]: value("ECDSA"),
    [at("ec-curve-oid")]: value(
      jwk.crv === "P-256"
        ? Uint8Array.fromHex("06082a8648ce3d030107")
        : Uint8Array.fromHex("06052b81040022"),
    ),
    [at("ec-point")]: value(Uint8Array.of(2 + ((y.at(-1) ?? 0) & 1), ...x)),
  };
}

const P256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
const P384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
const RSA = generateKeyPairSync("rsa", { modulusLength: 2048 });
const SHORT = generateKeyPairSync("rsa", { modulusLength: 1024 });

const keys = (entries: Record<string, string>) =>
  `[preloaded_keys]\n${Object.entries(entries).map(([id, uri]) => `${id} = "${uri}"\n`).join("")}`;

Deno.test("keys that the Keys Service has are good, symmetric ones too", async () => {
  await onDevice(async (device) => {
    assert.equal(told(await device.find(KEY_PAIRS_READ)), "skipped");
    await device.write("/etc/k", "bytes");
    await device.write(
      configFile("keyd"),
      keys({
        ec: "pkcs11:token=t;object=ec",
        rsa: "pkcs11:token=t;object=rsa",
        sym: "file:///etc/k",
      }),
    );
    const answers = {
      ...pair("ec", P256.publicKey),
      ...pair("rsa", RSA.publicKey),
      "/key/sym": { keyHandle: "sym" },
    };
    await serving(device, "keyd", answers, async () => {
      assert.equal(told(await device.find(KEY_PAIRS_READ)), "ok");
    });
  });
});

Deno.test("keys that cannot be loaded are told with the reason at their place", async () => {
  await onDevice(async (device) => {
    await device.write("/etc/encrypted", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
    await device.write(
      configFile("keyd"),
      keys({
        missing: "file:///etc/none",
        encrypted: "file:///etc/encrypted",
        token: "pkcs11:token=t;object=o?pin-value=s3cret",
      }),
    );
    await serving(device, "keyd", {}, async () => {
      const found = told(await device.find(KEY_PAIRS_READ));
      assert.match(found, /^error\n/);
      for (
        const line of [
          /^could not load preloaded private key with ID "missing": \/etc\/none is not readable by user aziotks: it does not exist$/m,
          /^could not load preloaded private key with ID "encrypted": \/etc\/encrypted: it is encrypted.*: key error$/m,
          /^could not load preloaded private key with ID "token": the key is in pkcs11:token=t;object=o: key error$/m,
        ]
      ) assert.match(found, line);
      assert.doesNotMatch(found, /s3cret/);
    });
  });
});

Deno.test("keys that others will refuse are warned about", async () => {
  await onDevice(async (device) => {
    await device.write(
      configFile("keyd"),
      keys({ short: "pkcs11:token=t;object=a", curve: "pkcs11:token=t;object=b" }),
    );
    const answers = { ...pair("short", SHORT.publicKey), ...pair("curve", P384.publicKey) };
    await serving(device, "keyd", answers, async () => {
      const found = told(await device.find(KEY_PAIRS_READ));
      assert.match(
        found,
        /^warning\n.*"short" is RSA with 1024 bits.*\n.*"curve" is on a curve other than P-256/,
      );
    });
  });
});

Deno.test("a certificate and a key of one id have to belong together, also in files", async () => {
  await onDevice(async (device) => {
    assert.equal(told(await device.find(CERTS_MATCH_PRIVATE_KEYS)), "skipped");
    await device.write(
      configFile("certd"),
      certdConfig('[preloaded_certs]\nx = "file:///etc/c"\ny = "file:///etc/c"\n'),
    );
    await device.write(configFile("keyd"), keys({ x: "file:///etc/k", z: "file:///etc/k" }));
    await device.write("/etc/c", cert);
    await device.write("/etc/k", key);
    assert.equal(told(await device.find(CERTS_MATCH_PRIVATE_KEYS)), "ok");
    await device.write("/etc/k", other.key);
    assert.match(
      told(await device.find(CERTS_MATCH_PRIVATE_KEYS)),
      /^error\npreloaded cert with ID "x" does not match preloaded private key with ID "x"\n/,
    );
  });
});

Deno.test("what the services give out is compared, RSA and EC", async () => {
  for (const { publicKey, privateKey } of [P256, RSA]) {
    await onDevice(async (device) => {
      const uri = "pkcs11:token=t;object=x";
      await device.write(
        configFile("certd"),
        certdConfig('[preloaded_certs]\nx = "file:///etc/c"\n'),
      );
      await device.write(configFile("keyd"), keys({ x: uri }));
      const own = await selfSigned(privateKey);
      await serving(device, "keyd", pair("x", publicKey), async () => {
        await serving(device, "certd", { "/certificates/x": { pem: own } }, async () => {
          assert.equal(told(await device.find(CERTS_MATCH_PRIVATE_KEYS)), "ok");
        });
        await serving(device, "certd", { "/certificates/x": { pem: cert } }, async () => {
          assert.match(
            told(await device.find(CERTS_MATCH_PRIVATE_KEYS)),
            /^error\n.*"x" does not match/,
          );
        });
      });
    });
  }
});

/** A certificate for a key, made by openssl. */
async function selfSigned(key: KeyObject): Promise<string> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, String(key.export({ type: "pkcs8", format: "pem" })));
    const command = new Deno.Command("openssl", {
      args: ["req", "-x509", "-new", "-key", path, "-subj", "/CN=d", "-days", "1"],
    });
    return new TextDecoder().decode((await command.output()).stdout);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("a difference that is gone after a moment was a renewal", async () => {
  await onDevice(async (device) => {
    await device.write(
      configFile("certd"),
      certdConfig('[preloaded_certs]\nx = "file:///etc/c"\n'),
    );
    await device.write(configFile("keyd"), keys({ x: "file:///etc/k" }));
    await device.write("/etc/c", cert);
    await device.write("/etc/k", other.key);
    const renewing = {
      ...device.machine,
      pause: async () => {
        await device.write("/etc/k", key);
      },
    };
    const settings = {
      dontRun: [],
      ntpServer: "",
      iothubHostname: undefined,
      proxyUri: undefined,
      expectedVersion: undefined,
    };
    assert.equal(told(await CERTS_MATCH_PRIVATE_KEYS.run(new Context(settings, renewing))), "ok");
  });
});
