// SPDX-License-Identifier: MIT

/**
 * `task soak`: what is too long for CI. libFuzzer on everything of the keys library that reads
 * foreign bytes, ten minutes a target, the mutated requests of the HTTP server for a seed each
 * minute, the kill -9 tests at full count, and `tests/soak`: promised times at their real length,
 * which want a quiet machine. Prints its figures and closes with `N passed, N failed`.
 * `-- --seconds=N` shortens the fuzzing, `--kills=N` the kill -9 tests.
 */

import { architecture, buildNative } from "./build_native.ts";
import { close, type Counts, countTests, NONE, sum } from "./count_tests.ts";
import { ensurePackages, ensurePrerequisites } from "./prerequisites.ts";

const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
const TARGETS = ["file-uri", "token-uri", "id", "filter", "ciphertext", "pem"];
const KILL_TESTS = [
  "ffi/keys/faults_test.ts",
  "tests/e2e/aziot_kill_test.ts",
  "tests/e2e/certd_faults_test.ts",
  "tests/e2e/identityd_kill_test.ts",
  "tests/e2e/keyd_kill_test.ts",
];

async function buildFuzzer(): Promise<string> {
  const output = `${root}/build/${architecture()}/tests/keys_libfuzzer`;
  const sources: string[] = [];
  for await (const { name } of Deno.readDir(`${root}/ffi/keys`)) {
    if (name.endsWith(".c")) sources.push(`${root}/ffi/keys/${name}`);
  }
  const fuzz = `${root}/ffi/keys/fuzz`;
  const { success, stderr } = await new Deno.Command("clang", {
    args: [
      "-std=c11",
      "-D_GNU_SOURCE",
      "-g",
      "-O1",
      "-fsanitize=fuzzer,address,undefined",
      `-I${root}/ffi/keys`,
      `-I${root}/ffi/keys/include`,
      `${fuzz}/libfuzzer.c`,
      `${fuzz}/targets.c`,
      ...sources.sort(),
      "-lcrypto",
      "-o",
      output,
    ],
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return output;
}

/**
 * Fuzzes one target for so many seconds, beginning with the inputs that are known to lead far into
 * it; prints how much was run and how many edges of the code were met at first and in the end.
 */
async function fuzz(program: string, target: string, seconds: number): Promise<Counts> {
  const directory = await Deno.makeTempDir({ prefix: "aziot-soak-" });
  await Deno.mkdir(`${directory}/inputs`);
  const { success: hasInputs } = await new Deno.Command(
    program.replace(/keys_libfuzzer$/, "keys_fuzz"),
    { args: [target, "inputs", `${directory}/inputs`] },
  ).output();
  if (!hasInputs) throw new Error(`no inputs for ${target}`);
  const { success, stderr } = await new Deno.Command(program, {
    args: [
      ...[`-max_total_time=${seconds}`, "-print_final_stats=1", "-max_len=4096"],
      `${directory}/inputs`,
    ],
    cwd: directory,
    env: { FUZZ_TARGET: target, AZIOT_LOG: "off" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stderr);
  const runs = /number_of_executed_units:\s*(\d+)/.exec(text)?.[1] ?? "?";
  const edges = (when: string) => new RegExp(`\\t${when}\\s+cov: (\\d+)`).exec(text)?.[1] ?? "?";
  console.log(
    `${success ? "ok  " : "FAIL"} libFuzzer ${target}: ${runs} inputs in ${seconds} s, ` +
      `${edges("INITED")} edges of the code at first, ${edges("DONE")} in the end`,
  );
  if (success) {
    await Deno.remove(directory, { recursive: true });
    return { passed: 1, failed: 0 };
  }
  console.log(`${text.slice(-4000)}\nThe input that failed is in ${directory}.`);
  return { passed: 0, failed: 1 };
}

/** The number of an argument `--NAME=N`. */
function option(name: string, usual: number): number {
  const words = Deno.args.map((word) => new RegExp(`^--${name}=(\\d+)$`).exec(word)?.[1]);
  return Number(words.find(Boolean) ?? usual);
}

async function main(): Promise<number> {
  const seconds = option("seconds", 600);
  const kills = option("kills", 50);
  await ensurePrerequisites(["compiler", "openssl", "clang", "strace", "valgrind"]);
  await ensurePackages();
  const libraries = await buildNative({ sanitize: false });
  await buildNative({ sanitize: true });
  let total = NONE;
  const add = (counts: Counts) => {
    total = sum(total, counts);
  };

  const fuzzer = await buildFuzzer();
  for (const target of TARGETS) add(await fuzz(fuzzer, target, seconds));

  const env = { AZIOT_LIB_DIR: libraries, AZIOT_KILL_MOMENTS: String(kills) };
  const until = Date.now() + seconds * 1000;
  let rounds = 0;
  do {
    add(await countTests(["tests/fuzz"], env));
    rounds++;
  } while (Date.now() < until);
  console.log(`mutated requests: ${rounds} rounds`);

  add(await countTests(["tests/soak"], env));
  console.log(`kill -9 at ${kills} moments each`);
  add(await countTests(KILL_TESTS, env));
  return close(total);
}

Deno.exit(await main());
