// SPDX-License-Identifier: MIT

/** What a package has to hold before it is handed out. */

import { ensurePrerequisites } from "../prerequisites.ts";
import { Failure } from "./failure.ts";
import type { Variant } from "./options.ts";
import { runTool } from "./run_tool.ts";

const MB = 1_000_000;

/** Limits of the identity package: of the file, with xz, and of what it unpacks to. */
const LIMITS: Record<Variant, { file: number; installed?: number }> = {
  shared: { file: 34 * MB, installed: 105 * MB },
  compile: { file: 100 * MB },
};

/** lintian has nothing to say, or a `Failure` says what. */
export async function checkWithLintian(packages: readonly string[]): Promise<void> {
  await ensurePrerequisites(["lintian"]);
  const rules = ["--allow-root", "--fail-on", "error,warning", "--no-cfg"];
  let said: string;
  try {
    said = await runTool("lintian", [...rules, ...packages]);
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.status === 3) throw cause;
    throw new Failure("check", cause.message, { cause });
  }
  if (said.trim() !== "") throw new Failure("check", `lintian:\n${said.trim()}`);
}

/** A package's sizes in bytes. */
export interface Sizes {
  file: number;
  installed: number;
}

/** Measures a package and compares it with the limits; gzip, for tests, is not held to the file's. */
export async function checkSizes(
  path: string,
  variant: Variant,
  compression: "xz" | "gzip",
): Promise<Sizes> {
  const { size: file } = await Deno.stat(path);
  const field = await runTool("dpkg-deb", ["--field", path, "Installed-Size"]);
  const installed = Number(field.trim()) * 1024;
  const problems = tooLarge({ file, installed }, variant, compression);
  if (problems.length === 0) return { file, installed };
  throw new Failure("check", `${path}: ${problems.join("; ")}`);
}

/** Which limits a package breaks, as sentences. */
export function tooLarge(sizes: Sizes, variant: Variant, compression: "xz" | "gzip"): string[] {
  const limits = LIMITS[variant];
  const problems: string[] = [];
  if (compression === "xz" && sizes.file > limits.file) {
    problems.push(`${megabytes(sizes.file)} as a file, the limit is ${megabytes(limits.file)}`);
  }
  if (limits.installed !== undefined && sizes.installed > limits.installed) {
    problems.push(
      `${megabytes(sizes.installed)} installed, the limit is ${megabytes(limits.installed)}`,
    );
  }
  return problems;
}

/** For messages: `31.4 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / MB).toFixed(1)} MB`;
}
