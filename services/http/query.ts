// SPDX-License-Identifier: MIT

/** The parameters of a request, form-decoded (`+` is a space) when the first one is asked for. */
export class Query {
  #parameters: URLSearchParams | undefined;

  /** `text` is what follows the `?`. */
  constructor(readonly text: string) {}

  /** The first value of a parameter. */
  first(name: string): string | undefined {
    return this.#parsed().get(name) ?? undefined;
  }

  /** The last value of a parameter. */
  last(name: string): string | undefined {
    return this.#parsed().getAll(name).at(-1);
  }

  #parsed(): URLSearchParams {
    // The leading `&` keeps a `?` at the front of the text, which is part of the first name.
    return this.#parameters ??= new URLSearchParams(`&${this.text}`);
  }
}

const NAME = "api-version";

/** The api-version that the text of a query asks for: of several the last. */
export function apiVersionOf(query: string): string | undefined {
  // What every client of ours sends needs no decoding.
  if (query.startsWith(`${NAME}=`) && !/[&%+]/.test(query)) return query.slice(NAME.length + 1);
  return new Query(query).last(NAME);
}

/**
 * A value in quotes as the existing product writes it in a message: `\0 \t \n \r \" \\`, other
 * bytes below 0x20 and 0x7F as `\u{1b}`, everything else as it is.
 */
export function quote(text: string): string {
  // deno-lint-ignore no-control-regex -- the control characters are what must not get through
  return `"${text.replace(/[\x00-\x1f"\\\x7f]/g, escapeOf)}"`;
}

function escapeOf(character: string): string {
  return ESCAPES[character] ?? `\\u{${character.charCodeAt(0).toString(16)}}`;
}

const ESCAPES: Record<string, string> = {
  "\0": "\\0",
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
  '"': '\\"',
  "\\": "\\\\",
};
