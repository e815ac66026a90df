// SPDX-License-Identifier: MIT

/** The unit files are written by hand, for people to read: they say the same as the manifest. */

import assert from "node:assert/strict";
import { expand, installedRoots, type Program, programs } from "./manifest.ts";
import { readUnit, type UnitFile, words } from "./unit_file.ts";

const UNITS = new URL("units/", import.meta.url).pathname;
const ROOTS = installedRoots("x86_64-linux-gnu");
const DAEMONS = programs().filter((program) => program.preload !== undefined);

/** Callers may be told apart only while these are so, and V8 runs only without these. */
const NEVER = [
  "PrivateUsers",
  "MemoryDenyWriteExecute",
  "LimitAS",
  "DynamicUser",
  "PrivateIPC",
];

async function unit(name: string): Promise<UnitFile> {
  return readUnit(await Deno.readTextFile(UNITS + name));
}

function service(program: Program): string {
  return program.name.replace(/^aziot-/, "");
}

/** The paths that a sandbox has to leave writable: none below another, sockets left out. */
function writable(program: Program): string[] {
  const all = [program.write, program.nativeWrite].flatMap((grant) =>
    grant === true ? ["/"] : grant
  )
    .map((path) => expand(path, ROOTS))
    .filter((path) => !path.endsWith(".sock"));
  return all.filter((path, index) =>
    all.indexOf(path) === index && !all.some((other) => path.startsWith(`${other}/`))
  ).sort();
}

for (const program of DAEMONS) {
  Deno.test(`the service unit of ${program.name} starts it as its user with the adapter`, async () => {
    const file = await unit(`${program.name}.service`);
    assert.deepEqual(file.get("Service.ExecStart"), [program.installPath]);
    assert.deepEqual(file.get("Service.User"), [program.user]);
    assert.deepEqual(file.get("Service.Group"), [program.user]);
    assert.ok(program.preload);
    assert.ok(
      file.get("Service.Environment")?.includes(`LD_PRELOAD=${expand(program.preload, ROOTS)}`),
    );
  });

  Deno.test(`the sandbox of ${program.name} leaves writable what the manifest says`, async () => {
    const file = await unit(`${program.name}.service`);
    const home = `${ROOTS.state}/${service(program)}`;
    const paths = words(file, "Service.ReadWritePaths");
    assert.deepEqual(paths.map((path) => path.replace(/^-/, "")).sort(), writable(program));
    // What may be absent must not keep the service from starting; its home must be there.
    for (const path of paths) assert.equal(path.startsWith("-"), path !== home, path);
  });

  Deno.test(`${program.name} gets the address families that its network grant needs`, async () => {
    const file = await unit(`${program.name}.service`);
    const beyond = program.net === true ||
      program.net.some((entry) => !entry.startsWith("unix:") && !entry.startsWith("[fdac:5d5d::]"));
    assert.deepEqual(
      words(file, "Service.RestrictAddressFamilies"),
      beyond ? ["AF_UNIX", "AF_INET", "AF_INET6"] : ["AF_UNIX"],
    );
  });

  Deno.test(`the socket unit of ${program.name} belongs to its user and its service`, async () => {
    const file = await unit(`${program.name}.socket`);
    const path = `${ROOTS.run}/${service(program)}.sock`;
    assert.deepEqual(
      Object.fromEntries(
        ["ListenStream", "SocketUser", "SocketGroup", "SocketMode", "DirectoryMode", "RemoveOnStop"]
          .map((name) => [name, file.get(`Socket.${name}`)?.join(" ")]),
      ),
      {
        ListenStream: path,
        SocketUser: program.user,
        SocketGroup: program.user,
        SocketMode: "0660",
        DirectoryMode: "0755",
        RemoveOnStop: "yes",
      },
    );
    assert.deepEqual(file.get("Socket.ExecStartPre"), [
      `-/usr/libexec/aziot/free-socket-path ${path}`,
    ]);
    assert.deepEqual(file.get("Unit.PartOf"), [`${program.name}.service`]);
    assert.deepEqual(file.get("Install.WantedBy"), ["sockets.target"]);
    // With a name of its own the descriptor would not be called after its unit.
    assert.equal(file.has("Socket.FileDescriptorName"), false);
  });

  Deno.test(`the service unit of ${program.name} restarts, orders and never blocks its socket`, async () => {
    const file = await unit(`${program.name}.service`);
    assert.deepEqual(file.get("Unit.Requires"), [`${program.name}.socket`]);
    assert.ok(words(file, "Unit.After").includes(`${program.name}.socket`));
    assert.deepEqual(file.get("Service.Restart"), ["on-failure"]);
    assert.deepEqual(file.get("Service.RestartSec"), ["5s"]);
    assert.deepEqual(file.get("Service.KillMode"), ["mixed"]);
    assert.deepEqual(words(file, "Unit.RequiresMountsFor"), [ROOTS.state]);
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
