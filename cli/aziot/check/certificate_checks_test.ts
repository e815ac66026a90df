// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { Authority } from "../../../tests/cloud/authority.ts";
import { CERTS_PRELOADED } from "./certs_preloaded.ts";
import { EST_CERTIFICATES_EXPIRY } from "./est_certificates_expiry.ts";
import {
  certdConfig,
  configFile,
  type FakeDevice,
  identitydConfig,
  MANUAL,
  onDevice,
  told,
} from "./fake_device.ts";
import { IDENTITY_CERTIFICATE_EXPIRY } from "./identity_certificate_expiry.ts";
import { LOCAL_CA_CERTIFICATE_EXPIRY } from "./local_ca_certificate_expiry.ts";

const authority = await Authority.create("test");

/** The time of the fake machine, moved by days and hours. */
const moved = (days: number, hours = 0) =>
  new Date(Date.UTC(2026, 4, 4 + days, 10 + hours, 11, 12));

async function certificate(notBefore: Date, notAfter: Date): Promise<string> {
  const request = { commonName: "d", use: "client", notBefore, notAfter } as const;
  return (await authority.issue(request)).cert;
}

const X509 = MANUAL.replace(
  /method[\s\S]*/,
  'method = "x509"\nidentity_cert = "device-id"\nidentity_pk = "device-id"\n',
);
const DPS = `source = "dps"
global_endpoint = "https://dps.example"
scope_id = "s"
[provisioning.attestation]
`;
const PRELOADED = '[preloaded_certs]\ndevice-id = "file:///etc/d%20x.pem"\n';
const PATH = "/etc/d x.pem";

async function configure({ write }: FakeDevice, identityd: string, certd: string): Promise<void> {
  await write(configFile("identityd"), identitydConfig(identityd));
  await write(configFile("certd"), certdConfig(certd));
}

for (
  const [what, from, to, expected] of [
    ["7 days and an hour to go", moved(-1), moved(7, 1), /^ok$/],
    [
      "6 days and 23 hours to go",
      moved(-1),
      moved(6, 23),
      /^warning\nManual identity certificate 'device-id' will expire soon \(2026-05-11 09:11:12 UTC, in 6 days\)\n/,
    ],
    [
      "its time over",
      moved(-2),
      moved(-1),
      /^error\nManual identity certificate 'device-id' expired at 2026-05-03 10:11:12 UTC\n/,
    ],
    [
      "its time to come",
      moved(1),
      moved(90),
      /^error\nManual identity certificate 'device-id' has not-before time 2026-05-05 10:11:12 UTC which is in the future\n/,
    ],
  ] as const
) {
  Deno.test(`a device certificate with ${what}`, async () => {
    await onDevice(async (device) => {
      await configure(device, X509, PRELOADED);
      await device.write(PATH, await certificate(from, to));
      const finding = await device.find(IDENTITY_CERTIFICATE_EXPIRY);
      assert.match(told(finding), expected);
      assert.deepEqual(finding.info, {
        provisioning_mode: "manual-x509",
        certificate_info: {
          cert_name: "Manual identity",
          cert_id: "device-id",
          not_after: to.toISOString().replace(".000Z", "Z"),
          not_before: from.toISOString().replace(".000Z", "Z"),
        },
      });
    });
  });
}

Deno.test("a certificate in the service's own store is found by its id", async () => {
  await onDevice(async (device) => {
    await configure(device, X509, "");
    const missing = await device.find(IDENTITY_CERTIFICATE_EXPIRY);
    assert.match(
      told(missing),
      /^error\nManual identity certificate is neither preloaded nor configured to be dynamically issued, and thus cannot be used\.\n/,
    );
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("device-id"));
    const name = `deviceid-${new Uint8Array(digest).toHex()}.cer`;
    await device.write(
      `/var/lib/aziot/certd/certs/${name}`,
      await certificate(moved(-2), moved(-1)),
    );
    assert.match(told(await device.find(IDENTITY_CERTIFICATE_EXPIRY)), /^error\n.* expired/);
  });
});

Deno.test("a certificate that is to be issued may not be there yet", async () => {
  await onDevice(async (device) => {
    const issued = '[cert_issuance.device-id]\nmethod = "self_signed"\ncommon_name = "d"\n';
    await configure(
      device,
      `${DPS}method = "x509"\nidentity_cert = "device-id"\nidentity_pk = "k"\n`,
      issued,
    );
    const finding = await device.find(IDENTITY_CERTIFICATE_EXPIRY);
    assert.equal(told(finding), "ok");
    assert.deepEqual(finding.info, { provisioning_mode: "dps-x509", certificate_info: null });
  });
});

for (
  const [mode, provisioning] of [
    ["manual-other", MANUAL],
    ["dps-other", `${DPS}method = "symmetric_key"\nregistration_id = "r"\nsymmetric_key = "k"\n`],
    ["none", 'source = "none"\n'],
  ] as const
) {
  Deno.test(`a device of mode ${mode} has no certificate`, async () => {
    await onDevice(async (device) => {
      await configure(device, provisioning, "");
      const finding = await device.find(IDENTITY_CERTIFICATE_EXPIRY);
      assert.equal(told(finding), "ignored");
      assert.deepEqual(finding.info, { provisioning_mode: mode });
    });
  });
}

Deno.test("without configurations there is nothing to look at", async () => {
  await onDevice(async (device) => {
    const all = [
      IDENTITY_CERTIFICATE_EXPIRY,
      EST_CERTIFICATES_EXPIRY,
      LOCAL_CA_CERTIFICATE_EXPIRY,
      CERTS_PRELOADED,
    ];
    for (const check of all) assert.equal(told(await device.find(check)), "skipped");
    await device.write(configFile("identityd"), identitydConfig(X509));
    assert.equal(told(await device.find(IDENTITY_CERTIFICATE_EXPIRY)), "skipped");
  });
});

Deno.test("a certificate file that the service may not read is told with the user", {
  ignore: Deno.uid() !== 0,
}, async () => {
  const user = { uid: 4242, gid: 4243, groups: [4243] };
  await onDevice(async (device) => {
    await configure(device, X509, PRELOADED);
    await device.write(PATH, await certificate(moved(-1), moved(90)));
    await Deno.chmod(`${device.files}${PATH}`, 0o600);
    for (const check of [IDENTITY_CERTIFICATE_EXPIRY, CERTS_PRELOADED]) {
      assert.match(
        told(await device.find(check)),
        /^error\n\/etc\/d x\.pem is not readable by user aziotcs \(uid 4242, gid 4243\): /,
      );
    }
  }, { users: { aziotcs: user } });
});

for (
  const [text, expected] of [
    ["no certificate", /\/etc\/d x\.pem holds no PEM certificate/],
    [
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      /holds no certificate that can be read/,
    ],
  ] as const
) {
  Deno.test(`a certificate file with ${text.slice(0, 20)} is an error`, async () => {
    await onDevice(async (device) => {
      await configure(device, X509, PRELOADED);
      await device.write(PATH, text);
      assert.match(told(await device.find(IDENTITY_CERTIFICATE_EXPIRY)), expected);
    });
  });
}

Deno.test("a preloaded certificate that is no single file cannot be the device's", async () => {
  await onDevice(async (device) => {
    for (
      const [entry, reason] of [['["a"]', "a list of ids"], [
        '"https://x/y"',
        "unrecognized scheme",
      ]]
    ) {
      await configure(device, X509, `[preloaded_certs]\ndevice-id = ${entry}\n`);
      const found = told(await device.find(IDENTITY_CERTIFICATE_EXPIRY));
      assert.ok(
        found.startsWith(`error\nManual identity certificate 'device-id' is ${reason}`),
        found,
      );
    }
  });
});

const EST = `[cert_issuance.est]
identity_cert = "est-id"
identity_pk = "est-id"
bootstrap_identity_cert = "est-bootstrap-id"
bootstrap_identity_pk = "est-bootstrap-id"
[preloaded_certs]
est-id = "file:///etc/est.pem"
est-bootstrap-id = "file:///etc/bootstrap.pem"
`;

Deno.test("of an EST identity and its bootstrap both are looked at, if the first is good", async () => {
  await onDevice(async (device) => {
    await configure(device, MANUAL, EST);
    const [good, old] = [
      await certificate(moved(-1), moved(90)),
      await certificate(moved(-2), moved(-1)),
    ];
    await device.write("/etc/est.pem", good);
    await device.write("/etc/bootstrap.pem", old);
    const finding = await device.find(EST_CERTIFICATES_EXPIRY);
    assert.match(
      told(finding),
      /^error\nx509 bootstrap certificate 'est-bootstrap-id' expired at /,
    );
    const info = JSON.stringify(finding.info);
    assert.match(info, /"identity_certificate_info":\{"cert_name":"x509 identity"/);
    assert.match(info, /"bootstrap_certificate_info":\{"cert_name":"x509 bootstrap"/);

    await device.write("/etc/est.pem", old);
    assert.match(
      told(await device.find(EST_CERTIFICATES_EXPIRY)),
      /^error\nx509 identity certificate/,
    );
    await device.write("/etc/est.pem", good);
    await device.write("/etc/bootstrap.pem", good);
    assert.equal(told(await device.find(EST_CERTIFICATES_EXPIRY)), "ok");
  });
});

Deno.test("an EST identity that is not there cannot be used", async () => {
  await onDevice(async (device) => {
    await configure(device, MANUAL, EST.replace(/est-id = "file.*\n/, ""));
    assert.match(
      told(await device.find(EST_CERTIFICATES_EXPIRY)),
      /^error\nx509 identity certificate is neither preloaded nor/,
    );
  });
});

Deno.test("the EST identity of a single certificate counts too", async () => {
  await onDevice(async (device) => {
    await configure(
      device,
      MANUAL,
      '[cert_issuance.x]\nmethod = "est"\nurl = "https://e/"\nidentity_cert = "i"\nidentity_pk = "i"\n' +
        '[preloaded_certs]\ni = "file:///etc/i.pem"\n',
    );
    await device.write("/etc/i.pem", await certificate(moved(-2), moved(-1)));
    const finding = await device.find(EST_CERTIFICATES_EXPIRY);
    assert.match(told(finding), /^error\nx509 identity certificate 'i' expired/);
    assert.equal(finding.info, undefined);
  });
});

Deno.test("without EST certificates and a local CA there are none", async () => {
  await onDevice(async (device) => {
    await configure(device, MANUAL, '[cert_issuance.est]\nusername = "u"\npassword = "p"\n');
    assert.equal(told(await device.find(EST_CERTIFICATES_EXPIRY)), "ignored");
    assert.equal(told(await device.find(LOCAL_CA_CERTIFICATE_EXPIRY)), "ignored");
  });
});

Deno.test("the local CA's certificate is called so", async () => {
  await onDevice(async (device) => {
    await configure(
      device,
      MANUAL,
      '[cert_issuance.local_ca]\ncert = "ca"\npk = "ca"\n[preloaded_certs]\nca = "file:///etc/ca.pem"\n',
    );
    await device.write("/etc/ca.pem", await certificate(moved(-1), moved(1)));
    assert.match(
      told(await device.find(LOCAL_CA_CERTIFICATE_EXPIRY)),
      /^warning\nLocal CA certificate 'ca' will expire soon \(.*, in 1 days\)\n/,
    );
  });
});

Deno.test("every preloaded file is looked at once, whatever bundles say", async () => {
  await onDevice(async (device) => {
    await configure(
      device,
      MANUAL,
      '[preloaded_certs]\na = "file:///etc/a.pem"\nb = ["a", "c", "none"]\nc = ["b", "a"]\nd = "https://x/"\n',
    );
    assert.equal(
      told(await device.find(CERTS_PRELOADED)).split("\n").slice(0, 3).join("\n"),
      "error\ncould not stat /etc/a.pem: No such file or directory\n" +
        "preloaded certificate 'd': unrecognized scheme \"https\"",
    );
    await device.write("/etc/a.pem", await certificate(moved(-1), moved(90)));
    await configure(device, MANUAL, '[preloaded_certs]\na = "file:///etc/a.pem"\nb = ["a", "b"]\n');
    assert.equal(told(await device.find(CERTS_PRELOADED)), "ok");
  });
});
