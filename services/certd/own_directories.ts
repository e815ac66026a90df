// SPDX-License-Identifier: MIT

/**
 * The directories that nobody but the service and the administrator changes. The path of a
 * preloaded certificate may lie where another user can put links: such a link must not make the
 * service show or change, with its own rights, what is in these directories.
 */

/** Tells where paths really lead. */
export interface PathGuard {
  /** Whether nobody else can put a link on the way to a path: it need not be checked. */
  isOwn(path: string): boolean;
  /**
   * Where a path really leads, without links. Throws when that is in a directory of the service,
   * and when nothing is there.
   */
  resolve(path: string): Promise<string>;
  /**
   * Throws when an open file is in a directory of the service: links that are turned to and fro
   * between looks at a path do not change what was opened. `false`: it cannot be told, since the
   * file has lost its last name meanwhile.
   */
  checkOpen(file: Deno.FsFile): Promise<boolean>;
}

/** Keeps links from outside from leading into directories, given by their absolute paths. */
export class OwnDirectories implements PathGuard {
  readonly directories: readonly string[];

  constructor(directories: readonly string[]) {
    this.directories = directories.map((directory) => directory.replace(/\/+$/, ""));
  }

  isOwn(path: string): boolean {
    return this.directories.some((directory) => isIn(path, directory));
  }

  async resolve(path: string): Promise<string> {
    const real = await Deno.realPath(path);
    for (const directory of this.directories) {
      if (isIn(real, directory) || isIn(real, await realOrSame(directory))) {
        throw new Error(`a link on the way leads into ${directory}, which is the service's own`);
      }
    }
    return real;
  }

  async checkOpen(file: Deno.FsFile): Promise<boolean> {
    const info = await file.stat();
    for (const directory of this.directories) {
      if (holds(directory, info)) throw new Error(`it is a file of ${directory}`);
    }
    return (await file.stat()).nlink !== 0;
  }
}

/** Whether a file has a name somewhere below a directory, as far as that may be looked at. */
function holds(directory: string, file: Deno.FileInfo): boolean {
  try {
    for (const { name, isDirectory } of Deno.readDirSync(directory)) {
      const path = `${directory}/${name}`;
      if (isDirectory ? holds(path, file) : isFile(path, file)) return true;
    }
  } catch {
    // What the service cannot list it does not open either.
  }
  return false;
}

function isFile(path: string, file: Deno.FileInfo): boolean {
  try {
    return isSameFile(Deno.lstatSync(path), file);
  } catch {
    // Removed meanwhile.
    return false;
  }
}

/** Whether two looks have met the same file. */
export function isSameFile(a: Deno.FileInfo, b: Deno.FileInfo): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** What is said of a path that leads elsewhere than it did when it was checked. */
export function swapped(): Error {
  return new Error("something else was put there meanwhile");
}

/** The directory that a file of this path is in. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash) || "/";
}

function isIn(path: string, directory: string): boolean {
  if (directory === "") return false;
  if (path === directory) return true;
  return path.startsWith(`${directory}/`) &&
    !path.slice(directory.length).split("/").includes("..");
}

async function realOrSame(directory: string): Promise<string> {
  try {
    return await Deno.realPath(directory);
  } catch {
    // It is not there yet.
    return directory;
  }
}
