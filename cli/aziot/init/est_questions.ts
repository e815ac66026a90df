// SPDX-License-Identifier: MIT

import type { Asker } from "./asker.ts";
import type { EnvironmentSecrets } from "./check_options.ts";
import type { InitOptions } from "./options.ts";

/** How the answer to a flag is asked for and judged. */
export interface Ask {
  ask(key: keyof InitOptions, message: string): Promise<string>;
  file(key: keyof InitOptions, message: string): Promise<string>;
}

/** The questions about an EST server. */
export class EstQuestions {
  constructor(
    readonly options: InitOptions,
    readonly secrets: EnvironmentSecrets,
    readonly asker: Asker,
    readonly how: Ask,
  ) {}

  async run(): Promise<void> {
    await this.#urls();
    await this.#trust();
    await this.#password();
    await this.#clientCertificate();
  }

  async #urls(): Promise<void> {
    const { options, how } = this;
    if (options.estUrl !== undefined) return;
    options.estUrl = await how.ask("estUrl", "URL of the EST server");
    if (options.estIdentityUrl !== undefined) return;
    if (!await this.#yes("Is there another URL for the certificate of the device?")) return;
    options.estIdentityUrl = await how.ask(
      "estIdentityUrl",
      "URL for the certificate of the device",
    );
  }

  async #trust(): Promise<void> {
    const { options, asker, how } = this;
    if (options.estTrustedCert !== undefined) return;
    const isPrivate = await asker.choose("Who vouches for the EST server?", [
      { value: false, name: "The roots of the operating system" },
      { value: true, name: "A CA of its own" },
    ]);
    if (!isPrivate) return;
    options.estTrustedCert = [await how.file("estTrustedCert", "Certificate of that CA (path)")];
  }

  async #password(): Promise<void> {
    const { options, secrets, asker, how } = this;
    const hasPassword = options.estPasswordFile ?? secrets.estPassword;
    const isAnswered = options.estUsername ?? hasPassword;
    if (isAnswered === undefined && !await this.#yes("Does the EST server ask for a password?")) {
      return;
    }
    options.estUsername ??= await how.ask("estUsername", "User name");
    if (hasPassword !== undefined) return;
    secrets.estPassword = await asker.secret(
      "Password",
      (answer) => answer === "" ? "an answer is needed" : undefined,
    );
  }

  async #clientCertificate(): Promise<void> {
    const { options, asker, how } = this;
    const identity = options.estIdentityCert ?? options.estIdentityKey;
    const bootstrap = options.estBootstrapCert ?? options.estBootstrapKey;
    let kind = identity !== undefined
      ? "identity"
      : bootstrap !== undefined
      ? "bootstrap"
      : undefined;
    if (kind === undefined) {
      if (!await this.#yes("Does the EST server ask for a client certificate?")) return;
      kind = await asker.choose("Which client certificate is there?", [
        { value: "identity", name: "The EST identity itself" },
        { value: "bootstrap", name: "A bootstrap certificate, to obtain the EST identity with" },
      ]);
    }
    if (kind === "identity") {
      options.estIdentityKey ??= await how.file("estIdentityKey", "Its private key (path or URI)");
      options.estIdentityCert ??= await how.file("estIdentityCert", "The certificate (path)");
    } else {
      options.estBootstrapKey ??= await how.file(
        "estBootstrapKey",
        "Its private key (path or URI)",
      );
      options.estBootstrapCert ??= await how.file("estBootstrapCert", "The certificate (path)");
    }
  }

  #yes(message: string): Promise<boolean> {
    return this.asker.choose(message, [
      { value: true, name: "Yes" },
      { value: false, name: "No" },
    ]);
  }
}
