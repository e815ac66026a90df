// SPDX-License-Identifier: MIT

export { generatedFile as generated } from "./apply/generated_file.ts";
import { type FakeMachine, fakeMachine, type FakeSettings } from "./fake_machine.ts";
import { aziot } from "./main.ts";

/** The users of a tree: aziotks 301, aziotcs 302, aziotid 303. */
export const PASSWD = "aziotks:x:301:301::/:\naziotcs:x:302:302::/:\naziotid:x:303:303::/:\n";

/** How a command ended and what it printed. */
export interface Ran {
  code: number;
  machine: FakeMachine;
}

/** A system tree for tests. */
export interface Tree {
  root: string;
  /** Runs `config apply` on it. */
  run(...args: string[]): Promise<Ran>;
  /** Runs any command for it. */
  aziot(...args: string[]): Promise<Ran>;
  write(path: string, text: string): Promise<void>;
  read(path: string): Promise<string>;
  names(path: string): string[];
}

/** Makes a system tree with a super-config for one test. */
export async function inTree(
  superConfig: string,
  use: (tree: Tree) => Promise<void>,
  settings: FakeSettings = {},
): Promise<void> {
  const root = await Deno.makeTempDir();
  const write = async (path: string, text: string) => {
    await Deno.mkdir(`${root}${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    await Deno.writeTextFile(`${root}${path}`, text);
  };
  const run = async (...args: string[]) => {
    const machine = fakeMachine(settings);
    return { code: await aziot([...args, "--root", root], machine), machine };
  };
  try {
    await write("/etc/passwd", PASSWD);
    await write("/etc/aziot/config.toml", superConfig);
    await use({
      root,
      write,
      read: (path) => Deno.readTextFile(`${root}${path}`),
      names: (path) => [...Deno.readDirSync(`${root}${path}`)].map(({ name }) => name).sort(),
      run: (...args) => run("config", "apply", ...args),
      aziot: run,
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}
