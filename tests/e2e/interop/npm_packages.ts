// SPDX-License-Identifier: MIT

/** Programs of others, from npm, in a directory of the build: nothing of them is in the repository. */

const root = new URL("../../..", import.meta.url).pathname.replace(/\/$/, "");

/**
 * The directory in which these packages (`name@version`) are installed, with what they need. Made
 * when it is not there; a run that is cut short leaves nothing that a later one takes for whole.
 */
export async function npmPackages(...packages: string[]): Promise<string> {
  const parent = `${root}/build/interop`;
  const directory = `${parent}/${packages.join("+").replaceAll("/", "_")}`;
  if (await exists(directory)) return directory;

  await Deno.mkdir(parent, { recursive: true });
  const fresh = await Deno.makeTempDir({ dir: parent, prefix: ".fresh-" });
  try {
    await Deno.writeTextFile(`${fresh}/package.json`, '{"private":true}\n');
    const { success, stderr } = await new Deno.Command("npm", {
      // No program of theirs runs while they are installed.
      args: ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", ...packages],
      cwd: fresh,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(`npm install failed:\n${new TextDecoder().decode(stderr)}`);
    await Deno.rename(fresh, directory);
  } catch (cause) {
    await Deno.remove(fresh, { recursive: true });
    // Somebody else may have been faster.
    if (!await exists(directory)) throw cause;
  }
  return directory;
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
