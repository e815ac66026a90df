// SPDX-License-Identifier: MIT

/**
 * The tool on a system of its own: real users, owners and modes, in a mount namespace whose /etc,
 * /var and /run are thrown away afterwards, with a systemctl that writes down its calls.
 */

import assert from "node:assert/strict";

const ROOT = Deno.uid() === 0;
const SOURCES = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const CS = "HostName=h.example;DeviceId=d;SharedAccessKey=c2VjcmV0";

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
cat > "$1/bin/systemctl" <<'END'
#!/bin/sh
echo "$*" >> "$(dirname "$0")/../calls"
[ "$1" != cat ]
END
chmod +x "$1/bin/systemctl"
echo ready
exec sleep 3600
`;

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** A running system; its files as seen from here stand below `files`. */
class System implements AsyncDisposable {
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
    const command = new Deno.Command("nsenter", {
      args: [
        ...["--target", String(this.holder.pid), "--mount", "--uts", "--", ...user],
        ...["env", `PATH=${this.directory}/bin:${Deno.env.get("PATH")}`],
        ...[`DENO_DIR=${this.directory}/cache`, `AZIOT_LIB_DIR=${libraries}`],
        ...[deno, "run", "-A", "--no-prompt", "--cached-only"],
        ...[`${sources}/cli/aziot/main.ts`, ...args],
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

const generated = (service: string) => `/etc/aziot/${service}/config.d/00-super.toml`;

async function ownerAndMode(path: string): Promise<string> {
  const { uid, gid, mode } = await Deno.stat(path);
  return `${uid}:${gid} ${((mode ?? 0) & 0o7777).toString(8)}`;
}

Deno.test(
  "a new device: init writes, applies and starts everything",
  { ignore: !ROOT },
  async () => {
    await using system = await System.start();
    const { code, stdout, stderr } = await system.aziot(["init", "--connection-string", CS]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^warning: a connection string on the command line/);
    assert.match(stdout, /configured successfully!\n\nRestarting the services(.|\n)*Done\.\n$/);

    const { files } = system;
    assert.equal(await ownerAndMode(`${files}/etc/aziot/config.toml`), "0:0 600");
    for (const [service, id] of [["keyd", 2501], ["certd", 2502], ["identityd", 2503]] as const) {
      assert.equal(await ownerAndMode(`${files}/etc/aziot/${service}`), "0:0 755");
      assert.equal(await ownerAndMode(`${files}/etc/aziot/${service}/config.d`), `${id}:${id} 700`);
      assert.equal(await ownerAndMode(`${files}${generated(service)}`), `${id}:${id} 600`);
    }
    assert.equal(await ownerAndMode(`${files}/var/secrets/aziot/keyd`), "2501:2501 700");
    const key = `${files}/var/secrets/aziot/keyd/device-id`;
    assert.equal(await ownerAndMode(key), "2501:2501 600");
    assert.equal(await Deno.readTextFile(key), "secret");
    const identityd = await Deno.readTextFile(`${files}${generated("identityd")}`);
    assert.match(identityd, /^hostname = "press-07"$/m);

    assert.deepEqual(await system.calls(), [
      "enable aziot-identityd.service",
      "cat aziot-tpmd.socket",
      "stop aziot-identityd.service",
      "stop aziot-keyd.service",
      "stop aziot-certd.service",
      "start aziot-identityd.socket",
      "start aziot-keyd.socket",
      "start aziot-certd.socket",
      "start aziot-identityd.service",
    ]);

    // The user's numeric id may change, as when the package is installed anew.
    await Deno.chown(`${files}${generated("keyd")}`, 77, 77);
    const again = await system.aziot(["config", "apply", "--no-restart"]);
    assert.equal(again.code, 0, again.stderr);
    assert.equal(await ownerAndMode(`${files}${generated("keyd")}`), "2501:2501 600");
    assert.equal((await system.calls()).length, 9);
  },
);

Deno.test("who is not root can neither apply nor write to /etc", { ignore: !ROOT }, async () => {
  await using system = await System.start();
  const apply = await system.aziot(["config", "apply"], 2505);
  assert.deepEqual(apply, {
    code: 1,
    stdout: "",
    stderr: "this command must be run as root\n",
  });
  const mp = await system.aziot(["config", "mp", "-c", CS], 2505);
  assert.deepEqual(mp, {
    code: 1,
    stdout: "",
    stderr: "could not create /etc/aziot/config.toml\n\nCaused by:\n" +
      "    Permission denied (os error 13)\n",
  });
});

Deno.test("a read-only /etc: nothing is changed or restarted", { ignore: !ROOT }, async () => {
  await using system = await System.start();
  assert.equal((await system.aziot(["config", "mp", "-c", CS])).code, 0);
  assert.equal((await system.aziot(["config", "apply", "--no-restart"])).code, 0);
  const { files } = system;
  const before = await Deno.readTextFile(`${files}${generated("keyd")}`);
  await Deno.writeTextFile(
    `${files}/etc/aziot/config.toml`,
    '[provisioning]\nsource = "none"\n',
  );
  const remount = new Deno.Command("nsenter", {
    args: ["--target", String(system.holder.pid), "--mount", "mount", "-o", "remount,ro", "/etc"],
  });
  assert.ok((await remount.output()).success);

  const { code, stdout, stderr } = await system.aziot(["config", "apply"]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.equal(
    stderr,
    `could not create ${generated("keyd")}\n\nCaused by:\n` +
      "    Read-only file system (os error 30)\n",
  );
  assert.equal(await Deno.readTextFile(`${files}${generated("keyd")}`), before);
  assert.equal(await Deno.readTextFile(`${files}/var/secrets/aziot/keyd/device-id`), "secret");
  assert.deepEqual(await system.calls(), []);
});

Deno.test("no moment of an apply shows a file to others", { ignore: !ROOT }, async () => {
  await using system = await System.start();
  const { files } = system;
  let isRunning = true;
  let looks = 0;
  const seen = new Set<string>();
  const inspect = async (): Promise<void> => {
    while (isRunning) {
      for (
        const directory of [
          "/etc/aziot/keyd/config.d",
          "/etc/aziot/certd/config.d",
          "/etc/aziot/identityd/config.d",
          "/var/secrets/aziot/keyd",
        ]
      ) {
        try {
          for (const { name } of Deno.readDirSync(`${files}${directory}`)) {
            const { mode } = Deno.lstatSync(`${files}${directory}/${name}`);
            looks++;
            if (((mode ?? 0) & 0o077) !== 0) seen.add(`${directory}/${name} ${mode?.toString(8)}`);
          }
        } catch (error) {
          if (!(error instanceof Deno.errors.NotFound)) throw error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  };
  const inspection = inspect();
  for (const id of ["one", "two"]) {
    const cs = CS.replace("DeviceId=d", `DeviceId=${id}`);
    assert.equal((await system.aziot(["config", "mp", "--force", "-c", cs])).code, 0);
    assert.equal((await system.aziot(["config", "apply", "--no-restart"])).code, 0);
  }
  isRunning = false;
  await inspection;
  assert.ok(looks > 0);
  assert.deepEqual([...seen], []);
});
