// SPDX-License-Identifier: MIT

import { Failure } from "./failure.ts";

/** How to call a tool. */
export interface Call {
  cwd?: string;
  /** Added to the environment. */
  env?: Record<string, string>;
  /** What a failing call ends the build with; without it `build`. */
  failure?: "build" | "tool" | "denort";
  stdin?: Uint8Array;
}

/**
 * The part of the environment that tools get: enough to find programs, caches and the registry, and
 * nothing that changes what they make.
 */
const PASSED =
  /^(PATH|HOME|TMPDIR|USER|LOGNAME|DENO_DIR|GNUPGHOME|(npm|NPM)_(config|CONFIG)_.*|(https?|no|HTTPS?|NO)_(proxy|PROXY)|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|DENO_(CERT|TLS_CA_STORE))$/;

function environment(own: Record<string, string>): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(Deno.env.toObject())) {
    if (PASSED.test(name)) env[name] = value;
  }
  return { ...env, LC_ALL: "C", TZ: "UTC", NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...own };
}

/** Runs a tool and answers what it wrote on stdout; a failure carries all that it said. */
export async function runTool(tool: string, args: string[], call: Call = {}): Promise<string> {
  const command = new Deno.Command(tool, {
    args,
    ...call.cwd === undefined ? {} : { cwd: call.cwd },
    env: environment(call.env ?? {}),
    clearEnv: true,
    stdin: call.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  });
  let output: Deno.CommandOutput;
  try {
    const child = command.spawn();
    if (call.stdin !== undefined) {
      const writer = child.stdin.getWriter();
      await writer.write(call.stdin);
      await writer.close();
    }
    output = await child.output();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Failure("tool", `${tool} is needed and not installed`, { cause });
  }
  const said = new TextDecoder().decode(output.stdout);
  if (output.success) return said;
  const complaint = new TextDecoder().decode(output.stderr);
  throw new Failure(
    call.failure ?? "build",
    `${tool} ${args.join(" ")} ended with ${output.code}:\n${said}${complaint}`.trimEnd(),
  );
}
