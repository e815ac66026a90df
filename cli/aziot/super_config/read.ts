// SPDX-License-Identifier: MIT

import { decodeUtf8, parseToml } from "../../../services/config/toml.ts";
import { type Decoded, decodeSuperConfig } from "./decode.ts";

/** Reads and checks a super-config. The error's cause names file, place and reason. */
export async function readSuperConfig(path: string): Promise<Decoded> {
  const bytes = await step("could not read config file", path, () => Deno.readFile(path));
  const text = await step("invalid character in config", path, () => decodeUtf8(bytes));
  return await parseSuperConfig(text, path);
}

/** Checks the text of a super-config; `path` is what an error calls it. */
export function parseSuperConfig(text: string, path: string): Promise<Decoded> {
  return step("could not parse config file", path, () => {
    const { config, warnings } = decodeSuperConfig(parseToml(text), text);
    return { config, warnings: warnings.map((warning) => `${path}: ${warning}`) };
  });
}

async function step<T>(message: string, path: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(message, { cause: new Error(`${path}: ${reason}`) });
  }
}
