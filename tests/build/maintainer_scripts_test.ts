// SPDX-License-Identifier: MIT

/**
 * The maintainer scripts in an image where nothing runs: what an image builder does, every way in
 * which dpkg may call them, and what it calls them for when something else went wrong.
 */

import assert from "node:assert/strict";
import { baseImage } from "../system/base_image.ts";
import { once, PACKAGE, packageIn, run, succeed, temporaryDirectory } from "./package_build.ts";
import { keptPackages } from "../../scripts/package/kept_packages.ts";

const ignore = Deno.uid() !== 0;
const directory = temporaryDirectory();
let images = 0;

const built = once(async () => {
  const { directory: out } = await keptPackages({ variant: "shared" });
  return await packageIn(out, PACKAGE);
});

/** A Debian 12 tree in which commands run without a system around them. */
class Image {
  constructor(readonly path: string) {}

  /** Runs a shell script inside. */
  async run(script: string) {
    const enter =
      'mount -t proc proc "$0/proc" && mount -t tmpfs tmpfs "$0/run" && exec chroot "$0" sh -ec "$1"';
    return await run(
      ["unshare", "--mount", "--propagation", "private", "--pid", "--fork"].concat(
        ["sh", "-c", enter, this.path, script],
      ),
      { cwd: "/", clearEnv: true, env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" } },
    );
  }

  /** Runs a script that has to succeed and answers what it printed. */
  async sh(script: string): Promise<string> {
    const { code, stdout, stderr } = await this.run(script);
    assert.equal(code, 0, `${script} ended with ${code}:\n${stdout}${stderr}`);
    return stdout.trim();
  }

  /** Everything that scripts may change, with owners, modes and contents. */
  async state(): Promise<string> {
    return await this.sh(`
      find /etc/aziot /var/lib/aziot /var/secrets /usr/lib/aziot /usr/libexec/aziot \
        /etc/systemd/system -printf '%p %u:%g %m %l\\n' 2>/dev/null | sort
      find /etc/aziot /var/lib/aziot -type f -exec sha256sum {} + | sort
      getent passwd; getent group
      dpkg-query -W -f='\${db:Status-Abbrev} \${Version}\\n' ${PACKAGE}`);
  }

  /** Brings a package into the image under a name. */
  async bring(path: string, name: string): Promise<void> {
    await Deno.copyFile(path, `${this.path}/${name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** An image with the package installed, and a device's state as a former version has left it. */
async function installed(): Promise<Image> {
  const image = new Image(`${directory}/image-${images++}`);
  await succeed(["cp", "-a", await baseImage(), image.path]);
  await image.bring(await built(), "package.deb");
  await image.sh(`
    mkdir -p /etc/aziot/tpmd /var/lib/aziot/tpmd
    echo x > /etc/aziot/tpmd/config.toml; echo x > /var/lib/aziot/tpmd/state
    useradd --system --no-create-home aziottpm
    dpkg -i /package.deb
    echo secret > /var/lib/aziot/keyd/keys/key; chown -R aziotks: /var/lib/aziot/keyd/keys
    install -d -o aziotks -g aziotks -m 0700 /var/secrets/aziot/keyd
    echo secret > /var/secrets/aziot/keyd/device-id
    chown aziotks: /var/secrets/aziot/keyd/device-id
    echo 'hostname = "device"' > /etc/aziot/config.toml; chmod 600 /etc/aziot/config.toml`);
  return image;
}

/** A package of the same name and a higher version, with one maintainer script that fails. */
async function broken(script: "preinst" | "postinst"): Promise<string> {
  const tree = `${directory}/broken-${script}`;
  await Deno.mkdir(`${tree}/DEBIAN`, { recursive: true });
  await Deno.writeTextFile(
    `${tree}/DEBIAN/control`,
    `Package: ${PACKAGE}\nVersion: 2.0.0-2\nArchitecture: all\n` +
      "Maintainer: Nobody <nobody@example.test>\nDescription: fails\n",
  );
  await Deno.writeTextFile(`${tree}/DEBIAN/${script}`, "#!/bin/sh\nexit 1\n");
  await Deno.chmod(`${tree}/DEBIAN/${script}`, 0o755);
  await succeed(["dpkg-deb", "--root-owner-group", "-Znone", "-b", tree, `${tree}.deb`]);
  return `${tree}.deb`;
}

/** Calls as Debian's policy 6.5 lists them, but for removal. */
const CALLS = [
  "postinst configure 2.0.0-1",
  "postinst configure 1.6.0-1",
  "postinst abort-upgrade 2.0.0-2",
  "postinst abort-remove",
  `postinst abort-remove in-favour iotedge 1.1.15-1`,
  `postinst abort-deconfigure in-favour iotedge 1.1.15-1 removing libssl3 3.0.0`,
  "prerm upgrade 2.0.0-2",
  "prerm failed-upgrade 1.6.0-1 2.0.0-1",
  "prerm deconfigure in-favour iotedge 1.1.15-1",
  "postrm upgrade 2.0.0-2",
  "postrm failed-upgrade 1.6.0-1 2.0.0-1",
  "postrm disappear iotedge 1.1.15-1",
  "postrm abort-install",
  "postrm abort-install 1.6.0-1 2.0.0-1",
  "postrm abort-upgrade 1.6.0-1 2.0.0-1",
];

Deno.test({
  name: "the package installs where no system runs, with users, owners and modes in place",
  ignore,
  async fn() {
    await using image = await installed();
    assert.equal(
      await image.sh("stat -c '%U:%G %a' /var/lib/aziot/keyd /etc/aziot/certd/config.toml.default"),
      "aziotks:aziotks 700\naziotcs:aziotcs 400",
    );
    assert.equal(await image.sh("id -Gn aziotid"), "aziotid aziotks aziotcs");
    assert.equal(await image.sh(`dpkg --audit; dpkg --verify ${PACKAGE}`), "");
    const enabled = await image.sh("ls /etc/systemd/system/sockets.target.wants");
    assert.deepEqual(enabled.split("\n").filter((name) => name.startsWith("aziot-")), [
      "aziot-certd.socket",
      "aziot-identityd.socket",
      "aziot-keyd.socket",
    ]);
  },
});

Deno.test({
  name: "however often dpkg calls a script, for whatever reason, nothing is lost or changed",
  ignore,
  async fn() {
    await using image = await installed();
    const before = await image.state();
    for (const call of CALLS) {
      const [script] = call.split(" ", 1);
      const path = `/var/lib/dpkg/info/${PACKAGE}.${script}`;
      const command = call.replace(`${script}`, path);
      await image.sh(`[ ! -e ${path} ] || { ${command}; ${command}; } >/dev/null`);
      assert.equal(await image.state(), before, call);
    }
  },
});

Deno.test({
  name: "an upgrade that fails leaves the installed version, or is completed by the next",
  ignore,
  async fn() {
    await using image = await installed();
    const before = await image.state();
    await image.bring(await broken("preinst"), "preinst.deb");
    assert.notEqual((await image.run("dpkg -i /preinst.deb")).code, 0);
    assert.equal(await image.state(), before);

    await image.bring(await broken("postinst"), "postinst.deb");
    assert.notEqual((await image.run("dpkg -i /postinst.deb")).code, 0);
    const status = `dpkg-query -W -f='\${db:Status-Status}' ${PACKAGE}`;
    assert.equal(await image.sh(status), "half-configured");
    await image.sh("dpkg -i --force-downgrade /package.deb");
    assert.equal(await image.state(), before);
  },
});

Deno.test({
  name: "remove keeps state and users, purge takes them and what version 1 left, twice if need be",
  ignore,
  async fn() {
    await using image = await installed();
    await image.sh("mkdir -p /var/lib/other /etc/iotedge; touch /var/lib/other/x /etc/iotedge/x");
    await image.sh(`dpkg -r ${PACKAGE}`);
    await image.sh(`
      test -s /var/lib/aziot/keyd/keys/key; test -s /var/lib/aziot/tpmd/state
      test -s /etc/aziot/config.toml; test -s /etc/aziot/tpmd/config.toml
      test -s /var/secrets/aziot/keyd/device-id; id aziotks; id aziottpm`);

    await image.sh(`cp /var/lib/dpkg/info/${PACKAGE}.postrm /postrm; userdel aziotcs`);
    await image.sh(`dpkg -P ${PACKAGE}; /postrm purge; /postrm purge; rm /postrm /package.deb`);
    const left = await image.sh(`
      find / -xdev -path /proc -prune -o -path /var/log -prune -o \
        -name '*aziot*' ! -name 'dpkg*' -print; getent passwd | grep aziot || true`);
    assert.equal(left, "");
    await image.sh("test -e /var/lib/other/x; test -e /etc/iotedge/x");
  },
});
