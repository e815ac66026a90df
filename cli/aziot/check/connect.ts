// SPDX-License-Identifier: MIT

/** A service that is being started has this long to accept. */
const TIMEOUT_MS = 10_000;

/** Connects to a unix socket and hangs up. Throws the system's reason. */
export async function connectOnce(path: string): Promise<void> {
  const connecting = Deno.connect({ transport: "unix", path });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`nobody accepted within ${TIMEOUT_MS / 1000} s`);
    timer = setTimeout(() => reject(error), TIMEOUT_MS);
  });
  try {
    (await Promise.race([connecting, late])).close();
  } finally {
    clearTimeout(timer);
  }
}
