// SPDX-License-Identifier: MIT

import { runHost } from "./host.ts";

/** The package under test and its version, from the directory that `AZIOT_SYSTEM_PACKAGES` names. */
export interface TestPackage {
  path: string;
  version: string;
}

/** The directory with the packages, a flat apt repository. */
export function packageDirectory(): string {
  const directory = Deno.env.get("AZIOT_SYSTEM_PACKAGES");
  if (!directory) throw new Error("AZIOT_SYSTEM_PACKAGES is not set: run task test:system");
  return directory;
}

/** The identity package of this run. */
export async function identityPackage(): Promise<TestPackage> {
  for await (const entry of Deno.readDir(packageDirectory())) {
    const version = /^aziot-identity-service_(.+)_[a-z0-9]+\.deb$/.exec(entry.name)?.[1];
    if (version) return { path: `${packageDirectory()}/${entry.name}`, version };
  }
  throw new Error(`${packageDirectory()} has no aziot-identity-service package`);
}

/** The same package under a higher version, written to `directory`. */
export async function nextVersion(of: TestPackage, directory: string): Promise<TestPackage> {
  const version = `${of.version}.1`;
  const tree = `${directory}/next`;
  const path = `${directory}/aziot-identity-service_${version}_next.deb`;
  await runHost(["dpkg-deb", "-R", of.path, tree]);
  await runHost(["sed", "-i", `s/^Version: .*/Version: ${version}/`, `${tree}/DEBIAN/control`]);
  await runHost(["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "-b", tree, path]);
  await runHost(["rm", "-rf", tree]);
  return { path, version };
}

/** A package without content but for `files`, as an older product would have left it. */
export async function dummyPackage(
  directory: string,
  control: { name: string; version: string; fields?: Record<string, string> },
  files: Record<string, string> = {},
): Promise<string> {
  const tree = `${directory}/${control.name}`;
  await Deno.mkdir(`${tree}/DEBIAN`, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(`${tree}${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    await Deno.writeTextFile(`${tree}${path}`, text);
  }
  const fields = Object.entries(control.fields ?? {}).map(([name, value]) => `${name}: ${value}\n`);
  await Deno.writeTextFile(
    `${tree}/DEBIAN/control`,
    `Package: ${control.name}
Version: ${control.version}
Architecture: all
Maintainer: Nobody <nobody@example.test>
Description: stands in for a package of the field
${fields.join("")}`,
  );
  const path = `${directory}/${control.name}_${control.version}_all.deb`;
  await runHost(["dpkg-deb", "--root-owner-group", "-Zgzip", "-b", tree, path]);
  return path;
}
