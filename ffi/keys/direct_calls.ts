// SPDX-License-Identifier: MIT

/**
 * A keys library called through the pointers of its function list, with everything a caller can get
 * wrong: NULL pointers, text that is not UTF-8, buffers too short. For tests: it needs FFI without
 * limits.
 */

/** Bytes for a pointer argument; `null` is NULL. A string gets its NUL. */
export type Argument = string | Uint8Array<ArrayBuffer> | null;

/** Additional arguments of sign, encrypt and decrypt. */
export type Parameters =
  | { kind: "aead"; iv: Argument; aad: Argument }
  | { kind: "derived"; data: Argument; mechanism: number; inner: Parameters | null };

/** What a function that hands out bytes did. */
export interface Handed {
  code: number;
  /** `*len` afterwards. */
  length: number;
  /** The whole buffer afterwards. */
  buffer: Uint8Array<ArrayBuffer>;
}

/** Room for the output: a number of bytes, NULL for the buffer, or NULL for the length as well. */
export type Room = number | "query" | "no length";

const P = "pointer";
const U = "u32";
const N = "usize";
const FUNCTIONS = [
  ["set_parameter", [P, P]],
  ["create_key_pair_if_not_exists", [P, P]],
  ["move_key_pair", [P, P]],
  ["load_key_pair", [P]],
  ["get_key_pair_parameter", [P, U, P, P]],
  ["delete_key_pair", [P]],
  ["create_key_if_not_exists", [P, U]],
  ["load_key", [P]],
  ["import_key", [P, P, N, U]],
  ["delete_key", [P]],
  ["derive_key", [P, P, N, P, P]],
  ["sign", [P, U, P, P, N, P, P]],
  ["verify", [P, U, P, P, N, P, N, P]],
  ["encrypt", [P, U, P, P, N, P, P]],
  ["decrypt", [P, U, P, P, N, P, P]],
] as const;

type Name = typeof FUNCTIONS[number][0];
type Value = Deno.PointerValue | number | bigint;
type Definition = Deno.ForeignFunction<Deno.NativeType[], "u32", false>;

/** Version, padding, then the pointers. */
const FIRST_POINTER = 8;

/** What an untouched byte of an output buffer looks like. */
export const FILLER = 0xaa;

/** A library of which no other test has changed anything: a copy, so that it has its own state. */
export class DirectLibrary implements Disposable {
  readonly #directory = Deno.makeTempDirSync();
  readonly #library;
  readonly #functions = new Map<string, (...args: Value[]) => number>();
  /** Keeps what pointers of the current call lead to. */
  #kept: unknown[] = [];

  constructor(path: string) {
    const copy = `${this.#directory}/library.so`;
    Deno.copyFileSync(path, copy);
    this.#library = Deno.dlopen(copy, {
      aziot_keys_get_function_list: { parameters: [U, P], result: U },
    });
    const list = this.functionList(0x02010000);
    if (list.pointer === null) throw new Error(`no function list: code ${list.code}`);
    const view = new Deno.UnsafePointerView(list.pointer);
    FUNCTIONS.forEach(([name, parameters], index) => {
      const pointer = view.getPointer(FIRST_POINTER + 8 * index);
      if (pointer === null) throw new Error(`${name} is NULL`);
      // The name decides what a pointer of the list leads to.
      const typed = pointer as Deno.PointerObject<Definition>;
      const call = new Deno.UnsafeFnPointer<Definition>(typed, {
        parameters: [...parameters],
        result: U,
      });
      this.#functions.set(name, (...args) => call.call(...args));
    });
  }

  [Symbol.dispose](): void {
    this.#library.close();
    Deno.removeSync(this.#directory, { recursive: true });
  }

  /** The answer of the exported function. `pointer` is null when it was left alone. */
  functionList(version: number): { code: number; pointer: Deno.PointerObject | null } {
    const out = new BigUint64Array(1);
    const code = this.#library.symbols.aziot_keys_get_function_list(
      version,
      Deno.UnsafePointer.of(out),
    );
    return { code, pointer: Deno.UnsafePointer.create(out[0] ?? 0n) };
  }

  /** The answer of the exported function when it has nowhere to put the list. */
  functionListNowhere(version: number): number {
    return this.#library.symbols.aziot_keys_get_function_list(version, null);
  }

  setParameter(name: Argument, value: Argument): number {
    return this.#call("set_parameter", this.#text(name), this.#text(value));
  }
  createKeyPair(id: Argument, algorithms: Argument): number {
    return this.#call("create_key_pair_if_not_exists", this.#text(id), this.#text(algorithms));
  }
  moveKeyPair(from: Argument, to: Argument): number {
    return this.#call("move_key_pair", this.#text(from), this.#text(to));
  }
  loadKeyPair(id: Argument): number {
    return this.#call("load_key_pair", this.#text(id));
  }
  deleteKeyPair(id: Argument): number {
    return this.#call("delete_key_pair", this.#text(id));
  }
  createKey(id: Argument, usage: number): number {
    return this.#call("create_key_if_not_exists", this.#text(id), usage);
  }
  loadKey(id: Argument): number {
    return this.#call("load_key", this.#text(id));
  }
  importKey(id: Argument, bytes: Argument, usage: number): number {
    return this.#call("import_key", this.#text(id), ...this.#bytes(bytes), usage);
  }
  deleteKey(id: Argument): number {
    return this.#call("delete_key", this.#text(id));
  }

  keyPairParameter(id: Argument, type: number, room: Room): Handed {
    return this.#hand("get_key_pair_parameter", [this.#text(id), type], room);
  }
  deriveKey(id: Argument, data: Argument, room: Room): Handed {
    return this.#hand("derive_key", [this.#text(id), ...this.#bytes(data)], room);
  }
  sign(
    id: Argument,
    mechanism: number,
    parameters: Parameters | null,
    digest: Argument,
    room: Room,
  ): Handed {
    return this.#cipher("sign", id, mechanism, parameters, digest, room);
  }
  encrypt(
    id: Argument,
    mechanism: number,
    parameters: Parameters | null,
    plaintext: Argument,
    room: Room,
  ): Handed {
    return this.#cipher("encrypt", id, mechanism, parameters, plaintext, room);
  }
  decrypt(
    id: Argument,
    mechanism: number,
    parameters: Parameters | null,
    ciphertext: Argument,
    room: Room,
  ): Handed {
    return this.#cipher("decrypt", id, mechanism, parameters, ciphertext, room);
  }

  /** `ok`: what was in it before the call is 77. */
  verify(
    id: Argument,
    mechanism: number,
    digest: Argument,
    signature: Argument,
    hasOk: boolean,
  ): { code: number; ok: number } {
    const ok = new Int32Array([77]);
    const code = this.#call(
      "verify",
      this.#text(id),
      mechanism,
      null,
      ...this.#bytes(digest),
      ...this.#bytes(signature),
      hasOk ? Deno.UnsafePointer.of(ok) : null,
    );
    return { code, ok: ok[0] ?? 77 };
  }

  #cipher(
    name: Name,
    id: Argument,
    mechanism: number,
    parameters: Parameters | null,
    input: Argument,
    room: Room,
  ): Handed {
    const args = [this.#text(id), mechanism, this.#struct(parameters), ...this.#bytes(input)];
    return this.#hand(name, args, room);
  }

  #hand(name: Name, args: Value[], room: Room): Handed {
    const buffer = new Uint8Array(typeof room === "number" ? room : 0).fill(FILLER);
    // A pointer to nothing would be NULL.
    const place = this.#pointer(buffer.length > 0 ? buffer : new Uint8Array(1).fill(FILLER));
    const length = new BigUint64Array([BigInt(buffer.length)]);
    const code = this.#call(
      name,
      ...args,
      typeof room === "number" ? place : null,
      room === "no length" ? null : this.#pointer(length),
    );
    return { code, length: Number(length[0]), buffer };
  }

  #call(name: Name, ...args: Value[]): number {
    const call = this.#functions.get(name);
    if (!call) throw new Error(`no function ${name}`);
    const code = call(...args);
    this.#kept = [];
    return code;
  }

  #pointer(bytes: ArrayBufferView<ArrayBuffer>): Deno.PointerValue {
    this.#kept.push(bytes);
    return Deno.UnsafePointer.of(bytes);
  }

  #text(value: Argument): Deno.PointerValue {
    if (value === null) return null;
    const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
    return this.#pointer(new Uint8Array([...bytes, 0]));
  }

  #bytes(value: Argument): [Deno.PointerValue, bigint] {
    if (value === null) return [null, 0n];
    const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
    return [this.#pointer(bytes.length > 0 ? bytes : new Uint8Array(1)), BigInt(bytes.length)];
  }

  /** One of the structs of the public header. */
  #struct(parameters: Parameters | null): Deno.PointerValue {
    if (parameters === null) return null;
    const words = parameters.kind === "aead"
      ? [...this.#bytes(parameters.iv), ...this.#bytes(parameters.aad)]
      : [
        ...this.#bytes(parameters.data),
        BigInt(parameters.mechanism),
        this.#struct(parameters.inner),
      ];
    const numbers = words.map((word) =>
      typeof word === "bigint" ? word : Deno.UnsafePointer.value(word)
    );
    return this.#pointer(new BigUint64Array(numbers));
  }
}
