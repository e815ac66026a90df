// SPDX-License-Identifier: MIT

import type { KeyObject } from "node:crypto";
import { unreadable } from "../apply/access.ts";
import { inspectKeyFile } from "../key_file.ts";
import { localPath } from "../super_config/key_uri.ts";
import type { Check } from "./check.ts";
import type { Context } from "./context.ts";
import type { Looked } from "./look.ts";
import { type Remark, SKIPPED, together } from "./outcome.ts";
import { OtherCurve } from "./read_keys.ts";

const SHORTEST_RSA = 2048;

/** Whether the Keys Service can use every preloaded key. */
export const KEY_PAIRS_READ: Check = {
  id: "key-pairs-read",
  description: "read all preloaded key pairs from the Keys Service",
  run: async (context) => {
    const config = await context.keyd();
    if (config === undefined || !await context.isRunning("keyd")) return SKIPPED;
    const remarks: Remark[] = [];
    const keys = await context.keys();
    for (const [id, uri] of Object.entries(config.preloaded_keys)) {
      const looked = keys.get(id);
      if (looked === undefined) continue;
      const problem = await fileProblem(uri, context);
      const remark = problem !== undefined
        ? loadFailure(id, problem)
        : await remarkOn(id, uri, looked, context);
      if (remark !== undefined) remarks.push(remark);
    }
    return together(
      remarks,
      "Correct the key's file or token; `aziot system logs` has what aziot-keyd says of it.",
    );
  },
};

async function remarkOn(
  id: string,
  uri: string,
  looked: Looked<KeyObject | undefined>,
  context: Context,
): Promise<Remark | undefined> {
  if ("error" in looked) {
    if (looked.error instanceof OtherCurve) {
      const line = `preloaded private key with ID "${id}" is on a curve other than P-256`;
      return { kind: "warning", line: `${line}; RSA or P-256 is recommended` };
    }
    return loadFailure(id, await reasonAt(uri, context), looked.error);
  }
  const bits = looked.value?.asymmetricKeyDetails?.modulusLength;
  if (bits === undefined || bits >= SHORTEST_RSA) return undefined;
  const line = `preloaded private key with ID "${id}" is RSA with ${bits} bits`;
  return { kind: "warning", line: `${line}; at least ${SHORTEST_RSA} are recommended` };
}

function loadFailure(id: string, reason: string, cause?: unknown): Remark {
  const line = `could not load preloaded private key with ID "${id}": ${reason}`;
  return { kind: "error", line, cause };
}

/** Why the user of the Keys Service cannot read a key file. */
async function fileProblem(uri: string, context: Context): Promise<string | undefined> {
  const path = localPath(uri);
  const user = await context.machine.user("aziotks");
  // That a user is missing is for other checks to tell.
  if (path === undefined || user === undefined) return undefined;
  const reason = await unreadable(path, user, context.machine.at);
  return reason && `${path} is not readable by user aziotks: ${reason}`;
}

/** What is known of the place of a key that the service could not load. */
async function reasonAt(uri: string, { machine }: Context): Promise<string> {
  const path = localPath(uri);
  if (path === undefined) return `the key is in ${uri.replace(/\?.*$/s, "")}`;
  const { problem } = await inspectKeyFile(machine.at(path), "any");
  return `${path}: ${problem ?? "the file looks good"}`;
}
