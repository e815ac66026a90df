// SPDX-License-Identifier: MIT

/**
 * Debian packages that building and testing need. As root a missing one is installed; otherwise
 * the exact command is printed and the program ends with exit code 3.
 */

/** What can be asked for. */
export type Prerequisite =
  | "compiler"
  | "openssl"
  | "clang"
  | "valgrind"
  | "strace"
  | "curl"
  | "tmux"
  | "debhelper"
  | "lintian"
  | "gnupg"
  | "cross-compiler"
  | "qemu"
  | "systemd"
  | "mmdebstrap"
  | "nspawn";

const PACKAGES: Record<Prerequisite, { probe: string; packages: string[] }> = {
  compiler: { probe: "/usr/bin/cc", packages: ["gcc", "libc6-dev"] },
  openssl: { probe: "/usr/include/openssl/ssl.h", packages: ["libssl-dev", "openssl"] },
  clang: { probe: "/usr/bin/clang", packages: ["clang", "libclang-rt-14-dev"] },
  valgrind: { probe: "/usr/bin/valgrind", packages: ["valgrind"] },
  strace: { probe: "/usr/bin/strace", packages: ["strace"] },
  curl: { probe: "/usr/bin/curl", packages: ["curl"] },
  tmux: { probe: "/usr/bin/tmux", packages: ["tmux"] },
  debhelper: { probe: "/usr/bin/dh", packages: ["debhelper", "dpkg-dev", "xz-utils", "file"] },
  lintian: { probe: "/usr/bin/lintian", packages: ["lintian"] },
  gnupg: { probe: "/usr/bin/gpg", packages: ["gnupg"] },
  "cross-compiler": {
    probe: "/usr/bin/aarch64-linux-gnu-gcc",
    packages: ["gcc-aarch64-linux-gnu", "binutils-aarch64-linux-gnu", "libc6-dev-arm64-cross"],
  },
  mmdebstrap: { probe: "/usr/bin/mmdebstrap", packages: ["mmdebstrap"] },
  nspawn: { probe: "/usr/bin/systemd-nspawn", packages: ["systemd-container"] },
  systemd: { probe: "/usr/bin/systemd-analyze", packages: ["systemd"] },
  qemu: { probe: "/usr/bin/qemu-aarch64-static", packages: ["qemu-user-static"] },
};

/** Makes sure that each of `wanted` is there, or exits with 3 and the command to run. */
export async function ensurePrerequisites(wanted: Prerequisite[]): Promise<void> {
  const missing: string[] = [];
  for (const name of wanted) {
    const { probe, packages } = PACKAGES[name];
    if (!await exists(probe)) missing.push(...packages);
  }
  if (missing.length === 0) return;

  const install = ["install", "-y", "--no-install-recommends", ...missing];
  if (Deno.uid() !== 0 || !await exists("/usr/bin/apt-get")) {
    console.error(`missing packages; install them with:\n  sudo apt-get ${install.join(" ")}`);
    Deno.exit(3);
  }
  console.error(`installing ${missing.join(", ")}`);
  const lock = ["-o", "DPkg::Lock::Timeout=300", "-qq"];
  await aptGet([...lock, "update"]);
  await aptGet([...lock, ...install]);
}

async function aptGet(args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("/usr/bin/apt-get", {
    args,
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  console.error(`apt-get ${args.join(" ")} failed:\n${new TextDecoder().decode(stderr)}`);
  Deno.exit(3);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw cause;
  }
}

/**
 * Brings the npm packages of the lock file into Deno's cache: the programs of the product are
 * started with `--cached-only`. Without network this works when they are there already.
 */
export async function ensurePackages(): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--frozen", "--quiet"],
    cwd: new URL("..", import.meta.url).pathname,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  console.error(`the npm packages could not be installed:\n${new TextDecoder().decode(stderr)}`);
  Deno.exit(3);
}
