// SPDX-License-Identifier: MIT

import { resolve } from "node:path";
import { UsageError } from "./errors.ts";
import type { Machine, User } from "./machine.ts";
import { pathInTree } from "./tree_path.ts";

/** The options that say for which system a command works. */
export interface PlaceOptions {
  /** The tree of a system that is not running, such as an image. */
  root?: string;
  /** A directory that gets the files only, for tests and image builders. */
  outputDir?: string;
  /** With `outputDir`: `ks=N,cs=N,id=N,tpm=N`. */
  uids?: string;
}

/** The system that a command works for. */
export interface Place {
  /** `live`: the running system. `root`: a tree below a directory. `output`: files only. */
  kind: "live" | "root" | "output";
  /**
   * Where a file of that system lies as seen from here, for looking at it; `path` is absolute. The
   * links of a tree lead where they lead once it runs, never out of it.
   */
  at(path: string): string;
  /** The same for replacing or removing the file: a link in its own place is not followed. */
  entry(path: string): string;
  /** A user of that system; `undefined` when there is none. */
  user(name: string): Promise<User | undefined>;
  /** The name of a user of that system by id; `undefined` when there is none. */
  userName(uid: number): Promise<string | undefined>;
  /** Whether files can be given to their users. */
  canChown: boolean;
}

/** The place that the options mean. Throws {@link UsageError} when they do not go together. */
export function placeOf(options: PlaceOptions, machine: Machine): Place {
  const { root, outputDir, uids } = options;
  if (root !== undefined && outputDir !== undefined) {
    throw new UsageError("--root and --output-dir exclude each other");
  }
  if (uids !== undefined && outputDir === undefined) {
    throw new UsageError("--uids is only used with --output-dir");
  }
  if (outputDir !== undefined) {
    const users = uids === undefined ? undefined : parseUids(uids);
    return {
      kind: "output",
      ...below("--output-dir", outputDir),
      user: (name) => {
        if (users === undefined) {
          throw new UsageError("--output-dir needs --uids ks=N,cs=N,id=N[,tpm=N]");
        }
        return Promise.resolve(users.get(name));
      },
      userName: (uid) =>
        Promise.resolve([...users ?? []].find(([, user]) => user.uid === uid)?.[0]),
      canChown: false,
    };
  }
  if (root !== undefined) {
    const tree = below("--root", root);
    const { at } = tree;
    return {
      kind: "root",
      ...tree,
      user: (name) => userOfTree(at, name),
      userName: async (uid) => {
        const users = linesOf(await Deno.readTextFile(at("/etc/passwd")));
        return users.find(([, , id]) => id === String(uid))?.[0];
      },
      canChown: machine.uid === 0,
    };
  }
  return {
    kind: "live",
    at: (path) => machine.at(path),
    entry: (path) => machine.at(path),
    user: (name) => machine.user(name),
    userName: (uid) => machine.userName(uid),
    canChown: machine.uid === 0,
  };
}

function below(option: string, directory: string): Pick<Place, "at" | "entry"> {
  // Taken for the root directory, the value of a shell variable that is not set would be the worst.
  if (directory === "") throw new UsageError(`${option} needs a directory`);
  const base = resolve(directory).replace(/\/$/, "");
  return {
    at: (path) => pathInTree(base, path, "followed"),
    entry: (path) => pathInTree(base, path, "kept"),
  };
}

const SERVICE_USERS = { ks: "aziotks", cs: "aziotcs", id: "aziotid", tpm: "aziottpm" } as const;

/** `ks=1,cs=2,id=3,tpm=4`; the TPM service's may be left out, as its user may be absent. */
function parseUids(text: string): Map<string, User> {
  const users = new Map<string, User>();
  for (const part of text.split(",")) {
    const [key = "", value = "", ...rest] = part.split("=");
    const name = Object.entries(SERVICE_USERS).find(([short]) => short === key)?.[1];
    const uid = /^[0-9]+$/.test(value) && rest.length === 0 ? Number(value) : NaN;
    if (name === undefined || !(uid <= 0xffff_ffff) || users.has(name)) {
      throw new UsageError(
        `invalid --uids entry '${part}': expected ks=N,cs=N,id=N[,tpm=N], each once, with N from ` +
          "0 to 4294967295",
      );
    }
    users.set(name, { uid, gid: uid, groups: [uid] });
  }
  for (const [key, name] of Object.entries(SERVICE_USERS)) {
    if (key !== "tpm" && !users.has(name)) throw new UsageError(`--uids lacks ${key}=N`);
  }
  return users;
}

/** A user of `DIR/etc/passwd` with the groups of `DIR/etc/group`. */
async function userOfTree(
  at: (path: string) => string,
  name: string,
): Promise<User | undefined> {
  const passwd = await Deno.readTextFile(at("/etc/passwd"));
  const [, , uidText = "", gidText = ""] = linesOf(passwd).find(([user]) => user === name) ?? [];
  if (!/^[0-9]+$/.test(uidText) || !/^[0-9]+$/.test(gidText)) return undefined;
  const gid = Number(gidText);

  let group = "";
  try {
    group = await Deno.readTextFile(at("/etc/group"));
  } catch (error) {
    // A tree without it has no supplementary groups.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const supplementary = linesOf(group)
    .filter(([, , , members = ""]) => members.split(",").includes(name))
    .map(([, , id = ""]) => Number(id));
  return { uid: Number(uidText), gid, groups: [gid, ...supplementary] };
}

function linesOf(text: string): string[][] {
  return text.split("\n").map((line) => line.split(":"));
}
