// SPDX-License-Identifier: MIT

import { VERSION } from "../../services/version.ts";
import { Failure } from "./failure.ts";
import { ROOT } from "./paths.ts";

/** What the changelog of the Debian packages says about the version being built. */
export interface Release {
  /** `2.0.0-1` */
  version: string;
  /** Seconds since 1970: the time that everything in the packages carries. */
  epoch: number;
  /** The whole changelog. */
  changelog: string;
}

const HEAD = /^aziot \((\S+)\) /;

/** Reads the changelog; `mark` (`~test`) is added to the version. Throws when it is out of step. */
export async function readRelease(mark: string): Promise<Release> {
  const path = `${ROOT}/packaging/debian/changelog`;
  const changelog = await Deno.readTextFile(path);
  const version = HEAD.exec(changelog)?.[1];
  const date = /^ -- .*> {2}(.+)$/m.exec(changelog)?.[1];
  const epoch = Date.parse(date ?? "") / 1000;
  if (version === undefined || Number.isNaN(epoch)) {
    throw new Failure("build", `${path}: no version or date in the first entry`);
  }
  if (version.replace(/-[^-]*$/, "") !== VERSION) {
    throw new Failure("build", `${path} says ${version}, services/version.ts ${VERSION}`);
  }
  return {
    version: version + mark,
    epoch,
    changelog: changelog.replace(HEAD, `aziot (${version}${mark}) `),
  };
}
