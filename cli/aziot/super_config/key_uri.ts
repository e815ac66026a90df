// SPDX-License-Identifier: MIT

/**
 * Reads where a key is kept, `file:` or `pkcs11:` (RFC 7512), and answers the one form that is
 * written to the services' files. Throws an error without any part of the URI: it may hold a PIN.
 */
export function canonicalKeyUri(uri: string): string {
  const colon = uri.indexOf(":");
  if (colon < 0) {
    throw new Error(
      uri.startsWith("/")
        ? "missing scheme: write a path as file:// URI, such as file:///path/to/key"
        : "missing scheme, expected file: or pkcs11:",
    );
  }
  switch (uri.slice(0, colon)) {
    case "file":
      return canonicalFileUri(uri);
    case "pkcs11":
      return canonicalTokenUri(uri.slice(colon + 1));
    default:
      throw new Error("unrecognized scheme, expected file: or pkcs11: in lower case");
  }
}

/**
 * The path that a `file:` URI means, percent-decoded. Throws when it has a host, a query or a
 * fragment, or is no path of this system.
 */
export function pathOfFileUri(uri: string): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytesOfFileUri(uri));
}

/** The path that a URI or URL leads to, `undefined` when it leads to no file of this system. */
export function localPath(uri: string): string | undefined {
  try {
    return uri.startsWith("file:") ? pathOfFileUri(uri) : undefined;
  } catch {
    // It has a host or a query: the service will say that it cannot read it.
    return undefined;
  }
}

/** The `file:` URI of an absolute path. */
export function fileUriOf(path: string): string {
  return fileUri(new TextEncoder().encode(path));
}

function canonicalFileUri(uri: string): string {
  return fileUri(bytesOfFileUri(uri));
}

function bytesOfFileUri(uri: string): Uint8Array {
  const url = URL.parse(uri);
  if (url === null || url.protocol !== "file:") throw new Error("cannot convert to file path");
  if (url.host !== "" && url.host !== "localhost") {
    throw new Error("cannot convert to file path: it names a host");
  }
  if (url.search !== "" || url.hash !== "") {
    throw new Error(
      "a file: URI has no query and no fragment: write ? as %3F and # as %23 if they belong to " +
        "the path",
    );
  }
  const path = percentDecode(url.pathname);
  if (path.includes(0)) throw new Error("cannot convert to file path: it holds a NUL");
  return path;
}

/** What a path may not hold as it is, beside control characters and all bytes from 0x7f on. */
const ENCODED_IN_PATH = ' "#<>?`{}%\\';

function fileUri(path: Uint8Array): string {
  const encoded = Array.from(path, (byte) => {
    const character = String.fromCharCode(byte);
    const isPlain = byte > 0x20 && byte < 0x7f && !ENCODED_IN_PATH.includes(character);
    return isPlain ? character : percent(byte);
  }).join("");
  const segments = encoded.split("/").filter((segment) => segment !== "" && segment !== ".");
  return `file:///${segments.join("/")}`;
}

function canonicalTokenUri(text: string): string {
  const [path = "", query = ""] = splitOnce(text, "?");
  const pathAttributes = attributes(path, ";");
  const pin = attributes(query, "&").get("pin-value");

  const slot = pathAttributes.get("slot-id");
  const token = pathAttributes.get("token");
  // The serial tells tokens with equal labels apart.
  const serial = pathAttributes.get("serial");
  let canonical: string;
  if (slot !== undefined) canonical = `pkcs11:slot-id=${slotNumber(slot)}`;
  else if (token !== undefined) {
    canonical = `pkcs11:token=${percentEncode(token)}`;
    if (serial !== undefined) canonical += `;serial=${percentEncode(serial)}`;
  } else throw new Error("URI has neither [slot-id] nor [token] components");

  const object = pathAttributes.get("object");
  if (object !== undefined) canonical += `;object=${percentEncode(object)}`;
  if (pin !== undefined) canonical += `?pin-value=${percentEncode(pin)}`;
  return canonical;
}

/** A PKCS#11 slot number, an unsigned machine word. */
function slotNumber(text: string): bigint {
  const number = /^\+?[0-9]+$/.test(text) ? BigInt(text.replace("+", "")) : undefined;
  if (number === undefined || number > 0xffff_ffff_ffff_ffffn) {
    throw new Error("the slot-id of the URI is not a slot number");
  }
  return number;
}

/** Name and value of each attribute, decoded; the last of equal names counts. */
function attributes(text: string, separator: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of text.split(separator)) {
    const [name = "", value = ""] = splitOnce(part, "=").map(decodeText);
    found.set(name, value);
  }
  return found;
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

function decodeText(text: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(percentDecode(text));
  } catch {
    throw new Error("the URI holds bytes that are not UTF-8");
  }
}

/** Decodes `%XX`; a percent sign without two digits stands for itself. */
function percentDecode(text: string): Uint8Array {
  const bytes: number[] = [];
  const encoded = new TextEncoder().encode(text);
  for (let at = 0; at < encoded.length; at++) {
    const digits = String.fromCharCode(...encoded.subarray(at + 1, at + 3));
    if (encoded[at] === 0x25 && /^[0-9A-Fa-f]{2}$/.test(digits)) {
      bytes.push(parseInt(digits, 16));
      at += 2;
    } else bytes.push(encoded[at] ?? 0);
  }
  return Uint8Array.from(bytes);
}

/** Every byte but ASCII letters and digits: `encodeURIComponent` would keep `-_.!~*'()`. */
function percentEncode(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9]/.test(character) ? character : percent(byte);
  }).join("");
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
