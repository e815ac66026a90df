// SPDX-License-Identifier: MIT

/** Ordinary sockets of a process below the adapter. */

/** What a server on an ordinary TCP port and one on an ordinary unix path say of themselves. */
export interface Elsewhere {
  tcpClient: string;
  tcpText: string;
  unixClient: string;
  unixText: string;
}

/** Serves and calls both in this process, and ends them. */
export async function elsewhere(): Promise<Elsewhere> {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/plain.sock`;
  let tcpClient = "";
  let unixClient = "";
  const tcp = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (_, info) => {
    tcpClient = info.remoteAddr.hostname;
    return new Response("tcp");
  });
  const unix = Deno.serve({ path, onListen() {} }, (_, info) => {
    unixClient = info.remoteAddr.path;
    return new Response("unix");
  });
  try {
    const address = await Deno.connect({ port: tcp.addr.port, hostname: "127.0.0.1" });
    const tcpText = await exchange(address);
    const unixText = await exchange(await Deno.connect({ transport: "unix", path }));
    return { tcpClient, tcpText, unixClient: unixClient.replace(directory, ""), unixText };
  } finally {
    await Promise.all([tcp.shutdown(), unix.shutdown()]);
    await Deno.remove(directory, { recursive: true });
  }
}

async function exchange(connection: Deno.Conn): Promise<string> {
  await connection.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
  const text = await new Response(connection.readable).text();
  return text.slice(text.indexOf("\r\n\r\n") + 4);
}
