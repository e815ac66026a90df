// SPDX-License-Identifier: MIT

import { type FakeMachine, fakeMachine, type FakeSettings } from "../fake_machine.ts";
import type { Check } from "./check.ts";
import { type CheckSettings, Context } from "./context.ts";
import type { Finding } from "./outcome.ts";

/** A device for tests of checks: a directory with its files, and a machine that lies there. */
export interface FakeDevice {
  readonly files: string;
  readonly machine: FakeMachine;
  /** Writes a file below the directory, readable for all. */
  write(path: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Runs one check with everything looked at anew. */
  find(check: Check, settings?: Partial<CheckSettings>): Promise<Finding>;
}

const own = { uid: Deno.uid() ?? 0, gid: Deno.gid() ?? 0, groups: [Deno.gid() ?? 0] };

/** The services of a fake device run as whoever runs the test. */
export const OWN_USERS = { aziotks: own, aziotcs: own, aziotid: own };

const SETTINGS: CheckSettings = {
  dontRun: [],
  ntpServer: "127.0.0.1:9",
  iothubHostname: undefined,
  proxyUri: undefined,
  expectedVersion: undefined,
};

/** Makes a device that `config apply` has not configured yet. */
export async function onDevice(
  use: (device: FakeDevice) => Promise<void>,
  settings: FakeSettings = {},
): Promise<void> {
  const files = await Deno.makeTempDir();
  await Deno.chmod(files, 0o755);
  const machine = fakeMachine({ files, users: OWN_USERS, ...settings });
  const write = async (path: string, text: string): Promise<void> => {
    await Deno.mkdir(`${files}${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    await Deno.writeTextFile(`${files}${path}`, text);
    await Deno.chmod(`${files}${path}`, 0o644);
  };
  try {
    await use({
      files,
      machine,
      write,
      remove: (path) => Deno.remove(`${files}${path}`),
      find: (check, more = {}) => check.run(new Context({ ...SETTINGS, ...more }, machine)),
    });
  } finally {
    await Deno.remove(files, { recursive: true });
  }
}

/** Where tests put the settings of a daemon. */
export const configFile = (service: string): string =>
  `/etc/aziot/${service}/config.d/00-super.toml`;

/** Settings of the Identity Service with this provisioning. */
export const identitydConfig = (provisioning: string, more = ""): string =>
  `hostname = "press-07"\nhomedir = "/var/lib/aziot/identityd"\n${more}[provisioning]\n${provisioning}`;

/** Settings of the Certificates Service. */
export const certdConfig = (more = ""): string => `homedir_path = "/var/lib/aziot/certd"\n${more}`;

export const MANUAL = `source = "manual"
iothub_hostname = "hub.example"
device_id = "d"
[provisioning.authentication]
method = "sas"
device_id_pk = "device-id"
`;

/** The message of a finding with its causes, for comparisons. */
export function told({ outcome }: Finding): string {
  return "details" in outcome ? [outcome.kind, ...outcome.details].join("\n") : outcome.kind;
}
