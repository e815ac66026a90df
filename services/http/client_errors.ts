// SPDX-License-Identifier: MIT

/** What can go wrong with a request to another service. */

/** An error status, with the message of the error body. */
export class RemoteError extends Error {
  override name = "RemoteError";

  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** No usable answer: the connection failed, timed out, or carried something else. */
export class ConnectionError extends Error {
  override name = "ConnectionError";
}

/** The service does not listen, or this process may not connect to it. */
export class NotConnectedError extends ConnectionError {
  override name = "NotConnectedError";
}

/** The operating system's code of an error (`ECONNREFUSED`), if it has one. */
function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** The error that says why `socket` could not be connected to; `undefined` for any other error. */
export async function connectFailure(
  socket: string,
  cause: unknown,
): Promise<NotConnectedError | undefined> {
  const code = codeOf(cause);
  switch (code) {
    case "ECONNREFUSED":
      return new NotConnectedError(`not connected: nobody listens on ${socket}`, { cause });
    case "ENOENT":
      return new NotConnectedError(`not connected: there is no ${socket}`, { cause });
    case "EACCES":
    case "EPERM":
      return new NotConnectedError(
        `not connected: permission denied on ${socket}${await ownership(socket)}`,
        { cause },
      );
    default:
      return undefined;
  }
}

/** Whose the socket is and who we are, as far as that may be asked. */
async function ownership(socket: string): Promise<string> {
  try {
    const { uid, gid, mode } = await Deno.stat(socket);
    const bits = ((mode ?? 0) & 0o7777).toString(8).padStart(4, "0");
    return ` (owner ${uid}, group ${gid}, mode ${bits}; this process: ${whoWeAre()}). ` +
      `Its user has to be in group ${gid}`;
  } catch {
    // Not even the directory may be entered: then the plain message is all there is to say.
    return `; this process: ${whoWeAre()}`;
  }
}

function whoWeAre(): string {
  try {
    return `uid ${Deno.uid()}, gid ${Deno.gid()}`;
  } catch {
    return "uid not known";
  }
}
