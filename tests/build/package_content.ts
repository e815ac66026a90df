// SPDX-License-Identifier: MIT

/** What the identity package contains, as its specification lists it. */

const FILE = "0644 root/root";
const PROGRAM = "0755 root/root";
const SERVICES = ["keyd", "certd", "identityd"];

/** Paths with mode and owner, or the target of a link, that both variants have. */
export function commonContent(): Map<string, string> {
  const content = new Map<string, string>([
    ["/usr/bin/aziot", PROGRAM],
    ["/usr/bin/aziotctl", "-> aziot"],
    ["/usr/libexec/aziot/free-socket-path", PROGRAM],
    ["/usr/lib/libaziot_keys.so", FILE],
    ["/usr/lib/aziot/libaziot_sys.so", FILE],
    ["/usr/lib/aziot/libaziot_serve.so", FILE],
    ["/usr/lib/aziot/libaziot_keys_shim.so", FILE],
    ["/usr/lib/aziot/libaziot_tls.so", FILE],
    ["/usr/include/aziot-identity-service/aziot-keys.h", FILE],
    ["/usr/lib/sysusers.d/aziot-identity-service.conf", FILE],
    ["/usr/lib/tmpfiles.d/aziot-identity-service.conf", FILE],
    ["/etc/aziot/config.toml.template", "0600 root/root"],
    ["/usr/share/man/man1/aziot.1.gz", FILE],
    ["/usr/share/man/man1/aziotctl.1.gz", "-> aziot.1.gz"],
    ["/usr/share/doc/aziot-identity-service/copyright", FILE],
    ["/usr/share/doc/aziot-identity-service/changelog.Debian.gz", FILE],
    ["/usr/share/doc/aziot-identity-service/README.Debian", FILE],
    ["/usr/share/doc/aziot-identity-service/THIRD-PARTY-NOTICES", FILE],
    ["/usr/share/bash-completion/completions/aziot", FILE],
    ["/usr/share/bash-completion/completions/aziotctl", "-> aziot"],
    ["/usr/share/zsh/vendor-completions/_aziot", FILE],
    ["/usr/share/fish/vendor_completions.d/aziot.fish", FILE],
    ["/usr/share/fish/vendor_completions.d/aziotctl.fish", "-> aziot.fish"],
    ["/usr/share/lintian/overrides/aziot-identity-service", FILE],
  ]);
  for (const service of SERVICES) {
    content.set(`/usr/libexec/aziot/aziot-${service}`, PROGRAM);
    content.set(`/lib/systemd/system/aziot-${service}.service`, FILE);
    content.set(`/lib/systemd/system/aziot-${service}.socket`, FILE);
    content.set(`/lib/systemd/system/aziot-${service}.target`, FILE);
    content.set(`/etc/aziot/${service}/config.toml.default`, FILE);
    content.set(`/usr/share/man/man8/aziot-${service}.8.gz`, FILE);
  }
  return content;
}

/** What the shared variant has besides: the runtime, and a bundle for each program. */
export function sharedContent(): Map<string, string> {
  const content = new Map([["/usr/lib/aziot/deno", PROGRAM], ["/usr/lib/aziot/aziot.js", FILE]]);
  for (const service of SERVICES) content.set(`/usr/lib/aziot/aziot-${service}.js`, FILE);
  return content;
}
