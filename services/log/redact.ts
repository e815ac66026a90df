// SPDX-License-Identifier: MIT

/**
 * The headers of a request or an answer that may stand in a log, in the form
 * `{"content-type": "application/json"}`. An allow-list: whatever carries a secret is never on it.
 */
export function loggableHeaders(headers: Headers): string {
  const shown: string[] = [];
  for (const name of LOGGED) {
    const value = headers.get(name);
    if (value !== null) shown.push(`"${name}": ${JSON.stringify(value)}`);
  }
  return `{${shown.join(", ")}}`;
}

const LOGGED = ["content-type", "content-length", "host", "user-agent", "if-match"];
