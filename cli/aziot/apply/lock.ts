// SPDX-License-Identifier: MIT

/** How long a second run waits for the first, and how often it looks. */
export interface LockWait {
  totalMs: number;
  stepMs: number;
}

const WAIT: LockWait = { totalMs: 10_000, stepMs: 100 };

/**
 * Holds the file at `path` locked until it is disposed of: one run at a time. The lock goes with
 * the process, however it ends. Throws when another run holds it for longer than the wait.
 */
export async function lock(path: string, wait: LockWait = WAIT): Promise<Disposable> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true, mode: 0o755 });
  const file = await Deno.open(path, { write: true, create: true, mode: 0o600 });
  try {
    for (let waited = 0; !await file.tryLock(true); waited += wait.stepMs) {
      if (waited >= wait.totalMs) {
        throw new Error(`another apply is running: ${path} is locked`);
      }
      await new Promise((resolve) => setTimeout(resolve, wait.stepMs));
    }
  } catch (error) {
    file.close();
    throw error;
  }
  return file;
}
