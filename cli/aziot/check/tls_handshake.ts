// SPDX-License-Identifier: MIT

import { openTls } from "../../../ffi/tls.ts";
import { TlsConnection } from "../../../services/tls/connection.ts";
import { TimeLimit } from "../../../services/http/time_limit.ts";
import { TlsError } from "../../../services/tls/errors.ts";
import { parseTarget, type Target } from "../../../services/tls/target.ts";
import { connectTcp, systemDial } from "../../../services/tls/tcp.ts";
import type { Transport } from "../../../services/http/transport.ts";
import { TrustStore } from "../../../services/tls/trust_store.ts";
import { openTunnel } from "./proxy_tunnel.ts";

/** With whom to shake hands. */
export interface Peer {
  host: string;
  port: number;
  /** PEM certificates that are trusted beside the system's. */
  extraTrust?: string;
  /** An HTTP proxy on the way. */
  proxy?: URL | undefined;
  timeoutMs: number;
}

/**
 * Performs a TLS handshake and hangs up: the daemons' own TLS, so that it succeeds exactly when
 * theirs does. Throws `TlsError`, with phase `timeout` when it took too long.
 */
export async function shakeHands(peer: Peer): Promise<void> {
  const host = peer.host.includes(":") ? `[${peer.host}]` : peer.host;
  const target = parseTarget(`https://${host}:${peer.port}/`);
  using trust = new TrustStore(openTls(), { system: true, extra: peer.extraTrust ?? "" });
  using limit = new TimeLimit(
    peer.timeoutMs,
    () => new TlsError("timeout", `no TLS connection to ${target.peer} in time`),
  );
  const below = peer.proxy === undefined
    ? await connect(target, peer.timeoutMs, limit)
    : await throughProxy(peer, peer.proxy, target, trust, limit);
  const connection = secured(below, target, trust);
  try {
    await limit.race(connection.handshake(), () => connection.close());
    await limit.race(connection.end(), () => connection.close());
  } finally {
    connection.close();
  }
}

function connect(target: Target, timeoutMs: number, limit: TimeLimit): Promise<Transport> {
  return connectTcp(target, { timeoutMs, signal: limit.signal, dial: systemDial });
}

async function throughProxy(
  { timeoutMs }: Peer,
  proxy: URL,
  target: Target,
  trust: TrustStore,
  limit: TimeLimit,
): Promise<Transport> {
  const between = parseTarget(`${proxy.protocol}//${proxy.host}/`);
  let transport = await connect(between, timeoutMs, limit);
  try {
    if (proxy.protocol === "https:") {
      const connection = secured(transport, between, trust);
      transport = connection;
      await limit.race(connection.handshake(), () => connection.close());
    }
    const opened = transport;
    await limit.race(openTunnel(opened, target, proxy), () => opened.close());
    return opened;
  } catch (cause) {
    transport.close();
    throw cause;
  }
}

function secured(below: Transport, { host, isAddress }: Target, trust: TrustStore): TlsConnection {
  try {
    return new TlsConnection(
      below,
      trust.context().session(host, isAddress),
      host,
      () => new Date(),
    );
  } catch (cause) {
    below.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TlsError("handshake", reason, { cause });
  }
}
