// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { parseToml } from "../../../services/config/toml.ts";
import { generated, inTree, type Tree } from "../fake_tree.ts";

const manual = (key: string, more = "") =>
  `${more}[provisioning]
source = "manual"
connection_string = "HostName=h;DeviceId=d;SharedAccessKey=${key}"
`;

async function preview({ run }: Tree): Promise<string> {
  const { code, machine } = await run("--dry-run");
  assert.equal(code, 0, machine.stderr);
  return machine.stdout;
}

function changes(preview: string): string {
  return preview.slice(preview.indexOf("# Changes:\n"));
}

Deno.test("each document can be read from a preview", async () => {
  await inTree(manual("c2VjcmV0"), async (tree) => {
    const text = await preview(tree);
    const [, ...documents] = text.split(/^# .*00-super\.toml$/m).map(parseToml);
    assert.deepEqual(
      documents.map(({ homedir_path, homedir, aziot_keys }) =>
        homedir_path ?? homedir ?? aziot_keys
      ),
      [
        parseToml('homedir_path = "/var/lib/aziot/keyd"'),
        "/var/lib/aziot/certd",
        "/var/lib/aziot/identityd",
      ],
    );
    for (const service of ["keyd", "certd", "identityd"]) {
      assert.match(changes(text), new RegExp(`^# {3}.*${generated(service)}: new$`, "m"));
    }
  });
});

Deno.test("a preview tells what changes, line by line below its table", async () => {
  await inTree(manual("c2VjcmV0"), async (tree) => {
    await tree.run();
    assert.equal(changes(await preview(tree)).match(/: unchanged$/mg)?.length, 3);

    await tree.write(
      "/etc/aziot/config.toml",
      manual("c2VjcmV0", "cloud_retries = 5\n").replace("DeviceId=d", "DeviceId=e"),
    );
    const text = changes(await preview(tree));
    assert.ok(
      text.endsWith(`${generated("identityd")}:
#       + cloud_retries = 5
#         [provisioning]
#       - device_id = "d"
#       + device_id = "e"
`),
      text,
    );
    assert.equal(text.match(/: unchanged$/mg)?.length, 2);
  });
});

Deno.test("a secret that changes is not shown, only that it does", async () => {
  const est = (password: string) =>
    `${manual("c2VjcmV0")}[cert_issuance.est.auth]\nusername = "u"\npassword = "${password}"\n`;
  await inTree(est("one"), async (tree) => {
    await tree.run();
    await tree.write("/etc/aziot/config.toml", est("two"));
    const text = await preview(tree);
    assert.match(text, new RegExp(`${generated("certd")}: only secrets change$`, "m"));
    assert.doesNotMatch(text, /"one"|"two"/);
  });
});

Deno.test("a file that cannot be read is no reason to show nothing", async () => {
  await inTree(manual("c2VjcmV0"), async (tree) => {
    await tree.run();
    await tree.write(generated("keyd"), "broken");
    assert.match(
      await preview(tree),
      new RegExp(`${generated("keyd")}: cannot be compared: line 1`),
    );
  });
});
