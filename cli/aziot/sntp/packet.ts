// SPDX-License-Identifier: MIT

/** The packets of SNTP (RFC 4330), times in nanoseconds since 1970. */

export const PACKET_LENGTH = 48;

const NANOS = 1_000_000_000n;
/** From 1900, where the protocol's time begins, to 1970, in seconds. */
const TO_1970 = 2_208_988_800n;
/** The seconds begin anew in 2036; small numbers are of then. */
const ERA = 1n << 32n;

const TRANSMIT = 40;
const RECEIVE = 32;
const ORIGINATE = 24;

/** What an answer says of the server's time. */
export interface Answer {
  /** When the request came in. */
  received: bigint;
  /** When the answer went out. */
  sent: bigint;
}

/** An answer that breaks a rule; the message says which. */
export class BadAnswer extends Error {
  override readonly name = "BadAnswer";
}

/** A request that goes out at `now`. Its time as the packet has it is rounded: see {@link sentAt}. */
export function request(now: bigint): Uint8Array {
  const packet = new Uint8Array(PACKET_LENGTH);
  // No leap second, version 3, client.
  packet[0] = 0x1b;
  writeTime(new DataView(packet.buffer), TRANSMIT, now);
  return packet;
}

/** When a request says that it went out. */
export function sentAt(packet: Uint8Array): bigint {
  return readTime(viewOf(packet), TRANSMIT);
}

/** Reads the answer to `asked`. Throws {@link BadAnswer}. */
export function readAnswer(packet: Uint8Array, asked: Uint8Array): Answer {
  if (packet.length < PACKET_LENGTH) throw new BadAnswer(`only ${packet.length} bytes`);
  const view = viewOf(packet);
  const first = view.getUint8(0);
  const [leap, version, mode] = [first >> 6, first >> 3 & 7, first & 7];
  if (leap === 3) throw new BadAnswer("the server's own clock is not synchronized");
  if (version !== 3 && version !== 4) throw new BadAnswer(`unexpected version ${version}`);
  if (mode !== 4) throw new BadAnswer(`unexpected mode ${mode}`);
  if (view.getUint8(1) === 0) throw new BadAnswer("the server refuses to serve (kiss of death)");
  for (let at = 0; at < 8; at++) {
    if (packet[ORIGINATE + at] !== asked[TRANSMIT + at]) {
      throw new BadAnswer("the answer is to another request");
    }
  }
  return { received: readTime(view, RECEIVE), sent: readTime(view, TRANSMIT) };
}

/** How far the server's clock is ahead, of a request sent and answered at these local times. */
export function clockOffset(sent: bigint, answer: Answer, arrived: bigint): bigint {
  return (answer.received - sent + (answer.sent - arrived)) / 2n;
}

function viewOf(packet: Uint8Array): DataView {
  return new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
}

function writeTime(view: DataView, at: number, time: bigint): void {
  const seconds = time / NANOS + TO_1970;
  view.setUint32(at, Number(seconds % ERA));
  view.setUint32(at + 4, Number((time % NANOS << 32n) / NANOS));
}

function readTime(view: DataView, at: number): bigint {
  const number = BigInt(view.getUint32(at));
  const seconds = number < ERA / 2n ? number + ERA : number;
  const fraction = BigInt(view.getUint32(at + 4));
  return (seconds - TO_1970) * NANOS + (fraction * NANOS >> 32n);
}
