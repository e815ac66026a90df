// SPDX-License-Identifier: MIT

import * as v from "valibot";
import { VERSION } from "../../../services/version.ts";
import type { Check } from "./check.ts";
import { failure, type Finding, IGNORED, OK, SKIPPED, warning } from "./outcome.ts";

const MAX_REDIRECTS = 5;
const TIMEOUT_MS = 10_000;
const COMPONENT = "aziot-identity-service";

/**
 * Whether the installed version is the expected one. The public list knows the field's product
 * only, so nothing is fetched unless somebody names a list.
 */
export const AZIOT_VERSION: Check = {
  id: "aziot-version",
  description: "aziot-identity-service package is up-to-date",
  info: { expected_version: null, actual_version: null },
  run: async (context) => {
    let expected = context.settings.expectedVersion;
    if (expected === undefined) {
      const config = await context.identityd();
      if (config === undefined) return SKIPPED;
      const url = context.machine.env("AZIOT_LATEST_VERSIONS_URL");
      if (url === undefined || config.provisioning.local_gateway_hostname !== undefined) {
        return IGNORED;
      }
      try {
        expected = latest(await fetchList(url), VERSION);
      } catch (cause) {
        return failure(
          `could not query ${url} for latest available version`,
          "Check AZIOT_LATEST_VERSIONS_URL and the way to that server.",
          cause,
        );
      }
    }
    const info = { expected_version: expected, actual_version: VERSION };
    return { ...findingOf(expected), info };
  },
};

function findingOf(expected: string): Finding {
  if (expected === VERSION) return OK;
  return warning(
    `Installed aziot-identity-service package has version ${VERSION} but ${expected} is the ` +
      "latest stable version available.",
    "Update the package aziot-identity-service.",
  );
}

async function fetchList(url: string): Promise<unknown> {
  const { client } = await import("../../../services/tls/client.ts");
  using https = client({ trust: { system: true } });
  const timeouts = { connect: TIMEOUT_MS, handshake: TIMEOUT_MS, total: TIMEOUT_MS };
  for (let redirects = 0, next = url; redirects <= MAX_REDIRECTS; redirects++) {
    const request = { method: "GET", url: next, headers: {}, timeouts, maxBody: 1024 * 1024 };
    const { status, headers, body } = await https.request(request);
    if (status === 200) return JSON.parse(new TextDecoder().decode(body));
    const location = headers.get("location");
    if (status < 300 || status > 399) throw new Error(`unexpected HTTP status ${status}`);
    if (location === null) throw new Error(`HTTP status ${status} without a location`);
    next = new URL(location, next).href;
  }
  throw new Error(`more than ${MAX_REDIRECTS} redirects`);
}

const LIST = v.object({
  channels: v.array(v.object({
    products: v.array(v.object({
      id: v.string(),
      components: v.array(v.object({ name: v.string(), version: v.string() })),
    })),
  })),
});

const SEMVER = /^(\d+)\.(\d+)\.\d+(?:[-+][0-9A-Za-z.+-]*)?$/;

/** The version of the list that continues the installed one. Throws when there is none. */
export function latest(list: unknown, installed: string): string {
  const parsed = v.safeParse(LIST, list);
  if (!parsed.success) throw new Error("the list of versions is not of the expected form");
  const versions = parsed.output.channels
    .flatMap(({ products }) => products)
    .filter(({ id }) => id === "aziot-edge")
    .flatMap(({ components }) => components)
    .filter(({ name }) => name === COMPONENT)
    .map(({ version }) => version);
  const malformed = versions.find((version) => !SEMVER.test(version));
  if (malformed !== undefined) throw new Error(`${malformed} is no version`);
  const line = lineOf(installed);
  const found = versions.find((version) => lineOf(version) === line);
  if (found !== undefined) return found;
  throw new Error(`the list has no version that continues ${installed}`);
}

function lineOf(version: string): string {
  const [, major, minor] = SEMVER.exec(version) ?? [];
  return `${major}.${minor}`;
}
