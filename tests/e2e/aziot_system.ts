// SPDX-License-Identifier: MIT

/**
 * A system for the aziot tool: users, a host name, /etc, /var and /run of its own in a mount
 * namespace that is thrown away afterwards, with a systemctl and a journalctl that write down their
 * calls. The tool has its permissions of the manifest. Needs root.
 */

import { developmentRoots, flags, program } from "../../packaging/manifest.ts";

const SOURCES = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const PREPARE = `set -e
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1/sources" "$1/cache"
mount --bind "$2" "$1/sources"
mount --bind "$3" "$1/cache"
for tree in etc var; do
  mkdir "$1/$tree" "$1/$tree.work"
  mount -t overlay overlay -o "lowerdir=/$tree,upperdir=$1/$tree,workdir=$1/$tree.work" "/$tree"
done
mount -t tmpfs tmpfs /run
hostname press-07
rm -rf /etc/aziot /var/secrets /var/lib/aziot
mkdir -p /etc/aziot
for user in aziotks:2501 aziotcs:2502 aziotid:2503 caller:2505; do
  name=\${user%:*} id=\${user#*:}
  sed -i "/^$name:/d" /etc/passwd
  echo "$name:x:$id:$id::/:/bin/false" >> /etc/passwd
done
mkdir "$1/bin"
cat > "$1/bin/systemctl" <<END
#!/bin/sh
echo "\\$*" >> "$1/calls"
[ "\\$1" != cat ]
END
cat > "$1/bin/journalctl" <<END
#!/bin/sh
echo "journalctl \\$*" >> "$1/calls"
END
for name in systemctl journalctl; do
  chmod +x "$1/bin/$name"
  mount --bind "$1/bin/$name" "/usr/bin/$name"
done
echo ready
exec sleep 3600
`;

/** How the tool ended and what it printed. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** A running system; its files as seen from here stand below `files`. */
export class System implements AsyncDisposable {
  private constructor(
    readonly holder: Deno.ChildProcess,
    readonly directory: string,
  ) {}

  static async start(): Promise<System> {
    const directory = await Deno.makeTempDir();
    await Deno.chmod(directory, 0o755);
    const namespaces = ["--mount", "--uts", "--propagation", "private"];
    const holder = new Deno.Command("unshare", {
      args: [
        ...[...namespaces, "sh", "-c", PREPARE, "sh"],
        ...[directory, SOURCES, await cacheDirectory()],
      ],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const system = new System(holder, directory);
    const reader = holder.stdout.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    if (new TextDecoder().decode(value) === "ready\n") return system;
    await system[Symbol.asyncDispose]();
    throw new Error("the system could not be prepared");
  }

  get files(): string {
    return `/proc/${this.holder.pid}/root`;
  }

  async aziot(args: string[], uid = 0): Promise<Ended> {
    const ids = ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
    const user = uid === 0 ? [] : ids;
    // Where another user can read them too.
    const sources = `${this.directory}/sources`;
    const deno = Deno.execPath().replace(SOURCES, sources);
    const libraries = Deno.env.get("AZIOT_LIB_DIR")?.replace(SOURCES, sources) ?? "";
    const tool = program("aziot");
    const roots = developmentRoots("", libraries);
    const command = new Deno.Command("nsenter", {
      args: [
        ...["--target", String(this.holder.pid), "--mount", "--uts", "--", ...user],
        ...["env", `DENO_DIR=${this.directory}/cache`, `AZIOT_LIB_DIR=${libraries}`],
        ...[deno, "run", "--cached-only", ...flags(tool, roots, { dev: true })],
        ...[`${sources}/${tool.entry}`, ...args],
      ],
      stdin: "null",
    });
    const { code, stdout, stderr } = await command.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  }

  async calls(): Promise<string[]> {
    try {
      const text = await Deno.readTextFile(`${this.files}${this.directory}/calls`);
      return text.trim().split("\n");
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.holder.kill("SIGKILL");
    } catch (error) {
      // Ended by itself: then its preparation failed.
      if (!(error instanceof TypeError)) throw error;
    }
    await this.holder.status;
    await Deno.remove(this.directory, { recursive: true });
  }
}

async function cacheDirectory(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const info: { denoDir: string } = JSON.parse(new TextDecoder().decode(stdout));
  return info.denoDir;
}
