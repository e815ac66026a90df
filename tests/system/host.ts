// SPDX-License-Identifier: MIT

/** What a command printed and how it ended. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command on the host; throws with its output when it fails. */
export async function runHost(
  command: string[],
  options: { input?: string; env?: Record<string, string> } = {},
): Promise<string> {
  const outcome = await tryHost(command, options);
  if (outcome.code === 0) return outcome.stdout;
  throw new Error(
    `${command.join(" ")} ended with ${outcome.code}:\n${outcome.stdout}${outcome.stderr}`,
  );
}

/** Runs a command on the host and answers how it ended. */
export async function tryHost(
  command: string[],
  options: { input?: string; env?: Record<string, string>; clearEnv?: boolean } = {},
): Promise<Outcome> {
  const [executable = "", ...args] = command;
  const child = new Deno.Command(executable, {
    args,
    env: options.env ?? {},
    clearEnv: options.clearEnv ?? false,
    stdin: options.input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (options.input !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.input));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
