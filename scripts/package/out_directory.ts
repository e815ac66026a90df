// SPDX-License-Identifier: MIT

import { Failure } from "./failure.ts";

/** The directory that a build writes to, held by one build at a time. */
export class OutDirectory implements Disposable {
  private constructor(readonly path: string, private readonly lock: Deno.FsFile) {}

  /** Makes the directory and takes it; throws a `Failure` while another build has it. */
  static async take(path: string): Promise<OutDirectory> {
    await Deno.mkdir(path, { recursive: true });
    const real = await Deno.realPath(path);
    // The lock goes with the process, so that a killed build leaves none.
    const file = await Deno.open(`${real}/.lock`, { create: true, write: true });
    if (await file.tryLock(true)) return new OutDirectory(real, file);
    file.close();
    throw new Failure(
      "build",
      `another build is writing to ${real}: wait for it or give --out=DIR`,
    );
  }

  [Symbol.dispose](): void {
    this.lock.close();
  }
}
