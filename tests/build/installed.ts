// SPDX-License-Identifier: MIT

import { ROOT } from "./package_build.ts";

/** Runs a shell script in which an unpacked package's `/usr` lies over the machine's; as root. */
export function withInstalled(tree: string, script: string): string[] {
  const prepare = `mount -t overlay overlay -o "lowerdir=$0/usr:/usr" /usr && ` +
    "mount -t tmpfs tmpfs /etc/aziot 2>/dev/null; ";
  return ["unshare", "--mount", "--propagation", "private", "sh", "-c", prepare + script, tree];
}

/** The program of the development run that passes a socket the way systemd does. */
export function activate(name: string, path: string): string {
  const lib = Deno.env.get("AZIOT_LIB_DIR") ?? `${ROOT}/build/amd64`;
  return `${lib}/activate ${name}=${path}:0600 --`;
}
