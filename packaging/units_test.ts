// SPDX-License-Identifier: MIT

/** The unit files are written by hand, for people to read: they say the same as the manifest. */

import assert from "node:assert/strict";
import { type Program, programs } from "./manifest.ts";
import { homeOf, serviceDifferences, serviceOf, socketDifferences } from "./unit_differences.ts";
import { readUnit, type UnitFile, words } from "./unit_file.ts";

const UNITS = new URL("units/", import.meta.url).pathname;
const DAEMONS = programs().filter((program) => program.preload !== undefined);

/** Callers may be told apart only while these are so, and V8 runs only without these. */
const NEVER = [
  "PrivateUsers",
  "MemoryDenyWriteExecute",
  "LimitAS",
  "DynamicUser",
  "PrivateIPC",
];

/** What the unit may see and do besides what the manifest says: the same for every daemon. */
const SANDBOX: Record<string, string[]> = {
  NoNewPrivileges: ["yes"],
  CapabilityBoundingSet: [""],
  AmbientCapabilities: [""],
  UMask: ["0077"],
  ProtectSystem: ["strict"],
  ProtectHome: ["read-only"],
  PrivateTmp: ["yes"],
  PrivateMounts: ["yes"],
  PrivateDevices: ["yes"],
  DevicePolicy: ["closed"],
  ProtectKernelTunables: ["yes"],
  ProtectKernelModules: ["yes"],
  ProtectKernelLogs: ["yes"],
  ProtectControlGroups: ["yes"],
  ProtectClock: ["yes"],
  ProtectHostname: ["yes"],
  ProtectProc: ["invisible"],
  ProcSubset: ["pid"],
  LockPersonality: ["yes"],
  RestrictNamespaces: ["yes"],
  RestrictRealtime: ["yes"],
  RestrictSUIDSGID: ["yes"],
  RemoveIPC: ["yes"],
  KeyringMode: ["private"],
  SystemCallArchitectures: ["native"],
  SystemCallFilter: ["@system-service", "~@privileged @resources"],
  SystemCallErrorNumber: ["EPERM"],
};

function text(name: string): Promise<string> {
  return Deno.readTextFile(UNITS + name);
}

async function unit(name: string): Promise<UnitFile> {
  return readUnit(await text(name));
}

for (const program of DAEMONS) {
  Deno.test(`the units of ${program.name} say what the manifest says`, async () => {
    assert.deepEqual(serviceDifferences(program, await unit(`${program.name}.service`)), []);
    assert.deepEqual(socketDifferences(program, await unit(`${program.name}.socket`)), []);
  });

  Deno.test(`the units of ${program.name} cannot drift from the manifest unnoticed`, async () => {
    const service = await text(`${program.name}.service`);
    for (const [line, changed] of drifts(program)) {
      assert.ok(service.includes(`\n${line}\n`), `no line ${line}`);
      const drifted = readUnit(service.replace(`\n${line}\n`, `\n${changed}\n`));
      const [difference, ...more] = serviceDifferences(program, drifted);
      assert.ok(difference !== undefined, `${line} became ${changed}`);
      assert.deepEqual(more, [], `${line} became ${changed}`);
    }
    const socket = await text(`${program.name}.socket`);
    for (const [name, changed] of SOCKET_DRIFTS) {
      const drifted = socket.replace(new RegExp(`^${name}=.*$`, "m"), changed);
      assert.notEqual(drifted, socket, name);
      assert.equal(socketDifferences(program, readUnit(drifted)).length, 1, changed);
    }
  });

  Deno.test(`the target of ${program.name} passes stops on to the socket, and no restarts`, async () => {
    const file = await unit(`${program.name}.target`);
    assert.deepEqual(file.get("Unit.PartOf"), [`${program.name}.service`]);
    assert.deepEqual(file.get("Unit.PropagatesStopTo"), [`${program.name}.socket`]);
  });

  Deno.test(`the sandbox of ${program.name} is closed as every daemon's`, async () => {
    const file = await unit(`${program.name}.service`);
    for (const [name, values] of Object.entries(SANDBOX)) {
      assert.deepEqual(file.get(`Service.${name}`), values, name);
    }
  });

  Deno.test(`the service unit of ${program.name} restarts, orders and never blocks its socket`, async () => {
    const file = await unit(`${program.name}.service`);
    assert.deepEqual(file.get("Unit.Requires"), [`${program.name}.socket`]);
    assert.ok(words(file, "Unit.After").includes(`${program.name}.socket`));
    assert.deepEqual(file.get("Service.Restart"), ["on-failure"]);
    assert.deepEqual(file.get("Service.RestartSec"), ["5s"]);
    assert.deepEqual(file.get("Service.KillMode"), ["mixed"]);
    assert.deepEqual(words(file, "Unit.RequiresMountsFor"), ["/var/lib/aziot"]);
    for (const key of file.keys()) {
      assert.ok(!/^Unit\.(Condition|Assert)/.test(key), `${key} would fail the socket unit`);
      assert.ok(!NEVER.includes(key.replace(/^\w+\./, "")), `${key} must not be set`);
    }
  });

  Deno.test(`the sandbox of ${program.name} reaches its exposure level`, async () => {
    const { stdout, success } = await new Deno.Command("systemd-analyze", {
      args: ["security", "--offline=true", "--no-pager", `${UNITS}${program.name}.service`],
      env: { LC_ALL: "C.UTF-8", SYSTEMD_LOG_LEVEL: "err" },
      stderr: "null",
    }).output();
    assert.ok(success);
    const level = /exposure level for .*: ([0-9.]+)/.exec(new TextDecoder().decode(stdout))?.[1];
    assert.ok(
      Number(level) <= (program.name === "aziot-keyd" ? 0.5 : 1.4),
      `${program.name} has ${level}`,
    );
  });
}

/** Lines of a service's unit, and what each might become by mistake. */
function drifts(program: Program): [line: string, changed: string][] {
  const preload = "Environment=LD_PRELOAD=/usr/lib/aziot/libaziot_serve.so";
  const home = `ReadWritePaths=${homeOf(program)}`;
  return [
    [`ExecStart=${program.installPath}`, `ExecStart=/usr/bin/${program.name}`],
    [`User=${program.user}`, "User=root"],
    [`User=${program.user}`, ""],
    [`Group=${program.user}`, "Group=adm"],
    [preload, ""],
    [preload, "Environment=LD_PRELOAD=/usr/local/lib/libaziot_serve.so"],
    [preload, `${preload}\nEnvironment=LD_PRELOAD=`],
    [preload, `${preload}\nEnvironment=AZIOT_LIB_DIR=/tmp`],
    [preload, `${preload}\nEnvironment=DENO_V8_FLAGS=--jitless`],
    [preload, `${preload}\nEnvironmentFile=-/etc/default/${serviceOf(program)}`],
    [preload, `${preload}\nPassEnvironment=HTTPS_PROXY`],
    [home, ""],
    [home, `ReadWritePaths=-${homeOf(program)}`],
    [home, "ReadWritePaths=/var/lib/aziot"],
    [home, `${home}\nReadWritePaths=-/etc/aziot`],
    [
      program.net === true
        ? "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6"
        : "RestrictAddressFamilies=AF_UNIX",
      "RestrictAddressFamilies=AF_UNIX AF_NETLINK",
    ],
  ];
}

/** Directives of a socket's unit, and what each might become. */
const SOCKET_DRIFTS: [name: string, changed: string][] = [
  ["ListenStream", "ListenStream=/run/keyd.sock"],
  ["ListenStream", "ListenStream=127.0.0.1:80"],
  ["SocketUser", "SocketUser=root"],
  ["SocketGroup", "SocketGroup=users"],
  ["SocketMode", "SocketMode=0666"],
  ["DirectoryMode", "DirectoryMode=0777"],
  ["RemoveOnStop", "Accept=no\nRemoveOnStop=yes"],
  ["RemoveOnStop", "RemoveOnStop=no"],
  ["ExecStartPre", ""],
  ["Wants", "Wants=other.target"],
  ["WantedBy", "WantedBy=multi-user.target"],
  ["SocketMode", "SocketMode=0660\nFileDescriptorName=x"],
];

Deno.test("identityd comes after the clock is right, where a machine waits for that", async () => {
  const file = await unit("aziot-identityd.service");
  assert.ok(words(file, "Unit.After").includes("time-sync.target"));
  for (const key of ["Unit.Wants", "Unit.Requires"]) {
    assert.ok(!words(file, key).includes("time-sync.target"), key);
  }
});

Deno.test("keyd finds its token libraries' stores and devices in its sandbox", async () => {
  const file = await unit("aziot-keyd.service");
  const environment = file.get("Service.Environment") ?? [];
  assert.ok(environment.includes("HOME=/var/lib/aziot/keyd"));
  assert.ok(environment.includes("TPM2_PKCS11_STORE=/etc/tpm2_pkcs11"));
  assert.deepEqual(file.get("Service.BindPaths"), ["-/dev/tpmrm0", "-/dev/bus/usb"]);
  assert.deepEqual(file.get("Service.DeviceAllow"), ["/dev/tpmrm0 rw", "char-usb_device rw"]);
});

Deno.test("a line that is no directive is refused with its number", () => {
  assert.throws(() => readUnit("[Unit]\nDescription"), /line 2 is no directive: Description/);
  assert.throws(() => readUnit("A=1"), /line 1 is no directive/);
});
