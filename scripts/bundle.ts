// SPDX-License-Identifier: MIT

import { program as named } from "../packaging/manifest.ts";

const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

/**
 * Bundles a program with its libraries into one file, `build/bundles/<name>.js`: what packages ship
 * and what starts fastest. Answers the file's path; throws with the bundler's own text.
 */
export async function bundle(name: string): Promise<string> {
  const subject = named(name);
  const directory = `${root}/build/bundles`;
  await Deno.mkdir(directory, { recursive: true });
  const output = `${directory}/${subject.name}.js`;
  const temporary = `${directory}/.${subject.name}.${Deno.pid}.js`;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--output", temporary, `${root}/${subject.entry}`],
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`${subject.name}:\n${new TextDecoder().decode(stderr)}`);
  await Deno.rename(temporary, output);
  return output;
}
