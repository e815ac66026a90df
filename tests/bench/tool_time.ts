// SPDX-License-Identifier: MIT

/** How long the `aziot` tool takes for the commands that people wait for, as it is packaged. */

import { program as named } from "../../packaging/manifest.ts";
import { bundleProgram } from "../../scripts/package/bundles.ts";
import { runtimeFlags } from "../../scripts/package/launcher.ts";
import { writeBundle } from "../../scripts/package/stage.ts";
import { commandLine } from "../../scripts/run.ts";
import { median } from "./figures.ts";

/** One command; both figures in milliseconds, medians of several runs. */
export interface ToolTime {
  readonly command: string;
  /** What its caller waits. */
  readonly elapsed: number;
  /** What all its threads have computed: the part that a busy machine changes less. */
  readonly cpu: number;
}

const SUPER_CONFIG = `[provisioning]
source = "manual"
connection_string = "HostName=bench.example;DeviceId=bench;SharedAccessKey=YmVuY2g="
`;

/** Runs `aziot --help` and `aziot config apply --dry-run`, so many times each; `dir` is free to use. */
export async function measureTool(dir: string, runs: number): Promise<ToolTime[]> {
  const tool = named("aziot");
  await Deno.mkdir(dir, { recursive: true });
  await writeBundle(tool.name, await bundleProgram(tool, `${dir}/scratch`), dir);
  const config = `${dir}/config.toml`;
  await Deno.writeTextFile(config, SUPER_CONFIG);
  const run = (command: string, ...args: string[]) =>
    measure(command, runs, {
      program: tool.name,
      directory: dir,
      bundle: `${dir}/${tool.name}.js`,
      args,
      // As the package's launcher has it: nothing is kept from one run to the next.
      env: { DENO_DIR: "/dev/null" },
    });
  return [
    await run("--help", "--help"),
    await run("config apply --dry-run", "config", "apply", "--dry-run", "-c", config),
  ];
}

async function measure(
  command: string,
  runs: number,
  what: Parameters<typeof commandLine>[0],
): Promise<ToolTime> {
  const { executable, args: [verb = "", ...args], env } = commandLine(what);
  const words = [executable, verb, ...runtimeFlags(named(what.program)), ...args];
  const elapsed: number[] = [];
  const cpu: number[] = [];
  for (let run = 0; run < runs; run++) {
    // The shell is the parent that is told what the child has used.
    const timed = 'TIMEFORMAT="%R %U %S"; time "$@" > /dev/null 2> "$ERRORS" || cat "$ERRORS"';
    const { stderr, stdout } = await new Deno.Command("bash", {
      args: ["-c", timed, "bash", ...words],
      env: { ...env, ERRORS: `${what.directory}/errors` },
      clearEnv: true,
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    const failure = text.decode(stdout);
    const [real = NaN, user = NaN, system = NaN] = text.decode(stderr).trim().split(" ").map(
      Number,
    );
    if (failure !== "") throw new Error(`aziot ${command} failed:\n${failure}`);
    elapsed.push(real * 1000);
    cpu.push((user + system) * 1000);
  }
  return { command, elapsed: median(elapsed), cpu: median(cpu) };
}
