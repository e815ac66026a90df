// SPDX-License-Identifier: MIT

/** The keys library without a service, and OpenSSL without the library: what a request's parts cost. */

import { libraryDirectory } from "../../scripts/run.ts";
import { median } from "./figures.ts";

/** The operations of `direct.c` that are measured, with how often each is called. */
const OPERATIONS: Readonly<Record<string, number>> = {
  "load-pair": 50_000,
  "verify-hmac": 50_000,
  hmac: 50_000,
  aead: 50_000,
  ecdsa: 5_000,
  rsa: 600,
};

/** One operation by itself; medians. */
export interface Direct {
  readonly name: string;
  /** Operations a second. */
  readonly perSecond: number;
  /** Microseconds of CPU for each. */
  readonly cpu: number;
}

/** Each operation of the keys library, called from C, and OpenSSL's own two signatures. */
export async function measureDirect(
  program: string,
  home: string,
  rounds: number,
): Promise<Direct[]> {
  const samples = new Map<string, { perSecond: number; cpu: number }[]>();
  const add = (name: string, sample: { perSecond: number; cpu: number }) => {
    samples.set(name, [...samples.get(name) ?? [], sample]);
  };
  for (let round = 0; round < rounds; round++) {
    for (const [name, count] of Object.entries(OPERATIONS)) {
      const text = await output(program, [library(), home, name, String(count)]);
      add(`library ${name}`, JSON.parse(text));
    }
    for (const [name, perSecond] of await opensslSpeed()) {
      // OpenSSL counts what it does in a second of CPU.
      add(`openssl ${name}`, { perSecond, cpu: 1e6 / perSecond });
    }
  }
  return [...samples].map(([name, values]) => ({
    name,
    perSecond: median(values.map(({ perSecond }) => perSecond)),
    cpu: median(values.map(({ cpu }) => cpu)),
  }));
}

/** What loading so many keys adds to a process that has the library, in MiB. */
export async function measureManyKeys(
  program: string,
  home: string,
  count: number,
): Promise<number> {
  const text = await output(program, [library(), home, "load-many", String(count)]);
  const { kib } = JSON.parse(text) as { kib: number };
  return kib / 1024;
}

function library(): string {
  return `${libraryDirectory()}/libaziot_keys.so`;
}

/** Signatures in a second of CPU: the lines `+F2:…:bits:sign:verify` and `+F4:…` of `openssl speed`. */
async function opensslSpeed(): Promise<[string, number][]> {
  const text = await output("openssl", ["speed", "-mr", "-seconds", "1", "rsa2048", "ecdsap256"]);
  const rate = (kind: string) =>
    Number(new RegExp(`^\\+F${kind}:\\d+:\\d+:([\\d.]+):`, "m").exec(text)?.[1]);
  return [["ecdsa", rate("4")], ["rsa", rate("2")]];
}

async function output(command: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}
