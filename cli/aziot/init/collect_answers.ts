// SPDX-License-Identifier: MIT

import type { Table } from "../../../services/config/toml.ts";
import { hasTpmService } from "../apply/tpm_service.ts";
import { CliError, EXIT, UsageError } from "../errors.ts";
import { isThere } from "../files.ts";
import { hostNameProblem, isNameOf } from "../host_name.ts";
import type { Machine } from "../machine.ts";
import { masked } from "../mask.ts";
import type { Place } from "../place.ts";
import { secretText } from "../secret_text.ts";
import { localPath } from "../super_config/key_uri.ts";
import { writeToml } from "../super_config/write_toml.ts";
import { buildSuperConfig, type Secrets } from "./build.ts";
import { checkOptions, MissingAnswers } from "./check_options.ts";
import { flagName, FLAGS, type InitOptions, type Kind } from "./options.ts";
import { missingFiles } from "./referenced_files.ts";
import { type Answers, askMissing } from "./wizard.ts";

/** The super-config that the answers make, and what their giver should know. */
export interface Collected {
  document: Table;
  warnings: string[];
}

/**
 * Takes the answers from the command line and the environment, and asks for those that are missing
 * when somebody is there, who then has to agree to the whole.
 */
export async function collectAnswers(
  options: InitOptions,
  place: Place,
  machine: Machine,
): Promise<Collected> {
  const given: Answers = {
    options,
    secrets: {
      connectionString: machine.env("AZIOT_CONNECTION_STRING"),
      symmetricKey: machine.env("AZIOT_SYMMETRIC_KEY"),
      estPassword: machine.env("AZIOT_EST_PASSWORD"),
    },
  };
  const { kind, answers } = await complete(given, place, machine);
  if (kind === "dps-tpm" && place.kind !== "output" && !await hasTpmService(place, machine)) {
    throw new CliError(
      "--provisioning dps-tpm is not available: there is no TPM service here",
      EXIT.unavailable,
    );
  }
  const secrets = await secretsOf(answers, machine);
  const document = buildSuperConfig(kind, answers.options, secrets);
  const missing = place.kind === "output" ? [] : await missingFiles(document, place.at);
  if (missing.length > 0) throw new UsageError(`there is no file ${missing.join(", ")}`);

  if (canAsk(options, machine) && !options.yes && !options.dryRun) await agree(document, machine);
  const warnings = options.connectionString === undefined ? [] : [
    "a connection string on the command line can be read in the process list: better use " +
    `${flagName("connectionStringFile")} or AZIOT_CONNECTION_STRING`,
  ];
  return { document, warnings };
}

async function complete(
  given: Answers,
  place: Place,
  machine: Machine,
): Promise<{ kind: Kind; answers: Answers }> {
  try {
    return { kind: checkOptions(given.options, given.secrets), answers: given };
  } catch (error) {
    if (!(error instanceof MissingAnswers && canAsk(given.options, machine))) throw error;
  }
  const answers = await askMissing(given, await machine.asker(), {
    hostname: machine.hostname(),
    hasTpmService: place.kind === "output" || await hasTpmService(place, machine),
    isThere: async (uri) => {
      const path = place.kind === "output" ? undefined : localPath(uri);
      return path === undefined || await isThere(place.at(path));
    },
    hostNameProblem: (name) =>
      isNameOf(name, machine.hostname())
        ? hostNameProblem(name)
        : `the machine calls itself ${machine.hostname()}, and the host name should be that or a ` +
          "domain name that begins with it",
  });
  return { kind: checkOptions(answers.options, answers.secrets), answers };
}

/** Not when standard input is to give a secret. */
function canAsk(options: InitOptions, machine: Machine): boolean {
  const isUsed = FLAGS.some(({ key }) => key.endsWith("File") && options[key] === "-");
  return machine.isInteractive && !options.nonInteractive && !isUsed;
}

async function agree(document: Table, machine: Machine): Promise<void> {
  const asker = await machine.asker();
  asker.say(
    `\nThis is the configuration:\n\n${writeToml(masked(document)).replace(/^(?=.)/gm, "    ")}\n`,
  );
  if (await asker.confirm("Write it?")) return;
  throw new CliError("not agreed: nothing is written", EXIT.failure);
}

async function secretsOf({ options, secrets }: Answers, machine: Machine): Promise<Secrets> {
  const read = (file: string | undefined) =>
    file === undefined ? Promise.resolve(undefined) : secretText(file, machine);
  return {
    connectionString: options.connectionString ?? await read(options.connectionStringFile) ??
      secrets.connectionString,
    symmetricKey: await read(options.symmetricKeyFile) ?? secrets.symmetricKey,
    estPassword: await read(options.estPasswordFile) ?? secrets.estPassword,
  };
}
