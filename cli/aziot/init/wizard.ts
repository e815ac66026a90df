// SPDX-License-Identifier: MIT

import type { Asker, Judge } from "./asker.ts";
import { PUBLIC_DPS } from "./build.ts";
import { type EnvironmentSecrets, kindOf } from "./check_options.ts";
import { EstQuestions } from "./est_questions.ts";
import { type InitOptions, ISSUERS, type Kind, KINDS } from "./options.ts";
import { convertAnswer } from "./values.ts";

/** What the questions need to know of the machine. */
export interface Facts {
  hostname: string;
  hasTpmService: boolean;
  /** Whether the file of a `file:` URI is there; others are taken on trust. */
  isThere(uri: string): Promise<boolean>;
  /** Why a host name may make trouble. */
  hostNameProblem(name: string): string | undefined;
}

/** Everything that was asked for. */
export interface Answers {
  options: InitOptions;
  secrets: EnvironmentSecrets;
}

const KIND_NAMES: Record<Kind, string> = {
  "manual-connection-string": "Manual provisioning with a connection string",
  "manual-symmetric-key": "Manual provisioning with a symmetric key",
  "manual-x509": "Manual provisioning with an X.509 certificate",
  "dps-symmetric-key": "DPS provisioning with a symmetric key",
  "dps-x509": "DPS provisioning with an X.509 certificate",
  "dps-tpm": "DPS provisioning with a TPM",
  "none": "No IoT Hub, local identities only",
};

/** Asks for all that `given` does not answer yet. */
export async function askMissing(
  given: Answers,
  asker: Asker,
  facts: Facts,
): Promise<Answers> {
  const wizard = new Wizard({ ...given.options }, { ...given.secrets }, asker, facts);
  await wizard.run();
  return { options: wizard.options, secrets: wizard.secrets };
}

class Wizard {
  constructor(
    readonly options: InitOptions,
    readonly secrets: EnvironmentSecrets,
    readonly asker: Asker,
    readonly facts: Facts,
  ) {}

  async run(): Promise<void> {
    this.asker.say(
      "Welcome. A few questions about this device; nothing is changed before you agree.\n\n",
    );
    const kind = await this.#kind();
    await this.#identification(kind);
    if (kind !== "dps-tpm" && kind !== "none") await this.#token();
    if (kind.endsWith("symmetric-key")) await this.#symmetricKey();
    if (kind.endsWith("x509")) await this.#certificate(kind);
    await this.#hostname();
  }

  async #kind(): Promise<Kind> {
    const { options, secrets, asker, facts } = this;
    const isAnswered = options.provisioning ?? options.connectionString ??
      options.connectionStringFile ?? secrets.connectionString;
    if (isAnswered === undefined) {
      options.provisioning = await asker.choose(
        "How is it provisioned?",
        KINDS.map((kind) => ({
          value: kind,
          name: KIND_NAMES[kind],
          refusal: kind === "dps-tpm" && !facts.hasTpmService
            ? "There is no TPM service on this device."
            : undefined,
        })),
      );
    }
    return kindOf(options, secrets);
  }

  async #identification(kind: Kind): Promise<void> {
    const { options, secrets } = this;
    if (kind === "manual-connection-string") {
      if (options.connectionString ?? options.connectionStringFile) return;
      secrets.connectionString ??= await this.asker.secret(
        "Connection string",
        this.#judge("connectionString"),
      );
    } else if (kind.startsWith("manual-")) {
      options.iothubHostname ??= await this.#text("iothubHostname", "Host name of the IoT Hub");
      options.deviceId ??= await this.#text("deviceId", "Device id");
    } else if (kind.startsWith("dps-")) {
      options.dpsEndpoint ??= await this.#text("dpsEndpoint", "DPS endpoint", PUBLIC_DPS);
      options.idScope ??= await this.#text("idScope", "Id scope");
      if (kind !== "dps-x509") {
        options.registrationId ??= await this.#text("registrationId", "Registration id");
      } else if (options.registrationId === undefined) {
        const message = "Registration id (empty: the common name of the certificate)";
        const id = await this.asker.text(message, () => undefined);
        if (id !== "") options.registrationId = id;
      }
    }
  }

  /** The token comes first among the questions for keys: they may lie there. */
  async #token(): Promise<void> {
    const { options } = this;
    const isAnswered = options.pkcs11Lib !== undefined || options.pkcs11BaseSlot !== undefined;
    if (!isAnswered && !await this.#yes("Does this device keep keys in a PKCS#11 token?")) return;
    options.pkcs11Lib ??= await this.#text("pkcs11Lib", "Path of the PKCS#11 library");
    options.pkcs11BaseSlot ??= await this.#text(
      "pkcs11BaseSlot",
      "Slot for new keys (such as pkcs11:token=NAME?pin-value=PIN)",
    );
  }

  async #symmetricKey(): Promise<void> {
    if (this.options.symmetricKeyFile ?? this.options.symmetricKeyUri) return;
    this.secrets.symmetricKey ??= await this.asker.secret(
      "Device key, in base64",
      this.#judge("symmetricKeyFile"),
    );
  }

  async #certificate(kind: Kind): Promise<void> {
    const { options, asker } = this;
    const source = options.identityCert ?? await asker.choose(
      "Where does the device certificate come from?",
      [
        { value: "file", name: "It is on the file system" },
        { value: "local_ca", name: "It is issued by a local CA" },
        { value: "est", name: "It is issued by an EST server" },
        { value: "self_signed", name: "It signs itself" },
      ],
    );
    if (!ISSUERS.some((issuer) => issuer === source)) {
      options.identityKey ??= await this.#file(
        "identityKey",
        "Private key of the device (path or URI)",
      );
      options.identityCert ??= await this.#file("identityCert", "Certificate of the device (path)");
      return;
    }
    options.identityCert ??= source;
    if (source === "local_ca") {
      options.localCaKey ??= await this.#file(
        "localCaKey",
        "Private key of the local CA (path or URI)",
      );
      options.localCaCert ??= await this.#file("localCaCert", "Certificate of the local CA (path)");
    }
    if (source === "est") {
      const ask = (key: keyof InitOptions, message: string) => this.#text(key, message);
      const file = (key: keyof InitOptions, message: string) => this.#file(key, message);
      await new EstQuestions(options, this.secrets, asker, { ask, file }).run();
    }
    await this.#issued(kind);
  }

  async #issued(kind: Kind): Promise<void> {
    const { options } = this;
    if (kind === "dps-x509") {
      options.registrationId ??= await this.#text("registrationId", "Registration id");
    }
    const usual = options.registrationId ?? options.deviceId;
    if (options.identitySubject === undefined) {
      options.identityCommonName ??= await this.#text(
        "identityCommonName",
        "Common name of the certificate",
        usual,
      );
    }
    if (kind !== "dps-x509" || options.identityAutoRenew !== undefined) return;
    const isRenewed = await this.#yes(
      "Is the certificate to be renewed automatically? (This needs an enrollment by CA: with an\n" +
        "individual enrollment the device is locked out when its certificate changes.)",
    );
    if (isRenewed) options.identityAutoRenew = true;
  }

  async #hostname(): Promise<void> {
    const { options, asker, facts } = this;
    if (options.hostname === undefined) {
      const name = await asker.text("Host name of this device", required, facts.hostname);
      if (name !== facts.hostname) options.hostname = name;
    }
    const problem = facts.hostNameProblem(options.hostname ?? facts.hostname);
    if (problem !== undefined) asker.say(`  Warning: ${problem}\n`);
  }

  #yes(message: string): Promise<boolean> {
    return this.asker.choose(message, [
      { value: true, name: "Yes" },
      { value: false, name: "No" },
    ]);
  }

  #text(key: keyof InitOptions, message: string, usual?: string): Promise<string> {
    return this.asker.text(message, this.#judge(key), usual);
  }

  #file(key: keyof InitOptions, message: string): Promise<string> {
    const judge = this.#judge(key);
    return this.asker.text(message, async (answer) => {
      const problem = await judge(answer);
      if (problem !== undefined) return problem;
      const uri = convertAnswer(key, answer);
      return await this.facts.isThere(uri) ? undefined : "there is no such file";
    });
  }

  #judge(key: keyof InitOptions): Judge {
    return (answer) => {
      if (answer === "") return required(answer);
      try {
        convertAnswer(key, answer);
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    };
  }
}

function required(answer: string): string | undefined {
  return answer === "" ? "an answer is needed" : undefined;
}
