// SPDX-License-Identifier: MIT

/**
 * Runs `use` with the directory of `path` as the working directory, entered one component at a
 * time, and `name` as what stands in it. Whatever is renamed or linked meanwhile, `name` is looked
 * up in that very directory: root uses this where the owner of a directory on the way may not be
 * trusted. A link on the way is followed only where root, or this process's own user, has put it in
 * a directory of its own; any other makes this throw. `use` must be synchronous: the working
 * directory belongs to the whole process.
 */
export function inDirectoryOf<T>(path: string, use: (name: string) => T): T {
  const components = path.split("/").filter((component) => component !== "");
  const name = components.pop();
  if (!path.startsWith("/") || name === undefined || components.includes("..")) {
    throw new TypeError(`not an absolute path of something: ${path}`);
  }
  const before = Deno.cwd();
  try {
    Deno.chdir("/");
    for (const component of components) enter(component, path);
    return use(name);
  } finally {
    Deno.chdir(before);
  }
}

function enter(component: string, path: string): void {
  const expected = Deno.lstatSync(component);
  if (expected.isSymlink) {
    if (!isTrusted(expected) || !isTrusted(Deno.statSync("."))) throw swapped(path);
    Deno.chdir(component);
    return;
  }
  Deno.chdir(component);
  const entered = Deno.statSync(".");
  if (entered.dev !== expected.dev || entered.ino !== expected.ino) throw swapped(path);
}

function isTrusted({ uid }: Deno.FileInfo): boolean {
  return uid === 0 || uid === Deno.uid();
}

function swapped(path: string): Error {
  return new Error(`something else was put in the way to ${path}`);
}
