// SPDX-License-Identifier: MIT

/** Requests that are almost right, made from a seed. */

/** Numbers that a seed determines; each call is the next one, from 0 up to `limit`, excluded. */
export type Random = (limit: number) => number;

/** A generator of Marsaglia's xorshift kind; good enough to vary bytes with. */
export function seeded(seed: number): Random {
  let state = seed >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

const V = "?api-version=2021-05-01";
const BODY = '{"text":"\\u00e9\\ud83d\\ude00","count":[1,2,{"a":null}]}';

const CORPUS = [
  `GET /peer${V} HTTP/1.1\r\nHost: x\r\n\r\n`,
  `GET /echo/a%2Fb${V}&x=1 HTTP/1.1\r\nHost: keyd.sock\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n`,
  `GET http://h/echo/x${V}#frag HTTP/1.1\r\nHost: h\r\n\r\n`,
  `GET /echo/x${V} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`,
  `POST /echo/x${V} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
  `Content-Length: ${BODY.length}\r\n\r\n${BODY}`,
  `POST /large${V} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n` +
  `5;a=b\r\n{"tex\r\n6\r\nt":"x"\r\n1\r\n}\r\n0\r\nX: y\r\n\r\n`,
  `PUT /echo/x${V} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
  `DELETE /echo/x${V} HTTP/1.1\r\n\r\n`,
  `POST /echo/x${V} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 12\r\n\r\n{"text":"a"}`,
  `HEAD /echo/x${V} HTTP/1.1\r\nHost: x\r\n\r\n`,
  "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
];

const TOKENS = [
  "\0",
  "\r\n",
  "\n",
  "\r",
  "\r\n\r\n",
  " ",
  "\t",
  ":",
  "%",
  "%00",
  "%ff",
  "?",
  "#",
  "/",
  "\x80\xff",
  "\xc3\xa9",
  "-1",
  "18446744073709551616",
  "Content-Length: 5\r\n",
  "Content-Length: 0\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: identity, chunked\r\n",
  "Host: y/z?\r\n",
  "Connection: close\r\n",
  "Connection: Upgrade\r\nUpgrade: websocket\r\n",
  "Content-Type: text/plain\r\n",
  "api-version=1&",
  "0\r\n\r\n",
  "FFFFFFFFFFFFFFFF\r\n",
  '"text":"x",',
  "[".repeat(200),
  '{"a":'.repeat(50),
  "\\ud800",
  "a".repeat(3000),
  "X: y\r\n".repeat(130),
];

/** One request, or what is left of it: bytes to be sent. */
export function mutated(random: Random): Uint8Array {
  const pick = <T>(list: readonly T[]): T | undefined => list[random(list.length)];
  let text = pick(CORPUS) ?? "";
  for (let count = random(5); count > 0; count--) {
    const at = random(text.length + 1);
    const length = random(12);
    switch (random(7)) {
      case 0: // a byte becomes another
        text = text.slice(0, at) + String.fromCharCode(random(256)) + text.slice(at + 1);
        break;
      case 1: // a piece goes missing
        text = text.slice(0, at) + text.slice(at + length);
        break;
      case 2: // a piece comes twice
        text = text.slice(0, at) + text.slice(at, at + length) + text.slice(at);
        break;
      case 3: // something comes in between
        text = text.slice(0, at) + (pick(TOKENS) ?? "") + text.slice(at);
        break;
      case 4: // the end goes missing
        text = text.slice(0, at);
        break;
      case 5: // another request follows, or its rest
        text += (pick(CORPUS) ?? "").slice(random(3) === 0 ? random(40) : 0);
        break;
      case 6: // a number becomes another
        text = text.replace(/\d+/g, (digits) => random(4) ? digits : String(random(100_000)));
        break;
    }
  }
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
}
